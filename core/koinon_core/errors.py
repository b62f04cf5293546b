"""What can go wrong with the shared values. Each error carries the field it is about and says why."""

from attrs import frozen


class CoreError(Exception):
    """The root of this package's errors."""


@frozen
class InvalidValue(CoreError, ValueError):
    """The caller's fault: a value that can never be right. ``field`` names it, ``why`` is a phrase for a person."""

    field: str
    why: str

    def __str__(self) -> str:
        return f"{self.field}: {self.why}"


@frozen
class NotContained(CoreError):
    """The caller's fault: resources were taken away that are not there."""

    wanted: str
    available: str

    def __str__(self) -> str:
        return f"{self.wanted} is not contained in {self.available}"


@frozen
class InvalidTransition(CoreError):
    """A broken promise: a state machine got an event its state does not allow. The machine is as it was.

    ``subject`` names the thing (a task id, an agent id), ``story`` is what led there, oldest first.
    """

    subject: str
    state: str
    event: str
    story: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = " -> ".join(self.story) or "nothing before"
        return f"{self.subject} in {self.state} got {self.event} ({told})"


@frozen
class DecodeError(CoreError, ValueError):
    """The peer's fault: bytes that do not hold what they should. ``path`` is like ``$.container.docker.image``."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


@frozen
class NotReadable(DecodeError):
    """Bytes that are no message of their content type at all; ``why`` is the whole sentence."""


@frozen
class EncodeError(CoreError):
    """Our fault: a value that can't be said in protobuf. ``message`` names the kind of message."""

    message: str
    why: str

    def __str__(self) -> str:
        return f"{self.message}: {self.why}"


def describe_error(error: BaseException) -> str:
    """What went wrong, in words: some errors of connections and libraries have none but their name."""
    return str(error) or type(error).__name__

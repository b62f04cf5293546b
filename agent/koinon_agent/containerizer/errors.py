"""The errors of containerizers. They tell what the engine or kernel said; what becomes of the task is the agent's."""

from attrs import frozen

from koinon_core.ids import ContainerId


@frozen
class ContainerizerError(Exception):
    """The root of this package's errors."""

    def __str__(self) -> str:
        return self.__class__.__name__


@frozen
class LaunchFailed(ContainerizerError):
    """A container did not start, and nothing of it is left. ``reason`` is in the engine's own words.

    ``is_temporary``: the same launch may work later (engine away, registry unreachable); else the task is at fault.
    ``is_killed``: it was killed before it started, which is no failure of the task.
    """

    container_id: ContainerId
    reason: str
    is_temporary: bool = False
    is_killed: bool = False

    def __str__(self) -> str:
        return self.reason


@frozen
class UnknownContainer(ContainerizerError):
    """The caller's fault: this containerizer never launched or recovered that container, or has removed it."""

    container_id: ContainerId

    def __str__(self) -> str:
        return f"container {self.container_id} is unknown"


@frozen
class EngineUnavailable(ContainerizerError):
    """Temporary: the container engine at ``url`` gives no answer, or none in time."""

    url: str
    reason: str

    def __str__(self) -> str:
        return f"the container engine at {self.url} is unavailable: {self.reason}"


@frozen
class EngineRefused(ContainerizerError):
    """The engine said no: ``status`` of HTTP, ``reason`` in its own words."""

    status: int
    reason: str
    is_image_missing: bool = False

    def __str__(self) -> str:
        return self.reason

    @property
    def is_missing(self) -> bool:
        """Whether what the call was about does not exist."""
        return self.status == 404

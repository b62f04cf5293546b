"""The errors of this package. Owns their fields and sentences; how they become HTTP bodies is in `error_bodies.py`."""

from collections.abc import Mapping
from enum import IntEnum

import attrs


class ExitCode(IntEnum):
    """Process exit codes. From 100 on they are Marathon's (marathon-semantics 23), used by all daemons alike."""

    CLEAN = 0
    FAILURE = 1
    USAGE = 2
    TURNED_AWAY = 4
    """An agent's: its master will not have it (now), as while its machine is down for maintenance."""
    ZOOKEEPER_UNREACHABLE = 100
    ZOOKEEPER_LOST = 101
    PLUGIN_FAILED = 102
    LOST_LEADERSHIP = 103
    FRAMEWORK_ID_MISSING = 108
    FRAMEWORK_REMOVED = 110
    LISTEN_FAILED = 111


class DaemonError(Exception):
    """An error whose sentence says all: a daemon that ends by it logs the sentence, not a traceback."""

    exit_code: ExitCode = ExitCode.FAILURE


@attrs.frozen
class UsageError(DaemonError):
    """The caller's fault: the command line or environment is wrong. Holds all problems at once."""

    exit_code = ExitCode.USAGE

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.problems)


@attrs.frozen
class ListenError(DaemonError):
    """Fatal: the address cannot be listened on (taken, not ours, not allowed)."""

    exit_code = ExitCode.LISTEN_FAILED

    host: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"cannot listen on {self.host}:{self.port}: {self.reason}"


@attrs.frozen
class ListenRefusedError(DaemonError):
    """The caller's fault: an open address without authentication and without `--insecure`."""

    exit_code = ExitCode.USAGE

    problem: str

    def __str__(self) -> str:
        return self.problem


@attrs.frozen
class TaskCrashedError(DaemonError):
    """Fatal: a background task of the daemon ended by an exception (the cause of this one)."""

    task: str
    error: BaseException

    def __str__(self) -> str:
        return f"background task {self.task} crashed: {self.error!r}"


@attrs.frozen
class ApiError(Exception):
    """An HTTP answer of 400 or more, raised by handlers; subclass it to carry more for the renderer."""

    status: int
    text: str
    headers: Mapping[str, str] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.text}"


class PeerError(DaemonError):
    """Temporary and the peer's fault: it is away, slow, or does not keep to the protocol."""


@attrs.frozen
class CallFailedError(PeerError):
    """No answer to an outgoing call after all its attempts."""

    method: str
    url: str
    reason: str

    def __str__(self) -> str:
        return f"{self.method} {self.url} failed: {self.reason}"


@attrs.frozen
class CallTimedOutError(PeerError):
    """An outgoing call, with all its attempts, outlasted its deadline (seconds)."""

    method: str
    url: str
    deadline: float

    def __str__(self) -> str:
        return f"{self.method} {self.url} got no answer within {self.deadline:g} seconds"


@attrs.frozen
class StreamBrokenError(PeerError):
    """A record stream that we read ended by fault: connection lost, or bytes that are no records."""

    url: str
    reason: str

    def __str__(self) -> str:
        return f"stream from {self.url} broke: {self.reason}"

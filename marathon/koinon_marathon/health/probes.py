"""Probes as values: what a task is asked, where, and what came of it.

When one is due is `rounds`, what an outcome means `machine` and `readiness`, asking `prober`.
"""

from enum import Enum

import attrs

from koinon_core.ids import TaskId


class ProbeKind(Enum):
    """What an answer is for."""

    HEALTH = "health"
    READINESS = "readiness"


@attrs.frozen(cache_hash=True)
class ProbeKey:
    """One question to one task: its check by kind and place in the definition. Never asked twice at a time."""

    task_id: TaskId
    kind: ProbeKind
    index: int = 0


@attrs.frozen(kw_only=True)
class HttpTarget:
    """A GET. `path` starts with a slash. `keeps_body`: the answer's text is wanted, too."""

    host: str
    port: int
    path: str = "/"
    is_tls: bool = False
    keeps_body: bool = False


@attrs.frozen(kw_only=True)
class TcpTarget:
    """A connection."""

    host: str
    port: int


Target = HttpTarget | TcpTarget


@attrs.frozen(kw_only=True)
class Probe:
    """Ask once, for at most `timeout` seconds; the answer comes back as `ProbeAnswered`, if one comes at all.

    None comes where the same question is still being asked, or where it was given up.
    """

    key: ProbeKey
    target: Target
    timeout: float


@attrs.frozen
class StopProbing:
    """The task is over: give up what it is being asked."""

    task_id: TaskId


ProbeEffect = Probe | StopProbing


@attrs.frozen
class Responded:
    """An HTTP server answered. `body` is the beginning of its text where that was wanted."""

    status: int
    reason: str = ""
    content_type: str = ""
    body: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.reason}".rstrip()


@attrs.frozen
class Connected:
    """The connection was taken."""


@attrs.frozen
class Failed:
    """No connection, no answer, or none that can be understood: `cause` says which."""

    cause: str


@attrs.frozen
class TimedOut:
    """Nothing came within so many seconds."""

    seconds: float

    def __str__(self) -> str:
        return f"timed out after {self.seconds:g} s"


@attrs.frozen
class Prevented:
    """This Marathon could not ask, which says nothing about the task."""

    reason: str


Outcome = Responded | Connected | Failed | TimedOut | Prevented


@attrs.frozen
class ProbeAnswered:
    """A task was asked."""

    key: ProbeKey
    outcome: Outcome

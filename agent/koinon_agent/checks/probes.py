"""Probes as values: what a task is asked, where, and what came of it. Pure.

When one is due is ``machine.py``'s affair, what an outcome means ``verdicts.py``'s, and asking ``prober.py``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import Factory, frozen

from koinon_core.ids import ContainerId

from ..timers import TaskKey


class ProbeKind(Enum):
    """Which of the two questions a task may be asked at the same time."""

    HEALTH = "health check"
    """An answer that is wrong too often ends the task."""
    CHECK = "check"
    """Whatever the answer, it is told and nothing follows from it."""


@frozen(cache_hash=True)
class ProbeKey:
    """One task's probes of one kind: never two at a time."""

    task: TaskKey
    kind: ProbeKind


@frozen(kw_only=True)
class HttpTarget:
    """A GET at the loopback address of the task's network. ``path`` starts with a slash."""

    port: int
    path: str = "/"
    scheme: str = "http"
    is_ipv6: bool = False

    def __str__(self) -> str:
        return f"GET {self.scheme}://{loopback(is_ipv6=self.is_ipv6, in_url=True)}:{self.port}{self.path}"


@frozen(kw_only=True)
class TcpTarget:
    """A connection to the loopback address of the task's network."""

    port: int
    is_ipv6: bool = False

    def __str__(self) -> str:
        return f"TCP connection to {loopback(is_ipv6=self.is_ipv6, in_url=True)}:{self.port}"


@frozen(kw_only=True)
class CommandTarget:
    """A command in the task's container, as the task's user, its own variables over those of the task."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = Factory(dict)

    def __str__(self) -> str:
        return "Command"


Target = HttpTarget | TcpTarget | CommandTarget


@frozen(kw_only=True)
class Place:
    """Where a task's network is. ``pid`` is a process within it as the host sees it.

    ``is_own``: it is not the host's. ``addresses`` then are those by which the host reaches it, if it has any.
    """

    pid: int | None = None
    is_own: bool = False
    addresses: tuple[str, ...] = ()


@frozen(kw_only=True)
class Probe:
    """Ask a task once, for at most ``timeout`` seconds. An instruction; its outcome comes back as ProbeDone."""

    key: ProbeKey
    container_id: ContainerId
    target: Target
    place: Place
    timeout: float


@frozen
class StopProbe:
    """Ask no more: a probe under way is given up, and nothing comes back. An instruction."""

    key: ProbeKey


@frozen(kw_only=True)
class Exited:
    """The command ended. ``last_line`` is the last it said, for people."""

    exit_code: int
    last_line: str = ""


@frozen
class Answered:
    """An HTTP server answered, after redirects."""

    status_code: int


@frozen
class Connected:
    """The connection was taken."""


@frozen
class NotConnected:
    """The connection was not taken, and it is known why."""

    reason: str


@frozen
class Unanswered:
    """No answer came, or none that can be understood."""

    reason: str


@frozen
class Prevented:
    """The agent or its engine could not ask, which says nothing about the task."""

    reason: str


Outcome = Exited | Answered | Connected | NotConnected | Unanswered | Prevented


@frozen
class ProbeDone:
    """A task was asked. An event."""

    key: ProbeKey
    outcome: Outcome


@frozen(cache_hash=True)
class ProbeDue:
    """A task is to be asked. Key of its timer."""

    key: ProbeKey


def loopback(*, is_ipv6: bool, in_url: bool = False) -> str:
    """The address at which a network's own processes are reached."""
    if not is_ipv6:
        return "127.0.0.1"
    return "[::1]" if in_url else "::1"

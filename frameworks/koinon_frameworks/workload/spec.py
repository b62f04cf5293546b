"""What somebody wants to run: values alone. What is wrong with one is ``validation``'s to say, how it
runs the machine's.

Times are seconds, ``mem`` and ``disk`` MB. Nothing here is checked when it is made: a form that is wrong in five places
is told all five.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import Factory, field, frozen

from koinon_core.backoff import Backoff
from koinon_core.containers import CommandUri, Volume
from koinon_core.tasks import ExecutorInfo, HealthCheck

from ..matching.constraints import Constraint


class Outcome(Enum):
    """How one attempt at a task ended."""

    FINISHED = "finished"
    FAILED = "failed"
    """It exited with an error, or ran longer than it may."""
    LOST = "lost"
    """Its agent is gone or was away for too long: what became of it is not known."""
    KILLED = "killed"
    """By somebody else: an operator, another program. What is ended by the workload itself is never tried again."""
    REJECTED = "rejected"
    """The master refuses the task as it stands. Trying again would change nothing."""


_BACKOFF = Backoff(initial=1.0, maximum=60.0, factor=2.0, jitter=0.2)


@frozen(kw_only=True)
class Retry:
    """When a task is started again. ``attempts``: how often it may be started in all; None: as often as it takes.

    An attempt that never reached an agent is none, and counts for nothing.
    """

    attempts: int | None = 3
    outcomes: frozenset[Outcome] = frozenset({Outcome.FAILED, Outcome.LOST})
    backoff: Backoff = _BACKOFF


NO_RETRY = Retry(attempts=1)
KEPT = Retry(attempts=None, outcomes=frozenset(Outcome) - {Outcome.REJECTED})
"""A service's: whatever becomes of an instance, there is another."""


class DependencyFailure(Enum):
    """What becomes of a task when one that it depends on does not finish."""

    SKIP = "skip"
    """It never runs, and says why; whatever depends on it is skipped in turn."""
    RUN = "run"
    """It runs all the same, once the other has ended: a clean-up, a notice."""


@frozen(kw_only=True)
class TaskPort:
    """A port of the agent for the task, which finds its number as ``PORT0``, ... and ``PORT_<NAME>``.

    ``container_port``: with an image, the port of the container that it leads to (bridge network); None: the task
    listens on the agent's own.
    """

    name: str
    number: int | None = None
    """That very port; None: whichever is free."""
    container_port: int | None = None
    protocol: str = "tcp"


@frozen(kw_only=True)
class TaskSpec:
    """A task wanted, ``count`` times. It runs a ``command``, ``args``, an ``image``, or what an ``executor`` will."""

    name: str
    count: int = 1
    is_service: bool = False
    """Whether it is kept at ``count`` for as long as the workload runs; else it is done when all have finished."""

    command: str | None = None
    """A line for ``/bin/sh -c``."""
    args: tuple[str, ...] = ()
    """Words instead of a line: the whole argv, or, with an image, what its entrypoint is given."""
    image: str | None = None
    executor: ExecutorInfo | None = None
    """A program of yours that runs the task by its ``data``: one on each agent for all tasks that name it."""
    data: bytes | None = None
    env: Mapping[str, str] = Factory(dict)
    uris: tuple[CommandUri, ...] = ()
    volumes: tuple[Volume, ...] = ()
    user: str | None = None
    labels: Mapping[str, str] = Factory(dict)
    health_check: HealthCheck | None = None
    """What the agent asks it again and again; see ``health_port``."""
    health_port: str | None = None
    """The name of the port that an HTTP or TCP check is to ask, as its number is not known before."""
    kill_grace: float | None = None
    """Between SIGTERM and SIGKILL; None: the agent's."""

    cpus: float = 0.1
    mem: float = 32.0
    disk: float = 0.0
    gpus: float = 0.0
    ports: tuple[TaskPort, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    """Where it may run, given the agent's attributes and where others of this name run."""
    roles: tuple[str, ...] | None = None
    """Whose resources it may use, ``*`` for those reserved for nobody; None: whatever is offered."""

    depends_on: tuple[str, ...] = ()
    """Names of tasks that have finished first, or, of services, of which all ``count`` run (and are healthy). The task
    finds ``agent:port`` of a service ``db`` as ``DB_ADDRESS``, of all its instances as ``DB_ADDRESSES``."""
    on_dependency_failure: DependencyFailure = DependencyFailure.SKIP
    retry: Retry | None = None
    """None: three attempts, and for a service as many as it takes."""
    max_wait: float | None = None
    """How long an attempt may wait for an offer; then the task has failed."""
    max_run: float | None = None
    """How long an attempt may run; then it is killed and has failed."""
    lost_after: float = 60.0
    """How long an unreachable task is waited for before it counts as lost. It is killed should it come back later."""
    priority: int = field(default=0)
    """The higher goes first where not all fit."""

    @property
    def retries(self) -> Retry:
        """The rule that counts."""
        if self.retry is not None:
            return self.retry
        return KEPT if self.is_service else Retry()

"""What becomes of tasks on fake agents: a plot is the updates that follow a launch, each after its delay. Pure.

master.script("web-*", runs())                           # until it is killed: what every task does by default
master.script("job", fails(after=1), finishes(after=3))  # the first launch fails, those after it finish
"""

from __future__ import annotations

from attrs import frozen

from koinon_core.tasks import TaskState, TaskStatusReason

START_SECONDS = 0.1
"""From launch to TASK_STARTING, and from there to TASK_RUNNING."""


@frozen(kw_only=True)
class Beat:
    """One update: ``after`` so many seconds."""

    after: float
    state: TaskState
    message: str | None = None
    reason: TaskStatusReason | None = None
    healthy: bool | None = None
    data: bytes | None = None


@frozen(kw_only=True)
class Plot:
    """The life of a task. ``kill_after``: seconds from a KILL to TASK_KILLED; None: it does not die of it."""

    beats: tuple[Beat, ...] = ()
    kill_after: float | None = 0.1

    def then(self, *beats: Beat) -> Plot:
        """The same life, going on."""
        return Plot(beats=(*self.beats, *beats), kill_after=self.kill_after)


def stays_staging(*, kill_after: float | None = 0.1) -> Plot:
    """Nothing is heard of the task: an image that is pulled for ever, an executor that never comes."""
    return Plot(kill_after=kill_after)


def runs(*, healthy: bool | None = None, kill_after: float | None = 0.1) -> Plot:
    """Starts and runs until it is killed."""
    starting = Beat(after=START_SECONDS, state=TaskState.TASK_STARTING)
    running = Beat(after=START_SECONDS, state=TaskState.TASK_RUNNING, healthy=healthy)
    return Plot(beats=(starting, running), kill_after=kill_after)


def finishes(after: float = 1.0, *, data: bytes | None = None) -> Plot:
    """Runs for so many seconds and ends well."""
    return runs().then(Beat(after=after, state=TaskState.TASK_FINISHED, data=data))


def fails(after: float = 1.0, message: str = "Command exited with status 1") -> Plot:
    """Runs for so many seconds and fails."""
    return runs().then(Beat(after=after, state=TaskState.TASK_FAILED, message=message))


def fails_to_start(message: str = "Failed to launch container") -> Plot:
    """Never runs."""
    reason = TaskStatusReason.REASON_CONTAINER_LAUNCH_FAILED
    return Plot(beats=(Beat(after=START_SECONDS, state=TaskState.TASK_FAILED, message=message, reason=reason),))


def turns_unhealthy(after: float = 1.0) -> Plot:
    """Runs well for so many seconds, then its health check fails; it goes on running."""
    return runs(healthy=True).then(Beat(after=after, state=TaskState.TASK_RUNNING, healthy=False))

"""One executor of a framework's own, from its container's start to its end (mesos-semantics 7.1, 8). Pure.

Says when the executor listens, when it has been given up on, and what is to be done with its container. The tasks that
it runs are ``tasks/hosted.py``; what becomes of them is decided in ``ledger.py``.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from koinon_core.executor_api import Heartbeat, Shutdown
from koinon_core.frameworks import FrameworkInfo
from koinon_core.transitions import next_state

from ..checkpoint.records import ExecutorAccepted, ExecutorDismissed
from ..containerizer import ContainerRun
from ..events import ContainerEnded, ContainerGone, ContainerNotStarted, ContainerStarted, ExecutorLeft
from ..instructions import AttachExecutor, Checkpoint, Instruction, KillContainer, TellExecutor, WatchContainer
from ..timers import ExecutorKey, Moment, Timers, time_left


class ExecutorState(Enum):
    """Where an executor stands."""

    STARTING = "starting"
    """Its container is being started."""
    REGISTERING = "registering"
    """Its container runs, and it is waited for."""
    SUBSCRIBED = "subscribed"
    DISCONNECTED = "disconnected"
    """It had subscribed, its stream ended, and its container runs on: it may come back."""
    TERMINATING = "terminating"
    """It is to end, or its container is being ended."""
    ENDED = "ended"


class Wait(Enum):
    """What an executor is waited for; SHRINKING: whether it needs less for good."""

    SUBSCRIPTION = "subscription"
    SHUTDOWN = "shutdown"
    HEARTBEAT = "heartbeat"
    SHRINKING = "shrinking"


@frozen(cache_hash=True)
class ExecutorDue:
    """A wait for an executor is over. Key of its timer."""

    key: ExecutorKey
    wait: Wait


@frozen
class Subscribed:
    """The executor opened the stream of that number."""

    stream: int


@frozen
class ShutdownAsked:
    """The executor is to end its tasks and itself within ``grace`` seconds."""

    grace: float


@frozen
class SubscriptionOverdue:
    """It was waited for long enough."""


@frozen
class ShutdownOverdue:
    """It had its grace."""


ExecutorEvent = (
    ContainerStarted
    | ContainerNotStarted
    | ContainerEnded
    | ContainerGone
    | Subscribed
    | ExecutorLeft
    | ShutdownAsked
    | SubscriptionOverdue
    | ShutdownOverdue
)

_S = ExecutorState
_ENDS = (ContainerNotStarted, ContainerEnded, ContainerGone)
TRANSITIONS: dict[tuple[ExecutorState, type], ExecutorState] = {
    (_S.STARTING, ContainerStarted): _S.REGISTERING,
    (_S.STARTING, Subscribed): _S.SUBSCRIBED,
    (_S.STARTING, ShutdownAsked): _S.TERMINATING,
    (_S.REGISTERING, ContainerStarted): _S.REGISTERING,
    (_S.REGISTERING, Subscribed): _S.SUBSCRIBED,
    (_S.REGISTERING, ShutdownAsked): _S.TERMINATING,
    (_S.REGISTERING, SubscriptionOverdue): _S.TERMINATING,
    (_S.SUBSCRIBED, ContainerStarted): _S.SUBSCRIBED,
    (_S.SUBSCRIBED, Subscribed): _S.SUBSCRIBED,
    (_S.SUBSCRIBED, ExecutorLeft): _S.DISCONNECTED,
    (_S.SUBSCRIBED, ShutdownAsked): _S.TERMINATING,
    (_S.DISCONNECTED, ContainerStarted): _S.DISCONNECTED,
    (_S.DISCONNECTED, Subscribed): _S.SUBSCRIBED,
    (_S.DISCONNECTED, ShutdownAsked): _S.TERMINATING,
    (_S.TERMINATING, ContainerStarted): _S.TERMINATING,
    (_S.TERMINATING, Subscribed): _S.TERMINATING,
    (_S.TERMINATING, ExecutorLeft): _S.TERMINATING,
    (_S.TERMINATING, ShutdownAsked): _S.TERMINATING,
    (_S.TERMINATING, ShutdownOverdue): _S.TERMINATING,
} | {(state, end): _S.ENDED for state in ExecutorState if state is not _S.ENDED for end in _ENDS}
"""An executor may subscribe before the engine has said that its container runs."""

_LISTENING = (_S.SUBSCRIBED, _S.TERMINATING)


@frozen(kw_only=True)
class Patience:
    """How long an executor is waited for, in seconds: to subscribe, to come back after the agent's restart, and to
    show that its connection is alive (mesos-semantics 7.1, 8; mesos-v1-api 3.3).
    """

    registration: float
    reregistration: float
    heartbeat: float


class ExecutorMachine:
    """One executor. ``stream`` is the number of the stream it listens on, ``run`` its container once started.

    ``has_come``: it subscribed once, so that tasks may have been said to it, in an earlier life of the agent even.
    ``is_overdue``: it was waited for in vain; ``is_dismissed``: it was asked to end.
    """

    def __init__(
        self, framework: FrameworkInfo, accepted: ExecutorAccepted, timers: Timers, patience: Patience
    ) -> None:
        """An executor whose container is about to be started."""
        self.framework = framework
        self.accepted = accepted
        self.executor = accepted.executor
        self.container_id = accepted.container_id
        self.key = ExecutorKey(accepted.framework_id, accepted.executor.executor_id)
        self.state = ExecutorState.STARTING
        self.run: ContainerRun | None = None
        self.stream: int | None = None
        self.has_come = False
        self.is_overdue = False
        self.is_dismissed = False
        self._dismissed: ExecutorDismissed | None = None
        self._timers = timers
        self._patience = patience

    def restore(self, *, has_come: bool, dismissed: ExecutorDismissed | None) -> None:
        """It is of an earlier life of the agent, and may have been told to end by then."""
        self.has_come = has_come
        if has_come:
            self.state = ExecutorState.REGISTERING
        if dismissed is not None:
            self.is_dismissed = True
            self._dismissed = dismissed
            self.state = ExecutorState.TERMINATING

    @property
    def is_ended(self) -> bool:
        """Whether nothing runs of it any more."""
        return self.state is ExecutorState.ENDED

    @property
    def patience(self) -> float:
        """Seconds for which it is waited for."""
        return self._patience.reregistration if self.has_come else self._patience.registration

    def handle(self, event: ExecutorEvent, now: Moment) -> list[Instruction]:
        """Take one event in. Raises InvalidTransition for one that the state does not allow.

        The end of another stream than its own is none of its business.
        """
        if isinstance(event, ExecutorLeft) and event.stream != self.stream:
            return []
        before = self.state
        self.state = next_state(TRANSITIONS, str(self.key), before, type(event))
        match event:
            case ContainerStarted(run):
                return self._take_up(before, run, now)
            case Subscribed(stream):
                return self._attach(before, stream, now)
            case ExecutorLeft():
                self._detach()
                return []
            case ShutdownAsked(grace):
                return self._shut_down(before, grace, now)
            case SubscriptionOverdue():
                self.is_overdue = True
                return [KillContainer(self.container_id, 0.0)]
            case ShutdownOverdue():
                return [KillContainer(self.container_id, 0.0)]
            case ContainerNotStarted() | ContainerEnded() | ContainerGone():
                self._detach()
                for wait in Wait:
                    self._timers.cancel(ExecutorDue(self.key, wait))
                return []

    def beat(self, now: Moment) -> list[Instruction]:
        """Show that the connection is alive, and do so again."""
        if self.stream is None:
            return []
        self._set(Wait.HEARTBEAT, self._patience.heartbeat, now)
        return [TellExecutor(self.key, Heartbeat())]

    def _take_up(self, before: ExecutorState, run: ContainerRun, now: Moment) -> list[Instruction]:
        """Only now the clock of its registration starts: neither fetching nor pulling counts."""
        self.run = run
        if before is ExecutorState.TERMINATING:
            return [WatchContainer(self.container_id), *self._dismiss_again(now)]
        if self.state is ExecutorState.REGISTERING:
            self._set(Wait.SUBSCRIPTION, self.patience, now)
        return [WatchContainer(self.container_id)]

    def _attach(self, before: ExecutorState, stream: int, now: Moment) -> list[Instruction]:
        self.stream = stream
        self._timers.cancel(ExecutorDue(self.key, Wait.SUBSCRIPTION))
        self._set(Wait.HEARTBEAT, self._patience.heartbeat, now)
        attached: list[Instruction] = [AttachExecutor(self.key, stream)]
        if before is ExecutorState.TERMINATING:
            return [*attached, TellExecutor(self.key, Shutdown())]
        self.has_come = True
        return attached

    def _detach(self) -> None:
        self.stream = None
        self._timers.cancel(ExecutorDue(self.key, Wait.HEARTBEAT))

    def _shut_down(self, before: ExecutorState, grace: float, now: Moment) -> list[Instruction]:
        """One that listens may end its tasks in good order; of others the container is ended."""
        is_first, self.is_dismissed = not self.is_dismissed, True
        orders = self._dismiss(before, grace, now)
        if not is_first:
            return orders
        dismissed = ExecutorDismissed(
            framework_id=self.key.framework_id, executor_id=self.key.executor_id, deadline=now.wall + grace, grace=grace
        )
        return [Checkpoint(dismissed), *orders]

    def _dismiss(self, before: ExecutorState, grace: float, now: Moment) -> list[Instruction]:
        if before is ExecutorState.TERMINATING and self.stream is None:
            return []
        if self.stream is None:
            self._timers.cancel(ExecutorDue(self.key, Wait.SUBSCRIPTION))
            return [KillContainer(self.container_id, grace if self.run is not None else 0.0)]
        self._set(Wait.SHUTDOWN, grace, now)
        return [] if before is ExecutorState.TERMINATING else [TellExecutor(self.key, Shutdown())]

    def _dismiss_again(self, now: Moment) -> list[Instruction]:
        """It runs, and was told to end before. What knew it in an earlier life may come back for the rest of its grace,
        to end its tasks in good order; what was still being started then has nothing to put in order.
        """
        if self._dismissed is None or not self.has_come:
            return [KillContainer(self.container_id, 0.0)]
        self._set(Wait.SHUTDOWN, time_left(self._dismissed.deadline, self._dismissed.grace, now), now)
        return []

    def _set(self, wait: Wait, seconds: float, now: Moment) -> None:
        self._timers.set(ExecutorDue(self.key, wait), now.steady + seconds)

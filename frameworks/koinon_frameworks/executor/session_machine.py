"""An executor's life with its agent: subscribe, come back after the agent did, and end in order (mesos-v1-api 3.5).

Pure: it is told what happened and says what to do; the driver carries that out. What tasks do is not its affair.
"""

from __future__ import annotations

from enum import Enum
from random import Random

from attrs import frozen

from koinon_core.backoff import Backoff
from koinon_core.transitions import next_state

ANSWER_SECONDS = 10.0
"""How long an agent may take to answer SUBSCRIBE."""
STEADY_SECONDS = 1.0
"""For how long a subscription must stand for the pauses before the next to be short again."""
REGISTRATION_SECONDS = 60.0
"""How long an agent is looked for that never answered: its own patience with executors (mesos-semantics 7.1)."""
_FIRST_RETRY_SECONDS = 0.1


class SessionState(Enum):
    """Where the executor stands."""

    DISCONNECTED = "disconnected"
    """The next attempt to subscribe is not due yet."""
    SUBSCRIBING = "subscribing"
    SUBSCRIBED = "subscribed"
    ENDING = "ending"
    """Tasks are being ended, and what became of them is told."""
    ENDED = "ended"


class EndKind(Enum):
    """Why an executor ends."""

    SHUTDOWN = "shut down"
    """The agent or the scheduler wants it."""
    STOPPED = "stopped"
    """Its own code or a signal wants it."""
    ERROR = "error"
    """The agent sent ERROR."""
    REFUSED = "refused"
    """The agent does not know this executor, or not by this token."""
    AGENT_LOST = "agent lost"
    """The agent is away, and there is no checkpoint or it stayed away for too long."""


@frozen(kw_only=True)
class Ending:
    """How a run ended."""

    kind: EndKind
    message: str = ""
    is_overdue: bool = False
    """The grace was over before all tasks had ended."""


@frozen
class StreamOpened:
    """SUBSCRIBED came on stream ``number``."""

    number: int


@frozen
class StreamEnded:
    """Stream ``number`` could not be opened for now, or is over."""

    number: int
    reason: str


@frozen
class StreamRefused:
    """Stream ``number`` was not opened and won't be."""

    number: int
    message: str


@frozen
class EndAsked:
    """The executor is to end, ``grace`` seconds from now at the latest."""

    ending: Ending
    grace: float


@frozen
class AllTold:
    """No task runs any more, and there is nothing left to tell, or nobody to tell it to."""


@frozen
class Tick:
    """``deadline`` may have passed."""


@frozen
class AgentGone:
    """The machine's own conclusion: the agent is not waited for any longer."""

    reason: str


SessionEvent = StreamOpened | StreamEnded | StreamRefused | EndAsked | AllTold | Tick | AgentGone


@frozen
class OpenStream:
    """Send SUBSCRIBE; report by ``number``."""

    number: int


@frozen
class CloseStream:
    """Close stream ``number``; what still comes of it will be ignored."""

    number: int


@frozen
class TellDisconnected:
    """A subscription that was open is gone."""

    reason: str


@frozen
class EndTasks:
    """End every task, and report ``AllTold``."""

    ending: Ending


@frozen
class End:
    """The run is over."""

    ending: Ending


SessionInstruction = OpenStream | CloseStream | TellDisconnected | EndTasks | End

_D, _SING, _SED, _ING, _ED = SessionState
TRANSITIONS: dict[tuple[SessionState, type[SessionEvent]], SessionState] = {
    (_D, Tick): _SING,
    (_D, AgentGone): _ING,
    (_D, EndAsked): _ING,
    (_D, AllTold): _D,
    (_SING, StreamOpened): _SED,
    (_SING, StreamEnded): _D,
    (_SING, StreamRefused): _ING,
    (_SING, Tick): _D,
    (_SING, AgentGone): _ING,
    (_SING, EndAsked): _ING,
    (_SING, AllTold): _SING,
    (_SED, StreamOpened): _SED,
    (_SED, StreamEnded): _D,
    (_SED, AgentGone): _ING,
    (_SED, EndAsked): _ING,
    (_SED, AllTold): _SED,
    (_ING, StreamOpened): _ING,
    (_ING, StreamEnded): _ING,
    (_ING, StreamRefused): _ING,
    (_ING, EndAsked): _ING,
    (_ING, AllTold): _ED,
    (_ING, Tick): _ED,
    (_ED, StreamOpened): _ED,
    (_ED, StreamEnded): _ED,
    (_ED, StreamRefused): _ED,
    (_ED, EndAsked): _ED,
    (_ED, AllTold): _ED,
    (_ED, Tick): _ED,
}
"""A Tick before its deadline changes nothing, whatever stands here."""


@frozen(kw_only=True)
class Patience:
    """How long an executor waits. All in seconds."""

    recovery_timeout: float | None = None
    """How long an agent may be away; None: not at all, as without a checkpoint nothing survives it."""
    backoff_max: float = 2.0
    """The longest pause between attempts to subscribe."""
    shutdown_grace: float = 5.0
    """What an end by the agent's loss or refusal leaves the tasks."""


class SessionMachine:
    """The life of one executor; ``handle`` is its only door."""

    def __init__(self, rng: Random, patience: Patience, now: float) -> None:
        self.state = SessionState.DISCONNECTED
        self.deadline: float | None = now
        """When the next Tick is wanted; None: not at all."""
        self.is_connected = False
        """Whether the agent hears what is told."""
        self._rng = rng
        self._patience = patience
        self._backoff = Backoff(initial=_FIRST_RETRY_SECONDS, maximum=patience.backoff_max, jitter=1.0)
        self._number = 0
        self._failures = 0
        self._opened_at = now
        self._has_subscribed = False
        self._give_up_at = now + max(patience.recovery_timeout or 0.0, REGISTRATION_SECONDS)
        self._ending: Ending | None = None

    @property
    def stream_number(self) -> int:
        """The number of the latest stream."""
        return self._number

    def handle(self, event: SessionEvent, now: float) -> list[SessionInstruction]:
        """Take an event in. Raises InvalidTransition for one that the state does not allow."""
        if self._is_stale(event) or (isinstance(event, Tick) and (self.deadline is None or now < self.deadline)):
            return []
        event = self._conclude(event, now)
        start = self.state
        self.state = target = next_state(TRANSITIONS, "executor", start, type(event))
        told = self._leave(start, event)
        match event:
            case StreamOpened() if start is SessionState.SUBSCRIBING:
                self.is_connected, self._has_subscribed = True, True
                self.deadline, self._opened_at = None, now
            case EndAsked(ending, grace) if start is SessionState.ENDING:
                self._shorten(ending, now + grace)
            case EndAsked(ending, grace) if target is SessionState.ENDING:
                return [*told, *self._begin_end(ending, now + grace)]
            case AgentGone(reason):
                ending = Ending(kind=EndKind.AGENT_LOST, message=reason)
                return [*told, *self._begin_end(ending, now + self._patience.shutdown_grace)]
            case StreamRefused(_, message) if start is SessionState.SUBSCRIBING:
                ending = Ending(kind=EndKind.REFUSED, message=message)
                return [*told, *self._begin_end(ending, now + self._patience.shutdown_grace)]
            case StreamEnded() | Tick() if target is SessionState.DISCONNECTED:
                self._wait(start, now)
            case Tick() if target is SessionState.SUBSCRIBING:
                return [self._open(now)]
            case _ if target is SessionState.ENDED and start is not SessionState.ENDED:
                return [*told, self._end(is_overdue=isinstance(event, Tick))]
        return told

    def check(self) -> None:
        """Raise AssertionError where an invariant is broken; tests call it after every event."""
        if self.state is SessionState.SUBSCRIBED and not self.is_connected:
            raise AssertionError("subscribed without a stream")
        if self.state in (SessionState.DISCONNECTED, SessionState.SUBSCRIBING) and self.is_connected:
            raise AssertionError("a stream is open that nobody subscribed on")
        if (self.deadline is None) != (self.state in (SessionState.SUBSCRIBED, SessionState.ENDED)):
            raise AssertionError("waits for nothing, or for something with no end")
        if (self._ending is None) == (self.state in (SessionState.ENDING, SessionState.ENDED)):
            raise AssertionError("ends without a reason, or has one and does not")

    def _is_stale(self, event: SessionEvent) -> bool:
        number = getattr(event, "number", None)
        if number is None:
            return False
        is_listening = self.state is SessionState.SUBSCRIBING or self.is_connected
        return number != self._number or not is_listening

    def _conclude(self, event: SessionEvent, now: float) -> SessionEvent:
        """What an event amounts to: the agent's absence may be for good."""
        if self.state in (SessionState.ENDING, SessionState.ENDED):
            return event
        if isinstance(event, StreamEnded) and self._has_subscribed and self._patience.recovery_timeout is None:
            return AgentGone(f"{event.reason}, and there is no checkpoint")
        is_waiting = self.state in (SessionState.DISCONNECTED, SessionState.SUBSCRIBING)
        if isinstance(event, StreamEnded | Tick) and is_waiting and now >= self._give_up_at:
            return AgentGone(getattr(event, "reason", "the agent did not answer in time"))
        return event

    def _leave(self, start: SessionState, event: SessionEvent) -> list[SessionInstruction]:
        """What the loss of a stream calls for."""
        match event:
            case StreamEnded(number, reason) if self.is_connected:
                self.is_connected = False
                return [CloseStream(number), TellDisconnected(reason)]
            case AgentGone(reason) if self.is_connected:
                self.is_connected = False
                return [CloseStream(self._number), TellDisconnected(reason)]
            case StreamOpened():
                return []
            case _ if start is SessionState.SUBSCRIBING:
                return [CloseStream(self._number)]
        return []

    def _wait(self, start: SessionState, now: float) -> None:
        if start is SessionState.SUBSCRIBED:
            # An agent that takes us and drops us at once is no better than one that is away.
            self._failures = 0 if now - self._opened_at >= STEADY_SECONDS else self._failures
            self._give_up_at = now + (self._patience.recovery_timeout or 0.0)
        self.deadline = min(now + self._backoff.delay(self._failures, self._rng), self._give_up_at)
        self._failures += 1

    def _open(self, now: float) -> OpenStream:
        self._number += 1
        self.deadline = now + ANSWER_SECONDS
        return OpenStream(self._number)

    def _begin_end(self, ending: Ending, deadline: float) -> list[SessionInstruction]:
        self._ending, self.deadline = ending, deadline
        return [EndTasks(ending)]

    def _shorten(self, ending: Ending, deadline: float) -> None:
        """A later wish may hurry the end; its reason is the first's, unless the agent alone was missing."""
        self.deadline = min(deadline, self.deadline or deadline)
        if self._ending is not None and self._ending.kind is EndKind.STOPPED:
            self._ending = ending

    def _end(self, *, is_overdue: bool) -> End:
        self.deadline = None
        ending = self._ending or Ending(kind=EndKind.STOPPED)
        return End(Ending(kind=ending.kind, message=ending.message, is_overdue=is_overdue))

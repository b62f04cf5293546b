"""One subscription over its life: find a master, subscribe, notice silence, subscribe again (mesos-v1-api 2.1, 2.2).

Pure: it is told what happened and says what to do; the driver carries that out. What an event means to the framework
is not its affair.
"""

from __future__ import annotations

from enum import Enum
from random import Random

from attrs import frozen

from koinon_core.backoff import Backoff
from koinon_core.ids import FrameworkId
from koinon_core.scheduler_api import HEARTBEAT_INTERVAL_SECONDS
from koinon_core.transitions import next_state

MAX_REDIRECTS = 5
LEAST_HEARTBEAT_SECONDS, MOST_HEARTBEAT_SECONDS = 0.01, 3600.0
SUBSCRIBE_BACKOFF = Backoff(initial=0.5, maximum=30.0, factor=2.0, jitter=0.5)


class SessionState(Enum):
    """Where the subscription stands."""

    DISCONNECTED = "disconnected"
    """No master is known, or the next attempt is not due yet."""
    SUBSCRIBING = "subscribing"
    SUBSCRIBED = "subscribed"
    CLOSED = "closed"


class EndKind(Enum):
    """Why a run ended."""

    STOPPED = "stopped"
    """By ``stop()``; the framework lives on unless it was torn down."""
    REFUSED = "refused"
    """The master answered SUBSCRIBE with a 4xx."""
    REMOVED = "removed"
    """The master has removed the framework: its tasks are killed, its id is burnt. The next run must begin anew."""
    FAILED_OVER = "failed over"
    """Another scheduler subscribed under the framework's id: it has the tasks now. Coming back would push it out."""
    ERROR = "error"
    """The master sent another ERROR: not allowed, or described wrongly (mesos-v1-api 2.1)."""


_END_BY_ERROR = {"Framework has been removed": EndKind.REMOVED, "Framework failed over": EndKind.FAILED_OVER}
"""The master's words, by which alone these are told apart from other errors (mesos-v1-api 2.1)."""


@frozen
class Ending:
    """How a run ended. ``message`` is the master's, where it spoke."""

    kind: EndKind
    message: str = ""


@frozen
class MastersFound:
    """Where the leader is, or, with several, may be: base URLs to try in turn."""

    urls: tuple[str, ...]


@frozen
class MasterLost:
    """Nobody leads."""


@frozen
class Redirected:
    """Stream ``number`` was not opened: the leader is at ``url``."""

    number: int
    url: str


@frozen
class Refused:
    """Stream ``number`` was not opened and won't be."""

    number: int
    message: str


@frozen
class StreamEnded:
    """Stream ``number`` could not be opened for now, or is over."""

    number: int
    reason: str


@frozen(kw_only=True)
class SubscribedSeen:
    """SUBSCRIBED came on stream ``number``."""

    number: int
    framework_id: FrameworkId
    heartbeat_interval: float = HEARTBEAT_INTERVAL_SECONDS


@frozen
class EventSeen:
    """Anything else came on stream ``number``, be it a heartbeat."""

    number: int


@frozen
class ErrorSeen:
    """ERROR came on stream ``number``."""

    number: int
    message: str


@frozen
class Tick:
    """``deadline`` may have passed."""


@frozen
class StopRequested:
    """The framework's author wants the run to end."""


SessionEvent = (
    MastersFound
    | MasterLost
    | Redirected
    | Refused
    | StreamEnded
    | SubscribedSeen
    | EventSeen
    | ErrorSeen
    | Tick
    | StopRequested
)


@frozen
class OpenStream:
    """Send SUBSCRIBE to ``url``; report by ``number``. The framework id is there from the second time on."""

    number: int
    url: str
    framework_id: FrameworkId | None


@frozen
class CloseStream:
    """Close stream ``number``; what still comes of it will be ignored."""

    number: int


@frozen
class TellDisconnected:
    """A subscription that was open is gone."""

    reason: str


@frozen
class End:
    """The run is over."""

    ending: Ending


SessionInstruction = OpenStream | CloseStream | TellDisconnected | End

_D, _SING, _SED, _C = SessionState
TRANSITIONS: dict[tuple[SessionState, type[SessionEvent]], SessionState] = {
    (_D, MastersFound): _SING,
    (_D, MasterLost): _D,
    (_D, Tick): _SING,
    (_D, StopRequested): _C,
    (_SING, MastersFound): _SING,
    (_SING, MasterLost): _D,
    (_SING, Redirected): _SING,
    (_SING, Refused): _C,
    (_SING, StreamEnded): _D,
    (_SING, SubscribedSeen): _SED,
    (_SING, EventSeen): _SING,
    (_SING, ErrorSeen): _C,
    (_SING, Tick): _D,
    (_SING, StopRequested): _C,
    (_SED, MastersFound): _SING,
    (_SED, MasterLost): _D,
    (_SED, StreamEnded): _D,
    (_SED, SubscribedSeen): _SED,
    (_SED, EventSeen): _SED,
    (_SED, ErrorSeen): _C,
    (_SED, Tick): _D,
    (_SED, StopRequested): _C,
    (_C, MastersFound): _C,
    (_C, MasterLost): _C,
    (_C, Tick): _C,
    (_C, StopRequested): _C,
}
"""A Tick before its deadline changes nothing, whatever stands here."""


class SessionMachine:
    """The life of one subscription; ``handle`` is its only door."""

    def __init__(
        self,
        rng: Random,
        framework_id: FrameworkId | None = None,
        *,
        missed_heartbeats: int = 5,
        backoff: Backoff = SUBSCRIBE_BACKOFF,
        max_redirects: int = MAX_REDIRECTS,
    ) -> None:
        """``missed_heartbeats``: after how many silent heartbeat intervals a stream counts as dead."""
        self.state = SessionState.DISCONNECTED
        self.framework_id = framework_id
        self.deadline: float | None = None
        """When the next Tick is wanted; None: not at all."""
        self._rng = rng
        self._missed_heartbeats = missed_heartbeats
        self._backoff = backoff
        self._max_redirects = max_redirects
        self._number = 0
        self._urls: tuple[str, ...] = ()
        self._turn = 0
        self._failures = 0
        self._redirects = 0
        self._silence = HEARTBEAT_INTERVAL_SECONDS * missed_heartbeats

    @property
    def stream_number(self) -> int:
        """The number of the latest stream."""
        return self._number

    def handle(self, event: SessionEvent, now: float) -> list[SessionInstruction]:
        """Take an event in. Raises InvalidTransition for one that the state does not allow."""
        if self._is_stale(event) or (isinstance(event, Tick) and (self.deadline is None or now < self.deadline)):
            return []
        start = self.state
        self.state = target = next_state(TRANSITIONS, "session", start, type(event))
        if target is SessionState.CLOSED:
            return self._close(start, event)
        match event:
            case MastersFound(urls):
                self._urls, self._turn, self._failures, self._redirects = urls, 0, 0, 0
                return [*self._leave(start, "the leading master changed"), self._open(urls[0], now)]
            case MasterLost():
                self._urls, self.deadline = (), None
                return self._leave(start, "no master leads")
            case Redirected(_, url):
                return self._follow(url, now)
            case StreamEnded(_, reason):
                return self._wait(start, reason, now)
            case SubscribedSeen() if start is SessionState.SUBSCRIBING:
                self._take_subscription(event, now)
            case SubscribedSeen() | EventSeen():
                self.deadline = now + self._silence
            case Tick() if start is SessionState.DISCONNECTED:
                return [self._open(self._urls[self._turn % len(self._urls)], now)]
            case Tick():
                return self._wait(start, f"nothing came for {self._silence:g} seconds", now)
        return []

    def check(self) -> None:
        """Raise AssertionError where an invariant is broken; tests call it after every event."""
        has_deadline = self.deadline is not None
        if self.state in (SessionState.SUBSCRIBING, SessionState.SUBSCRIBED) and not has_deadline:
            raise AssertionError("an open stream is not watched")
        if self.state is SessionState.DISCONNECTED and has_deadline != bool(self._urls):
            raise AssertionError("known masters and the next attempt do not go together")
        if self.state is SessionState.CLOSED and has_deadline:
            raise AssertionError("a closed session waits for something")

    def _is_stale(self, event: SessionEvent) -> bool:
        number = getattr(event, "number", None)
        if number is None:
            return False
        is_open = self.state in (SessionState.SUBSCRIBING, SessionState.SUBSCRIBED)
        return number != self._number or not is_open

    def _open(self, url: str, now: float) -> OpenStream:
        self._number += 1
        self.deadline = now + self._silence
        return OpenStream(self._number, url, self.framework_id)

    def _follow(self, url: str, now: float) -> list[SessionInstruction]:
        self._redirects += 1
        if self._redirects > self._max_redirects:
            self.state = SessionState.DISCONNECTED
            return self._wait(SessionState.SUBSCRIBING, f"redirected {self._redirects} times", now)
        return [self._open(url, now)]

    def _wait(self, start: SessionState, reason: str, now: float) -> list[SessionInstruction]:
        instructions = self._leave(start, reason)
        self.deadline = now + self._backoff.delay(self._failures, self._rng)
        self._failures += 1
        self._turn += 1
        self._redirects = 0
        return instructions

    def _leave(self, start: SessionState, reason: str) -> list[SessionInstruction]:
        if start is SessionState.DISCONNECTED:
            return []
        told: list[SessionInstruction] = [TellDisconnected(reason)] if start is SessionState.SUBSCRIBED else []
        return [CloseStream(self._number), *told]

    def _take_subscription(self, event: SubscribedSeen, now: float) -> None:
        self.framework_id = event.framework_id
        interval = event.heartbeat_interval
        # A master that says never, or always, is believed in nothing: it is held to what others do.
        if not LEAST_HEARTBEAT_SECONDS <= interval <= MOST_HEARTBEAT_SECONDS:
            interval = HEARTBEAT_INTERVAL_SECONDS
        self._silence = interval * self._missed_heartbeats
        self.deadline = now + self._silence
        self._failures = 0
        self._redirects = 0

    def _close(self, start: SessionState, event: SessionEvent) -> list[SessionInstruction]:
        if start is SessionState.CLOSED:
            return []
        self.deadline = None
        close: list[SessionInstruction] = [] if start is SessionState.DISCONNECTED else [CloseStream(self._number)]
        match event:
            case Refused(_, message):
                return [*close, End(Ending(EndKind.REFUSED, message))]
            case ErrorSeen(_, message):
                return [*close, End(Ending(_END_BY_ERROR.get(message, EndKind.ERROR), message))]
        return [*close, End(Ending(EndKind.STOPPED))]

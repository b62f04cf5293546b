"""How an agent comes under a master and stays there: detect, connect, register, back off (mesos-semantics 3.1). Pure.

Each connection has a number, so that what an old one still says is never taken for the new one's word. What the
agent says when it registers, and all that is said afterwards, is the agent's affair.
"""

from __future__ import annotations

from enum import Enum
from random import Random

from attrs import frozen

from koinon_core.agent_link import MasterFrame
from koinon_core.backoff import Backoff
from koinon_core.errors import InvalidTransition
from koinon_core.transitions import next_state

from ..events import LeaderDetected, LeaderLost, LinkClosed, LinkOpened
from ..instructions import CloseLink, Connect, Instruction, Note
from ..timers import Moment, Timers

MAX_BACKOFF_SECONDS = 60.0
REGISTRATION_TIMEOUT_SECONDS = 30.0
"""How long a master may take to answer Register before we try anew; it has to write its registry first."""


class RegistrationState(Enum):
    """Where the agent stands with its master."""

    DETECTING = "detecting"
    """No leader is known."""
    DISCONNECTED = "disconnected"
    """A leader is known; the next attempt waits for its time."""
    CONNECTING = "connecting"
    REGISTERING = "registering"
    """Connected, and Register was said."""
    REGISTERED = "registered"


@frozen
class RetryDue:
    """The backoff, or the patience with a silent master, is over. Key of its own timer."""


@frozen
class RegistrationConfirmed:
    """The master has the agent."""


@frozen
class RegistrationRefused:
    """The master will not have the agent now."""

    reason: str


RegistrationEvent = (
    LeaderDetected | LeaderLost | RetryDue | LinkOpened | LinkClosed | RegistrationConfirmed | RegistrationRefused
)

_S = RegistrationState
TRANSITIONS: dict[tuple[RegistrationState, type], RegistrationState] = {
    (_S.DETECTING, LeaderDetected): _S.DISCONNECTED,
    (_S.DETECTING, LeaderLost): _S.DETECTING,
    (_S.DISCONNECTED, LeaderDetected): _S.DISCONNECTED,
    (_S.DISCONNECTED, LeaderLost): _S.DETECTING,
    (_S.DISCONNECTED, RetryDue): _S.CONNECTING,
    (_S.CONNECTING, LeaderDetected): _S.DISCONNECTED,
    (_S.CONNECTING, LeaderLost): _S.CONNECTING,
    (_S.CONNECTING, LinkOpened): _S.REGISTERING,
    (_S.CONNECTING, LinkClosed): _S.DISCONNECTED,
    (_S.REGISTERING, LeaderDetected): _S.DISCONNECTED,
    (_S.REGISTERING, LeaderLost): _S.REGISTERING,
    (_S.REGISTERING, LinkClosed): _S.DISCONNECTED,
    (_S.REGISTERING, RetryDue): _S.DISCONNECTED,
    (_S.REGISTERING, RegistrationConfirmed): _S.REGISTERED,
    (_S.REGISTERING, RegistrationRefused): _S.DISCONNECTED,
    (_S.REGISTERED, LeaderDetected): _S.DISCONNECTED,
    (_S.REGISTERED, LeaderLost): _S.REGISTERED,
    (_S.REGISTERED, LinkClosed): _S.DISCONNECTED,
    (_S.REGISTERED, RegistrationRefused): _S.DISCONNECTED,
}
"""A connection outlives the loss of the detector: only another leader, or its own end, ends it."""

_CONNECTED = (_S.CONNECTING, _S.REGISTERING, _S.REGISTERED)


class RegistrationMachine:
    """One agent's standing with whoever leads."""

    def __init__(self, timers: Timers, rng: Random, backoff_factor: float) -> None:
        """``backoff_factor`` is the first bound of the random delay, in seconds (``--registration_backoff_factor``)."""
        self._timers = timers
        self._rng = rng
        self._backoff = Backoff(initial=backoff_factor, maximum=MAX_BACKOFF_SECONDS, jitter=1.0)
        self._attempt = 0
        self._highest_epoch = 0
        self.state = RegistrationState.DETECTING
        self.leader: LeaderDetected | None = None
        self.link = 0

    @property
    def is_registered(self) -> bool:
        """Whether a master has us and can hear us."""
        return self.state is RegistrationState.REGISTERED

    def hears(self, link: int) -> bool:
        """Whether that connection is the one that counts."""
        return link == self.link and self.state in _CONNECTED

    def admit_frame(self, frame: MasterFrame) -> str | None:
        """Take a frame's epoch in; why the frame must be refused, or None. A lower one than seen leads no longer."""
        if frame.epoch < self._highest_epoch:
            return f"epoch {frame.epoch} is over: a master of epoch {self._highest_epoch} has spoken"
        self._highest_epoch = frame.epoch
        return None

    def handle(self, event: RegistrationEvent, now: Moment) -> list[Instruction]:
        """Take one event in. Raises InvalidTransition for one that the state does not allow."""
        if isinstance(event, LeaderDetected) and event == self.leader:
            return []
        if isinstance(event, LinkOpened | LinkClosed) and not self.hears(event.link):
            return []
        before = self.state
        after = self.state = next_state(TRANSITIONS, "registration", before, type(event))
        instructions = self._leave_link(before, after, event)
        if isinstance(event, LeaderDetected):
            self.leader = event
            self._attempt = 0
            instructions.append(Note("leader_detected", {"leader": str(event)}))
        elif isinstance(event, LeaderLost):
            self.leader = None
            instructions.append(Note("leader_lost"))
        return instructions + self._enter(event, now)

    def _leave_link(self, before: RegistrationState, after: RegistrationState, event: object) -> list[Instruction]:
        if before not in _CONNECTED or after in _CONNECTED:
            return []
        match event:
            case LinkClosed():
                return [Note("link_closed", {"reason": event.reason})]
            case LeaderDetected():
                return [CloseLink(self.link, f"{event} leads now")]
            case RegistrationRefused():
                return [
                    Note("registration_refused", {"reason": event.reason}),
                    CloseLink(self.link, f"understood: {event.reason}"),
                ]
            case _:
                return [CloseLink(self.link, "no answer to the registration")]

    def _enter(self, event: object, now: Moment) -> list[Instruction]:
        if self.state is RegistrationState.DISCONNECTED:
            return self._back_off(event, now)
        if self.state is RegistrationState.CONNECTING and isinstance(event, RetryDue):
            return self._connect()
        if self.state is RegistrationState.REGISTERING and isinstance(event, LinkOpened):
            self._timers.set(RetryDue(), now.steady + REGISTRATION_TIMEOUT_SECONDS)
        elif self.state in (RegistrationState.REGISTERED, RegistrationState.DETECTING):
            self._timers.cancel(RetryDue())
            self._attempt = 0
        return []

    def _back_off(self, event: object, now: Moment) -> list[Instruction]:
        if self.leader is None:
            self.state = RegistrationState.DETECTING
            self._timers.cancel(RetryDue())
            return []
        self._timers.set(RetryDue(), now.steady + self._backoff.delay(self._attempt, self._rng))
        if not isinstance(event, LeaderDetected):
            self._attempt += 1
        return []

    def _connect(self) -> list[Instruction]:
        if self.leader is None:
            raise InvalidTransition("registration", self.state.value, "RetryDue", ("without a leader",))
        self.link += 1
        return [Connect(self.link, self.leader.host, self.leader.port)]

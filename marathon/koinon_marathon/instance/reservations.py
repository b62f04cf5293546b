"""What is set aside on one agent for one instance, and outlives its tasks: marathon-semantics 13.

Owns the value and which state may follow which. Asking the master for it is `launch.residents`, what it means for its
instance `instance_update`.
"""

from enum import Enum

import attrs

from koinon_core.ids import AgentId
from koinon_core.transitions import next_state
from koinon_frameworks.matching.placement import Placement


class ReservationState(Enum):
    """How far a reservation is."""

    NEW = "New"
    """Asked for; no offer has carried it yet."""
    LAUNCHED = "Launched"
    SUSPENDED = "Suspended"
    """Its task is over; only the same instance may use it."""


class ReservationTrigger(Enum):
    """What moves a reservation."""

    LAUNCH = "launch"
    END = "end"


_S, _T = ReservationState, ReservationTrigger
TRANSITIONS: dict[tuple[ReservationState, ReservationTrigger], ReservationState] = {
    (_S.NEW, _T.LAUNCH): _S.LAUNCHED,
    (_S.SUSPENDED, _T.LAUNCH): _S.LAUNCHED,
    (_S.LAUNCHED, _T.END): _S.SUSPENDED,
}


@attrs.frozen
class LocalVolume:
    """A persistent volume of one instance, by its `<safe path>#<containerPath>#<uuid>` (marathon-semantics 1)."""

    persistence_id: str

    @property
    def container_path(self) -> str:
        """Where the container sees it."""
        return self.persistence_id.split("#")[1]

    @property
    def uuid(self) -> str:
        """What tells it from the volumes of other instances."""
        return self.persistence_id.split("#")[2]


@attrs.frozen(kw_only=True)
class Reservation:
    """One instance's place: the agent, what constraints see of it, its volumes; until `deadline` it may stay NEW."""

    agent_id: AgentId
    placement: Placement
    volumes: tuple[LocalVolume, ...] = ()
    state: ReservationState = ReservationState.NEW
    deadline: float | None = None

    def moved(self, trigger: ReservationTrigger) -> "Reservation":
        """The reservation after `trigger`. Raises InvalidTransition where that cannot happen."""
        state = next_state(TRANSITIONS, f"the reservation on {self.agent_id}", self.state, trigger)
        return attrs.evolve(self, state=state, deadline=None)

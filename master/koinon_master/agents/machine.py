"""Which phase of an agent's membership may follow which (mesos-semantics 3). Acting on it is others' work."""

from __future__ import annotations

from enum import Enum
from typing import Final


class AgentPhase(Enum):
    """Where an agent stands with the master. One that is unreachable or removed is no member and has no phase."""

    RECOVERED = "recovered"
    """In the registry of an earlier leader, and not back yet."""
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    """Its link broke; it may come back until the ping timeout."""
    LOSING = "losing"
    """Missed for too long; the registry is being told."""
    REMOVING = "removing"
    """It leaves for good; the registry is being told."""


class AgentHappening(Enum):
    """What moves an agent from phase to phase."""

    REGISTERED = "registered"
    LINK_CLOSED = "link closed"
    MISSED = "missed"
    REMOVAL_BEGUN = "removal begun"


_P = AgentPhase
_H = AgentHappening
TRANSITIONS: Final[dict[tuple[AgentPhase, AgentHappening], AgentPhase]] = {
    (_P.RECOVERED, _H.REGISTERED): _P.CONNECTED,
    (_P.RECOVERED, _H.MISSED): _P.LOSING,
    (_P.RECOVERED, _H.REMOVAL_BEGUN): _P.REMOVING,
    (_P.CONNECTED, _H.REGISTERED): _P.CONNECTED,
    (_P.CONNECTED, _H.LINK_CLOSED): _P.DISCONNECTED,
    (_P.CONNECTED, _H.REMOVAL_BEGUN): _P.REMOVING,
    (_P.DISCONNECTED, _H.REGISTERED): _P.CONNECTED,
    (_P.DISCONNECTED, _H.MISSED): _P.LOSING,
    (_P.DISCONNECTED, _H.REMOVAL_BEGUN): _P.REMOVING,
    (_P.LOSING, _H.REMOVAL_BEGUN): _P.REMOVING,
}

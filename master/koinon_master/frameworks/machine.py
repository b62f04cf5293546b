"""Which phase of a framework's subscription may follow which (mesos-semantics 4). Acting on it is others' work."""

from __future__ import annotations

from enum import Enum
from typing import Final


class FrameworkPhase(Enum):
    """Where a framework stands with the master."""

    RECOVERED = "recovered"
    """Known from agents alone since the leader changed; it has not subscribed here yet."""
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    """Its stream broke; its failover timeout runs."""
    REMOVED = "removed"


class FrameworkHappening(Enum):
    """What moves a framework from phase to phase."""

    SUBSCRIBED = "subscribed"
    STREAM_CLOSED = "stream closed"
    REMOVED = "removed"


_P = FrameworkPhase
_H = FrameworkHappening
TRANSITIONS: Final[dict[tuple[FrameworkPhase, FrameworkHappening], FrameworkPhase]] = {
    (_P.RECOVERED, _H.SUBSCRIBED): _P.CONNECTED,
    (_P.RECOVERED, _H.REMOVED): _P.REMOVED,
    (_P.CONNECTED, _H.SUBSCRIBED): _P.CONNECTED,
    (_P.CONNECTED, _H.STREAM_CLOSED): _P.DISCONNECTED,
    (_P.CONNECTED, _H.REMOVED): _P.REMOVED,
    (_P.DISCONNECTED, _H.SUBSCRIBED): _P.CONNECTED,
    (_P.DISCONNECTED, _H.REMOVED): _P.REMOVED,
}

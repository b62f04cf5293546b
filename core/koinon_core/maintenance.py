"""Machines that are to be away, and what frameworks say to that (mesos-operator-api 1.2, 5)."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from .agents import Unavailability
from .containers import TimeInfo
from .ids import FrameworkId


class MachineMode(Enum):
    """Whether a machine may run agents."""

    UP = 1
    DRAINING = 2
    """A window is scheduled for it."""
    DOWN = 3


@frozen(kw_only=True, order=True)
class MachineId:
    """A machine by its hostname, its ip, or both; names compare in lower case."""

    hostname: str | None = None
    ip: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.hostname, self.ip))) or "a machine without a name"


@frozen(kw_only=True)
class Window:
    """When some machines will be away."""

    unavailability: Unavailability
    machine_ids: tuple[MachineId, ...] = ()


@frozen
class Schedule:
    """All windows."""

    windows: tuple[Window, ...] = ()


class InverseOfferAnswer(Enum):
    """What a framework said to an inverse offer."""

    UNKNOWN = 1
    ACCEPT = 2
    DECLINE = 3


@frozen(kw_only=True)
class InverseOfferStatus:
    """The last word of a framework on leaving a machine."""

    status: InverseOfferAnswer
    framework_id: FrameworkId
    timestamp: TimeInfo

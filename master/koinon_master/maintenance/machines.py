"""Which machines are scheduled to be away, and which are down (mesos-semantics 10). Changed by ``schedule`` alone.

A machine is named by its host name, its address, or both. An agent stands on a machine when all that names the machine
is true of the agent.
"""

from __future__ import annotations

from attrs import define, evolve, field

from koinon_core.agents import Unavailability
from koinon_core.maintenance import MachineId, MachineMode, Schedule

from ..registry.records import MaintenanceRecord


def canonical(machine: MachineId) -> MachineId:
    """The name by which a machine is the same, however it is written."""
    return MachineId(hostname=(machine.hostname or "").lower() or None, ip=machine.ip or None)


@define
class Machines:
    """The schedule and the modes, looked up by machine or by where an agent is."""

    record: MaintenanceRecord = field(factory=MaintenanceRecord)
    _windows: dict[MachineId, Unavailability] = field(factory=dict, init=False)
    _down: frozenset[MachineId] = field(default=frozenset(), init=False)
    _known: set[MachineId] = field(factory=set, init=False)

    @property
    def schedule(self) -> Schedule:
        """All windows, as they were last set."""
        return self.record.schedule

    def set(self, record: MaintenanceRecord) -> None:
        """Replace all that is known."""
        self.record = record
        self._windows = {
            canonical(machine): window.unavailability
            for window in record.schedule.windows
            for machine in window.machine_ids
        }
        self._down = frozenset(map(canonical, record.down))
        self._known.update(self._windows)

    def meet(self, hostname: str, ip: str) -> None:
        """There is such a machine, as an agent stands on it."""
        self._known.add(canonical(MachineId(hostname=hostname, ip=ip)))

    def knows(self, machine: MachineId) -> bool:
        """Whether this leader ever had a window of such a machine, or an agent on it."""
        return canonical(machine) in self._known

    def mode(self, machine: MachineId) -> MachineMode | None:
        """Where a machine stands; None for one that is in no window."""
        name = canonical(machine)
        if name not in self._windows:
            return None
        return MachineMode.DOWN if name in self._down else MachineMode.DRAINING

    def machine_of(self, hostname: str, ip: str) -> MachineId | None:
        """The scheduled machine that an agent stands on; None when it stands on none. The fullest name wins."""
        both = canonical(MachineId(hostname=hostname, ip=ip))
        names = (both, evolve(both, ip=None), evolve(both, hostname=None))
        return next((name for name in names if name in self._windows), None)

    def unavailability(self, hostname: str, ip: str) -> Unavailability | None:
        """When an agent is to be away, or None."""
        machine = self.machine_of(hostname, ip)
        return None if machine is None else self._windows[machine]

    def is_down(self, hostname: str, ip: str) -> bool:
        """Whether an agent stands on a machine that is down."""
        return self.machine_of(hostname, ip) in self._down

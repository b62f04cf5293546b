"""What is wrong with a maintenance schedule, or with the machines to be taken down or up (mesos-operator-api 5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from koinon_core.agents import is_ip
from koinon_core.maintenance import MachineId, MachineMode, Schedule

from ..maintenance.machines import Machines, canonical


def find_schedule_problem(schedule: Schedule, machines: Machines) -> str | None:
    """Why ``schedule`` can't replace the one of ``machines``, or None."""
    for window in schedule.windows:
        if not window.machine_ids:
            return "List of machines in the maintenance window is empty"
        duration = window.unavailability.duration
        if duration is not None and duration.nanoseconds < 0:
            return "Unavailability 'duration' is negative"
    named = [machine for window in schedule.windows for machine in window.machine_ids]
    problem = _find_names_problem(named)
    if problem is not None:
        return problem
    kept = {canonical(machine) for machine in named}
    for window in machines.schedule.windows:
        for machine in window.machine_ids:
            if machines.mode(machine) is MachineMode.DOWN and canonical(machine) not in kept:
                return f"Machine '{show(machine)}' is deactivated and cannot be removed from the schedule"
    return None


def find_start_problem(named: Sequence[MachineId], machines: Machines) -> str | None:
    """Why these machines can't be taken down, or None."""
    return _find_mode_problem(named, machines, MachineMode.DRAINING, "down")


def find_stop_problem(named: Sequence[MachineId], machines: Machines) -> str | None:
    """Why these machines can't be taken up, or None."""
    return _find_mode_problem(named, machines, MachineMode.DOWN, "up")


def _find_mode_problem(named: Sequence[MachineId], machines: Machines, wanted: MachineMode, where: str) -> str | None:
    if not named:
        return "List of machines is empty"
    return _find_names_problem(named) or next(
        (
            f"Machine '{show(machine)}' is not in {wanted.name} mode and cannot be brought {where}"
            if machines.knows(machine)
            else f"Machine '{show(machine)}' is not part of a maintenance schedule"
            for machine in named
            if machines.mode(machine) is not wanted
        ),
        None,
    )


def _find_names_problem(named: Iterable[MachineId]) -> str | None:
    seen = set()
    for machine in named:
        if not machine.hostname and not machine.ip:
            return "Both 'hostname' and 'ip' for a machine are empty"
        if machine.ip and not is_ip(machine.ip):
            return f"Failed to parse IPv4: {machine.ip}"
        name = canonical(machine)
        if name in seen:
            return f"Machine '{show(machine)}' appears more than once in the schedule"
        seen.add(name)
    return None


def show(machine: MachineId) -> str:
    """A machine as Mesos names it in its sentences."""
    names = {"hostname": machine.hostname, "ip": machine.ip}
    return json.dumps({key: name for key, name in names.items() if name}, separators=(",", ":"))

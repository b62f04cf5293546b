"""What this machine has to offer where ``--resources`` does not say (mesos-semantics 12).

Owns the defaults and the look at the machine; the flag's own syntax is ``koinon_core.resources_text``'s.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil
from attrs import frozen

from koinon_core.ranges import Ranges
from koinon_core.resources import Kind, Reservation, ReservationType, Resource, Resources
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.scalars import Scalar

DEFAULT_PORTS = (31000, 32000)

_MEGABYTE = 1 << 20
_GIGABYTE_IN_MB = 1024


@frozen(kw_only=True)
class Machine:
    """What a machine has in all: cores, and bytes of memory and of the disk under the work directory."""

    cores: int
    memory: int
    disk: int


def detect_machine(work_dir: Path) -> Machine:
    """Look at this machine. ``work_dir`` must exist."""
    return Machine(
        cores=os.cpu_count() or 1,
        memory=psutil.virtual_memory().total,
        disk=shutil.disk_usage(work_dir).total,
    )


def complete_resources(given: Resources, machine: Machine, default_role: str = DEFAULT_ROLE) -> Resources:
    """What the operator gave, and the machine's own for each of cpus, mem, disk and ports left out."""
    names = {item.name for item in given}
    missing = (item for item in _own(machine, default_role) if item.name not in names)
    return given + Resources(tuple(missing))


def _own(machine: Machine, role: str) -> tuple[Resource, ...]:
    reservations = () if role == DEFAULT_ROLE else (Reservation(role=role, type=ReservationType.STATIC),)
    amounts: dict[str, Scalar | Ranges] = {
        "cpus": Scalar.of(machine.cores),
        "mem": Scalar.of(_leave(machine.memory // _MEGABYTE, 1 * _GIGABYTE_IN_MB)),
        "disk": Scalar.of(_leave(machine.disk // _MEGABYTE, 5 * _GIGABYTE_IN_MB)),
        "ports": Ranges((DEFAULT_PORTS,)),
    }
    return tuple(Resource(Kind(name=name, reservations=reservations), value) for name, value in amounts.items())


def _leave(total: int, for_the_system: int) -> int:
    """Megabytes for tasks: all but a fixed part where there is twice that, else half."""
    return total - for_the_system if total >= 2 * for_the_system else total // 2

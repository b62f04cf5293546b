"""How much of the machine a group gets, as the kernel is told: texts for files, of version 1 and of version 2. Pure.

The arithmetic of shares, quota and memory is the one of Docker containers (``docker/limits.py``): a task gets the same
whichever way it runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ..docker.limits import limit_settings
from ..interface import Workload

_MIN_SHARES, _MAX_SHARES = 2, 262_144
_MAX_WEIGHT = 10_000
_PERIOD_MICROSECONDS = 100_000


@frozen(kw_only=True)
class Controls:
    """None is no limit. ``cpu_quota`` in microseconds of a tenth of a second, memory in bytes.

    ``memory_soft`` is what the group keeps when the machine runs short. Processes are counted with their threads.
    """

    cpu_shares: int = _MIN_SHARES
    cpu_quota: int | None = None
    memory_limit: int | None = None
    memory_soft: int | None = None
    pids_limit: int | None = None


def decide_controls(workload: Workload, *, is_cpu_limited: bool, pids_limit: int | None = None) -> Controls:
    """What a workload is given. ``is_cpu_limited`` (``--cgroups_enable_cfs``): what is asked of cpus is their limit."""
    wanted = limit_settings(workload, is_cpu_limited=is_cpu_limited, total_memory=None)
    return Controls(
        cpu_shares=min(wanted.get("CpuShares", _MIN_SHARES), _MAX_SHARES),
        cpu_quota=wanted.get("CpuQuota"),
        memory_limit=wanted.get("Memory"),
        memory_soft=wanted.get("MemoryReservation"),
        pids_limit=pids_limit,
    )


def settings_of(controls: Controls, controller: str, *, is_unified: bool) -> Mapping[str, str]:
    """File to text, in the order in which they are to be written. ``controller`` by its name of version 1."""
    writers = _UNIFIED if is_unified else _VERSION_1
    return writers.get(controller, lambda _: {})(controls)


def _cpu_v1(controls: Controls) -> dict[str, str]:
    settings = {"cpu.shares": str(controls.cpu_shares)}
    if controls.cpu_quota is not None:
        settings["cpu.cfs_period_us"] = str(_PERIOD_MICROSECONDS)
        settings["cpu.cfs_quota_us"] = str(controls.cpu_quota)
    return settings


def _memory_v1(controls: Controls) -> dict[str, str]:
    limits = {
        "memory.soft_limit_in_bytes": controls.memory_soft,
        "memory.limit_in_bytes": controls.memory_limit,
    }
    return {name: str(value) for name, value in limits.items() if value is not None}


def _cpu_v2(controls: Controls) -> dict[str, str]:
    span = controls.cpu_shares - _MIN_SHARES
    weight = 1 + span * (_MAX_WEIGHT - 1) // (_MAX_SHARES - _MIN_SHARES)
    settings = {"cpu.weight": str(weight)}
    if controls.cpu_quota is not None:
        settings["cpu.max"] = f"{controls.cpu_quota} {_PERIOD_MICROSECONDS}"
    return settings


def _memory_v2(controls: Controls) -> dict[str, str]:
    limits = {"memory.low": controls.memory_soft, "memory.max": controls.memory_limit}
    return {name: str(value) for name, value in limits.items() if value is not None}


def _pids(controls: Controls) -> dict[str, str]:
    return {} if controls.pids_limit is None else {"pids.max": str(controls.pids_limit)}


_VERSION_1 = {"cpu": _cpu_v1, "memory": _memory_v1, "pids": _pids}
_UNIFIED = {"cpu": _cpu_v2, "memory": _memory_v2, "pids": _pids}

"""How much of the machine a group gets, as the kernel is told: texts for files, of version 1 and of version 2. Pure.

How much that is, is ``containerizer/limits.py``'s: a task gets the same whichever way it runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from ..interface import Workload
from ..limits import CPU_PERIOD_MICROSECONDS, MIN_CPU_SHARES, decide_amounts

_MAX_SHARES = 262_144
_MAX_WEIGHT = 10_000


@frozen(kw_only=True)
class Controls:
    """None is no limit. ``cpu_quota`` in microseconds of a tenth of a second, memory in bytes.

    ``memory_soft`` is what the group keeps when the machine runs short. Processes are counted with their threads.
    """

    cpu_shares: int = MIN_CPU_SHARES
    cpu_quota: int | None = None
    memory_limit: int | None = None
    memory_soft: int | None = None
    pids_limit: int | None = None


def decide_controls(workload: Workload, *, is_cpu_limited: bool, pids_limit: int | None = None) -> Controls:
    """What a workload is given. ``is_cpu_limited`` (``--cgroups_enable_cfs``): what is asked of cpus is their limit."""
    amounts = decide_amounts(workload, is_cpu_limited=is_cpu_limited)
    return Controls(
        cpu_shares=min(amounts.cpu_shares or MIN_CPU_SHARES, _MAX_SHARES),
        cpu_quota=amounts.cpu_quota,
        memory_limit=amounts.memory_limit,
        memory_soft=amounts.memory_soft,
        pids_limit=pids_limit,
    )


def settings_of(controls: Controls, controller: str, *, is_unified: bool) -> Mapping[str, str]:
    """File to text, in the order in which they are to be written. ``controller`` by its name of version 1."""
    writers = _UNIFIED if is_unified else _VERSION_1
    return writers.get(controller, lambda _: {})(controls)


def _cpu_v1(controls: Controls) -> dict[str, str]:
    settings = {"cpu.shares": str(controls.cpu_shares)}
    if controls.cpu_quota is not None:
        settings["cpu.cfs_period_us"] = str(CPU_PERIOD_MICROSECONDS)
        settings["cpu.cfs_quota_us"] = str(controls.cpu_quota)
    return settings


def _memory_v1(controls: Controls) -> dict[str, str]:
    limits = {
        "memory.soft_limit_in_bytes": controls.memory_soft,
        "memory.limit_in_bytes": controls.memory_limit,
    }
    return {name: str(value) for name, value in limits.items() if value is not None}


def _cpu_v2(controls: Controls) -> dict[str, str]:
    span = controls.cpu_shares - MIN_CPU_SHARES
    weight = 1 + span * (_MAX_WEIGHT - 1) // (_MAX_SHARES - MIN_CPU_SHARES)
    settings = {"cpu.weight": str(weight)}
    if controls.cpu_quota is not None:
        settings["cpu.max"] = f"{controls.cpu_quota} {CPU_PERIOD_MICROSECONDS}"
    return settings


def _memory_v2(controls: Controls) -> dict[str, str]:
    limits = {"memory.low": controls.memory_soft, "memory.max": controls.memory_limit}
    return {name: str(value) for name, value in limits.items() if value is not None}


def _pids(controls: Controls) -> dict[str, str]:
    return {} if controls.pids_limit is None else {"pids.max": str(controls.pids_limit)}


def settings_of_resize(
    controls: Controls, controller: str, memory_now: int | None, *, is_unified: bool
) -> Mapping[str, str]:
    """What to write to a group whose container has come to be given other amounts.

    A limit that is there no more is lifted. ``memory_now`` is the group's limit in bytes, None where it has none: a
    lower one is not written, as the kernel would end a process to get there.
    """
    is_raised = controls.memory_limit is None or (memory_now is not None and controls.memory_limit > memory_now)
    wanted = evolve(controls, memory_soft=controls.memory_soft or controls.memory_limit)
    lifted = (_UNIFIED_LIFTED if is_unified else _VERSION_1_LIFTED).get(controller, {})
    settings = {**lifted, **settings_of(wanted, controller, is_unified=is_unified)}
    return settings if is_raised else {name: text for name, text in settings.items() if name not in MEMORY_LIMITS}


MEMORY_LIMITS = ("memory.limit_in_bytes", "memory.max")
"""Files with the hard limit, of version 1 and of version 2."""
_VERSION_1_LIFTED = {
    "cpu": {"cpu.cfs_quota_us": "-1"},
    "memory": {"memory.soft_limit_in_bytes": "-1", "memory.limit_in_bytes": "-1"},
}
_UNIFIED_LIFTED = {
    "cpu": {"cpu.max": f"max {CPU_PERIOD_MICROSECONDS}"},
    "memory": {"memory.low": "0", "memory.max": "max"},
}
_VERSION_1 = {"cpu": _cpu_v1, "memory": _memory_v1, "pids": _pids}
_UNIFIED = {"cpu": _cpu_v2, "memory": _memory_v2, "pids": _pids}

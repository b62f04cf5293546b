"""How an engine is told what a container gets: cpus, memory and gpus (mesos-semantics 9.1, rows 2 to 5 and 14). Pure.

How much of cpus and memory that is, is ``containerizer/limits.py``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...interface import Workload
from ...limits import CPU_PERIOD_MICROSECONDS, Amounts, decide_amounts


def find_limit_problems(workload: Workload) -> Iterator[str]:
    """Why a container cannot be given what it asks for, one problem each."""
    gpus = workload.resources.scalar("gpus")
    if gpus and gpus.thousandths % 1000:
        yield f"gpus must be a whole number, not {gpus}"


def wanted_gpus(workload: Workload) -> int:
    """How many gpus the container is to have."""
    return workload.resources.scalar("gpus").thousandths // 1000


def limit_settings(workload: Workload, *, is_cpu_limited: bool, total_memory: int | None) -> dict[str, int]:
    """Shares, quota, memory and reservation. ``total_memory`` is the machine's, in bytes; None if unknown.

    ``is_cpu_limited``: what is asked of cpus is their limit, too.
    """
    amounts = decide_amounts(workload, is_cpu_limited=is_cpu_limited)
    settings = {
        "CpuShares": amounts.cpu_shares,
        "CpuPeriod": None if amounts.cpu_quota is None else CPU_PERIOD_MICROSECONDS,
        "CpuQuota": amounts.cpu_quota,
        "Memory": amounts.memory_limit,
        "MemoryReservation": amounts.memory_soft,
        "OomScoreAdj": _score(amounts, total_memory) if "mem" in workload.limits and total_memory else None,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _score(amounts: Amounts, total_memory: int) -> int | None:
    """Who asked for little and may take much is the first to go when the machine runs short."""
    request = amounts.memory_soft or 0
    if (amounts.memory_limit or total_memory) <= request:
        return None
    return min(max(1000 - 1000 * request // total_memory, 2), 999)


def gpu_settings(gpus: Sequence[str]) -> dict[str, object]:
    """The devices by the names the operator or the driver gave them."""
    if not gpus:
        return {}
    return {"DeviceRequests": [{"DeviceIDs": list(gpus), "Capabilities": [["gpu"]]}]}

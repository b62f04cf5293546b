"""How much of the machine a Docker container gets: cpus, memory and gpus (mesos-semantics 9.1, rows 2 to 5 and 14).

Pure; owns the way from resources and limits to the engine's figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from koinon_core.scalars import Limit, Scalar, Unlimited

from ..interface import Workload

_MEGABYTE = 1 << 20
_MIN_MEMORY = 32 * _MEGABYTE
_MIN_CPU_SHARES = 2
_CPU_PERIOD_MICROSECONDS = 100_000
_MIN_CPU_QUOTA_MICROSECONDS = 1_000


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
    return _cpu(workload, is_cpu_limited) | _memory(workload, total_memory)


def gpu_settings(gpus: Sequence[str]) -> dict[str, object]:
    """The devices by the names the operator or the driver gave them."""
    if not gpus:
        return {}
    return {"DeviceRequests": [{"DeviceIDs": list(gpus), "Capabilities": [["gpu"]]}]}


def _limit(workload: Workload, name: str) -> Limit | None:
    return workload.limits.get(name)


def _cpu(workload: Workload, is_cpu_limited: bool) -> dict[str, int]:
    request = workload.resources.scalar("cpus")
    limit = _limit(workload, "cpus") or (request if is_cpu_limited else None)
    settings = {}
    if request:
        settings["CpuShares"] = max(1024 * request.thousandths // 1000, _MIN_CPU_SHARES)
    if isinstance(limit, Scalar) and limit:
        quota = limit.thousandths * _CPU_PERIOD_MICROSECONDS // 1000
        settings["CpuPeriod"] = _CPU_PERIOD_MICROSECONDS
        settings["CpuQuota"] = max(quota, _MIN_CPU_QUOTA_MICROSECONDS)
    return settings


def _memory(workload: Workload, total_memory: int | None) -> dict[str, int]:
    request = _bytes(workload.resources.scalar("mem"))
    limit = _limit(workload, "mem")
    if limit is None:
        return {"Memory": request} if request else {}
    settings = {} if isinstance(limit, Unlimited) else {"Memory": _bytes(limit)}
    if request:
        settings["MemoryReservation"] = request
    if total_memory and settings.get("Memory", total_memory) > request:
        # Who asked for little and may take much is the first to go when the machine runs short.
        settings["OomScoreAdj"] = min(max(1000 - 1000 * request // total_memory, 2), 999)
    return settings


def _bytes(megabytes: Scalar) -> int:
    return max(megabytes.thousandths * _MEGABYTE // 1000, _MIN_MEMORY) if megabytes else 0

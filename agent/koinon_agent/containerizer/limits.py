"""How much of cpus and memory a container gets, whichever way it runs (mesos-semantics 9.1, rows 2 to 5). Pure.

How an engine or the kernel is told is ``docker/request/limits.py``'s and ``cgroups/controls.py``'s.
"""

from __future__ import annotations

from attrs import frozen

from koinon_core.scalars import Scalar, Unlimited

from .interface import Workload

CPU_PERIOD_MICROSECONDS = 100_000
"""In which a quota may be used up."""
MIN_CPU_SHARES = 2
_MIN_CPU_QUOTA_MICROSECONDS = 1_000
_MEGABYTE = 1 << 20
_MIN_MEMORY = 32 * _MEGABYTE


@frozen(kw_only=True)
class Amounts:
    """``cpu_shares`` and ``memory_soft`` are what it is sure of when the machine runs short, ``cpu_quota`` (in
    microseconds a period) and ``memory_limit`` the most it gets, memory in bytes. None: nothing is said of it.
    """

    cpu_shares: int | None = None
    cpu_quota: int | None = None
    memory_soft: int | None = None
    memory_limit: int | None = None


def decide_amounts(workload: Workload, *, is_cpu_limited: bool) -> Amounts:
    """What a workload is given. ``is_cpu_limited``: what is asked of cpus is their limit, too."""
    cpus, memory = workload.resources.scalar("cpus"), _bytes(workload.resources.scalar("mem"))
    cpu_limit, memory_limit = workload.limits.get("cpus"), workload.limits.get("mem")
    most = cpu_limit or (cpus if is_cpu_limited else None)
    quota = _quota(most) if isinstance(most, Scalar) and most else None
    shares = max(1024 * cpus.thousandths // 1000, MIN_CPU_SHARES) if cpus else None
    if memory_limit is None:
        return Amounts(cpu_shares=shares, cpu_quota=quota, memory_limit=memory)
    bound = None if isinstance(memory_limit, Unlimited) else _bytes(memory_limit)
    return Amounts(cpu_shares=shares, cpu_quota=quota, memory_soft=memory, memory_limit=bound)


def _quota(cpus: Scalar) -> int:
    return max(cpus.thousandths * CPU_PERIOD_MICROSECONDS // 1000, _MIN_CPU_QUOTA_MICROSECONDS)


def _bytes(megabytes: Scalar) -> int | None:
    return max(megabytes.thousandths * _MEGABYTE // 1000, _MIN_MEMORY) if megabytes else None

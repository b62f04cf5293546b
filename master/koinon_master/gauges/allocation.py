"""What there is to share, who has how much of it, and what holds offers back: ``allocator/mesos/...``."""

from __future__ import annotations

from ..state import ClusterState

_NAMES = ("cpus", "disk", "mem")
"""Shown even when there is nothing of it."""
_ABSENT = {"allocator/event_queue_dispatches": 0.0, "allocator/mesos/event_queue_dispatches": 0.0}
"""Queues of Mesos's own: the allocator here has none."""


def read_allocation(state: ClusterState) -> dict[str, float]:
    """Name -> number."""
    allocator = state.allocator
    total, granted = allocator.total(), allocator.granted()
    numbers: dict[str, float] = dict(_ABSENT)
    numbers["allocator/mesos/allocation_runs"] = state.tallies["allocation_runs"]
    for name in sorted({*_NAMES, *(name for name, _ in total)}):
        stem = f"allocator/mesos/resources/{name}"
        numbers[f"{stem}/total"] = float(total[name])
        numbers[f"{stem}/offered_or_allocated"] = float(granted[name])
    shares, filters = allocator.shares(), allocator.active_filters()
    for role, share in shares.items():
        numbers[f"allocator/mesos/roles/{role}/shares/dominant"] = share
    for role in {*shares, *filters, *state.quotas}:
        numbers[f"allocator/mesos/offer_filters/roles/{role}/active"] = filters.get(role, 0)
    return numbers | _read_consumption(state, {role.partition("/")[0] for role in shares}) | _read_quotas(state)


def _read_consumption(state: ClusterState, roles: set[str]) -> dict[str, float]:
    """What would count against a quota, of top-level roles that have none yet, too."""
    return {
        f"allocator/mesos/quota/roles/{role}/resources/{name}/consumed": float(amount)
        for role in roles
        for name, amount in state.allocator.quota_consumed(role)
    }


def _read_quotas(state: ClusterState) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for role, quota in state.quotas.items():
        stem = f"allocator/mesos/quota/roles/{role}/resources"
        consumed = state.allocator.quota_consumed(role)
        numbers |= {f"{stem}/{name}/guarantee": float(amount) for name, amount in quota.guarantees.items()}
        numbers |= {f"{stem}/{name}/limit": float(amount) for name, amount in quota.limits.items()}
        for name in {*quota.guarantees, *quota.limits, *(name for name, _ in consumed)}:
            numbers[f"{stem}/{name}/offered_or_allocated"] = float(consumed[name])
            numbers[f"{stem}/{name}/consumed"] = float(consumed[name])
    return numbers

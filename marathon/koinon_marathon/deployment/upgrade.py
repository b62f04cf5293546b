"""The arithmetic of a rolling restart: how many old ones die and how many new ones start (marathon-semantics 4)."""

from math import ceil, floor

import attrs

from ..definition.run_specs import RunSpec

_ROUNDING = 1e-9
"""Shares are decimal fractions: 10 * 1.2 must be 12 instances and not what binary makes of it."""


@attrs.frozen(kw_only=True)
class RestartStrategy:
    """How many must stay healthy, how many may exist at once, and how many old ones may die right away."""

    min_healthy: int
    max_capacity: int
    kill_now: int


def restart_strategy(spec: RunSpec, current: int, healthy: int) -> RestartStrategy:
    """The strategy for `current` instances, `healthy` of which are well.

    Where nothing could move (no old one may die, no new one fits) one instance more is allowed for; one that is
    resident can't run twice, so one may be missing instead.
    """
    share = spec.upgrade_strategy
    min_healthy = ceil(spec.instances * share.minimum_health_capacity - _ROUNDING)
    max_capacity = floor(spec.instances * (1 + share.maximum_over_capacity) + _ROUNDING)
    kill_now = max(0, healthy - min_healthy)
    if min_healthy == max_capacity and max_capacity <= healthy:
        if spec.is_resident:
            kill_now = healthy - min_healthy + 1
        else:
            max_capacity += 1
    return RestartStrategy(
        min_healthy=min_healthy,
        max_capacity=max_capacity,
        kill_now=max(current - spec.instances, kill_now),
    )


def launches(spec: RunSpec, strategy: RestartStrategy, *, others: int, started: int) -> int:
    """How many new ones start now, beside `others` that are there still and the `started` ones."""
    room = strategy.max_capacity - others - started
    return max(0, min(spec.instances - started, room))

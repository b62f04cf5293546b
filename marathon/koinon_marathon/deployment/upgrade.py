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


def restart_strategy(app: RunSpec, old: int, healthy: int) -> RestartStrategy:
    """The strategy for an app with `old` instances to replace, while `healthy` of its instances are well.

    Where nothing could move (no old one may die, no new one fits) one instance more is allowed for.
    """
    share = app.upgrade_strategy
    min_healthy = ceil(app.instances * share.minimum_health_capacity - _ROUNDING)
    max_capacity = floor(app.instances * (1 + share.maximum_over_capacity) + _ROUNDING)
    kill_now = max(0, healthy - min_healthy)
    if min_healthy == max_capacity and max_capacity <= healthy:
        max_capacity += 1
    if app.instances < old:
        kill_now = max(old - app.instances, kill_now)
    return RestartStrategy(min_healthy=min_healthy, max_capacity=max_capacity, kill_now=kill_now)

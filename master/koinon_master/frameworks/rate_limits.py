"""How many calls a second a principal may send (``--rate_limits``, mesos-semantics 4). Pure: a counter of time.

Calls that come faster wait their turn; who has more waiting than its capacity is refused. Mesos limits its old driver
alone that way, and tells it so in an ERROR that ends it; here HTTP calls are limited, and refused one by one.
"""

from __future__ import annotations

from collections import defaultdict

from attrs import field, frozen

from koinon_core.errors import DecodeError
from koinon_core.wire import plain_json


@frozen(kw_only=True)
class RateLimit:
    """What one principal may do: ``qps`` calls a second (None: any), ``capacity`` waiting (None: any)."""

    principal: str
    qps: float | None = None
    capacity: int | None = None


@frozen(kw_only=True)
class RateLimits:
    """All limits. Principals without one share the aggregate."""

    limits: tuple[RateLimit, ...] = ()
    aggregate_default_qps: float | None = None
    aggregate_default_capacity: int | None = None

    def __str__(self) -> str:
        return plain_json.encode(self).decode()


def parse_rate_limits(text: str) -> RateLimits:
    """Read Mesos's JSON. Raises ValueError that names the field at fault."""
    try:
        limits = plain_json.decode(text.encode(), RateLimits)
    except DecodeError as error:
        raise ValueError(str(error)) from None
    for index, limit in enumerate(limits.limits):
        _check(f"$.limits[{index}]", limit.qps, limit.capacity)
    _check("$.aggregate_default", limits.aggregate_default_qps, limits.aggregate_default_capacity, joint="_")
    names = [limit.principal for limit in limits.limits]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"$.limits: the principal {name!r} stands twice")
    return limits


def _check(where: str, qps: float | None, capacity: int | None, joint: str = ".") -> None:
    if qps is not None and not 0 < qps < float("inf"):
        raise ValueError(f"{where}{joint}qps must be a number more than 0")
    if capacity is not None and (capacity < 0 or qps is None):
        raise ValueError(f"{where}{joint}capacity must not be negative, and needs qps")


@frozen
class OverCapacity:
    """Too many calls of a principal wait already."""

    capacity: int

    def __str__(self) -> str:
        return f"Message dropped: capacity({self.capacity}) exceeded"


@frozen(eq=False)
class RateLimiter:
    """Who may call when."""

    limits: RateLimits
    _by_principal: dict[str, RateLimit] = field(init=False)
    _free_at: defaultdict[str | None, float] = field(init=False, factory=lambda: defaultdict(float))

    @_by_principal.default
    def _index(self) -> dict[str, RateLimit]:
        return {limit.principal: limit for limit in self.limits.limits}

    def admit(self, principal: str | None, now: float) -> float | OverCapacity:
        """How many seconds a call of ``principal`` that comes at ``now`` has to wait, or why it is refused."""
        limit = None if principal is None else self._by_principal.get(principal)
        if limit is not None:
            key, qps, capacity = principal, limit.qps, limit.capacity
        else:
            key, qps, capacity = None, self.limits.aggregate_default_qps, self.limits.aggregate_default_capacity
        if qps is None:
            return 0.0
        delay = max(0.0, self._free_at[key] - now)
        if capacity is not None and delay * qps > capacity:
            return OverCapacity(capacity)
        self._free_at[key] = now + delay + 1 / qps
        return delay

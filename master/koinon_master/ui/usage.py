"""How much of the cluster was used over time: one point every ten seconds, thinned out as it gets older.

Owns the rule which points stay. When a point is taken is the app's affair.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from ..state import ClusterState
from ..views.fragments import encode
from .amounts import add_up, show, show_quantities

POINT_SECONDS = 10.0


@frozen
class Step:
    """For so many seconds there is at most one point in each ``every`` seconds; both count from the newest point."""

    every: float
    until: float


RETENTION = (Step(POINT_SECONDS, 3600.0), Step(60.0, 24 * 3600.0))


@frozen(eq=False)
class Point:
    """One moment, in seconds since 1970, and its row."""

    at: float
    encoded: bytes

    @property
    def key(self) -> str:
        """Its name in the table."""
        return f"{self.at:.0f}"


class UsageHistory:
    """The points that stay. Each step hands those that are too old for it to the next, which takes one of many."""

    def __init__(self, retention: Sequence[Step] = RETENTION) -> None:
        self._steps = tuple((step, deque[Point]()) for step in retention)
        self.count = 0
        """How many points were ever taken."""

    def __iter__(self) -> Iterator[Point]:
        """The oldest first."""
        for _, points in reversed(self._steps):
            yield from points

    def add(self, point: Point) -> None:
        """One more, newer than all."""
        self.count += 1
        arriving = [point]
        for step, points in self._steps:
            for one in arriving:
                if not points or one.at // step.every > points[-1].at // step.every:
                    points.append(one)
            arriving = []
            while points and points[0].at <= point.at - step.until:
                arriving.append(points.popleft())


def take_point(state: ClusterState, now: float) -> Point:
    """How it is now."""
    row: dict[str, Any] = {"at": now, **show_totals(state), "used": show_used(state)}
    return Point(now, encode(row))


def show_used(state: ClusterState) -> dict[str, float]:
    """What containers really use, on the agents that say so."""
    measured = state.measured.values()
    if not measured:
        return {}
    cpus, mem = sum(one.cpus for one in measured), sum(one.mem for one in measured)
    return {"cpus": round(cpus, 3), "mem": round(mem, 3)}


def show_totals(state: ClusterState) -> dict[str, dict[str, float]]:
    """What there is, what tasks hold, and what offers hold."""
    offered = add_up(held.grant.resources.thousandths for held in state.offers.values())
    allocated = {name: amount.thousandths - offered.get(name, 0) for name, amount in state.allocator.granted()}
    return {
        "total": show_quantities(state.allocator.total()),
        "allocated": show(allocated),
        "offered": show(offered),
    }

"""Which host ports of an offer a launch gets: fixed ones as they are, the others by chance or the lowest first.

Which resources of the offer it may use is ``fitting``'s business; what a task is told of its ports its owner's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from attrs import frozen

from koinon_core.ranges import Ranges
from koinon_core.resources import Resource, Resources
from koinon_core.roles import DEFAULT_ROLE

from .taking import PORTS


@frozen
class PortPool:
    """Ports that an offer holds for one role."""

    role: str
    ranges: Ranges


@frozen
class HostPort:
    """A port of the agent, and the role it comes from."""

    number: int
    role: str


@frozen
class PortShortage:
    """Why the offer's ports do not do; `str()` is the sentence that people read."""

    why: str

    def __str__(self) -> str:
        return self.why


def port_pools(usable: Resources) -> list[PortPool]:
    """The ports among resources, in their order."""
    return [
        PortPool(item.kind.reserved_role, item.value)
        for item in usable
        if item.name == PORTS and isinstance(item.value, Ranges)
    ]


def choose_host_ports(
    wanted: Sequence[int | None], pools: Sequence[PortPool], rng: Random | None
) -> tuple[HostPort | None, ...] | PortShortage:
    """A port for each one wanted, in order: a number is that very port, 0 any, None none at all.

    `rng` spreads those that may be any over what is offered, so that a port just given back is rarely the next;
    without it they are the lowest, reserved ones first.
    """
    fixed = {port for port in wanted if port}
    missing = [port for port in sorted(fixed) if _role_of(port, pools) is None]
    if missing:
        return PortShortage(f"host port {', '.join(map(str, missing))} is not offered")
    dynamic = _lowest(pools, fixed) if rng is None else _shuffled(pools, fixed, rng)
    chosen: list[HostPort | None] = []
    for port in wanted:
        if port is None:
            chosen.append(None)
        elif port:
            chosen.append(HostPort(port, _role_of(port, pools) or DEFAULT_ROLE))
        else:
            found = next(dynamic, None)
            if found is None:
                return PortShortage(_too_few(wanted, pools, fixed))
            chosen.append(found)
    return tuple(chosen)


def port_resources(usable: Resources, numbers: Iterable[int]) -> Resources:
    """The chosen host ports, each of the kind it was offered as."""
    wanted = Ranges.of(numbers)
    chosen: list[Resource] = []
    for item in usable if wanted else ():
        if wanted and item.name == PORTS and isinstance(item.value, Ranges):
            part = item.value & wanted
            wanted = wanted - part
            chosen.append(Resource(item.kind, part))
    return Resources(tuple(chosen))


def _role_of(port: int, pools: Sequence[PortPool]) -> str | None:
    return next((pool.role for pool in pools if port in pool.ranges), None)


def _too_few(wanted: Sequence[int | None], pools: Sequence[PortPool], fixed: set[int]) -> str:
    offered = sum(1 for pool in pools for port in pool.ranges if port not in fixed)
    return f"{wanted.count(0)} host ports are needed, {offered} are offered"


def _lowest(pools: Sequence[PortPool], fixed: set[int]) -> Iterator[HostPort]:
    reserved_first = sorted(pools, key=lambda pool: pool.role == DEFAULT_ROLE)
    yield from (HostPort(port, pool.role) for pool in reserved_first for port in pool.ranges if port not in fixed)


def _shuffled(pools: Sequence[PortPool], fixed: set[int], rng: Random) -> Iterator[HostPort]:
    """Every offered port but the fixed ones: intervals in random order, from a random start, wrapping around."""
    intervals = [(begin, end, pool.role) for pool in pools for begin, end in pool.ranges.intervals]
    rng.shuffle(intervals)
    total = sum(end - begin + 1 for begin, end, _ in intervals)
    if not total:
        return
    start = rng.randrange(total)
    for cut in ((start, total), (0, start)):
        yield from (HostPort(port, role) for port, role in _slice(intervals, *cut) if port not in fixed)


def _slice(intervals: Sequence[tuple[int, int, str]], first: int, last: int) -> Iterator[tuple[int, str]]:
    """The ports at positions `first` up to but without `last`, as if the intervals lay end to end."""
    position = 0
    for begin, end, role in intervals:
        size = end - begin + 1
        low, high = max(first - position, 0), min(last - position, size)
        yield from ((begin + offset, role) for offset in range(low, high))
        position += size

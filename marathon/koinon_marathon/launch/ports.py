"""The host ports of one instance, chosen from an offer: marathon-semantics 11.

Which resources of the offer an app may use is the matcher's business; what the task is told is `environment`.
"""

from collections.abc import Iterator, Sequence
from random import Random

import attrs

from koinon_core.ranges import Ranges

from ..definition.apps import App
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec

_FIRST_CONTAINER_PORT, _LAST_CONTAINER_PORT = 1025, 65535


@attrs.frozen
class PortPool:
    """Ports that an offer holds for one role."""

    role: str
    ranges: Ranges


@attrs.frozen(kw_only=True)
class AssignedPort:
    """What one port of an app became: a host port with the role it comes from, or a container port alone."""

    host_port: int | None
    container_port: int | None
    role: str | None = None

    @property
    def number(self) -> int:
        """The port others reach the task at: the host port where there is one."""
        return self.host_port or self.container_port or 0


@attrs.frozen
class PortShortage:
    """Why the offer's ports do not do; `str()` is the sentence that people read."""

    why: str

    def __str__(self) -> str:
        return self.why


def assign_ports(app: RunSpec, pools: Sequence[PortPool], rng: Random) -> tuple[AssignedPort, ...] | PortShortage:
    """One assignment for each port or endpoint of `app` in order. `rng` spreads dynamic ports over what is offered."""
    wanted = wanted_host_ports(app)
    fixed = {port for port in wanted if port}
    missing = [port for port in sorted(fixed) if _role_of(port, pools) is None]
    if missing:
        return PortShortage(f"host port {', '.join(map(str, missing))} is not offered")
    dynamic = _shuffled(pools, fixed, rng)
    chosen: list[tuple[int, str | None] | None] = []
    for port in wanted:
        if port is None:
            chosen.append(None)
        elif port:
            chosen.append((port, _role_of(port, pools)))
        else:
            chosen.append(next(dynamic, None))
            if chosen[-1] is None:
                return PortShortage(_too_few(wanted, pools, fixed))
    return tuple(_assigned(app, index, pick, rng) for index, pick in enumerate(chosen))


def wanted_host_ports(app: RunSpec) -> tuple[int | None, ...]:
    """What each port asks for: a number, 0 for any host port, None for no host port."""
    if isinstance(app, Pod):
        return tuple(endpoint.host_port for endpoint in app.endpoints)
    if not app.is_host_networked:
        return tuple(mapping.host_port for mapping in app.port_mappings)
    return tuple(definition.port if app.require_ports else 0 for definition in app.port_definitions)


def chosen_container_ports(app: App, ports: Sequence[AssignedPort]) -> tuple[int, ...]:
    """The container ports in definition order, where the definition left one to chance; else none to remember."""
    if all(mapping.container_port or mapping.host_port is not None for mapping in app.port_mappings):
        return ()
    return tuple(port.container_port or port.number for port in ports)


def _role_of(port: int, pools: Sequence[PortPool]) -> str | None:
    return next((pool.role for pool in pools if port in pool.ranges), None)


def _too_few(wanted: Sequence[int | None], pools: Sequence[PortPool], fixed: set[int]) -> str:
    offered = sum(1 for pool in pools for port in pool.ranges if port not in fixed)
    return f"{wanted.count(0)} host ports are needed, {offered} are offered"


def _shuffled(pools: Sequence[PortPool], fixed: set[int], rng: Random) -> Iterator[tuple[int, str]]:
    """Every offered port but the fixed ones: intervals in random order, from a random start, wrapping around."""
    intervals = [(begin, end, pool.role) for pool in pools for begin, end in pool.ranges.intervals]
    rng.shuffle(intervals)
    total = sum(end - begin + 1 for begin, end, _ in intervals)
    if not total:
        return
    start = rng.randrange(total)
    for cut in ((start, total), (0, start)):
        yield from ((port, role) for port, role in _slice(intervals, *cut) if port not in fixed)


def _slice(intervals: Sequence[tuple[int, int, str]], first: int, last: int) -> Iterator[tuple[int, str]]:
    """The ports at positions `first` up to but without `last`, as if the intervals lay end to end."""
    position = 0
    for begin, end, role in intervals:
        size = end - begin + 1
        low, high = max(first - position, 0), min(last - position, size)
        yield from ((begin + offset, role) for offset in range(low, high))
        position += size


def _assigned(app: RunSpec, index: int, pick: tuple[int, str | None] | None, rng: Random) -> AssignedPort:
    host_port, role = pick or (None, None)
    if app.is_host_networked:
        return AssignedPort(host_port=host_port, container_port=None, role=role)
    asked = app.endpoints[index] if isinstance(app, Pod) else app.port_mappings[index]
    container_port = asked.container_port or host_port
    if container_port is None:
        container_port = rng.randint(_FIRST_CONTAINER_PORT, _LAST_CONTAINER_PORT)
    return AssignedPort(host_port=host_port, container_port=container_port, role=role)

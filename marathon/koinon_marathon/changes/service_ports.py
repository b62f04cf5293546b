"""Service ports that apps leave to us: marathon-semantics 8.

Owns the numbers of 0 in new definitions; host ports are chosen offer by offer in `ports`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import attrs

from ..definition.apps import App
from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec


@attrs.frozen(kw_only=True)
class ServicePortRange:
    """`--local_port_min` to `--local_port_max`, both included."""

    first: int = 10000
    last: int = 20000

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last


@attrs.frozen
class PortsExhausted:
    """Why nothing could be assigned; `str()` is Marathon's message."""

    range: ServicePortRange

    def __str__(self) -> str:
        return f"All ports in the range [{self.range.first}-{self.range.last}] are already in use"


class UsedPorts:
    """Which service ports the apps of the tree have, each counted as often as it is had."""

    def __init__(self, apps: Iterable[App] = ()) -> None:
        self._counts = Counter(_assigned(apps))

    def __contains__(self, port: int) -> bool:
        return self._counts[port] > 0

    def replace(self, old: RunSpec | None, new: RunSpec | None) -> None:
        """An app is another one now, came or went. Pods have no service ports."""
        self._counts.subtract(_assigned([old] if isinstance(old, App) else []))
        self._counts.update(_assigned([new] if isinstance(new, App) else []))


def assign_service_ports(
    old: Mapping[PathId, App], new: Mapping[PathId, App], ports: ServicePortRange, used: UsedPorts | None = None
) -> dict[PathId, App] | PortsExhausted:
    """The new apps, every 0 replaced: by a port the app had before, else by the lowest free one.

    `old` and `new` may be those alone that a change touches, where `used` tells the ports of all others.
    """
    taken = used or UsedPorts()
    asked = set(_assigned(old.values())) | set(_assigned(new.values()))
    free = (port for port in range(ports.first, ports.last + 1) if port not in taken and port not in asked)
    assigned = dict(new)
    for path, app in new.items():
        if 0 not in app.service_ports:
            continue
        before = old[path].service_ports if path in old else ()
        chosen = _assign(app, before, ports, free)
        if chosen is None:
            return PortsExhausted(ports)
        assigned[path] = with_service_ports(app, chosen)
    return assigned


def with_service_ports(app: App, chosen: tuple[int, ...]) -> App:
    """`app` with these service ports, one for each port in definition order."""
    if app.is_host_networked:
        definitions = zip(app.port_definitions, chosen, strict=True)
        return attrs.evolve(app, port_definitions=tuple(attrs.evolve(item, port=port) for item, port in definitions))
    pairs = zip(app.port_mappings, chosen, strict=True)
    mappings = tuple(attrs.evolve(mapping, service_port=port) for mapping, port in pairs)
    if app.container is None:
        return app
    return attrs.evolve(app, container=attrs.evolve(app.container, port_mappings=mappings))


def _assigned(apps: Iterable[App]) -> Iterator[int]:
    for app in apps:
        yield from (port for port in app.service_ports if port)


def _assign(app: App, before: tuple[int, ...], ports: ServicePortRange, free: Iterator[int]) -> tuple[int, ...] | None:
    """`free` never yields a number twice, so what one app took no later one gets."""
    wanted = app.service_ports
    again = iter([port for port in before if port in ports and port not in wanted])
    chosen = [port or next(again, 0) or next(free, 0) for port in wanted]
    return tuple(chosen) if all(chosen) else None

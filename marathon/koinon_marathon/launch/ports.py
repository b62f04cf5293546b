"""The ports of one instance: which host ports it asks of an offer, what each becomes (marathon-semantics 11).

Which host ports those are the matcher chooses; what the task is told is `environment`.
"""

from collections.abc import Sequence
from random import Random

import attrs

from koinon_frameworks.matching import HostPort

from ..definition.apps import App
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec

_FIRST_CONTAINER_PORT, _LAST_CONTAINER_PORT = 1025, 65535


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


def assign_ports(app: RunSpec, chosen: Sequence[HostPort | None], rng: Random) -> tuple[AssignedPort, ...]:
    """What each port or endpoint of `app` becomes, `chosen` being their host ports in order.

    `rng` draws the container ports that nobody named.
    """
    return tuple(_assigned(app, index, pick, rng) for index, pick in enumerate(chosen))


def host_ports(ports: Sequence[AssignedPort]) -> tuple[int, ...]:
    """Those of them that are ports of the agent."""
    return tuple(port.host_port for port in ports if port.host_port is not None)


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


def _assigned(app: RunSpec, index: int, pick: HostPort | None, rng: Random) -> AssignedPort:
    host_port, role = (None, None) if pick is None else (pick.number, pick.role)
    if app.is_host_networked:
        return AssignedPort(host_port=host_port, container_port=None, role=role)
    asked = app.endpoints[index] if isinstance(app, Pod) else app.port_mappings[index]
    container_port = asked.container_port or host_port
    if container_port is None:
        container_port = rng.randint(_FIRST_CONTAINER_PORT, _LAST_CONTAINER_PORT)
    return AssignedPort(host_port=host_port, container_port=container_port, role=role)

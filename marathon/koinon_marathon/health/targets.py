"""Where a task is asked: its agent's address and host port, or its own address and container port.

Marathon-semantics 20.1 and 21. Functions of values; where a task can't be asked they say why.
"""

import attrs

from koinon_core.containers import IpProtocol

from ..definition.apps import App
from ..definition.health_checks import HealthCheck, HealthCheckProtocol, ReadinessCheck, ReadinessProtocol
from ..definition.networks import NetworkMode
from ..instance.instances import Task
from .probes import HttpTarget, Target, TcpTarget


@attrs.frozen
class NoTarget:
    """There is nothing that could be asked; `str()` is the sentence that people read."""

    why: str

    def __str__(self) -> str:
        return self.why


@attrs.frozen
class _Endpoint:
    host: str
    port: int


def health_target(app: App, check: HealthCheck, task: Task) -> Target | NoTarget:
    """What a check that Marathon runs asks of a task."""
    found = _at_port(app, task, check.port) if check.port is not None else _at_index(app, task, check.port_index or 0)
    if isinstance(found, NoTarget):
        return found
    if check.protocol is HealthCheckProtocol.TCP:
        return TcpTarget(host=found.host, port=found.port)
    is_tls = check.protocol is HealthCheckProtocol.HTTPS
    return HttpTarget(host=found.host, port=found.port, path=_absolute(check.path), is_tls=is_tls)


def readiness_target(app: App, check: ReadinessCheck, task: Task) -> HttpTarget | NoTarget:
    """What a readiness check asks of a task."""
    if check.port_name not in app.port_names:
        return NoTarget(f"no port is named {check.port_name}")
    found = _at_index(app, task, app.port_names.index(check.port_name))
    if isinstance(found, NoTarget):
        return found
    return HttpTarget(
        host=found.host,
        port=found.port,
        path=_absolute(check.path),
        is_tls=check.protocol is ReadinessProtocol.HTTPS,
        keeps_body=check.preserve_last_response,
    )


def _at_port(app: App, task: Task, port: int) -> _Endpoint | NoTarget:
    """A port said by number: on the agent, or in the container where it has an address of its own."""
    if not _has_own_address(app):
        return _Endpoint(task.placement.hostname, port)
    address = _own_address(task)
    return NoTarget("the task has no IPv4 address yet") if address is None else _Endpoint(address, port)


def _at_index(app: App, task: Task, index: int) -> _Endpoint | NoTarget:
    """One of the app's ports: at its host port where it has one."""
    if index >= len(app.service_ports):
        return NoTarget(f"the app has no port with index {index}")
    position = _host_port_position(app, index)
    if position is not None:
        if position >= len(task.host_ports):
            return NoTarget(f"the task was given no host port for index {index}")
        return _Endpoint(task.placement.hostname, task.host_ports[position])
    port = app.port_mappings[index].container_port or (
        task.container_ports[index] if index < len(task.container_ports) else 0
    )
    return _at_port(app, task, port) if port else NoTarget(f"the task was given no container port for index {index}")


def _host_port_position(app: App, index: int) -> int | None:
    """Where in the task's host ports that of a port stands; None for one that has none."""
    if app.is_host_networked:
        return index
    mappings = app.port_mappings
    if mappings[index].host_port is None:
        return None
    return sum(mapping.host_port is not None for mapping in mappings[:index])


def _has_own_address(app: App) -> bool:
    return any(network.mode is NetworkMode.CONTAINER for network in app.networks)


def _own_address(task: Task) -> str | None:
    addresses = (each.ip_address for each in task.ip_addresses if each.protocol is IpProtocol.IPv4)
    return next((address for address in addresses if address is not None), None)


def _absolute(path: str | None) -> str:
    return f"/{(path or '').removeprefix('/')}"

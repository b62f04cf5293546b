"""Where a task is asked, by the network it is in (marathon-semantics 20.1)."""

from __future__ import annotations

from typing import Any

import pytest

from koinon_core.containers import IpAddress, IpProtocol
from koinon_core.ids import AgentId, TaskId
from koinon_frameworks.matching.placement import Placement
from koinon_marathon.definition.app_container import Container, DockerImage
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.health_checks import HealthCheckProtocol, ReadinessProtocol
from koinon_marathon.definition.networks import Network, NetworkMode, PortDefinition, PortMapping
from koinon_marathon.health.probes import HttpTarget, TcpTarget
from koinon_marathon.health.targets import NoTarget, health_target, readiness_target
from koinon_marathon.instance.instances import Task
from support.marathon_world import make_app
from support.probed_world import http_check, readiness_check

HOST_MODE: dict[str, Any] = {"port_definitions": (PortDefinition(name="a"), PortDefinition(name="http"))}


def _task(**fields: Any) -> Task:
    placement = Placement(hostname="agent-1", attributes=())
    known: dict[str, Any] = {"host_ports": (31001, 31002), "staged_at": 0.0, **fields}
    return Task(id=TaskId("t"), agent_id=AgentId("a"), placement=placement, **known)


def _mapped(mode: NetworkMode, *mappings: PortMapping) -> App:
    container = Container(docker=DockerImage(image="web"), port_mappings=mappings)
    return make_app(networks=(Network(mode=mode),), container=container, port_definitions=())


def test_on_the_host_network_a_port_is_its_host_port() -> None:
    """By index, or by number where that is said."""
    app = make_app(**HOST_MODE)

    by_index = health_target(app, http_check(port_index=1), _task())
    by_number = health_target(app, http_check(port_index=1, port=8080), _task())

    assert HttpTarget(host="agent-1", port=31002, path="/health") == by_index
    assert HttpTarget(host="agent-1", port=8080, path="/health") == by_number


def test_behind_a_bridge_only_ports_with_a_host_port_are_counted() -> None:
    """The second mapping's host port is the task's first."""
    app = _mapped(NetworkMode.BRIDGE, PortMapping(container_port=80), PortMapping(container_port=81, host_port=0))

    found = health_target(app, http_check(port_index=1), _task(host_ports=(31007,)))

    assert HttpTarget(host="agent-1", port=31007, path="/health") == found


def test_in_a_network_of_its_own_a_task_is_asked_at_its_address() -> None:
    """At its IPv4 address and container port; a mapping with a host port is asked at the agent."""
    app = _mapped(NetworkMode.CONTAINER, PortMapping(container_port=80), PortMapping(container_port=81, host_port=0))
    six = IpAddress(ip_address="fd00::1", protocol=IpProtocol.IPv6)
    task = _task(host_ports=(31007,), ip_addresses=(six, IpAddress(ip_address="10.0.0.7")))

    first = health_target(app, http_check(port_index=0, protocol=HealthCheckProtocol.TCP), task)
    second = health_target(app, http_check(port_index=1, protocol=HealthCheckProtocol.TCP), task)
    by_number = health_target(app, http_check(port=99, protocol=HealthCheckProtocol.TCP), task)

    assert TcpTarget(host="10.0.0.7", port=80) == first
    assert TcpTarget(host="agent-1", port=31007) == second
    assert TcpTarget(host="10.0.0.7", port=99) == by_number


def test_a_port_that_was_left_to_chance_is_remembered() -> None:
    """A mapping without any port: what the launch chose."""
    app = _mapped(NetworkMode.CONTAINER, PortMapping())
    addresses = (IpAddress(ip_address="10.0.0.7"),)

    found = health_target(app, http_check(), _task(host_ports=(), container_ports=(4711,), ip_addresses=addresses))

    assert HttpTarget(host="10.0.0.7", port=4711, path="/health") == found


@pytest.mark.parametrize(
    ("app", "why"),
    [
        (make_app(port_definitions=()), "the app has no port with index 0"),
        (make_app(**HOST_MODE), "the task was given no host port for index 0"),
        (_mapped(NetworkMode.CONTAINER, PortMapping(container_port=80)), "the task has no IPv4 address yet"),
        (_mapped(NetworkMode.CONTAINER, PortMapping()), "the task was given no container port for index 0"),
    ],
)
def test_where_nothing_can_be_asked_it_is_said_why(app: App, why: str) -> None:
    """It becomes the cause of a failure."""
    assert NoTarget(why) == health_target(app, http_check(), _task(host_ports=()))


@pytest.mark.parametrize(("path", "asked"), [(None, "/"), ("", "/"), ("up", "/up"), ("/up?deep=1", "/up?deep=1")])
def test_a_path_begins_with_a_slash(path: str | None, asked: str) -> None:
    """Whatever the definition says."""
    found = health_target(make_app(**HOST_MODE), http_check(path=path), _task())

    assert isinstance(found, HttpTarget)
    assert asked == found.path


def test_readiness_is_asked_by_port_name() -> None:
    """HTTPS where wanted; the body is read only if somebody wants to see it."""
    app = make_app(**HOST_MODE)
    plain = readiness_target(app, readiness_check(), _task())
    kept = readiness_target(
        app, readiness_check(protocol=ReadinessProtocol.HTTPS, preserve_last_response=True), _task()
    )

    assert HttpTarget(host="agent-1", port=31002, path="/ready") == plain
    assert HttpTarget(host="agent-1", port=31002, path="/ready", is_tls=True, keeps_body=True) == kept

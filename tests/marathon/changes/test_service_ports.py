"""Service ports for those who ask for any: marathon-semantics 8."""

from collections.abc import Callable

from koinon_marathon.changes.service_ports import PortsExhausted, ServicePortRange, UsedPorts, assign_service_ports
from koinon_marathon.definition.app_container import Container
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.networks import Network, NetworkMode, PortDefinition, PortMapping
from koinon_marathon.definition.path_ids import PathId

MakeApp = Callable[..., App]
RANGE = ServicePortRange(first=10000, last=10003)


def host_app(make_app: MakeApp, path: str, *ports: int) -> App:
    """An app in host mode with these service ports."""
    return make_app(path, port_definitions=tuple(PortDefinition(port=port) for port in ports))


def by_id(*apps: App) -> dict[PathId, App]:
    """The apps as a tree hands them over."""
    return {app.id: app for app in apps}


def assigned(old: dict[PathId, App], new: dict[PathId, App]) -> dict[str, tuple[int, ...]]:
    """The service ports after assignment."""
    result = assign_service_ports(old, new, RANGE)
    assert not isinstance(result, PortsExhausted)
    return {str(path): app.service_ports for path, app in result.items()}


def test_lowest_free_ports_are_taken_in_order(make_app: MakeApp) -> None:
    """Zeros take the lowest numbers that no app of the old or new tree has."""
    taken = host_app(make_app, "/old", 10001)

    assert {"/a": (10000, 80, 10002)} == assigned(by_id(taken), by_id(host_app(make_app, "/a", 0, 80, 0)))


def test_apps_of_one_change_never_share_an_assigned_port(make_app: MakeApp) -> None:
    """Two new apps get different numbers."""
    new = by_id(host_app(make_app, "/a", 0), host_app(make_app, "/b", 0))

    assert {"/a": (10000,), "/b": (10001,)} == assigned({}, new)


def test_app_gets_its_old_ports_back(make_app: MakeApp) -> None:
    """An update that asks for any port keeps the ones the app had, unless it now names them elsewhere."""
    old = by_id(host_app(make_app, "/a", 10002, 10003))

    assert {"/a": (10002, 10003)} == assigned(old, by_id(host_app(make_app, "/a", 0, 0)))
    assert {"/a": (10003, 10002)} == assigned(old, by_id(host_app(make_app, "/a", 0, 10002)))


def test_explicit_ports_are_left_alone(make_app: MakeApp) -> None:
    """Numbers that are named may collide and may lie outside the range."""
    new = by_id(host_app(make_app, "/a", 80), host_app(make_app, "/b", 80))

    assert {"/a": (80,), "/b": (80,)} == assigned({}, new)


def test_mappings_get_service_ports_too(make_app: MakeApp) -> None:
    """Away from the host network the mapping holds the service port; its host port stays as it was."""
    container = Container(port_mappings=(PortMapping(container_port=80, host_port=0),))
    app = make_app("/a", networks=(Network(mode=NetworkMode.BRIDGE),), container=container)

    result = assign_service_ports({}, by_id(app), RANGE)

    assert not isinstance(result, PortsExhausted)
    assert (PortMapping(container_port=80, host_port=0, service_port=10000),) == result[app.id].port_mappings


def test_exhausted_range_is_said(make_app: MakeApp) -> None:
    """When no number is left, the answer is Marathon's message."""
    result = assign_service_ports({}, by_id(host_app(make_app, "/a", 0, 0, 0, 0, 0)), RANGE)

    assert "All ports in the range [10000-10003] are already in use" == str(result)


def test_ports_of_apps_that_do_not_change_are_taken(make_app: MakeApp) -> None:
    """They are counted: a number that two apps have is free when neither has it any more."""
    one, two = host_app(make_app, "/one", 10000), host_app(make_app, "/two", 10000, 10001)
    used = UsedPorts([one, two])
    new = by_id(host_app(make_app, "/new", 0))

    def first_free() -> int:
        result = assign_service_ports({}, new, RANGE, used)
        assert not isinstance(result, PortsExhausted)
        return result[PathId("/new")].service_ports[0]

    assert 10002 == first_free()
    used.replace(one, None)
    assert 10002 == first_free()
    used.replace(two, host_app(make_app, "/two", 10001))
    assert 10000 == first_free()

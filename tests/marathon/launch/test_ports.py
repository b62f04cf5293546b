"""Host ports out of an offer: marathon-semantics 11."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.ranges import Ranges
from koinon_frameworks.matching import PortPool, PortShortage, choose_host_ports
from koinon_marathon.definition.app_container import Container
from koinon_marathon.definition.apps import App, VersionInfo
from koinon_marathon.definition.networks import Network, NetworkMode, PortDefinition, PortMapping
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.launch.ports import AssignedPort, wanted_host_ports
from koinon_marathon.launch.ports import assign_ports as assign_chosen
from koinon_marathon.timestamps import timestamp

MakeApp = Callable[..., App]
EPOCH = timestamp(0.0)
OFFERED = (PortPool("*", Ranges(((31000, 31004),))), PortPool("web", Ranges(((80, 80), (8080, 8081)))))


def assign_ports(app: App, pools: Sequence[PortPool], rng: Random) -> tuple[AssignedPort, ...] | PortShortage:
    """As the matcher does: the host ports first, then what each port becomes."""
    chosen = choose_host_ports(wanted_host_ports(app), pools, rng)
    return chosen if isinstance(chosen, PortShortage) else assign_chosen(app, chosen, rng)


def bridged(make_app: MakeApp, *mappings: PortMapping) -> App:
    """An app behind the bridge."""
    return make_app(networks=(Network(mode=NetworkMode.BRIDGE),), container=Container(port_mappings=mappings))


def definitions(*ports: int) -> tuple[PortDefinition, ...]:
    """Ports in host mode."""
    return tuple(PortDefinition(port=port) for port in ports)


def test_no_ports_are_always_there(make_app: MakeApp) -> None:
    """An app without ports needs none of the offer."""
    assert () == assign_ports(make_app(), (), Random(1))


def test_required_ports_are_taken_as_they_are(make_app: MakeApp) -> None:
    """With requirePorts every port must be offered, and carries the role it is offered to."""
    app = make_app(port_definitions=definitions(8080, 31000), require_ports=True)

    assert (
        AssignedPort(host_port=8080, container_port=None, role="web"),
        AssignedPort(host_port=31000, container_port=None, role="*"),
    ) == assign_ports(app, OFFERED, Random(1))


def test_required_port_that_is_not_offered_is_named(make_app: MakeApp) -> None:
    """The refusal says which port is missing."""
    app = make_app(port_definitions=definitions(8080, 9999), require_ports=True)

    assert PortShortage("host port 9999 is not offered") == assign_ports(app, OFFERED, Random(1))


def test_without_require_ports_only_the_number_of_ports_counts(make_app: MakeApp) -> None:
    """Service ports are no host ports; too few ports are counted in the refusal."""
    enough = assign_ports(make_app(port_definitions=definitions(1, 2, 3)), OFFERED, Random(1))
    short = assign_ports(make_app(port_definitions=definitions(*range(1, 10))), OFFERED, Random(1))

    assert not isinstance(enough, PortShortage)
    assert 3 == len({port.host_port for port in enough})
    assert PortShortage("9 host ports are needed, 8 are offered") == short


def test_mappings_ask_for_fixed_dynamic_or_no_host_port(make_app: MakeApp) -> None:
    """A container port of 0 becomes the host port; without any host port it is drawn."""
    app = bridged(
        make_app,
        PortMapping(container_port=80, host_port=80),
        PortMapping(host_port=0),
        PortMapping(container_port=53),
        PortMapping(),
    )

    ports = assign_ports(app, OFFERED, Random(1))

    assert not isinstance(ports, PortShortage)
    fixed, dynamic, inside, drawn = ports
    assert AssignedPort(host_port=80, container_port=80, role="web") == fixed
    assert dynamic.host_port == dynamic.container_port == dynamic.number
    assert (None, 53) == (inside.host_port, inside.number)
    assert drawn.host_port is None
    assert 1025 <= drawn.number <= 65535


@pytest.mark.parametrize("seed", range(5))
def test_dynamic_port_is_never_a_fixed_one(make_app: MakeApp, seed: int) -> None:
    """What one mapping names, no other gets by chance."""
    pool = (PortPool("*", Ranges(((31000, 31001),))),)
    app = bridged(make_app, PortMapping(host_port=0), PortMapping(host_port=31000))

    ports = assign_ports(app, pool, Random(seed))

    assert not isinstance(ports, PortShortage)
    assert [31001, 31000] == [port.host_port for port in ports]


@pytest.mark.slow
@given(st.integers(0, 40), st.lists(st.tuples(st.integers(1, 400), st.integers(0, 9)), max_size=6), st.randoms())
def test_dynamic_ports_are_distinct_and_offered(wanted: int, spans: list[tuple[int, int]], rng: Random) -> None:
    """Whatever is offered: either all ports are different and offered, or fewer are offered than wanted."""
    offered = Ranges(tuple((begin, begin + length) for begin, length in spans))
    mappings = tuple(PortMapping(host_port=0) for _ in range(wanted))
    app = bridged(partial(App, id=PathId("/app"), version=EPOCH, version_info=VersionInfo(EPOCH, EPOCH)), *mappings)

    ports = assign_ports(app, (PortPool("*", offered),), Random(rng.random()))

    if isinstance(ports, PortShortage):
        assert len(offered) < wanted
    else:
        assert wanted == len({port.host_port for port in ports})
        assert all(port.host_port in offered for port in ports if port.host_port is not None)

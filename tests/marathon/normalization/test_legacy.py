"""Old spellings mean what their new ones mean: the table of marathon-v2-api 4.2."""

from collections.abc import Callable
from typing import Any

import pytest

from koinon_marathon.definition.app_container import ContainerType
from koinon_marathon.definition.networks import HOST_NETWORKS, Network, NetworkMode, PortDefinition, PortMapping
from koinon_marathon.definition.problems import Rejection

Post = Callable[[dict[str, Any]], Any]
Details = Callable[[dict[str, Any]], dict[str, list[str]]]

BRIDGE = (Network(mode=NetworkMode.BRIDGE),)


def docker(network: str | None = None, **fields: Any) -> dict[str, Any]:
    """An app with a Docker container, written the old way."""
    old = {"network": network} if network else {}
    top: dict[str, Any] = {
        key: fields.pop(key) for key in ("ports", "portDefinitions", "networks", "ipAddress") if key in fields
    }
    return {"id": "/app", "container": {"type": "DOCKER", "docker": {"image": "web", **old, **fields}}, **top}


def test_uris_become_fetch_and_archives_are_extracted(post: Post) -> None:
    """Only what ends like an archive is unpacked; a query string does not hide the ending."""
    uris = ["http://h/a.tgz", "http://h/a.zip?x=1", "http://h/a.jar"]

    app = post({"id": "/app", "cmd": "x", "uris": uris})

    assert uris == [artifact.uri for artifact in app.fetch]
    assert [True, True, False] == [artifact.extract for artifact in app.fetch]


def test_ports_become_definitions_without_names(post: Post) -> None:
    """The plain list of service ports is the list of port definitions; an empty one means "no port"."""
    app = post({"id": "/app", "cmd": "x", "ports": [8080, 0]})

    assert (PortDefinition(port=8080), PortDefinition(port=0)) == app.port_definitions
    assert () == post({"id": "/app", "cmd": "x", "ports": []}).port_definitions


def test_docker_bridge_becomes_a_network_and_mappings(post: Post) -> None:
    """BRIDGE moves the mappings up into the container and gives each a host port."""
    app = post(docker("BRIDGE", portMappings=[{"containerPort": 80}, {"containerPort": 53, "protocol": "udp"}]))

    assert BRIDGE == app.networks
    assert (
        PortMapping(container_port=80, host_port=0),
        PortMapping(container_port=53, host_port=0, protocol="udp"),
    ) == app.container.port_mappings
    assert () == app.port_definitions


def test_docker_host_drops_mappings(post: Post) -> None:
    """HOST never had mappings, whatever a template left behind."""
    app = post(docker("HOST", portMappings=[{"containerPort": 80}]))

    assert HOST_NETWORKS == app.networks
    assert app.container.port_mappings is None
    assert (PortDefinition(name="default"),) == app.port_definitions


def test_docker_user_takes_the_named_or_the_default_network(post: Post) -> None:
    """USER joins the network of `ipAddress`, or the one this Marathon was started with; no host port comes unasked."""
    named = post(docker("USER", ipAddress={"networkName": "blue"}, portMappings=[{"containerPort": 80}]))
    default = post(docker("USER"))

    assert "blue" == named.networks[0].name
    assert (PortMapping(container_port=80),) == named.port_mappings
    assert "overlay" == default.networks[0].name


def test_ports_without_mapping_get_default_ones(post: Post) -> None:
    """Away from the host's network plain ports only count, whichever way they and the network are written."""
    old = post(docker("BRIDGE", portMappings=[{"containerPort": 80, "servicePort": 9000}], ports=[9000, 9001]))
    new = post(docker(networks=[{"mode": "container/bridge"}], portDefinitions=[{"port": 1}, {"port": 2}]))

    assert ((80, 9000), (0, 0)) == tuple(
        (mapping.container_port, mapping.service_port) for mapping in old.port_mappings
    )
    assert ("default", None) == tuple(mapping.name for mapping in new.port_mappings)
    assert () == old.port_definitions == new.port_definitions


def test_mappings_fall_out_where_no_network_is_named(post: Post) -> None:
    """An app that names no network is on the host's, and Marathon never minded mappings there."""
    app = post({"id": "/a", "container": {"docker": {"image": "web"}, "portMappings": [{"containerPort": 80}]}})

    assert HOST_NETWORKS == app.networks
    assert app.container.port_mappings is None


def test_ip_address_becomes_a_container_network(post: Post) -> None:
    """An app with an address of its own runs in a Mesos container; what it announces becomes mappings."""
    discovery = {"ports": [{"number": 80, "name": "web", "protocol": "tcp"}]}
    app = post({"id": "/app", "cmd": "x", "ipAddress": {"networkName": "blue", "discovery": discovery}})

    assert ContainerType.MESOS is app.container.type
    assert (Network(mode=NetworkMode.CONTAINER, name="blue"),) == app.networks
    assert (PortMapping(container_port=80, name="web"),) == app.port_mappings


def test_ip_address_on_the_bridge_is_bridge_mode(post: Post) -> None:
    """The name of the Mesos bridge stands for bridge mode."""
    app = post({"id": "/app", "cmd": "x", "ipAddress": {"networkName": "mesos-bridge"}})

    assert BRIDGE == app.networks


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (docker("BRIDGE", networks=[{}]), "/", "must not specify both container.docker.network and networks"),
        (docker(ports=[1], portDefinitions=[{"port": 2}]), "/", "cannot specify both ports and port definitions"),
        (docker(ipAddress={}, networks=[{"mode": "host"}]), "/", "must not specify both networks and ipAddress"),
        (docker(ipAddress={}, ports=[1]), "/", "cannot specify both an IP address and port"),
        (docker(ports=[1, 1]), "/", "ports must be unique"),
        (
            docker(ipAddress={"discovery": {"ports": []}}),
            "/ipAddress",
            "ipAddress/discovery is not allowed for Docker containers",
        ),
        ({"uris": ["http://a"], "fetch": [{"uri": "b"}]}, "/uris", "may not be set in conjunction with fetch"),
    ],
)
def test_contradictions_are_named_by_path(details: Details, body: dict[str, Any], path: str, message: str) -> None:
    """Two spellings that cannot both be meant break a rule."""
    assert {path: [message]} == details({"cmd": None, **body} if "container" in body else body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (docker("NONE"), "unsupported docker network type NONE"),
        (
            {"container": {"docker": {"image": "i", "portMappings": [{}]}, "portMappings": [{}]}},
            "cannot specify both portMappings and docker.portMappings",
        ),
    ],
)
def test_what_cannot_be_translated_is_said_without_details(post: Post, body: dict[str, Any], message: str) -> None:
    """Marathon finds these while it translates, and answers with a message alone."""
    answer = post({"id": "/app", **body})

    assert isinstance(answer, Rejection)
    assert {"message": message} == answer.body()
    assert 422 == answer.status

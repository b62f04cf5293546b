"""Old spellings mean what their new ones mean: the table of marathon-v2-api 4.2."""

from collections.abc import Callable
from typing import Any

import pytest

from koinon_marathon.app_container import ContainerType
from koinon_marathon.networks import HOST_NETWORKS, Network, NetworkMode, PortDefinition, PortMapping
from koinon_marathon.problems import Rejection

Post = Callable[[dict[str, Any]], Any]

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


def test_plain_ports_behind_an_old_bridge_become_mappings(post: Post) -> None:
    """More ports than mappings: each port too many gets a mapping that keeps it as service port."""
    app = post(docker("BRIDGE", portMappings=[{"containerPort": 80, "servicePort": 9000}], ports=[9000, 9001]))

    assert (9000, 9001) == app.service_ports
    assert (80, 0) == tuple(mapping.container_port for mapping in app.port_mappings)


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
    ("body", "message"),
    [
        (docker("NONE"), "unsupported docker network type NONE"),
        (docker("BRIDGE", networks=[{"mode": "host"}]), "must not specify both container.docker.network and networks"),
        (docker(ports=[1], portDefinitions=[{"port": 2}]), "cannot specify both ports and port definitions"),
        (docker(ipAddress={}, networks=[{"mode": "host"}]), "must not specify both networks and ipAddress"),
        (docker(ipAddress={}, ports=[1]), "cannot specify both an IP address and port"),
        (
            docker(ipAddress={"discovery": {"ports": []}}),
            "ipAddress/discovery is not allowed for Docker containers",
        ),
        (
            {"container": {"docker": {"image": "i", "portMappings": [{}]}, "portMappings": []}},
            "cannot specify both portMappings and docker.portMappings",
        ),
    ],
)
def test_contradicting_spellings_are_refused(post: Post, body: dict[str, Any], message: str) -> None:
    """Two spellings that cannot both be meant are answered with Marathon's message."""
    answer = post({"id": "/app", **body})

    assert isinstance(answer, Rejection)
    assert {"message": message} == answer.body()
    assert 422 == answer.status


def test_old_lists_have_errors_of_their_own(details: Callable[[dict[str, Any]], dict[str, list[str]]]) -> None:
    """Doubled ports, and artifacts in both lists, are named by path."""
    assert {"/ports": ["ports must be unique"]} == details({"ports": [1, 1]})
    both = {"uris": ["http://a"], "fetch": [{"uri": "http://b"}]}
    assert {"/uris": ["may not be set in conjunction with fetch"]} == details(both)

"""Name servers by network, as --default_container_dns has them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from koinon_agent.containerizer import Launch
from koinon_agent.containerizer.docker.request.dns import ContainerDns, parse_container_dns
from koinon_agent.containerizer.docker.request.spec import Found, SpecOptions, plan_container
from koinon_core.containers import DockerNetwork, NetworkInfo, Parameter

Launcher = Callable[..., Launch]
FLAG = {
    "docker": [
        {"network_mode": "BRIDGE", "dns": {"nameservers": ["1.1.1.1"], "search": ["a.b"], "options": ["ndots:2"]}},
        {"network_mode": "USER", "dns": {"nameservers": ["2.2.2.2"]}},
        {"network_mode": "USER", "network_name": "backend", "dns": {"nameservers": ["3.3.3.3"]}},
    ],
    "mesos": [{"network_mode": "CNI", "dns": {"nameservers": ["4.4.4.4"]}}],
}


def servers(launch: Launch) -> list[str] | None:
    """What the engine is told."""
    options = SpecOptions(dns=parse_container_dns(json.dumps(FLAG)))
    found: list[str] | None = plan_container(launch, options, Found()).body["HostConfig"].get("Dns")
    return found


@pytest.mark.parametrize(
    ("network", "name", "expected"),
    [
        (DockerNetwork.BRIDGE, None, ["1.1.1.1"]),
        (DockerNetwork.USER, "frontend", ["2.2.2.2"]),
        (DockerNetwork.USER, "backend", ["3.3.3.3"]),
        (DockerNetwork.HOST, None, None),
    ],
)
def test_a_network_has_its_servers(
    docker_launch: Launcher, network: DockerNetwork, name: str | None, expected: list[str] | None
) -> None:
    """By name before by mode; a mode that is not named has the engine's."""
    infos = (NetworkInfo(name=name),) if name else ()

    assert expected == servers(docker_launch("true", network=network, container={"network_infos": infos}))


def test_mesos_containers_have_their_own(universal_launch: Launcher) -> None:
    """CNI is any network but the host's."""
    joined = universal_launch("true", container={"network_infos": (NetworkInfo(name="backend"),)})

    assert (["4.4.4.4"], None) == (servers(joined), servers(universal_launch("true")))


def test_a_tasks_own_word_replaces_them_all(docker_launch: Launcher) -> None:
    """One parameter about name servers is enough."""
    launch = docker_launch("true", network=DockerNetwork.BRIDGE, parameters=(Parameter("dns-search", "c.d"),))
    host = plan_container(launch, SpecOptions(dns=parse_container_dns(json.dumps(FLAG))), Found()).body["HostConfig"]

    assert (None, ["c.d"]) == (host.get("Dns"), host["DnsSearch"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "no JSON"),
        ('{"cni": []}', "JSON object of docker and mesos"),
        ('{"docker": {}}', "docker must be a list"),
        ('{"docker": [{"network_mode": "CNI"}]}', r"docker\[0\].network_mode must be one of HOST, BRIDGE, USER"),
        ('{"mesos": [{"network_mode": "CNI", "network_name": 1}]}', r"mesos\[0\].network_name must be a text"),
        ('{"docker": [{"network_mode": "USER", "dns": {"search": "a"}}]}', r"docker\[0\].dns.search must be a list"),
    ],
)
def test_a_wrong_flag_names_its_entry(text: str, problem: str) -> None:
    """The operator finds it."""
    with pytest.raises(ValueError, match=problem):
        parse_container_dns(text)


def test_the_flag_is_shown_as_it_was_given() -> None:
    """As /flags has it."""
    assert ("{}", "") == (str(parse_container_dns("{}")), str(ContainerDns()))

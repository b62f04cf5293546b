"""How a Docker container reaches the network: its mode, its published ports, its host name (mesos-semantics 9.1, 9.3).

Pure; owns what is refused there and how it is said to the engine. Name servers are in ``dns.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from koinon_core.containers import DockerNetwork, PortMapping

from ...interface import Workload
from .wanted import Wanted

_PROTOCOLS = ("tcp", "udp", "sctp")
_MODES = {DockerNetwork.HOST: "host", DockerNetwork.BRIDGE: "bridge", DockerNetwork.NONE: "none"}
_PORTED = (DockerNetwork.BRIDGE, DockerNetwork.USER)
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
"""The engine's rule for names. Above all no colon: ``container:x`` would be the network of another container."""


def find_network_problems(workload: Workload, wanted: Wanted) -> Iterator[str]:
    """Why a container cannot have its network, one problem each."""
    container = workload.container
    infos = container.network_infos if container is not None else ()
    if container is not None and container.hostname and wanted.network is DockerNetwork.HOST:
        yield "container.hostname cannot be had on the host network"
    if wanted.is_universal and len(infos) > 1:
        yield "container.network_infos has more than one network, and a container joins one"
    if wanted.network is DockerNetwork.USER:
        if [bool(info.name) for info in infos] != [True]:
            yield "a USER network needs exactly one of container.network_infos, with a name"
        elif not _NAME.fullmatch(wanted.network_name or ""):
            yield f"container.network_infos.name {wanted.network_name!r} is no name of a network"
    yield from _find_port_problems(workload, wanted)


def _find_port_problems(workload: Workload, wanted: Wanted) -> Iterator[str]:
    field = "container.network_infos.port_mappings" if wanted.is_universal else "container.docker.port_mappings"
    if wanted.port_mappings and wanted.network not in _PORTED:
        yield f"{field} cannot be had on a {wanted.network.name} network"
    ports = workload.resources.ranges("ports")
    for mapping in wanted.port_mappings:
        if mapping.host_port not in ports:
            yield f"host_port {mapping.host_port} is not among the task's ports {ports}"
        if mapping.container_port > 65535:
            yield f"container_port {mapping.container_port} is no port"
        if _protocol(mapping) not in _PROTOCOLS:
            known = ", ".join(_PROTOCOLS)
            yield f"protocol {mapping.protocol!r} of host_port {mapping.host_port} is not one of {known}"


def network_mode(wanted: Wanted) -> str:
    """The network by the engine's name for it."""
    return _MODES.get(wanted.network) or wanted.network_name or ""


def port_bindings(mappings: Sequence[PortMapping]) -> dict[str, list[dict[str, str]]]:
    """Ports of the container, as in ``80/tcp``, and the host's ports that lead to them."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for mapping in mappings:
        # Marathon's convention (mesos-semantics 9.3): container port 0 is the same as the host's.
        port = f"{mapping.container_port or mapping.host_port}/{_protocol(mapping)}"
        bindings.setdefault(port, []).append({"HostPort": str(mapping.host_port)})
    return bindings


def _protocol(mapping: PortMapping) -> str:
    return (mapping.protocol or "tcp").lower()

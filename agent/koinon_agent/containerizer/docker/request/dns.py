"""Name servers of containers by their network: what ``--default_container_dns`` says (mesos-semantics 9.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from attrs import frozen

from koinon_core.containers import DockerNetwork

from .wanted import Wanted

_DOCKER_MODES = {"HOST": DockerNetwork.HOST, "BRIDGE": DockerNetwork.BRIDGE, "USER": DockerNetwork.USER}
_UNIVERSAL_MODES = {"HOST": (DockerNetwork.HOST,), "CNI": (DockerNetwork.BRIDGE, DockerNetwork.USER)}
_SETTINGS = {"nameservers": "Dns", "search": "DnsSearch", "options": "DnsOptions"}


@frozen(kw_only=True)
class NetworkDns:
    """The name servers of some networks: of one by its ``name``, or of all of these modes where None.

    ``settings`` are the engine's own names and their values.
    """

    is_universal: bool
    modes: tuple[DockerNetwork, ...]
    name: str | None
    settings: Mapping[str, Sequence[str]]


@frozen
class ContainerDns:
    """All that the flag says. ``text`` is the flag as it was given."""

    networks: tuple[NetworkDns, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        return self.text

    def settings_for(self, wanted: Wanted) -> dict[str, list[str]]:
        """What to add to a create request: that of the network by name before that of its mode."""
        fitting = [
            network
            for network in self.networks
            if network.is_universal == wanted.is_universal
            and wanted.network in network.modes
            and network.name in (None, wanted.network_name)
        ]
        fitting.sort(key=lambda network: network.name is None)
        return {name: list(values) for name, values in fitting[0].settings.items()} if fitting else {}


def parse_container_dns(text: str) -> ContainerDns:
    """The flag's JSON: ``{"docker": [{"network_mode": "BRIDGE", "dns": {"nameservers": [...]}}], "mesos": [...]}``.

    Raises ValueError that names the entry at fault.
    """
    try:
        raw: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(raw, dict) or not set(raw) <= {"docker", "mesos"}:
        raise ValueError("it must be a JSON object of docker and mesos")
    return ContainerDns(tuple(_read(kind, index, item) for kind, index, item in _entries(raw)), text)


def _entries(raw: Mapping[str, Any]) -> list[tuple[str, int, Mapping[str, Any]]]:
    found = []
    for kind, items in raw.items():
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError(f"{kind} must be a list of objects")
        found += [(kind, index, item) for index, item in enumerate(items)]
    return found


def _read(kind: str, index: int, item: Mapping[str, Any]) -> NetworkDns:
    where, is_universal = f"{kind}[{index}]", kind == "mesos"
    modes = _UNIVERSAL_MODES if is_universal else {name: (mode,) for name, mode in _DOCKER_MODES.items()}
    if item.get("network_mode") not in modes:
        raise ValueError(f"{where}.network_mode must be one of {', '.join(modes)}")
    name, dns = item.get("network_name"), item.get("dns", {})
    if name is not None and not isinstance(name, str):
        raise ValueError(f"{where}.network_name must be a text")
    if not isinstance(dns, dict):
        raise ValueError(f"{where}.dns must be an object")
    return NetworkDns(
        is_universal=is_universal,
        modes=modes[item["network_mode"]],
        name=name or None,
        settings={setting: _texts(f"{where}.dns.{key}", dns[key]) for key, setting in _SETTINGS.items() if key in dns},
    )


def _texts(where: str, value: object) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{where} must be a list of texts")
    return value

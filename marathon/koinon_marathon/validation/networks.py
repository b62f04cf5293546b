"""Networks and ports of an app: which modes go together and which ports belong to which mode (marathon-v2-api 4.1)."""

from collections.abc import Iterable, Iterator

from ..definition.apps import App
from ..definition.networks import Network, NetworkMode, PortMapping
from ..definition.problems import Problem

_ONE_FOR_DOCKER = "may only specify a single container network when using the Docker container engine"
WHICH_NETWORK = (
    "networkNames must be a single item list when hostPort is specified and more than 1 container network is defined"
)


def network_problems(app: App) -> list[Problem]:
    """What is wrong with the networks and the ports of `app`."""
    problems = mode_problems(app.networks)
    if app.is_docker and sum(network.mode is NetworkMode.CONTAINER for network in app.networks) > 1:
        problems.append(Problem("/", _ONE_FOR_DOCKER))
    return [*problems, *(_host_port_problems(app) if app.is_host_networked else _mapping_problems(app))]


def mode_problems(networks: tuple[Network, ...]) -> list[Problem]:
    """What is wrong with the networks of an app or a pod by themselves."""
    return [*_mix_problems(networks), *_name_problems(networks)]


def _mix_problems(networks: tuple[Network, ...]) -> Iterator[Problem]:
    modes = {network.mode for network in networks}
    if len(modes) > 1 or (NetworkMode.CONTAINER not in modes and len(networks) > 1):
        text = "May specify a single host network, single bridge network, or else 1-to-n container networks"
        yield Problem("/networks", text)
    elif len({network.name for network in networks}) != len(networks):
        yield Problem("/networks", "Duplicate networks are not allowed")


def _name_problems(networks: tuple[Network, ...]) -> Iterator[Problem]:
    by_mode = {mode: [network for network in networks if network.mode is mode] for mode in NetworkMode}
    if any(network.name or network.labels for network in by_mode[NetworkMode.HOST]):
        yield Problem("/networks", "Host networks may not have names or labels")
    if any(network.name for network in by_mode[NetworkMode.BRIDGE]):
        yield Problem("/networks", "Bridge networks may not have names")
    if any(network.name is None for network in by_mode[NetworkMode.CONTAINER]):
        yield Problem("/networks", "Network name must be specified when container network is selected.")


def _host_port_problems(app: App) -> Iterator[Problem]:
    if app.container is not None and app.container.port_mappings:
        yield Problem("/", "portMappings are not allowed with host-networking")
    yield from _name_duplicates(app, "/portDefinitions")
    fixed = [definition.port for definition in app.port_definitions if definition.port]
    if has_duplicates(fixed):
        yield Problem("/portDefinitions", "Ports must be unique.")


def _mapping_problems(app: App) -> Iterator[Problem]:
    if app.port_definitions:
        yield Problem("/", "portDefinitions are only allowed with host-networking")
    yield from _name_duplicates(app, "/container/portMappings")
    names = {network.name for network in app.networks if network.name is not None}
    for index, mapping in enumerate(app.port_mappings):
        yield from _mapping_network_problems(mapping, names, f"/container/portMappings({index})")


def _mapping_network_problems(mapping: PortMapping, networks: set[str], path: str) -> Iterator[Problem]:
    for index, name in enumerate(mapping.network_names):
        if name not in networks:
            yield Problem(f"{path}/networkNames({index})", f"is not one of ({','.join(sorted(networks))})")
    if len(networks) > 1 and mapping.host_port is not None and len(mapping.network_names) != 1:
        yield Problem(path, WHICH_NETWORK)


def _name_duplicates(app: App, path: str) -> Iterator[Problem]:
    if has_duplicates([name for name in app.port_names if name is not None]):
        yield Problem(path, "Port names must be unique.")


def has_duplicates(items: Iterable[object]) -> bool:
    """Whether one of them is there twice."""
    listed = list(items)
    return len(set(listed)) != len(listed)

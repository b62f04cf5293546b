"""What a task tells those who look for services: marathon-semantics 14.2."""

from collections.abc import Iterable, Mapping, Sequence

from koinon_core.containers import Label, Labels
from koinon_core.tasks import DiscoveryInfo, Port, Ports, Visibility

from ..definition.apps import App
from ..definition.networks import NetworkMode, PortDefinition, PortMapping
from ..definition.path_ids import task_name
from ..definition.pod_containers import Endpoint
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec
from .ports import AssignedPort


def build_discovery(app: App, ports: Sequence[AssignedPort]) -> DiscoveryInfo:
    """Name, visibility and one entry for each port and protocol, labels of the port included."""
    if app.is_host_networked:
        defined = zip(app.port_definitions, ports, strict=True)
        entries = [entry for definition, port in defined for entry in _entries(definition, port.number, {})]
    else:
        mapped = zip(app.port_mappings, ports, strict=True)
        entries = [entry for mapping, port in mapped for entry in _mapping_entries(app, mapping, port)]
    return DiscoveryInfo(
        visibility=Visibility.FRAMEWORK,
        name=task_name(app.id),
        ports=Ports(tuple(entries)),
    )


def build_pod_discovery(pod: Pod, endpoints: Iterable[tuple[Endpoint, AssignedPort]]) -> DiscoveryInfo:
    """The same for the endpoints of one container of a pod; its networks are the pod's."""
    mapped = [(as_mapping(endpoint), port) for endpoint, port in endpoints]
    if pod.is_host_networked:
        entries = [entry for mapping, port in mapped for entry in _entries(mapping, port.number, {})]
    else:
        entries = [entry for mapping, port in mapped for entry in _mapping_entries(pod, mapping, port)]
    return DiscoveryInfo(visibility=Visibility.FRAMEWORK, name=task_name(pod.id), ports=Ports(tuple(entries)))


def as_mapping(endpoint: Endpoint) -> PortMapping:
    """An endpoint in the words of apps."""
    return PortMapping(
        container_port=endpoint.container_port or 0,
        host_port=endpoint.host_port,
        protocol=",".join(endpoint.protocol or ("tcp",)),
        name=endpoint.name,
        labels=endpoint.labels,
        network_names=endpoint.network_names,
    )


def protocols(text: str) -> list[str]:
    """The protocols of a port: `udp,tcp` stands for both."""
    return [word.strip() for word in text.split(",")]


def labels_of(entries: Mapping[str, str]) -> Labels | None:
    """Labels as Mesos writes them; none at all where there is none."""
    return Labels(tuple(Label(key, value) for key, value in entries.items())) if entries else None


def _mapping_entries(app: RunSpec, mapping: PortMapping, port: AssignedPort) -> list[Port]:
    if port.host_port is not None:
        return _entries(mapping, port.host_port, {"network-scope": "host"})
    scope = {"network-scope": "container"}
    names = mapping.network_names or tuple(
        network.name for network in app.networks if network.mode is NetworkMode.CONTAINER and network.name is not None
    )
    if not names:
        return _entries(mapping, port.number, scope)
    return [entry for name in names for entry in _entries(mapping, port.number, {**scope, "network-name": name})]


def _entries(definition: PortDefinition | PortMapping, number: int, labels: dict[str, str]) -> list[Port]:
    merged = labels_of({**definition.labels, **labels})
    return [
        Port(number=number, name=definition.name, protocol=protocol, labels=merged)
        for protocol in protocols(definition.protocol)
    ]

"""The checks of a pod's container as the agent is told of them (marathon-v2-api 12). A check names its endpoint."""

from collections.abc import Iterable

import attrs

from koinon_core.tasks import CheckCommand, CheckHttp, CheckInfo, CheckTcp, CheckType, HttpCheckInfo, TcpCheckInfo
from koinon_core.tasks import HealthCheck as MesosHealthCheck

from ..definition.pod_containers import ContainerCheck, ContainerHealthCheck, Endpoint
from .agent_checks import check_command, check_times, health_check_times
from .ports import AssignedPort

Endpoints = Iterable[tuple[Endpoint, AssignedPort]]


def build_container_health(check: ContainerHealthCheck | None, endpoints: Endpoints) -> MesosHealthCheck | None:
    """The check whose failures end the pod."""
    if check is None:
        return None
    common = health_check_times(check)
    if check.http is not None:
        port = _port_of(check.http.endpoint, endpoints)
        http = HttpCheckInfo(port=port, scheme=check.http.scheme.value.lower(), path=check.http.path)
        return attrs.evolve(common, type=CheckType.HTTP, http=http)
    if check.tcp is not None:
        tcp = TcpCheckInfo(port=_port_of(check.tcp.endpoint, endpoints))
        return attrs.evolve(common, type=CheckType.TCP, tcp=tcp)
    command = None if check.exec is None else check_command(check.exec.command)
    return attrs.evolve(common, type=CheckType.COMMAND, command=command)


def build_container_check(check: ContainerCheck | None, endpoints: Endpoints) -> CheckInfo | None:
    """The check that only tells."""
    if check is None:
        return None
    common = check_times(check)
    if check.http is not None:
        http = CheckHttp(port=_port_of(check.http.endpoint, endpoints), path=check.http.path)
        return attrs.evolve(common, type=CheckType.HTTP, http=http)
    if check.tcp is not None:
        return attrs.evolve(common, type=CheckType.TCP, tcp=CheckTcp(port=_port_of(check.tcp.endpoint, endpoints)))
    command = None if check.exec is None else CheckCommand(check_command(check.exec.command))
    return attrs.evolve(common, type=CheckType.COMMAND, command=command)


def _port_of(name: str, endpoints: Endpoints) -> int:
    """The port as the container sees it: its own, on the host's network the host's."""
    found = next((port for endpoint, port in endpoints if endpoint.name == name), None)
    return 0 if found is None else found.container_port or found.number

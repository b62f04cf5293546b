"""The checks of an app that the agent runs, as it is told of them (marathon-semantics 14.2, 20.2, 20.3).

Health checks count, up to a kill; `check` only tells. The agent runs one of each a task.
"""

from collections.abc import Sequence

import attrs

from koinon_core import containers as mesos
from koinon_core.tasks import CheckCommand, CheckHttp, CheckInfo, CheckTcp, CheckType, HttpCheckInfo, TcpCheckInfo
from koinon_core.tasks import HealthCheck as MesosHealthCheck

from ..definition import health_checks as defined
from ..definition.apps import App
from ..definition.health_checks import HTTP_PROTOCOLS, HealthCheckProtocol
from ..definition.pod_containers import ContainerCheck, ContainerHealthCheck
from .ports import AssignedPort


def build_health_check(app: App, ports: Sequence[AssignedPort]) -> MesosHealthCheck | None:
    """The first health check that is the agent's to run."""
    check = next((check for check in app.health_checks if check.is_run_by_mesos), None)
    if check is None:
        return None
    common = health_check_times(check)
    if check.protocol is HealthCheckProtocol.COMMAND:
        text = check.command.value if check.command else ""
        return attrs.evolve(common, type=CheckType.COMMAND, command=mesos.CommandInfo(value=text))
    port, family = _checked_port(check.port, check.port_index, ports), mesos.IpProtocol[check.ip_protocol.value]
    if check.protocol in HTTP_PROTOCOLS:
        scheme = "https" if check.protocol is HealthCheckProtocol.MESOS_HTTPS else "http"
        http = HttpCheckInfo(port=port, protocol=family, scheme=scheme, path=check.path)
        return attrs.evolve(common, type=CheckType.HTTP, http=http)
    return attrs.evolve(common, type=CheckType.TCP, tcp=TcpCheckInfo(port=port, protocol=family))


def build_check(app: App, ports: Sequence[AssignedPort]) -> CheckInfo | None:
    """The check that only tells."""
    check = app.check
    if check is None:
        return None
    common = check_times(check)
    if check.http is not None:
        port = _checked_port(check.http.port, check.http.port_index, ports)
        return attrs.evolve(common, type=CheckType.HTTP, http=CheckHttp(port=port, path=check.http.path))
    if check.tcp is not None:
        port = _checked_port(check.tcp.port, check.tcp.port_index, ports)
        return attrs.evolve(common, type=CheckType.TCP, tcp=CheckTcp(port=port))
    command = check_command(check.exec.command) if check.exec is not None else mesos.CommandInfo()
    return attrs.evolve(common, type=CheckType.COMMAND, command=CheckCommand(command))


def health_check_times(check: defined.HealthCheck | ContainerHealthCheck) -> MesosHealthCheck:
    """When the agent asks, and how much it forgives; what it asks is to be added."""
    return MesosHealthCheck(
        delay_seconds=float(check.delay_seconds),
        interval_seconds=float(check.interval_seconds),
        timeout_seconds=float(check.timeout_seconds),
        consecutive_failures=check.max_consecutive_failures,
        grace_period_seconds=float(check.grace_period_seconds),
    )


def check_times(check: defined.AppCheck | ContainerCheck) -> CheckInfo:
    """When the agent asks; what it asks is to be added."""
    return CheckInfo(
        delay_seconds=float(check.delay_seconds),
        interval_seconds=float(check.interval_seconds),
        timeout_seconds=float(check.timeout_seconds),
    )


def check_command(command: defined.CheckCommand) -> mesos.CommandInfo:
    """A text for the shell, or a program by its first word."""
    if command.shell is not None:
        return mesos.CommandInfo(value=command.shell)
    words = command.argv or ("",)
    return mesos.CommandInfo(shell=False, value=words[0], arguments=words)


def _checked_port(port: int | None, index: int | None, ports: Sequence[AssignedPort]) -> int:
    """The port as the task sees it: its own inside a container, the host's on the host network."""
    if port is not None:
        return port
    position = index or 0
    if position >= len(ports):
        return 0
    return ports[position].container_port or ports[position].number

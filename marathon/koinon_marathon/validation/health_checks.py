"""Health and readiness checks against the app they belong to: marathon-v2-api 3.5 and 3.6."""

from collections.abc import Iterator

from ..definition.apps import App
from ..definition.health_checks import MESOS_PROTOCOLS, HealthCheck, HealthCheckProtocol, IpProtocol, ReadinessCheck
from ..definition.problems import Problem

_BAD_INDEX = "Health check port indices must address an element of the ports array or container port mappings."
_NO_IPV6 = "IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks"
_TOO_MANY = "AppDefinition can contain at most one Mesos health check"


def check_problems(app: App) -> list[Problem]:
    """What is wrong with the health and readiness checks of `app`."""
    problems = [problem for index in range(len(app.health_checks)) for problem in _health_problems(app, index)]
    if sum(check.protocol in MESOS_PROTOCOLS for check in app.health_checks) > 1:
        problems.append(Problem("/", _TOO_MANY))
    return [*problems, *_agent_check_problems(app), *_readiness_problems(app)]


def _health_problems(app: App, index: int) -> Iterator[Problem]:
    check, path = app.health_checks[index], f"/healthChecks({index})"
    if check.protocol is HealthCheckProtocol.COMMAND:
        if check.command is None:
            yield Problem(f"{path}/command", "not defined")
    else:
        yield from _port_problems(app, check, path)
    if check.ip_protocol is IpProtocol.IPV6 and not (check.protocol in MESOS_PROTOCOLS and app.is_docker):
        yield Problem(path, _NO_IPV6)


def _agent_check_problems(app: App) -> Iterator[Problem]:
    """What is wrong with `check`, which the agent runs and only tells of."""
    check = app.check
    if check is None:
        return
    kinds = [one for one in (check.http, check.tcp, check.exec) if one is not None]
    if len(kinds) != 1:
        yield Problem("/check", "Must specify a single type of check, http, tcp, or exec")
    if app.is_docker:
        yield Problem("/", "AppDefinition must not use 'checks' if using docker")
    for name, one in (("http", check.http), ("tcp", check.tcp)):
        if one is None or one.port is not None:
            continue
        if one.port_index is None or one.port_index >= len(app.service_ports):
            yield Problem(f"/check/{name}", _BAD_INDEX)
    command = None if check.exec is None else check.exec.command
    if command is not None and (command.shell is None) is (command.argv is None):
        yield Problem("/check/exec/command", "Must specify either shell or argv")


def _port_problems(app: App, check: HealthCheck, path: str) -> Iterator[Problem]:
    if check.port is not None:
        return
    count = len(app.service_ports)
    if check.port_index is None or check.port_index >= count:
        yield Problem(path, _BAD_INDEX)


def _readiness_problems(app: App) -> Iterator[Problem]:
    if len(app.readiness_checks) > 1:
        yield Problem("/readinessChecks/size", f"got {len(app.readiness_checks)}, expected 1 or less")
    for index, check in enumerate(app.readiness_checks):
        path = f"/readinessChecks({index})"
        if check.timeout_seconds >= check.interval_seconds:
            yield Problem(f"{path}/timeoutSeconds", _too_long(check))
        if check.port_name not in app.port_names:
            yield Problem(f"{path}/portName", f"No port definition reference for portName {check.port_name}")


def _too_long(check: ReadinessCheck) -> str:
    return f"got {check.timeout_seconds}, expected less than {check.interval_seconds}"

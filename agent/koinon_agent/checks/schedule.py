"""Which probes a task wants, and how often: HealthCheck and CheckInfo as one kind of value (mesos-semantics 7.2). Pure.

The master has refused what makes no sense. Whatever still comes is brought within bounds here, so that no number can
stop the agent or keep it busy with one task.
"""

from __future__ import annotations

from math import isnan

from attrs import frozen

from koinon_core.containers import CommandInfo, DockerNetwork, IpProtocol
from koinon_core.tasks import CheckInfo, CheckType, ExecutorType, HealthCheck, TaskInfo

from ..containerizer import ContainerRun
from .probes import CommandTarget, HttpTarget, Place, ProbeKind, Target, TcpTarget

LEAST_INTERVAL_SECONDS = 0.1
"""Between two probes, however eager a check is."""
LONGEST_TIMEOUT_SECONDS = 3600.0
"""What a timeout of zero, no limit to a client, comes to: a probe that hangs must give its place up some day."""
LONGEST_WAIT_SECONDS = 10 * 365 * 86400.0


@frozen(kw_only=True)
class Schedule:
    """One question and its times in seconds. ``delay`` counts from the task's start, ``interval`` from an answer."""

    kind: ProbeKind
    target: Target
    delay: float
    interval: float
    timeout: float


def plan_probes(task: TaskInfo) -> tuple[Schedule, ...]:
    """What a task is to be asked by this agent; a custom executor asks its tasks itself (mesos-semantics 7)."""
    if task.executor is not None and task.executor.type is not ExecutorType.DEFAULT:
        return ()
    found = []
    if task.health_check is not None and (target := find_target(task.health_check)) is not None:
        found.append(_schedule(ProbeKind.HEALTH, target, task.health_check))
    if task.check is not None and (target := find_target(task.check)) is not None:
        found.append(_schedule(ProbeKind.CHECK, target, task.check))
    return tuple(found)


def _schedule(kind: ProbeKind, target: Target, check: HealthCheck | CheckInfo) -> Schedule:
    timeout = check.timeout_seconds if check.timeout_seconds > 0 else LONGEST_TIMEOUT_SECONDS
    return Schedule(
        kind=kind,
        target=target,
        delay=bound(check.delay_seconds, 0.0, LONGEST_WAIT_SECONDS),
        interval=bound(check.interval_seconds, LEAST_INTERVAL_SECONDS, LONGEST_WAIT_SECONDS),
        timeout=bound(timeout, 0.0, LONGEST_TIMEOUT_SECONDS),
    )


def bound(seconds: float, least: float, most: float) -> float:
    """``seconds`` within bounds; what is no number is the least."""
    return least if isnan(seconds) else min(max(seconds, least), most)


def find_target(check: HealthCheck | CheckInfo) -> Target | None:
    """What is asked; None for a check that does not say."""
    match check, find_type(check):
        case HealthCheck(command=CommandInfo() as command), CheckType.COMMAND:
            return _command(command)
        case CheckInfo(command=asked), CheckType.COMMAND if asked is not None:
            return _command(asked.command)
        case HealthCheck(http=http), CheckType.HTTP if http is not None:
            is_ipv6 = http.protocol is IpProtocol.IPv6
            return HttpTarget(port=http.port, path=_path(http.path), scheme=http.scheme or "http", is_ipv6=is_ipv6)
        case CheckInfo(http=asked_http), CheckType.HTTP if asked_http is not None:
            return HttpTarget(port=asked_http.port, path=_path(asked_http.path))
        case HealthCheck(tcp=tcp), CheckType.TCP if tcp is not None:
            return TcpTarget(port=tcp.port, is_ipv6=tcp.protocol is IpProtocol.IPv6)
        case CheckInfo(tcp=asked_tcp), CheckType.TCP if asked_tcp is not None:
            return TcpTarget(port=asked_tcp.port)
        case _:
            return None


def find_type(check: HealthCheck | CheckInfo) -> CheckType | None:
    """How a task is asked; older frameworks leave the type of a health check out."""
    if check.type is not None:
        return check.type
    if (check.command is None) == (check.http is None):
        return None
    return CheckType.HTTP if check.command is None else CheckType.COMMAND


def _command(command: CommandInfo) -> CommandTarget | None:
    """The user a check names is passed over: it must not have more rights than its task was given."""
    if not command.value:
        return None
    argv = ("/bin/sh", "-c", command.value) if command.shell else (command.value, *command.arguments[1:])
    return CommandTarget(argv=argv, environment=command.environment.as_dict() if command.environment else {})


def _path(path: str | None) -> str:
    return f"/{(path or '').removeprefix('/')}"


def find_place(task: TaskInfo, run: ContainerRun) -> Place:
    """Where the task's network is: its container's own where that has addresses, or none but its loopback."""
    docker = task.container.docker if task.container is not None else None
    is_own = bool(run.ip_addresses) or (docker is not None and docker.network is not DockerNetwork.HOST)
    return Place(pid=run.pid, is_own=is_own, addresses=run.ip_addresses)

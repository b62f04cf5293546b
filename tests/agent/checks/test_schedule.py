"""Which probes a task wants: the two kinds of checks as one kind of value, within bounds."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from fakes.agent_bench import make_docker_task, make_task
from koinon_agent.checks.probes import CommandTarget, HttpTarget, Place, ProbeKind, Target, TcpTarget
from koinon_agent.checks.schedule import (
    LEAST_INTERVAL_SECONDS,
    LONGEST_TIMEOUT_SECONDS,
    LONGEST_WAIT_SECONDS,
    find_place,
    find_target,
    plan_probes,
)
from koinon_agent.containerizer import ContainerRun
from koinon_core.containers import CommandInfo, DockerNetwork, Environment, IpProtocol
from koinon_core.ids import ContainerId, ExecutorId
from koinon_core.tasks import (
    CheckCommand,
    CheckHttp,
    CheckInfo,
    CheckTcp,
    CheckType,
    ExecutorInfo,
    ExecutorType,
    HealthCheck,
    HttpCheckInfo,
    TaskInfo,
    TcpCheckInfo,
)

IPV6 = IpProtocol.IPv6
EXEC = CommandInfo(
    shell=False, value="/bin/test", arguments=("test", "-e", "/x"), environment=Environment.of({"A": "b"}), user="root"
)


@pytest.mark.parametrize(
    ("expected", "check"),
    [
        (
            HttpTarget(port=80, path="/ok?x=1", scheme="https"),
            HealthCheck(type=CheckType.HTTP, http=HttpCheckInfo(port=80, path="/ok?x=1", scheme="https")),
        ),
        (HttpTarget(port=80, is_ipv6=True), HealthCheck(http=HttpCheckInfo(port=80, protocol=IPV6))),
        (HttpTarget(port=80, path="/x"), CheckInfo(type=CheckType.HTTP, http=CheckHttp(port=80, path="x"))),
        (TcpTarget(port=7, is_ipv6=True), HealthCheck(type=CheckType.TCP, tcp=TcpCheckInfo(port=7, protocol=IPV6))),
        (TcpTarget(port=7), CheckInfo(type=CheckType.TCP, tcp=CheckTcp(7))),
        (CommandTarget(argv=("/bin/sh", "-c", "true")), HealthCheck(command=CommandInfo(value="true"))),
        (
            CommandTarget(argv=("/bin/test", "-e", "/x"), environment={"A": "b"}),
            CheckInfo(type=CheckType.COMMAND, command=CheckCommand(EXEC)),
        ),
        (None, HealthCheck()),
        (None, HealthCheck(type=CheckType.TCP, http=HttpCheckInfo(port=80))),
        (None, HealthCheck(type=CheckType.UNKNOWN)),
        (None, HealthCheck(command=CommandInfo())),
        (None, CheckInfo(http=CheckHttp(port=80), command=CheckCommand(EXEC))),
    ],
)
def test_what_is_asked(expected: Target | None, check: HealthCheck | CheckInfo) -> None:
    """Each kind becomes its target; a type left out is inferred, and what says nothing is never asked."""
    assert expected == find_target(check)


def test_times_are_kept_within_bounds() -> None:
    """Zero intervals don't keep the agent busy, a timeout of none ends some day, and no number is too odd."""
    check = HealthCheck(
        tcp=TcpCheckInfo(port=1),
        type=CheckType.TCP,
        delay_seconds=float("inf"),
        interval_seconds=0.0,
        timeout_seconds=0.0,
    )
    odd = evolve(check, delay_seconds=float("nan"), interval_seconds=-5.0, timeout_seconds=float("nan"))
    plans = [plan_probes(make_task(health_check=one))[0] for one in (check, odd)]

    assert [LONGEST_WAIT_SECONDS, 0.0] == [plan.delay for plan in plans]
    assert [LEAST_INTERVAL_SECONDS] * 2 == [plan.interval for plan in plans]
    assert [LONGEST_TIMEOUT_SECONDS] * 2 == [plan.timeout for plan in plans]


def test_who_asks() -> None:
    """Both kinds of a task are asked, also in a pod; the tasks of a custom executor are its own to ask."""
    both: dict[str, Any] = {
        "health_check": HealthCheck(type=CheckType.TCP, tcp=TcpCheckInfo(port=1)),
        "check": CheckInfo(type=CheckType.TCP, tcp=CheckTcp(2)),
    }

    def kinds(executor: ExecutorInfo | None) -> list[ProbeKind]:
        return [one.kind for one in plan_probes(make_task(executor=executor, **both))]

    pod = ExecutorInfo(executor_id=ExecutorId("e"), type=ExecutorType.DEFAULT)

    assert [ProbeKind.HEALTH, ProbeKind.CHECK] == kinds(None)
    assert [ProbeKind.HEALTH, ProbeKind.CHECK] == kinds(pod)
    assert [] == kinds(evolve(pod, type=ExecutorType.CUSTOM))
    assert [] == kinds(evolve(pod, type=None))


def _on(network: DockerNetwork) -> TaskInfo:
    task = make_docker_task()
    assert task.container is not None
    assert task.container.docker is not None
    return evolve(task, container=evolve(task.container, docker=evolve(task.container.docker, network=network)))


@pytest.mark.parametrize(
    ("is_own", "task", "addresses"),
    [
        (False, make_task(), ()),
        (False, _on(DockerNetwork.HOST), ()),
        (True, _on(DockerNetwork.BRIDGE), ("172.17.0.2",)),
        (True, _on(DockerNetwork.NONE), ()),
    ],
)
def test_where_it_is_asked(is_own: bool, task: TaskInfo, addresses: tuple[str, ...]) -> None:
    """A container without the host's network has its own, with or without an address."""
    run = ContainerRun(container_id=ContainerId("c"), started_at=1.0, pid=77, ip_addresses=addresses)

    assert Place(pid=77, is_own=is_own, addresses=addresses) == find_place(task, run)

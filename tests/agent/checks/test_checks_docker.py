"""Checks of containers of a real Docker Engine, by a real agent process: all at once, as tasks share an agent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import docker
import pytest
from attrs import evolve

from fakes.agent_bench import make_framework, make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from fakes.pods import bridge, group, in_image, make_executor
from koinon_core.agent_link import Register, RunTask, StatusUpdate
from koinon_core.containers import CommandInfo, ContainerInfo, ContainerType, DockerInfo, DockerNetwork, Environment
from koinon_core.ids import ExecutorId
from koinon_core.tasks import (
    CheckCommand,
    CheckInfo,
    CheckStatusCommand,
    CheckType,
    HealthCheck,
    HttpCheckInfo,
    TaskState,
    TaskStatus,
    TaskStatusReason,
)
from support.docker_engine import BUSYBOX, docker_url, find_containers, remove_containers

pytestmark = pytest.mark.slow
AT_ONCE = HealthCheck(
    delay_seconds=0.0, interval_seconds=0.2, timeout_seconds=5.0, consecutive_failures=2, grace_period_seconds=5.0
)
NAMES = ("bridge", "none", "command", "pod")
WEB = HttpCheckInfo(port=80, path="/health")
SERVE_NOTHING = "mkdir -p /www; echo ok > /www/health; trap 'exit 0' TERM; while true; do sleep 0.1; done"
SERVE = f"mkdir -p /www; httpd -p 127.0.0.1:80 -h /www; {SERVE_NOTHING}"
"""Listens where only its own network's processes reach it."""


@pytest.fixture
async def master(free_port: int) -> AsyncIterator[FakeMaster]:
    """A master that listens."""
    async with FakeMaster(free_port) as fake:
        yield fake


@pytest.fixture
def agent(tmp_path: Path, free_port: int, docker_engine: docker.DockerClient) -> Iterator[AgentProcess]:
    """An agent that asks Docker; its containers are removed at the end."""
    process = AgentProcess(tmp_path / "agent", free_port)
    yield process
    process.child.kill()
    for run in process.work_dir.glob("slaves/*/frameworks/*/executors/*/runs/*"):
        remove_containers(find_containers(docker_engine, name=f"mesos-{run.name}"))


def shell(name: str, script: str, health: HealthCheck, network: DockerNetwork, check: CheckInfo | None) -> RunTask:
    """A container of busybox."""
    command = CommandInfo(value=script, environment=Environment.of({"WANTED": "/www/health"}))
    container = ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image=BUSYBOX, network=network))
    task = make_task(name, agent_id=AGENT_ID, command=command, health_check=health, check=check)
    return RunTask(framework=make_framework(), task=evolve(task, container=container))


async def wait_well(master: FakeMaster, name: str) -> TaskStatus:
    """The first update that says so of a task."""
    update = await master.wait(StatusUpdate, lambda one: (one.status.task_id, one.status.healthy) == (name, True))
    return update.status


def container_of(status: TaskStatus) -> str:
    """The name of the container that a status tells."""
    assert status.container_status is not None
    assert status.container_status.container_id is not None
    return f"mesos-{status.container_status.container_id.value}"


def told_of(master: FakeMaster, task_id: str) -> list[TaskStatus]:
    """The updates of a task, each once."""
    found: dict[bytes, TaskStatus] = {s.uuid or b"": s for s in master.statuses if s.task_id == task_id}
    return list(found.values())


def health_of(master: FakeMaster, task_id: str) -> list[tuple[bool | None, str | None]]:
    """What its health check made the agent tell of a task, in order."""
    reason = TaskStatusReason.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED
    return [(status.healthy, status.message) for status in told_of(master, task_id) if status.reason is reason]


async def test_unhealthy_containers_are_killed(
    agent: AgentProcess, master: FakeMaster, docker_engine: docker.DockerClient
) -> None:
    """HTTP within bridge, no network and a pod's, COMMAND with the task's environment: well, unwell, killed."""
    agent.start(f"--docker_socket={docker_url()}", "--containerizers=docker")
    await master.wait(Register)
    http = evolve(AT_ONCE, type=CheckType.HTTP, http=WEB)
    script = CommandInfo(value='test -e "$WANTED" || { echo "$WANTED is gone" >&2; exit 3; }')
    # Often enough for the check beside it to see the same.
    command = evolve(AT_ONCE, type=CheckType.COMMAND, command=script, consecutive_failures=4)
    check = CheckInfo(type=CheckType.COMMAND, command=CheckCommand(script), delay_seconds=0, interval_seconds=0.2)
    await master.say(
        shell("bridge", SERVE, http, DockerNetwork.BRIDGE, None),
        shell("none", SERVE, http, DockerNetwork.NONE, None),
        shell("command", SERVE_NOTHING, command, DockerNetwork.HOST, check),
        group(
            evolve(shell("pod", SERVE, http, DockerNetwork.HOST, None).task, container=in_image(BUSYBOX)),
            executor=make_executor(bridge(), executor_id=ExecutorId("well")),
        ),
    )
    for name in NAMES:
        docker_engine.containers.get(container_of(await wait_well(master, name))).exec_run(["rm", "/www/health"])
    ends = {name: await master.wait_state(name, TaskState.TASK_KILLED) for name in NAMES}

    for name, failures, reason in (
        ("bridge", 2, "GET http://127.0.0.1:80/health was answered with status 404"),
        ("pod", 2, "GET http://127.0.0.1:80/health was answered with status 404"),
        ("none", 2, "GET http://127.0.0.1:80/health was answered with status 404"),
        ("command", 4, "Command exited with status 3: /www/health is gone"),
    ):
        assert [(True, None), *[(False, reason)] * failures] == health_of(master, name)
        assert False is ends[name].healthy
        assert reason in (ends[name].message or "")
    codes = [status.check_status.command for status in told_of(master, "command") if status.check_status is not None]

    assert CheckStatusCommand(None) == codes[0]
    assert CheckStatusCommand(0) in codes
    assert CheckStatusCommand(3) == codes[-1]

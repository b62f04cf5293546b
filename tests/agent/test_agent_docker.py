"""A real agent process with containers of a real Docker Engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import docker
import pytest
from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, make_framework, make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from koinon_core.agent_link import KillTask, Register, RunTask, Unregister
from koinon_core.containers import CommandInfo, ContainerInfo, ContainerType, DockerInfo, DockerNetwork
from koinon_core.ids import TaskId
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason
from support.docker_engine import BUSYBOX, docker_url, find_containers, remove_containers
from support.processes import find_processes
from support.waiting import wait_until

pytestmark = pytest.mark.slow
NAME = "mesos-"


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
        remove_containers(find_containers(docker_engine, name=f"{NAME}{run.name}"))


async def start(agent: AgentProcess, master: FakeMaster) -> None:
    """The agent is up and registered."""
    mark = len(master.heard)
    agent.start(f"--docker_socket={docker_url()}", "--containerizers=docker,process")
    await master.wait(Register, after=mark)


def shell(name: str, script: str, image: str = BUSYBOX) -> RunTask:
    """A task in a container on the bridge."""
    docker_info = DockerInfo(image=image, network=DockerNetwork.BRIDGE)
    task = make_task(name, agent_id=AGENT_ID, command=CommandInfo(value=script))
    container = ContainerInfo(type=ContainerType.DOCKER, docker=docker_info)
    return RunTask(framework=make_framework(), task=evolve(task, container=container))


def container_of(status: TaskStatus) -> str:
    """The name of the container that a status tells."""
    assert status.container_status is not None
    assert status.container_status.container_id is not None
    return NAME + status.container_status.container_id.value


async def test_container_outlives_its_agent(
    agent: AgentProcess, master: FakeMaster, docker_engine: docker.DockerClient
) -> None:
    """RUNNING tells address and inspection; a kill -9 of the agent leaves the container, the next life ends it."""
    await start(agent, master)
    await master.say(shell("web", "echo up; trap 'exit 0' TERM; while true; do sleep 0.1; done"))
    running = await master.wait_state("web", TaskState.TASK_RUNNING)
    container = docker_engine.containers.get(container_of(running))
    assert running.container_status is not None
    (address,) = running.container_status.network_infos[0].ip_addresses

    assert container.attrs["NetworkSettings"]["IPAddress"] == address.ip_address
    assert container.id == json.loads(running.data or b"")[0]["Id"]

    await asyncio.to_thread(agent.run_within, running, "exec sleep 7784")
    await asyncio.to_thread(wait_until, lambda: find_processes("sleep", "7784"), "what runs beside it")
    agent.child.kill()
    container.reload()

    assert "running" == container.status

    mark = len(master.heard)
    await start(agent, master)

    assert [] == find_processes("sleep", "7784")

    await master.say(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("web")))
    await master.wait_state("web", TaskState.TASK_KILLED, after=mark)

    wait_until(lambda: not find_containers(docker_engine, id=str(container.id)), "removal")


async def test_too_much_memory_is_told_as_such(agent: AgentProcess, master: FakeMaster) -> None:
    """A container that the kernel killed for its memory says so."""
    await start(agent, master)
    await master.say(shell("hog", "tail /dev/zero"))
    failed = await master.wait_state("hog", TaskState.TASK_FAILED)

    assert TaskStatusReason.REASON_CONTAINER_LIMITATION_MEMORY is failed.reason


async def test_engine_says_why_it_does_not_start(agent: AgentProcess, master: FakeMaster) -> None:
    """An image that nobody has is named in the message."""
    await start(agent, master)
    await master.say(shell("none", "true", image="127.0.0.1:1/no/such:image"))
    failed = await master.wait_state("none", TaskState.TASK_FAILED)

    assert TaskStatusReason.REASON_CONTAINER_LAUNCH_FAILED is failed.reason
    assert "no/such" in (failed.message or "")


async def test_clean_shutdown_leaves_no_container(
    agent: AgentProcess, master: FakeMaster, docker_engine: docker.DockerClient
) -> None:
    """SIGUSR1: killed, reported, removed, gone."""
    await start(agent, master)
    await master.say(shell("web", "trap 'exit 0' TERM; while true; do sleep 0.1; done"))
    name = container_of(await master.wait_state("web", TaskState.TASK_RUNNING))
    agent.shut_down()
    await master.wait(Unregister)

    assert 0 == agent.child.wait_exit()
    assert [] == find_containers(docker_engine, name=name)

"""Pods in a real Docker Engine: one network, one sandbox, one fate."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.request import urlopen

import docker
import pytest
from attrs import evolve
from docker.models.containers import Container

from fakes.agent_bench import make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from fakes.pods import POD, bridge, group, in_image, make_executor, of_sandbox
from koinon_agent.containerizer.docker.images.pause import PAUSE_IMAGE
from koinon_core.agent_link import ExecutorExited, Register, RunTaskGroup
from koinon_core.containers import CommandInfo, DurationInfo, Volume
from koinon_core.linux import IpcMode, LinuxInfo
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import KillPolicy, TaskInfo, TaskState, TaskStatusReason
from support.docker_engine import BUSYBOX, docker_url, find_containers, remove_containers
from support.ports import reserve_port
from support.waiting import wait_until

pytestmark = pytest.mark.slow
FOREVER = "trap 'exit 7' TERM; while true; do sleep 0.1; done"


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
    remove_containers(containers_of(docker_engine))


def containers_of(engine: docker.DockerClient) -> list[Container]:
    """All that is left of the pod."""
    return find_containers(engine, label=f"koinon.executor={POD}")


async def start(agent: AgentProcess, master: FakeMaster, port: int) -> None:
    """The agent is up and registered, and has this port to give."""
    mark = len(master.heard)
    agent.resources = f"cpus:2;mem:512;disk:100;ports:[{port}-{port}]"
    agent.start(f"--docker_socket={docker_url()}", "--containerizers=docker,process")
    await master.wait(Register, after=mark)


def shell(name: str, script: str, *volumes: Volume) -> TaskInfo:
    """A task of the pod."""
    task = make_task(name, agent_id=AGENT_ID, command=CommandInfo(value=script))
    task = evolve(task, kill_policy=KillPolicy(DurationInfo.of_seconds(0.3)))
    return evolve(task, container=in_image(BUSYBOX, *volumes), resources=parse_resources("cpus:0.1;mem:32"))


def fetch(url: str) -> bytes:
    """What is at a URL."""
    with urlopen(url, timeout=10) as response:
        return bytes(response.read())


def beside_all(name: str, script: str) -> TaskInfo:
    """A task that sees the processes and the IPC objects of its pod."""
    task = shell(name, script)
    linux = LinuxInfo(share_pid_namespace=True, ipc_mode=IpcMode.SHARE_PARENT)
    return evolve(task, container=evolve(in_image(BUSYBOX), linux_info=linux))


def three_tasks(port: int) -> RunTaskGroup:
    """One writes a page, one serves it on that port, one reads it over the loopback and fails when it is told to."""
    return group(
        shell("writer", f"echo shared > /pages/index.html; {FOREVER}", of_sandbox("pages", "/pages")),
        shell("server", "exec httpd -f -p 80 -h $MESOS_SANDBOX/www", of_sandbox("pages", "www")),
        beside_all("judge", "cat /proc/1/comm > first; until wget -qO- http://127.0.0.1/ > got; do sleep 0.05; done; "
                       "until [ -e fail ]; do sleep 0.05; done; exit 3"),
        executor=make_executor(bridge((port, 80)), resources=parse_resources(f"cpus:0.1;mem:32;ports:[{port}-{port}]")),
    )  # fmt: skip


def forget_image(engine: docker.DockerClient) -> None:
    """The image of the pod's own container is made anew, unless another pod, of whomever, has a container of it.

    Never by force: that takes it even from a container that was created and is about to start.
    """
    try:
        engine.images.remove(PAUSE_IMAGE)
    except docker.errors.ImageNotFound:
        return
    except docker.errors.APIError as error:
        if error.status_code != HTTPStatus.CONFLICT:
            raise


async def until_gone(engine: docker.DockerClient) -> None:
    """No container of the pod is left."""
    await asyncio.to_thread(wait_until, lambda: not containers_of(engine), "removal of the pod's containers")


async def test_three_tasks_share_network_and_sandbox_and_end_together(
    agent: AgentProcess, master: FakeMaster, docker_engine: docker.DockerClient
) -> None:
    """One writes what another serves on the pod's port. The agent is killed and takes all four containers up again;
    then the third task fails, and all of the pod is gone.
    """
    port = reserve_port()
    forget_image(docker_engine)
    await start(agent, master, port)
    await master.say(three_tasks(port))
    for name in ("writer", "server", "judge"):
        await master.wait_state(name, TaskState.TASK_RUNNING)
    (sandbox,) = agent.work_dir.glob(f"slaves/*/frameworks/*/executors/{POD}/runs/latest")
    got = sandbox / "tasks" / "judge" / "got"
    await asyncio.to_thread(
        wait_until, lambda: got.exists() and got.read_text() == "shared\n", "page by the loopback of the pod"
    )

    assert b"shared\n" == await asyncio.to_thread(fetch, f"http://127.0.0.1:{port}/")
    assert "pause\n" == (got.parent / "first").read_text()

    before = {container.id for container in containers_of(docker_engine)}
    assert 4 == len(before)

    agent.child.kill()
    await start(agent, master, port)

    assert before == {container.id for container in containers_of(docker_engine)}

    (sandbox / "tasks" / "judge" / "fail").touch()
    failed = await master.wait_state("judge", TaskState.TASK_FAILED)

    assert "3" in (failed.message or "")
    for name in ("writer", "server"):
        await master.wait_state(name, TaskState.TASK_KILLED)

    exited = await master.wait(ExecutorExited)

    assert (POD, 0) == (exited.executor_id, exited.status)
    await until_gone(docker_engine)


async def test_half_of_a_pod_does_not_outlive_its_agent(
    agent: AgentProcess, master: FakeMaster, docker_engine: docker.DockerClient
) -> None:
    """The agent is killed while one task waits for its image, from a registry that says nothing: it is dropped,
    those that had started are ended, and nothing of the pod is left.
    """
    with socket.create_server(("127.0.0.1", 0)) as registry:
        nowhere = in_image(f"127.0.0.1:{registry.getsockname()[1]}/none")
        tasks = [shell("one", FOREVER), shell("two", FOREVER), evolve(shell("three", FOREVER), container=nowhere)]
        await start(agent, master, reserve_port())
        executor = make_executor(bridge(), resources=parse_resources("cpus:0.1;mem:32"))
        await master.say(group(*tasks, executor=executor))
        for name in ("one", "two"):
            await master.wait_state(name, TaskState.TASK_RUNNING)
        agent.child.kill()
    agent.start(f"--docker_socket={docker_url()}", "--containerizers=docker,process")
    dropped = await master.wait_state("three", TaskState.TASK_LOST)

    assert TaskStatusReason.REASON_AGENT_RESTARTED is dropped.reason
    for name in ("one", "two"):
        await master.wait_state(name, TaskState.TASK_KILLED)

    await until_gone(docker_engine)

"""Pods in a real Docker Engine: one network, one sandbox, one fate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.request import urlopen

import docker
import pytest
from attrs import evolve
from docker.models.containers import Container

from fakes.agent_bench import make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import FakeMaster
from fakes.pods import POD, bridge, group, in_image, make_executor, of_sandbox
from koinon_core.agent_link import ExecutorExited, Register
from koinon_core.containers import CommandInfo, Volume
from koinon_core.ids import AgentId
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskInfo, TaskState
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
    agent.resources += f";ports:[{port}-{port}]"
    agent.start(f"--docker_socket={docker_url()}", "--containerizers=docker,process")
    await master.wait(Register, after=mark)


def shell(name: str, script: str, *volumes: Volume) -> TaskInfo:
    """A task of the pod."""
    task = make_task(name, agent_id=AgentId("fake-S0"), command=CommandInfo(value=script))
    return evolve(task, container=in_image(BUSYBOX, *volumes), resources=parse_resources("cpus:0.1;mem:32"))


def fetch(url: str) -> bytes:
    """What is at a URL."""
    with urlopen(url, timeout=10) as response:
        return bytes(response.read())


async def test_three_tasks_share_network_and_sandbox_and_end_together(
    agent: AgentProcess, master: FakeMaster, docker_engine: docker.DockerClient
) -> None:
    """One writes what another serves on the pod's port; the third fails, and all of the pod is gone."""
    port = reserve_port()
    await start(agent, master, port)
    message = group(
        shell("writer", f"echo shared > /pages/index.html; {FOREVER}", of_sandbox("pages", "/pages")),
        shell("server", "exec httpd -f -p 80 -h $MESOS_SANDBOX/www", of_sandbox("pages", "www")),
        shell("judge", "until wget -qO- http://127.0.0.1/ > got; do sleep 0.05; done; "
                       "until [ -e fail ]; do sleep 0.05; done; exit 3"),
        executor=make_executor(bridge((port, 80)), resources=parse_resources(f"cpus:0.1;mem:32;ports:[{port}-{port}]")),
    )  # fmt: skip
    await master.say(message)
    for name in ("writer", "server", "judge"):
        await master.wait_state(name, TaskState.TASK_RUNNING)
    (sandbox,) = agent.work_dir.glob(f"slaves/*/frameworks/*/executors/{POD}/runs/latest")
    got = sandbox / "tasks" / "judge" / "got"
    wait_until(lambda: got.exists() and got.read_text() == "shared\n", "page by the loopback of the pod")

    assert b"shared\n" == await asyncio.to_thread(fetch, f"http://127.0.0.1:{port}/")
    assert 4 == len(containers_of(docker_engine))

    (sandbox / "tasks" / "judge" / "fail").touch()
    failed = await master.wait_state("judge", TaskState.TASK_FAILED)

    assert "3" in (failed.message or "")
    for name in ("writer", "server"):
        await master.wait_state(name, TaskState.TASK_KILLED)

    exited = await master.wait(ExecutorExited)

    assert (POD, 0) == (exited.executor_id, exited.status)
    wait_until(lambda: not containers_of(docker_engine), "removal of the pod's containers")

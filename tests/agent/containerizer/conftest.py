"""Launches for the tests of containerizers, and a Docker containerizer on the real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker
import pytest
from attrs import evolve

from koinon_agent.containerizer import Launch, Workload
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_agent.sandboxes.layout import SandboxId, create_sandbox
from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DockerImage,
    DockerInfo,
    DockerNetwork,
    Image,
    ImageType,
    MesosInfo,
)
from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId
from koinon_core.tasks import TaskInfo
from support.docker_engine import BUSYBOX, docker_url, find_containers, remove_containers

Launcher = Callable[..., Launch]
Containerizers = Callable[[], AbstractAsyncContextManager[DockerContainerizer]]


@pytest.fixture
def agent_id() -> AgentId:
    """An agent that no other test has."""
    return AgentId(f"{uuid4()}-S0")


@pytest.fixture
def launch(tmp_path: Path, agent_id: AgentId) -> Launcher:
    """Makes a launch of a shell command with a fresh sandbox; keywords change its task."""

    def make(script: str, **changes: Any) -> Launch:
        ids: dict[str, Any] = {
            "agent_id": agent_id,
            "framework_id": FrameworkId("framework-0000"),
            "executor_id": ExecutorId("task-1"),
            "container_id": ContainerId(str(uuid4())),
        }
        task = TaskInfo(name="task", task_id=TaskId("task-1"), agent_id=agent_id, command=CommandInfo(value=script))
        return Launch(
            **ids,
            task_id=task.task_id,
            workload=Workload.of_task(evolve(task, **changes)),
            sandbox=create_sandbox(tmp_path, SandboxId(**ids)),
            environment={"MESOS_EXECUTOR_ID": "task-1"},
        )

    return make


@pytest.fixture
def docker_launch(launch: Launcher) -> Launcher:
    """The same in a Docker container; keywords change its DockerInfo, `task` the task, `container` the container."""

    def make(script: str, task: Any = None, container: Any = None, **changes: Any) -> Launch:
        info = evolve(DockerInfo(image=BUSYBOX, network=DockerNetwork.NONE), **changes)
        wanted = evolve(ContainerInfo(type=ContainerType.DOCKER, docker=info), **(container or {}))
        return launch(script, **{"container": wanted, **(task or {})})

    return make


@pytest.fixture
def universal_launch(launch: Launcher) -> Launcher:
    """The same in a MESOS container with an image; keywords change its Image, `docker` the image's DockerImage."""

    def make(script: str, task: Any = None, container: Any = None, docker: Any = None, **changes: Any) -> Launch:
        image = evolve(Image(type=ImageType.DOCKER, docker=evolve(DockerImage(BUSYBOX), **(docker or {}))), **changes)
        wanted = evolve(ContainerInfo(type=ContainerType.MESOS, mesos=MesosInfo(image)), **(container or {}))
        return launch(script, **{"container": wanted, **(task or {})})

    return make


@pytest.fixture
def containerizers(docker_engine: docker.DockerClient, agent_id: AgentId) -> Iterator[Containerizers]:
    """Starts Docker containerizers, one after the other, as a restarted agent does; no container stays behind."""

    @asynccontextmanager
    async def make() -> AsyncIterator[DockerContainerizer]:
        containerizer = DockerContainerizer(DockerOptions(url=docker_url()))
        await containerizer.start()
        try:
            yield containerizer
        finally:
            await containerizer.stop()

    yield make
    remove_containers(find_containers(docker_engine, label=f"koinon.agent={agent_id}"))


@pytest.fixture
async def containerizer(containerizers: Containerizers) -> AsyncIterator[DockerContainerizer]:
    """One Docker containerizer on the real engine."""
    async with containerizers() as made:
        yield made

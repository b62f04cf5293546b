"""Several containerizers as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from koinon_agent.containerizer import EngineUnavailable, KnownContainer, Launch, LaunchFailed, UnknownContainer
from koinon_agent.containerizer.composing import ComposingContainerizer
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from koinon_core.containers import ContainerInfo, ContainerType, DockerImage, Image, ImageType, MesosInfo
from koinon_core.ids import AgentId, ContainerId

Launcher = Callable[..., Launch]
IMAGE = Image(type=ImageType.DOCKER, docker=DockerImage("web"))


@pytest.fixture
async def processes(tmp_path: Path) -> AsyncIterator[ComposingContainerizer]:
    """Two process containerizers: the second never gets a task."""
    parts = [ProcessContainerizer(tmp_path / name) for name in ("first", "second")]
    composed = ComposingContainerizer(parts)
    await composed.start()
    yield composed
    await composed.stop()


async def test_the_first_that_can_runs_the_task(
    processes: ComposingContainerizer, launch: Launcher, tmp_path: Path, agent_id: AgentId
) -> None:
    """All verbs reach the containerizer that was chosen at launch, also after a restart."""
    wanted = launch("exit 2")
    await processes.launch(wanted)
    again = ComposingContainerizer([ProcessContainerizer(tmp_path / name) for name in ("second", "first")])
    ended = await processes.wait(wanted.container_id)
    recovered = await again.recover(
        [KnownContainer(name, wanted.sandbox) for name in (wanted.container_id, ContainerId("never"))]
    )
    await again.remove(wanted.container_id)

    assert (2, (ended,), ("never",)) == (ended.exit_code, recovered.ended, recovered.gone)
    assert [] == list(await again.orphans(agent_id))
    with pytest.raises(UnknownContainer):
        await again.wait(wanted.container_id)


async def test_a_task_that_nobody_can_run_has_the_reasons_of_each(
    processes: ComposingContainerizer, launch: Launcher
) -> None:
    """The refusal says who refused and why."""
    wanted = launch("true", container=ContainerInfo(type=ContainerType.DOCKER))
    expected = "process: container.type is DOCKER | process: container.type is DOCKER"

    assert expected == processes.supports(wanted.workload)
    with pytest.raises(LaunchFailed, match=r"container\.type is DOCKER"):
        await processes.launch(wanted)


async def test_an_engine_that_does_not_answer_stops_the_start(tmp_path: Path) -> None:
    """Who configures Docker hears at once that there is none, with its address."""
    url = f"unix://{tmp_path}/none.sock"
    composed = ComposingContainerizer([DockerContainerizer(DockerOptions(url=url))])

    with pytest.raises(EngineUnavailable, match=r"none\.sock"):
        await composed.start()


async def test_kill_goes_to_the_right_one(processes: ComposingContainerizer, launch: Launcher) -> None:
    """A killed container ends; nothing is asked of an unknown one."""
    wanted = launch("sleep 600")
    await processes.launch(wanted)
    waiting = asyncio.create_task(processes.wait(wanted.container_id))
    await processes.kill(wanted.container_id, 600)
    await processes.kill(ContainerId("never"), 0)

    assert "Command terminated with signal Terminated" == (await waiting).message


async def test_what_brings_no_container_has_the_operators(launch: Launcher, tmp_path: Path) -> None:
    """--default_container_info: it is judged and run as if it had been its own; who has one keeps it."""
    default = ContainerInfo(type=ContainerType.MESOS, mesos=MesosInfo(IMAGE))
    composed = ComposingContainerizer([ProcessContainerizer(tmp_path / "p")], default)
    own = launch("true", container=ContainerInfo(type=ContainerType.MESOS))

    assert "container.mesos.image" in (composed.supports(launch("true").workload) or "")
    assert composed.supports(own.workload) is None

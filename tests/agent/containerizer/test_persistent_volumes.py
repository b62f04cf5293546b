"""A task finds its persistent volume where it asked for it, as a plain process and in a Docker container."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from attrs import evolve

from koinon_agent.containerizer import Launch, LaunchFailed, PersistentVolume, UnknownContainer, VolumeAddition
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from support.waiting import wait_until

Launcher = Callable[..., Launch]
WRITE = 'test "$(cat data/deep/old)" = kept && echo new > data/deep/new'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The volume's directory, with what an earlier task left in it."""
    place = tmp_path / "volumes/roles/r/v"
    place.mkdir(parents=True)
    (place / "old").write_text("kept")
    return place


@pytest.fixture
async def processes(tmp_path: Path) -> AsyncIterator[ProcessContainerizer]:
    """A process containerizer."""
    made = ProcessContainerizer(tmp_path / "meta" / "processes")
    await made.start()
    yield made
    await made.stop()


def with_volume(launch: Launch, place: Path) -> Launch:
    """The launch with the volume two levels deep in its sandbox."""
    return evolve(launch, volumes=(PersistentVolume(path=place, container_path="data/deep"),))


async def test_a_process_reads_and_writes_its_volume(
    processes: ProcessContainerizer, launch: Launcher, place: Path
) -> None:
    """Directories on the way are made; the data are in the volume, not in the sandbox."""
    wanted = with_volume(launch(WRITE), place)
    await processes.launch(wanted)
    ended = await processes.wait(wanted.container_id)

    assert ended.is_success
    assert "new\n" == (place / "new").read_text()
    assert (wanted.sandbox / "data/deep").is_symlink()


async def test_a_task_does_not_start_without_its_volume(processes: ProcessContainerizer, launch: Launcher) -> None:
    """A volume that somebody removed by hand is not replaced by an empty one."""
    gone = Path("/nonexistent/volume")
    with pytest.raises(LaunchFailed, match=f"the persistent volume at {gone} is gone"):
        await processes.launch(with_volume(launch("true"), gone))


async def test_a_process_that_runs_is_shown_later_volumes(
    processes: ProcessContainerizer, launch: Launcher, place: Path, tmp_path: Path
) -> None:
    """A volume takes the place of one before; what is there stays, and nothing is put outside of the sandbox."""
    script = "ln -s .. out; touch file; while [ ! -e data/deep/old ]; do sleep 0.01; done; exec sleep 600"
    wanted = launch(script)
    await processes.launch(wanted)
    first = tmp_path / "volumes/first"
    first.mkdir()

    async def add(path: Path, container_path: str) -> str | None:
        volume = PersistentVolume(path=path, container_path=container_path)
        container_id, sandbox = wanted.container_id, wanted.sandbox
        return await processes.add_volumes(
            VolumeAddition(container_id=container_id, sandbox=sandbox, volumes=(volume,))
        )

    await asyncio.to_thread(wait_until, (wanted.sandbox / "file").exists, "the file")
    there = [await add(path, "data/deep") for path in (first, place, place)]
    problems = [
        await add(path, container_path)
        for path, container_path in ((place, "file"), (place, "out/x"), (place, "../x"), (tmp_path / "gone", "gone"))
    ]
    await processes.remove(wanted.container_id)

    assert [None, None, None] == there
    assert place == (wanted.sandbox / "data/deep").readlink()
    assert ["something else stands at file", "out", "leads out of the sandbox", "is gone"] == [
        text
        for text, problem in zip(
            ("something else stands at file", "out", "leads out of the sandbox", "is gone"), problems, strict=True
        )
        if problem is not None and text in problem
    ]
    assert not (wanted.sandbox.parent / "x").exists()
    with pytest.raises(UnknownContainer):
        await add(place, "data/deep")


@pytest.mark.slow
async def test_a_container_reads_and_writes_its_volume(
    containerizer: DockerContainerizer, docker_launch: Launcher, place: Path
) -> None:
    """It is mounted below the sandbox's place in the container."""
    wanted = with_volume(docker_launch(f"cd /mnt/mesos/sandbox && {WRITE}"), place)
    await containerizer.launch(wanted)
    ended = await containerizer.wait(wanted.container_id)

    assert ended.is_success
    assert "new\n" == (place / "new").read_text()

"""A Docker containerizer that starts anew, or whose engine was away, finds what it had running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import uuid4

import docker
import pytest
from attrs import evolve

from koinon_agent.containerizer import KnownContainer, Launch
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_core.ids import AgentId, ContainerId
from support.docker_engine import BUSYBOX, docker_url
from support.waiting import wait_until

Launcher = Callable[..., Launch]
Containerizers = Callable[[], AbstractAsyncContextManager[DockerContainerizer]]
pytestmark = pytest.mark.slow

COUNTING = "i=0; while [ ! -e $MESOS_SANDBOX/stop ]; do echo line $i; i=$((i+1)); sleep 0.01; done; echo last"


def known(*launches: Launch) -> list[KnownContainer]:
    """What the agent wrote down of them."""
    return [KnownContainer(launch.container_id, launch.sandbox) for launch in launches]


def lines(launch: Launch) -> list[str]:
    """The output so far."""
    return (launch.sandbox / "stdout").read_text().splitlines()


async def test_a_live_container_is_followed_on_without_gap_or_repetition(
    containerizers: Containerizers, docker_launch: Launcher
) -> None:
    """Output written while nobody followed is caught up; none of it comes twice; the end is heard."""
    launch = docker_launch(COUNTING)
    (launch.sandbox / "stdout").write_text("fetched\n")
    async with containerizers() as first:
        started = await first.launch(launch)
        await asyncio.to_thread(wait_until, lambda: len(lines(launch)) > 20, "output")
    seen = len(lines(launch))
    async with containerizers() as second:
        recovered = await second.recover(known(launch))
        await asyncio.to_thread(wait_until, lambda: len(lines(launch)) > seen + 20, "more output")
        (launch.sandbox / "stop").touch()
        ended = await second.wait(launch.container_id)

    assert [started.pid] == [run.pid for run in recovered.live]
    assert ended.is_success
    count = len(lines(launch)) - 2
    assert ["fetched", *(f"line {i}" for i in range(count)), "last"] == lines(launch)


async def test_an_end_that_nobody_saw_is_told(
    containerizers: Containerizers, docker_launch: Launcher, docker_engine: docker.DockerClient
) -> None:
    """A container that ended meanwhile comes with its exit code and all its output; others are gone."""
    launch, removed = docker_launch(f"{COUNTING}; exit 5"), docker_launch("sleep 600")
    async with containerizers() as first:
        runs = [await first.launch(item) for item in (launch, removed)]
    (launch.sandbox / "stop").touch()
    docker_engine.containers.get(runs[0].engine_id or "").wait()
    docker_engine.containers.get(runs[1].engine_id or "").remove(force=True)
    never = KnownContainer(ContainerId("never"), launch.sandbox)
    async with containerizers() as second:
        recovered = await second.recover([*known(launch, removed), never])
        again = await second.wait(launch.container_id)

    assert [(launch.container_id, 5)] == [(ended.container_id, ended.exit_code) for ended in recovered.ended]
    assert (again,) == recovered.ended
    assert (removed.container_id, never.container_id) == recovered.gone
    assert "last" == lines(launch)[-1]


async def test_what_the_agent_forgot_is_found_and_can_be_ended(
    containerizers: Containerizers, docker_launch: Launcher, agent_id: AgentId, docker_engine: docker.DockerClient
) -> None:
    """Orphans are the containers of this agent that recovery was not told of: no other agent's, nor Mesos's."""
    remembered, forgotten = docker_launch("sleep 600"), docker_launch("sleep 600")
    others = evolve(docker_launch("sleep 600"), agent_id=AgentId(f"other-{agent_id}"))
    foreign = docker_engine.containers.run(BUSYBOX, "sleep 600", name=f"mesos-{uuid4()}", detach=True)
    executor = evolve(forgotten, container_id=ContainerId(str(uuid4())), task_id=None)
    async with containerizers() as first:
        for launch in (remembered, forgotten, executor, others):
            await first.launch(launch)
    async with containerizers() as second:
        await second.recover(known(remembered))
        orphans = await second.orphans(agent_id)
        for orphan in orphans:
            await second.kill(orphan.container_id, 0)
        ended = await second.wait(forgotten.container_id)
        for orphan in orphans:
            await second.remove(orphan.container_id)
        left = await second.orphans(agent_id)
        await second.recover(known(others))
        await second.remove(others.container_id)

    assert {(forgotten.container_id, "task-1", True), (executor.container_id, None, True)} == {
        (orphan.container_id, orphan.task_id, orphan.is_running) for orphan in orphans
    }
    assert (0, 137) == (len(left), ended.exit_code)
    foreign.reload()
    assert "running" == foreign.status
    foreign.remove(force=True)


class Gate:
    """A way to the engine that can be shut: connections break and new ones are refused until it opens again."""

    def __init__(self, path: Path) -> None:
        self.url = f"unix://{path}"
        self._path = path
        self._engine = docker_url().removeprefix("unix://")
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        """Let everybody through."""
        self._server = await asyncio.start_unix_server(self._pass_on, self._path)

    async def shut(self) -> None:
        """Cut all that goes through."""
        if self._server is not None:
            self._server.close()
        self._path.unlink()
        for writer in self._writers:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection(self._engine)
        self._writers += [writer, engine_writer]
        await asyncio.gather(self._copy(reader, engine_writer), self._copy(engine_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            return
        finally:
            writer.close()


async def test_an_end_while_the_engine_was_out_of_reach_is_heard_later(
    containerizers: Containerizers, docker_launch: Launcher, docker_engine: docker.DockerClient, tmp_path: Path
) -> None:
    """The event stream comes back by itself, missed ends are asked for, and the output is whole."""
    launch = docker_launch(f"{COUNTING}; exit 4")
    gate = Gate(tmp_path / "gate.sock")
    await gate.open()
    containerizer = DockerContainerizer(DockerOptions(url=gate.url))
    await containerizer.start()
    run = await containerizer.launch(launch)
    await asyncio.to_thread(wait_until, lambda: len(lines(launch)) > 20, "output")
    await gate.shut()
    (launch.sandbox / "stop").touch()
    await asyncio.to_thread(docker_engine.containers.get(run.engine_id or "").wait)
    await gate.open()
    ended = await containerizer.wait(launch.container_id)
    await containerizer.stop()
    await gate.shut()

    assert 4 == ended.exit_code
    assert [*(f"line {i}" for i in range(len(lines(launch)) - 1)), "last"] == lines(launch)

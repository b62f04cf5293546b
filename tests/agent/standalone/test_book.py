"""Containers without a parent over the lives of an agent: real processes, with one book after another about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from koinon_agent.config import AgentConfig
from koinon_agent.containerizer import (
    Ended,
    KnownContainer,
    Launch,
    LaunchFailed,
    Recovered,
    UnknownContainer,
    Workload,
)
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from koinon_agent.fetcher.fetcher import Fetcher
from koinon_agent.sandboxes.keeper import SandboxKeeper
from koinon_agent.sandboxes.preparation import Preparation
from koinon_agent.standalone.book import Standalone, StandaloneContainers
from koinon_agent.standalone.records import StandaloneRecord, StandaloneRecords
from koinon_core.containers import CommandInfo
from koinon_core.ids import AgentId, ContainerId
from koinon_daemon.flag_values import HostPort

OWN = ContainerId("own")


@asynccontextmanager
async def a_life(work_dir: Path, *, ends_all: bool = False) -> AsyncIterator[StandaloneContainers]:
    """A book that has taken up what an earlier one left; at the end it lets go."""
    containerizer = ProcessContainerizer(work_dir / "processes")
    fetcher = Fetcher(AgentConfig(master=HostPort("m", 5050), work_dir=work_dir).fetch_options(work_dir))
    await fetcher.open()
    book = StandaloneContainers(containerizer, Preparation(SandboxKeeper(work_dir), fetcher), work_dir)
    book.ends_all = ends_all
    await book.load()
    assert Recovered() == book.take_up(await containerizer.recover(book.known()))
    assert [] == await containerizer.orphans(AgentId("any"))
    yield book
    await book.stop()
    await containerizer.stop()
    fetcher.close()


def launch_of(book: StandaloneContainers, script: str) -> Launch:
    """The launch of a script."""
    workload = Workload(command=CommandInfo(value=script))
    return Launch(container_id=OWN, workload=workload, sandbox=book.sandbox(OWN), environment={})


def the_one(book: StandaloneContainers) -> Standalone:
    """The one that is there."""
    (one,) = book
    return one


async def test_cleaning_up_ends_what_an_earlier_life_left(tmp_path: Path) -> None:
    """By force, and how it ended is known to later lives, until it is removed."""
    async with a_life(tmp_path) as book:
        await book.launch(launch_of(book, "sleep 100"), "root")
    async with a_life(tmp_path, ends_all=True) as book:
        ran = the_one(book).runs
    async with a_life(tmp_path) as book:
        one = the_one(book)
        ended, runs = await one.wait(), one.runs
        await book.remove(one)
        await book.remove(one)
        left = list(book)

    assert (True, False) == (ran, runs)
    assert Ended(container_id=OWN, message="Command terminated with signal Killed", signal=9) == ended
    assert ([], False) == (left, (tmp_path / "containers/own").exists())


async def test_of_one_that_is_lost_nobody_can_tell_how_it_ended(tmp_path: Path) -> None:
    """Its agent was killed before it began, or the machine went down: it has ended, and it can be removed."""
    StandaloneRecords(tmp_path).write(StandaloneRecord(container_id=OWN, user="root"))
    async with a_life(tmp_path) as book:
        ended = await the_one(book).wait()
        await book.remove(the_one(book))

    assert Ended(container_id=OWN, message="Container is gone; how it ended is not known") == ended
    assert [] == StandaloneRecords(tmp_path).read_all()


async def test_one_that_is_killed_while_it_starts_does_not_start(tmp_path: Path) -> None:
    """Whoever started it hears so, whoever waited for it that there is no such one; its name is free."""
    async with a_life(tmp_path) as book:
        starting = asyncio.create_task(book.launch(launch_of(book, "touch begun; sleep 100"), "root"))
        await asyncio.sleep(0)
        one = the_one(book)
        await book.kill(one, 9)
        with pytest.raises(LaunchFailed, match="it was killed before it started") as failed:
            await starting
        with pytest.raises(UnknownContainer):
            await one.wait()
        left = list(book)

    assert (True, []) == (failed.value.is_killed, left)
    assert not (tmp_path / "containers/own").exists()


async def test_what_is_found_of_others_is_passed_on(tmp_path: Path) -> None:
    """Tasks' containers are looked for at the same time, and are none of its affair."""
    StandaloneRecords(tmp_path).write(StandaloneRecord(container_id=OWN))
    other = ContainerId("task")
    async with a_life(tmp_path) as book:
        known = book.known()
        rest = book.take_up(Recovered(gone=(OWN, other), ended=(Ended(container_id=other, message="m"),)))

    assert [KnownContainer(OWN, tmp_path / "containers/own")] == known
    assert Recovered(gone=(other,), ended=(Ended(container_id=other, message="m"),)) == rest

"""All containers without a parent, by their ids, from their launch to their removal, over any number of the agent's
lives.

Owns who is there, who is to be taken up after a restart, and whose end is awaited. What is allowed is judged before
(``requests.py``, ``http/standalone_calls.py``); what is remembered is in ``records.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from random import Random
from signal import SIGKILL

import structlog
from attrs import define, evolve, field

from koinon_core.ids import ContainerId

from ..containerizer import (
    Containerizer,
    ContainerRun,
    Ended,
    KnownContainer,
    Launch,
    LaunchFailed,
    Recovered,
    UnknownContainer,
)
from ..insistence import insist
from ..nested.requests import Around
from ..sandboxes.preparation import Preparation
from .records import StandaloneRecord, StandaloneRecords

_logger = structlog.get_logger(__name__)

_STOP_SECONDS = 5.0
_LOST = "Container is gone; how it ended is not known"


def _future() -> asyncio.Future[Ended]:
    return asyncio.get_running_loop().create_future()


@define(eq=False)
class Standalone:
    """One of them. ``run`` is None before it has started, and of one that had ended when the agent came back."""

    record: StandaloneRecord
    run: ContainerRun | None = None
    ended: asyncio.Future[Ended] = field(factory=_future)
    is_kill_wanted: bool = False
    removal: asyncio.Lock = field(factory=asyncio.Lock)

    @property
    def runs(self) -> bool:
        """Whether it has started, and not ended as far as anybody knows."""
        return self.run is not None and not self.ended.done()

    async def wait(self) -> Ended:
        """How it ended; any number of callers. Raises UnknownContainer where it did not start."""
        return await asyncio.shield(self.ended)


class StandaloneContainers:
    """Those of one work directory."""

    def __init__(self, containerizer: Containerizer, preparation: Preparation, work_dir: Path) -> None:
        """``work_dir`` is absolute."""
        self.is_recovered = False
        self.ends_all = False
        self._containerizer = containerizer
        self._sandboxes = preparation.sandboxes
        self._preparation = preparation
        self._records = StandaloneRecords(work_dir)
        self._rng = Random()
        self._all: dict[ContainerId, Standalone] = {}
        self._background: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Standalone]:
        """All that were not removed."""
        return iter(tuple(self._all.values()))

    def find(self, container_id: str) -> Standalone | None:
        """One that was not removed."""
        return self._all.get(ContainerId(container_id))

    def find_around(self, container_id: str) -> Around | None:
        """One that runs, as what is started within it sees it."""
        one = self.find(container_id)
        if one is None or not one.runs:
            return None
        own_id = one.record.container_id
        return Around(container_id=own_id, sandbox=self.sandbox(own_id), user=one.record.user)

    def sandbox(self, container_id: str) -> Path:
        """Where its files are."""
        return self._sandboxes.find_standalone(ContainerId(container_id))

    async def load(self) -> None:
        """Read what an earlier life left. Call it once, before ``known``. Raises OSError."""
        for record in await asyncio.to_thread(self._records.read_all):
            one = self._all[record.container_id] = Standalone(record)
            if record.ended is not None:
                one.ended.set_result(record.ended)

    def known(self) -> list[KnownContainer]:
        """What to look for: those that ended, too, as the agent may have died before they were taken away."""
        return [KnownContainer(container_id, self.sandbox(container_id)) for container_id in self._all]

    def take_up(self, recovered: Recovered) -> Recovered:
        """Go on with those that are found; returns what is found of others."""
        for run in recovered.live:
            if (one := self._all.get(run.container_id)) is not None:
                one.run = run
        found = [run.container_id for run in recovered.live] + [ended.container_id for ended in recovered.ended]
        for container_id in (*found, *recovered.gone):
            if (one := self._all.get(container_id)) is not None:
                self._in_background(self._watch(one))
        self.is_recovered = True
        if self.ends_all:
            for container_id in self._all:
                self._in_background(self._containerizer.kill(container_id, 0))
        return Recovered(
            live=tuple(item for item in recovered.live if item.container_id not in self._all),
            ended=tuple(item for item in recovered.ended if item.container_id not in self._all),
            gone=tuple(item for item in recovered.gone if item not in self._all),
        )

    async def launch(self, launch: Launch, user: str | None) -> None:
        """Start one; resolves when it has started. ``user`` is whom it runs as.

        It goes on even if the caller does not wait. Raises LaunchFailed and OSError; then nothing of it is left.
        """
        workload = launch.workload
        record = StandaloneRecord(
            container_id=launch.container_id, user=user, resources=workload.resources, limits=workload.limits
        )
        one = self._all[launch.container_id] = Standalone(record)
        await asyncio.shield(self._in_background(self._start(one, launch)))

    async def kill(self, one: Standalone, number: int) -> None:
        """Send one that has not ended a signal; SIGKILL ends all of it. Raises EngineUnavailable."""
        container_id = one.record.container_id
        if number != SIGKILL:
            await self._containerizer.signal(container_id, number)
            return
        one.is_kill_wanted = True
        if not self._preparation.give_up(container_id):
            await self._containerizer.kill(container_id, 0)

    async def remove(self, one: Standalone) -> None:
        """Forget an ended one with its sandbox. Raises OSError and EngineUnavailable; then ask again."""
        container_id = one.record.container_id
        async with one.removal:
            if self._all.get(container_id) is not one:
                return
            await self._containerizer.remove(container_id)
            await self._sandboxes.delete_standalone(container_id)
            await asyncio.to_thread(self._records.remove, container_id)
            del self._all[container_id]

    async def stop(self) -> None:
        """Let go of all; they run on, unless all are to end."""
        if self.ends_all and self._background:
            await asyncio.wait(self._background, timeout=_STOP_SECONDS)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    def _in_background(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _start(self, one: Standalone, launch: Launch) -> None:
        try:
            await asyncio.to_thread(self._records.write, one.record)
            await self._preparation.prepare(launch)
            if one.is_kill_wanted:
                raise LaunchFailed(launch.container_id, "it was killed before it started", is_killed=True)
            one.run = await self._containerizer.launch(launch)
        except Exception:
            await self._discard(one)
            raise
        _logger.info("standalone_container_started", container=launch.container_id)
        self._in_background(self._watch(one))
        if one.is_kill_wanted:
            await self._containerizer.kill(launch.container_id, 0)

    async def _discard(self, one: Standalone) -> None:
        """Of one that did not start."""
        container_id = one.record.container_id
        one.ended.set_exception(UnknownContainer(container_id))
        one.ended.exception()  # nobody need have waited
        try:
            await self._sandboxes.delete_standalone(container_id)
            await asyncio.to_thread(self._records.remove, container_id)
        except OSError as error:
            _logger.warning("standalone_container_left_something", container=container_id, error=str(error))
        del self._all[container_id]

    async def _watch(self, one: Standalone) -> None:
        """Write down how it ends before it is taken away, so that it can be told after any number of restarts."""
        container_id = one.record.container_id
        if not one.ended.done():
            try:
                ended = await self._containerizer.wait(container_id)
            except UnknownContainer:
                ended = Ended(container_id=container_id, message=_LOST)
            _logger.info("standalone_container_ended", container=container_id, message=ended.message)
            one.record = evolve(one.record, ended=ended)
            is_recorded = await self._record(one.record)
            one.ended.set_result(ended)
            if not is_recorded:
                return  # its containerizer goes on to remember it, for the next life
        await insist("remove", lambda: self._containerizer.remove(container_id), self._rng)

    async def _record(self, record: StandaloneRecord) -> bool:
        try:
            await asyncio.to_thread(self._records.write, record)
        except OSError as error:
            _logger.error("standalone_container_not_recorded", container=record.container_id, error=str(error))
            return False
        return True

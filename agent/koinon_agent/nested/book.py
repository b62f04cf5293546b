"""All nested containers of an agent by their ids. They live as long as the agent does, at most.

Owns who is there and who was. What is allowed is judged before (``requests.py``, ``http/access.py``).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from contextlib import suppress

import structlog

from koinon_core.containers import ContainerIdInfo
from koinon_core.ids import ContainerId

from ..containerizer.session import Executing, Execution, Output
from .container import Ended, NestedContainer
from .output import OutputFiles, remove_sandbox
from .requests import Around, show_id

_logger = structlog.get_logger(__name__)

_STOP_SECONDS = 5.0
MAX_ENDED = 1000
"""How many ended ones are remembered, so that one can still ask how they ended."""


class NestedContainers:
    """The nested containers of one agent."""

    def __init__(self, executing: Executing) -> None:
        self._executing = executing
        self._live: dict[str, NestedContainer] = {}
        self._ended: OrderedDict[str, Ended] = OrderedDict()
        self._starting: set[str] = set()
        self._watching: set[asyncio.Task[None]] = set()

    def __contains__(self, container_id: ContainerIdInfo) -> bool:
        """Whether there is such a one, starting or running or ended but not removed."""
        name = show_id(container_id)
        return name in self._live or name in self._starting or name in self._ended

    def find(self, container_id: ContainerIdInfo) -> NestedContainer | None:
        """One that runs."""
        return self._live.get(show_id(container_id))

    def find_ended(self, container_id: ContainerIdInfo) -> Ended | None:
        """What is remembered of one that ran."""
        return self._ended.get(show_id(container_id))

    def within(self, *container_ids: ContainerId) -> list[NestedContainer]:
        """Those that run within these containers."""
        return [nested for nested in self._live.values() if nested.around.container_id in container_ids]

    async def start(self, container_id: ContainerIdInfo, around: Around, execution: Execution) -> NestedContainer:
        """Start a command; nothing is carried before its ``begin``.

        Raises UnknownContainer, LaunchFailed and EngineUnavailable.
        """
        name = show_id(container_id)
        self._starting.add(name)
        try:
            session = await self._executing.execute(around.container_id, execution)
        finally:
            self._starting.discard(name)
        nested = self._live[name] = NestedContainer(container_id, around, session)
        _logger.info("nested_container_started", container=name, program=execution.argv[0])
        self._in_background(self._watch(nested))
        return nested

    async def launch(self, container_id: ContainerIdInfo, around: Around, execution: Execution) -> None:
        """Start a command whose output goes into a sandbox of its own. Raises as ``start`` does, and OSError."""
        files = OutputFiles(around.sandbox, container_id.value)
        try:
            nested = await self.start(container_id, around, execution)
        except BaseException:
            files.close()
            remove_sandbox(around.sandbox, container_id.value)  # two empty files
            raise

        async def write(output: Output, data: bytes) -> None:
            files.write(output, data)

        nested.listen(write)
        nested.begin()
        self._in_background(_close_after(nested, files))

    async def remove(self, container_id: ContainerIdInfo) -> None:
        """Forget an ended one with its sandbox, which may hold any number of files. Raises OSError."""
        ended = self._ended.pop(show_id(container_id), None)
        if ended is not None:
            await asyncio.to_thread(remove_sandbox, ended.around.sandbox, container_id.value)

    async def stop(self) -> None:
        """End all, as far as they let themselves be ended."""
        if closing := [asyncio.create_task(nested.close()) for nested in self._live.values()]:
            await asyncio.wait(closing, timeout=_STOP_SECONDS)
        for task in (*closing, *self._watching):
            task.cancel()
        await asyncio.gather(*closing, *self._watching, return_exceptions=True)

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def _watch(self, nested: NestedContainer) -> None:
        code = await nested.wait()
        self._live.pop(nested.name, None)
        self._ended[nested.name] = Ended(nested.around, code)
        while len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)
        _logger.info("nested_container_ended", container=nested.name, exit_code=code)


async def _close_after(nested: NestedContainer, files: OutputFiles) -> None:
    try:
        await nested.wait()
    finally:
        with suppress(OSError):
            files.close()

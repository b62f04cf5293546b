"""What all containers use, asked for by many and measured once: nothing that hangs holds an answer back.

A sample is good for a second. Whoever asks gets those that are there within the deadline, else the last that was; a
measurement under way is waited for by all and never begun a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

import structlog
from attrs import evolve, frozen

from koinon_core.ids import ContainerId
from koinon_core.statistics import ResourceStatistics

from ..errors import ContainerizerError
from .disk import DiskUsage

_logger = structlog.get_logger(__name__)

FRESH_SECONDS = 1.0
DEADLINE_SECONDS = 2.0
_AT_ONCE = 8
_PATIENCE_SECONDS = 10.0
"""After which a measurement makes room for another one."""


@frozen
class _Kept:
    sample: ResourceStatistics
    until: float


class UsageSampler:
    """The samples of one agent. ``measure`` asks the containerizer."""

    def __init__(
        self, measure: Callable[[ContainerId], Awaitable[ResourceStatistics]], deadline: float = DEADLINE_SECONDS
    ) -> None:
        """``deadline``: how long an answer may wait, in seconds."""
        self._measure = measure
        self._deadline = deadline
        self._disk = DiskUsage()
        self._kept: dict[ContainerId, _Kept] = {}
        self._under_way: dict[ContainerId, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def sample(self, sandboxes: Mapping[ContainerId, str]) -> Mapping[ContainerId, ResourceStatistics]:
        """The samples of these containers, which are all there are or some; of what is unknown there is none."""
        return {
            container_id: evolve(sample, disk_used_bytes=self._disk.read(Path(sandboxes[container_id])))
            for container_id, sample in (await self.measure_all(sandboxes)).items()
        }

    async def measure_all(self, containers: Collection[ContainerId]) -> Mapping[ContainerId, ResourceStatistics]:
        """The same without what they take of the disk, which nobody counts for this."""
        now = asyncio.get_running_loop().time()
        for container_id in containers:
            kept = self._kept.get(container_id)
            if (kept is None or kept.until <= now) and container_id not in self._under_way:
                self._under_way[container_id] = asyncio.create_task(self._take(container_id))
        awaited = [self._under_way[container_id] for container_id in containers if container_id in self._under_way]
        if awaited:
            await asyncio.wait(awaited, timeout=self._deadline)
        return {one: self._kept[one].sample for one in containers if one in self._kept}

    def keep(self, sandboxes: Mapping[ContainerId, str]) -> None:
        """Forget all other containers: they have ended."""
        for container_id in self._kept.keys() - sandboxes.keys():
            del self._kept[container_id]
        self._disk.keep({Path(sandbox) for sandbox in sandboxes.values()})

    def close(self) -> None:
        """Measure no more."""
        for task in self._under_way.values():
            task.cancel()
        self._disk.close()

    async def _take(self, container_id: ContainerId) -> None:
        try:
            async with self._turns, asyncio.timeout(_PATIENCE_SECONDS):
                sample = await self._measure(container_id)
        except (ContainerizerError, TimeoutError) as error:
            _logger.debug("container_not_measured", container_id=container_id, reason=str(error))
            self._kept.pop(container_id, None)
        else:
            self._kept[container_id] = _Kept(sample, asyncio.get_running_loop().time() + FRESH_SECONDS)
        finally:
            self._under_way.pop(container_id, None)

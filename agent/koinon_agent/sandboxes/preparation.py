"""Makes a sandbox and fills it, before there is a container that could be killed: so the giving up is here.

What a sandbox looks like is ``layout.py``'s, what comes into it the fetcher's.
"""

from __future__ import annotations

import asyncio

from attrs import define

from koinon_core.ids import ContainerId

from ..containerizer import Launch, LaunchFailed
from ..fetcher.errors import FetchFailed
from ..fetcher.fetcher import Fetcher
from .keeper import SandboxKeeper


@define
class _UnderWay:
    """The preparation of one sandbox."""

    task: asyncio.Task[None]
    is_given_up: bool = False


class Preparation:
    """The sandboxes that are being prepared."""

    def __init__(self, sandboxes: SandboxKeeper, fetcher: Fetcher) -> None:
        self.sandboxes = sandboxes
        self._fetcher = fetcher
        self._under_way: dict[ContainerId, _UnderWay] = {}

    async def prepare(self, launch: Launch) -> None:
        """Resolve when the container can start. Raises LaunchFailed, also when it was given up."""
        container_id = launch.container_id
        mine = self._under_way[container_id] = _UnderWay(asyncio.create_task(self._prepare(launch)))
        try:
            await asyncio.wait((mine.task,))
        except asyncio.CancelledError:
            mine.task.cancel()
            raise
        finally:
            del self._under_way[container_id]
        error = None if mine.task.cancelled() else mine.task.exception()
        if mine.is_given_up:
            raise LaunchFailed(container_id, "it was killed while its sandbox was filled", is_killed=True)
        if isinstance(error, KeyError):
            raise LaunchFailed(container_id, str(error.args[0])) from error
        if isinstance(error, FetchFailed | OSError):
            raise LaunchFailed(container_id, str(error)) from error
        if error is not None:
            raise error

    def give_up(self, container_id: ContainerId) -> bool:
        """End the preparation of this container's sandbox; False where there is none under way.

        Once this is true the container does not start, even if all had come by then.
        """
        found = self._under_way.get(container_id)
        if found is None:
            return False
        found.is_given_up = True
        found.task.cancel()
        return True

    async def _prepare(self, launch: Launch) -> None:
        await self.sandboxes.create(launch)
        await self._fetcher.fetch(launch)

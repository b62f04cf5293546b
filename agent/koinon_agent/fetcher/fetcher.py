"""Fills sandboxes: the steps of a plan in their order, and in the sandbox's stderr what became of each.

A fetch that is cancelled ends at once; what came by then goes with the sandbox.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import PurePosixPath

from koinon_core.containers import CommandUri
from koinon_core.errors import describe_error

from ..containerizer import Launch
from ..sandboxes.errors import Unplaceable
from ..sandboxes.placement import Placement, find_owner
from .errors import FetcherError, FetchFailed
from .options import FetchOptions
from .plan import Problem, Step, plan_fetch
from .steps import Steps

MAX_FETCHES = 32
"""How many sandboxes are filled at a time; the others wait."""
_STDERR = PurePosixPath("stderr")


class Fetcher:
    """The fetcher of one agent. ``open`` comes first. ``succeeded`` and ``failed`` count containers."""

    def __init__(self, options: FetchOptions) -> None:
        self._frameworks_home = options.frameworks_home
        self._steps = Steps(options)
        self._slots = asyncio.Semaphore(MAX_FETCHES)
        self.succeeded = 0
        self.failed = 0

    def figures(self) -> dict[str, float]:
        """What exporters read of it (mesos-operator-api 3.9)."""
        return {
            "containerizer/fetcher/task_fetches_succeeded": self.succeeded,
            "containerizer/fetcher/task_fetches_failed": self.failed,
            "containerizer/fetcher/cache_size_total_bytes": self._steps.cache.index.limit,
            "containerizer/fetcher/cache_size_used_bytes": self.cache_used,
        }

    @property
    def cache_used(self) -> int:
        """Bytes that the cache holds."""
        return self._steps.cache.index.used

    async def open(self) -> None:
        """Get ready. Raises CacheUnusable."""
        await asyncio.to_thread(self._steps.cache.open)

    def close(self) -> None:
        """Let go of everything; nothing is waited for."""
        self._steps.close()

    async def fetch(self, launch: Launch) -> None:
        """Bring the URIs of a container's command into its sandbox, which exists. Raises FetchFailed."""
        command = launch.workload.command
        if command is None or not command.uris:
            return
        try:
            async with self._slots:
                await self._fetch_all(command.uris, launch)
        except FetchFailed as error:
            self.failed += 1
            raise FetchFailed(f"Failed to fetch all URIs for container '{launch.container_id}': {error}") from error
        self.succeeded += 1

    async def _fetch_all(self, uris: tuple[CommandUri, ...], launch: Launch) -> None:
        plan = plan_fetch(uris, self._frameworks_home)
        with Placement(launch.sandbox, find_owner(launch.user)) as placement:
            if isinstance(plan, Problem):
                _say(placement, f"Failed to fetch {plan.reason}")
                raise FetchFailed(plan.reason)
            for step in plan:
                await self._fetch(step, placement, launch.user)

    async def _fetch(self, step: Step, placement: Placement, user: str | None) -> None:
        _say(placement, f"Fetching {step.shown!r}")
        try:
            await self._steps.run(step, placement, user)
        except (FetcherError, Unplaceable, OSError, MemoryError) as error:
            reason = f"{step.shown!r}: {_explain(error)}"
            _say(placement, f"Failed to fetch {reason}")
            raise FetchFailed(reason) from error
        _say(placement, f"Fetched {step.shown!r}" + (" and unpacked it" if step.archive else ""))


def _explain(error: Exception) -> str:
    """In words for the task's owner, without paths of the agent's."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return describe_error(error)


def _say(placement: Placement, line: str) -> None:
    """A line in the sandbox's stderr; one that can't be written is not missed."""
    with suppress(OSError, Unplaceable):
        descriptor = placement.open(_STDERR, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, f"{line}\n".encode(errors="replace"))
        finally:
            os.close(descriptor)

"""Group commit: writes that wait while one is under way go out as one. How to commit is the stores' matter."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from attrs import frozen

from .batching import Write, plan_batch
from .errors import QuorumError

Outcome = list[int] | QuorumError
"""Of one write: the new versions, or why not."""
Commit = Callable[[Sequence[Write]], Awaitable[Sequence[Outcome]]]
"""Commits a batch; one outcome a write. Raises what fails them all."""


@frozen
class _Waiting:
    write: Write
    done: asyncio.Future[list[int]]


class GroupCommit:
    """One queue of writes. A task runs only while there is something to commit."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._queue: deque[_Waiting] = deque()
        self._task: asyncio.Task[None] | None = None

    async def write(self, write: Write) -> list[int]:
        """Have it committed, in turn. A caller that is cancelled doesn't take it back."""
        waiting = _Waiting(write, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="group-commit")
        return await waiting.done

    async def _run(self) -> None:
        try:
            while self._queue:
                batch = [self._queue.popleft() for _ in range(plan_batch(each.write for each in self._queue))]
                await self._settle(batch)
        finally:
            self._task = None
            while self._queue:
                self._queue.popleft().done.cancel()

    async def _settle(self, batch: list[_Waiting]) -> None:
        outcomes: Sequence[list[int] | Exception]
        try:
            outcomes = await self._commit([each.write for each in batch])
        except Exception as error:  # noqa: BLE001 - not swallowed: every waiting caller gets it
            outcomes = [error] * len(batch)
        except asyncio.CancelledError:
            for each in batch:
                each.done.cancel()
            raise
        for each, outcome in zip(batch, outcomes, strict=True):
            if each.done.done():
                continue
            if isinstance(outcome, Exception):
                each.done.set_exception(outcome)
            else:
                each.done.set_result(outcome)

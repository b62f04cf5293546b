"""Blocking work in few threads, which ends soon when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import TypeVar

T = TypeVar("T")
IsStopped = Callable[[], bool]


class Threads:
    """A bounded number of threads of their own, so that a slow disk keeps nobody else from his."""

    def __init__(self, name: str, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, job: Callable[[IsStopped], T]) -> T:
        """What the job returns. Cancelled, it tells the job so by the argument, and waits until that has ended."""
        stop = Event()
        work = self._pool.submit(job, stop.is_set)
        future = asyncio.wrap_future(work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            stop.set()
            if not work.cancel():
                with suppress(Exception):
                    await future
            raise

    def close(self) -> None:
        """Take no more work; nobody is waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

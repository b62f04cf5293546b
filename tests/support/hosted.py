"""``koinon-framework`` as a process of a test, and what is seen of it from outside."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from support.processes import Child
from support.waiting import wait_until


def start_host(site: Path, log: str, *words: str) -> Child:
    """Run it with the plugins that are installed in ``site``; its state lies there, too."""
    env = {"PYTHONPATH": str(site), "XDG_STATE_HOME": str(site / "state")}
    return Child([sys.executable, "-m", "koinon_frameworks", *words], site / log, env)


class Seen:
    """A host as seen from outside."""

    def __init__(self, child: Child, session: aiohttp.ClientSession) -> None:
        self.child = child
        self._session = session
        self._url = ""

    async def says(self, pattern: str) -> None:
        await asyncio.to_thread(self.child.wait_line, pattern)

    async def says_often(self, text: str, times: int) -> None:
        await asyncio.to_thread(
            wait_until, lambda: self.child.output.count(text) >= times, f"{times} lines with {text}"
        )

    async def find_address(self) -> None:
        found = await asyncio.to_thread(self.child.wait_line, r"listening +address=(\S+)")
        self._url = f"http://{found[1]}"

    async def get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self._url + path) as reply:
            return reply.status, await reply.text()

    async def until(self, look: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """What it says of itself, as soon as ``look`` finds something true there."""
        async with asyncio.timeout(30):
            while not look(found := await self.document()):  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(0.02)
        return found

    async def document(self) -> dict[str, Any]:
        async with self._session.get(f"{self._url}/") as reply:
            found: dict[str, Any] = await reply.json()
        return found


def epoch_in(answer: tuple[int, str]) -> int:
    assert 200 == answer[0]
    return int(json.loads(answer[1])["epoch"])


@asynccontextmanager
async def hosted(child: Child) -> AsyncIterator[Seen]:
    async with aiohttp.ClientSession() as session:
        with child:
            yield Seen(child, session)

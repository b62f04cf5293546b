"""Daemons in the process whose UI is asked, and a reader of its stream that holds tables as a browser does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from aiohttp import ClientResponse, ClientSession, ClientTimeout
from attrs import define, field

from koinon_daemon.flags import parse_flags
from koinon_daemon.supervision import Stop
from koinon_marathon.app import MarathonApp
from koinon_marathon.config import MarathonConfig
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig

PATIENCE = 15.0


@define(eq=False)
class Running:
    """One daemon."""

    url: str
    stop: Stop
    task: asyncio.Task[None]

    async def end(self) -> None:
        """In good order; as often as one likes."""
        self.stop.request("the test is over")
        await self.task


@asynccontextmanager
async def running_master(config: MasterConfig) -> AsyncIterator[tuple[MasterApp, Running]]:
    """A master on the port of its configuration; it leads where nobody else does."""
    stop = Stop()
    app = MasterApp(config, stop)
    running = Running(f"http://127.0.0.1:{config.port}", stop, asyncio.create_task(app.run()))
    try:
        await wait_answer(running.url, "/health")
        yield app, running
    finally:
        await running.end()


@asynccontextmanager
async def running_marathon(port: int, master: str, folder: Path, *flags: str) -> AsyncIterator[Running]:
    """A Marathon whose store is in the folder; two of one folder elect their leader."""
    stop = Stop()
    given = [
        f"--master={master}",
        f"--zk=sqlite://{folder}/marathon.db?path=/marathon",
        f"--http_port={port}",
        "--http_address=127.0.0.1",
        "--hostname=127.0.0.1",
        *flags,
    ]
    app = MarathonApp(parse_flags(MarathonConfig, given, {}), stop)
    running = Running(f"http://127.0.0.1:{port}", stop, asyncio.create_task(app.run()))
    try:
        await wait_answer(running.url, "/ping")
        yield running
    finally:
        await running.end()


async def wait_answer(url: str, path: str) -> None:
    """Until it answers, whatever it is."""
    async with asyncio.timeout(PATIENCE), ClientSession() as session:
        while True:
            try:
                async with session.get(url + path) as response:
                    if response.status < 500:
                        return
            except OSError:
                pass
            await asyncio.sleep(0.02)


@define(eq=False)
class StreamReader:
    """Reads one stream. `tables` are as a browser has them; `events` is all that came, in order."""

    response: ClientResponse
    tables: dict[str, dict[str, Any]] = field(factory=dict)
    positions: dict[str, str] = field(factory=dict)
    events: list[tuple[str, Any]] = field(factory=list)
    _rest: bytes = b""

    async def read(self, until: Callable[[StreamReader], object]) -> None:
        """Take in what comes, until that holds. Raises TimeoutError, or EOFError where the stream ends before."""
        async with asyncio.timeout(PATIENCE):
            while not until(self):
                data = await self.response.content.readany()
                if not data:
                    raise EOFError
                *frames, self._rest = (self._rest + data).split(b"\n\n")
                for frame in frames:
                    self._take(frame)

    async def read_tables(self) -> None:
        """Until each table has come that was asked for."""
        wanted = self.response.url.query["tables"].split(",")
        await self.read(lambda reader: len(reader.tables) == len(wanted))

    def said(self, kind: str) -> list[Any]:
        """What events of this type said."""
        return [data for name, data in self.events if name == kind]

    def _take(self, frame: bytes) -> None:
        lines = dict(line.split(b": ", 1) for line in frame.split(b"\n"))
        kind, data = lines[b"event"].decode(), orjson.loads(lines[b"data"])
        self.events.append((kind, data))
        if kind != "rows":
            return
        rows = self.tables.setdefault(data["table"], {})
        if data["reset"]:
            rows.clear()
        for key in data["gone"]:
            rows.pop(key, None)
        rows.update(data["put"])
        self.positions[data["table"]] = data["position"]


@asynccontextmanager
async def reading(
    session: ClientSession, url: str, tables: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[StreamReader]:
    """A reader of these tables. Raises AssertionError for a refusal, with what it says."""
    address = f"{url}/ui/api/stream"
    timeout = ClientTimeout(total=None)
    async with session.get(address, params={"tables": tables}, headers=headers, timeout=timeout) as response:
        assert response.status == 200, await response.text()
        yield StreamReader(response)

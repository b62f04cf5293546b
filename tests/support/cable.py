"""The link between a browser and a daemon, to be cut and plugged in again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from attrs import define, field


@define(eq=False)
class Cable:
    """Leads from one port to another, until it is cut."""

    port: int
    to: int
    _server: asyncio.Server | None = None
    _ends: set[asyncio.StreamWriter] = field(factory=set)

    async def plug(self) -> None:
        """From now on it leads somewhere."""
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)

    def cut(self) -> None:
        """At once, whoever is speaking."""
        if self._server is not None:
            self._server.close()
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self._ends |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()

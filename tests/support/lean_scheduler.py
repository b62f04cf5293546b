"""A scheduler for benchmarks, against any Mesos: one stream of events, and calls pipelined over one connection.

That is how Mesos's own C++ library talks. It costs next to nothing itself: JSON in, JSON out, and no values between.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self, cast

import orjson
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from koinon_core.wire import RecordDecoder

PATH = "/api/v1/scheduler"
FOREVER = {"refuse_seconds": 1e6}
Json = dict[str, Any]


class CallPipe(asyncio.Protocol):
    """Calls out one after another without waiting; any answer but 202 ends the benchmark."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.answered = 0
        self._rest = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Calls may go out."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Count the answers: they have no bodies."""
        heads = (self._rest + data).split(b"\r\n\r\n")
        self._rest = heads.pop()
        for head in heads:
            self.answered += 1
            if not head.startswith(b"HTTP/1.1 202"):
                self.problem = (head + self._rest).decode(errors="replace")

    def send(self, data: bytes) -> None:
        """Put requests on the connection. Raises RuntimeError once a call was refused."""
        if self.problem is not None or self._transport is None:
            raise RuntimeError(f"a call was refused: {self.problem}")
        self._transport.write(data)

    def close(self) -> None:
        """No more calls."""
        if self._transport is not None:
            self._transport.close()


class LeanScheduler:
    """``async with LeanScheduler(host, port) as scheduler``: subscribed; what comes goes to ``on_event``."""

    def __init__(
        self, host: str, port: int, on_event: Callable[[str, Json], None] | None = None, info: Json | None = None
    ) -> None:
        self.events: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()
        self.framework_id: Json = {}
        self._on_event = on_event or (lambda kind, event: self.events.put_nowait((kind, event)))
        self._host, self._port = host, port
        self._info = info or {}
        self._head = ""
        self._numbers = itertools.count()
        self._session = ClientSession(timeout=ClientTimeout(total=None))
        self._stream: ClientResponse | None = None
        self._pipe = CallPipe()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._pipe, self._host, self._port)
        capabilities = [{"type": "MULTI_ROLE"}, {"type": "PARTITION_AWARE"}]
        info = {
            "user": "root",
            "name": "bench",
            "roles": ["bench"],
            "capabilities": capabilities,
            "failover_timeout": 3600.0,
            **self._info,
        }
        call = {"type": "SUBSCRIBE", "subscribe": {"framework_info": info}}
        url = f"http://{self._host}:{self._port}{PATH}"
        self._stream = await self._session.post(
            url, data=orjson.dumps(call), headers={"Content-Type": "application/json", "Accept": "application/json"}
        )
        self._stream.raise_for_status()
        stream_id = self._stream.headers["Mesos-Stream-Id"]
        self._head = (
            f"POST {PATH} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\nMesos-Stream-Id: {stream_id}\r\nContent-Length: "
        )
        self._reader = loop.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.cancel()
        self._pipe.close()
        await self._session.close()

    def check(self) -> None:
        """Raise whatever ended the stream, or the first refusal of a call."""
        if self._reader is not None and self._reader.done():
            self._reader.result()
            raise RuntimeError("the stream of events ended")
        if self._pipe.problem is not None:
            raise RuntimeError(f"a call was refused: {self._pipe.problem}")

    async def _read(self) -> None:
        if self._stream is None:
            return
        decoder = RecordDecoder()
        async for data in self._stream.content.iter_any():
            for record in decoder.feed(data):
                event = orjson.loads(record)
                kind = event["type"]
                if kind == "SUBSCRIBED":
                    self.framework_id = event["subscribed"]["framework_id"]
                self._on_event(kind, event.get(kind.lower(), {}))

    def call(self, *calls: Json) -> None:
        """Send calls; the framework's id is added."""
        parts = []
        for call in calls:
            body = orjson.dumps(call | {"framework_id": self.framework_id})
            parts += [f"{self._head}{len(body)}\r\n\r\n".encode(), body]
        self._pipe.send(b"".join(parts))

    def accept(self, offer: Json, tasks: Iterable[Json], filters: Json) -> Json:
        """A call that launches tasks on an offer."""
        launch = {"type": "LAUNCH", "launch": {"task_infos": list(tasks)}}
        return {
            "type": "ACCEPT",
            "accept": {"offer_ids": [offer["id"]], "operations": [launch], "filters": filters},
        }

    def task(self, offer: Json, resources: list[Json], command: str = "true") -> Json:
        """A task on the offer's agent, under a name of its own."""
        name = f"bench-{next(self._numbers):06}"
        return {
            "name": name,
            "task_id": {"value": name},
            "agent_id": offer["agent_id"],
            "resources": resources,
            "command": {"value": command},
        }

    def acknowledge(self, status: Json) -> None:
        """Say that an update was taken in, if it is to be."""
        if "uuid" in status:
            named = {key: status[key] for key in ("agent_id", "task_id", "uuid")}
            self.call({"type": "ACKNOWLEDGE", "acknowledge": named})

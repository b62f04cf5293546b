"""A master that does as the test says: real HTTP and real record streams, no rules of its own."""

from __future__ import annotations

import asyncio
from typing import Any, Self

import orjson
from aiohttp import web

from koinon_core.ids import FrameworkId
from koinon_core.scheduler_api import Call, Event, EventBody, Heartbeat, Subscribed
from koinon_core.wire import plain_json
from koinon_core.wire.content import Codec, ContentType, codec
from koinon_core.wire.resource_rules import ResourceFormat
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_daemon.stream import RecordStream


class ScriptedMaster:
    """Takes every SUBSCRIBE and every call; ``answer_subscribe`` and ``answer_call`` change that."""

    def __init__(self, port: int = 0) -> None:
        self.calls: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        """Every call but SUBSCRIBE, as it came."""
        self.subscribes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.streams: list[RecordStream] = []
        self.authorizations: list[str | None] = []
        """What each call said of who makes it."""
        self.answer_subscribe: web.Response | None = None
        self.answer_call = web.Response(status=202)
        self.heartbeat_interval = 15.0
        self.framework_id = "F-0000"
        """What the next framework is called."""
        self._codec: Codec = plain_json
        application = make_application([])
        application.router.add_post("/api/v1/scheduler", self._take)
        self._server = HttpServer(application, Listen(port=port), grace=0.1)
        self.address = ""

    async def __aenter__(self) -> Self:
        self.address = str(await self._server.start())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()

    def say(self, body: EventBody) -> None:
        """Send an event on the latest stream."""
        self.streams[-1].send(self._codec.encode(Event(body)))

    def say_raw(self, record: bytes) -> None:
        """Send any bytes as a record on the latest stream."""
        self.streams[-1].send(record)

    def end_stream(self) -> None:
        """End the latest stream in good order."""
        self.streams[-1].finish("the test says so")

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.authorizations.append(request.headers.get("Authorization"))
        self._codec = codec(ContentType(request.headers["Content-Type"]), ResourceFormat.PRE_REFINEMENT)
        data = await request.read()
        if self._codec is not plain_json:
            data = plain_json.encode(self._codec.decode(data, Call))
        call = orjson.loads(data)
        if call["type"] != "SUBSCRIBE":
            self.calls.put_nowait(call | {"stream_id": request.headers.get("Mesos-Stream-Id")})
            return web.Response(status=self.answer_call.status, text=self.answer_call.text)
        answer = self.answer_subscribe
        if answer is not None:
            self.subscribes.put_nowait(call)
            return web.Response(
                status=answer.status, text=answer.text, headers={"Location": answer.headers.get("Location", "")}
            )
        return await self._subscribe(request, call)

    async def _subscribe(self, request: web.Request, call: dict[str, Any]) -> web.StreamResponse:
        number = len(self.streams) + 1
        headers = {"Content-Type": request.headers["Content-Type"], "Mesos-Stream-Id": f"stream-{number}"}
        stream = await RecordStream.open(request, headers)
        self.streams.append(stream)
        self.say(
            Subscribed(framework_id=FrameworkId(self.framework_id), heartbeat_interval_seconds=self.heartbeat_interval)
        )
        self.say(Heartbeat())
        self.subscribes.put_nowait(call)
        return await stream.run()

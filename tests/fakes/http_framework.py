"""A scheduler reduced to its HTTP: raw JSON calls and the JSON events of the stream, as a foreign client has them."""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientResponse, ClientSession

from koinon_core.wire import RecordDecoder

PATIENCE_SECONDS = 10.0


class HttpFramework:
    """``async with HttpFramework(master_url) as framework``: subscribed by ``subscribe``."""

    def __init__(self, master_url: str, path: str = "/api/v1/scheduler") -> None:
        self.url = master_url + path
        self.framework_id: dict[str, str] | None = None
        self.stream: ClientResponse | None = None
        self._session: ClientSession | None = None
        self._decoder = RecordDecoder()
        self._events: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._session = ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.session.close()

    @property
    def session(self) -> ClientSession:
        """The client. Raises RuntimeError outside the block."""
        if self._session is None:
            raise RuntimeError("the framework is used outside its async with block")
        return self._session

    async def subscribe(self, **info: Any) -> dict[str, Any]:
        """Subscribe; returns the first event."""
        call: dict[str, Any] = {
            "type": "SUBSCRIBE",
            "subscribe": {"framework_info": {"user": "nobody", "name": "raw"} | info},
        }
        if "id" in info:
            call["framework_id"] = info["id"]
        self.stream = await self.session.post(self.url, json=call)
        first = await self.next_event()
        if first["type"] == "SUBSCRIBED":
            self.framework_id = first["subscribed"]["framework_id"]
        return first

    @property
    def stream_headers(self) -> dict[str, str]:
        """The header that all calls after SUBSCRIBE carry."""
        if self.stream is None:
            raise RuntimeError("the framework is not subscribed")
        return {"Mesos-Stream-Id": self.stream.headers["Mesos-Stream-Id"]}

    async def call(self, kind: str, **body: Any) -> ClientResponse:
        """Make one call of the framework."""
        call = {"type": kind, "framework_id": self.framework_id, kind.lower(): body}
        return await self.session.post(self.url, json=call, headers=self.stream_headers)

    async def next_event(self) -> dict[str, Any]:
        """The next event. Raises AssertionError when the stream ends first."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._events:
                if self.stream is None:
                    raise RuntimeError("the framework is not subscribed")
                data = await self.stream.content.readany()
                if not data:
                    raise AssertionError("the stream ended")
                self._events.extend(json.loads(record) for record in self._decoder.feed(data))
            return self._events.pop(0)

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next event of that type; others are dropped."""
        while (event := await self.next_event())["type"] != kind:
            pass
        return event

    async def launch(self, offer: dict[str, Any], task_id: str) -> ClientResponse:
        """Launch one task on an offer."""
        task = {
            "name": task_id,
            "task_id": {"value": task_id},
            "agent_id": offer["agent_id"],
            "command": {"value": "sleep 1"},
            "resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 1}}],
        }
        operations = [{"type": "LAUNCH", "launch": {"task_infos": [task]}}]
        return await self.call("ACCEPT", offer_ids=[offer["id"]], operations=operations)

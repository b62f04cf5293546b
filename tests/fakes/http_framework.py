"""A scheduler reduced to its HTTP: raw calls and the events of the stream, as a foreign client has them.

Tests write calls and read events as JSON's objects; on the wire they may be protobuf.
"""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientResponse, ClientSession

from koinon_core.scheduler_api import Event
from koinon_core.wire import ContentType, RecordDecoder, ResourceFormat, codec, refined_json
from koinon_daemon.credentials import Credential

PATIENCE_SECONDS = 10.0


class HttpFramework:
    """``async with HttpFramework(master_url) as framework``: subscribed by ``subscribe``."""

    def __init__(
        self,
        master_url: str,
        path: str = "/api/v1/scheduler",
        content_type: ContentType = ContentType.JSON,
        credential: Credential | None = None,
    ) -> None:
        self.url = master_url + path
        self._headers = {} if credential is None else {"Authorization": credential.header}
        self.content_type = content_type
        self.framework_id: dict[str, str] | None = None
        self.stream: ClientResponse | None = None
        self._session: ClientSession | None = None
        self._decoder = RecordDecoder()
        self._events: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._session = ClientSession(headers=self._headers)
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
        return await self.subscribe_with({}, **info)

    async def subscribe_with(self, more: dict[str, Any], **info: Any) -> dict[str, Any]:
        """Subscribe with more than a description of the framework; returns the first event."""
        call: dict[str, Any] = {
            "type": "SUBSCRIBE",
            "subscribe": {"framework_info": {"user": "nobody", "name": "raw"} | info} | more,
        }
        if "id" in info:
            call["framework_id"] = info["id"]
        self.stream = await self._post(call, {})
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
        return await self._post(call, self.stream_headers)

    async def _post(self, call: dict[str, Any], headers: dict[str, str]) -> ClientResponse:
        """Both headers name one type, as mesos-go's codecs do."""
        named = self.content_type.value
        body = codec(self.content_type, ResourceFormat.REFINED).encode_document("mesos.v1.scheduler.Call", call)
        return await self.session.post(self.url, data=body, headers={"Content-Type": named, "Accept": named} | headers)

    def _read_event(self, record: bytes) -> dict[str, Any]:
        if self.content_type is ContentType.JSON:
            return dict(json.loads(record))
        event = codec(self.content_type, ResourceFormat.REFINED).decode(record, Event)
        return dict(json.loads(refined_json.encode(event)))

    async def next_event(self) -> dict[str, Any]:
        """The next event. Raises AssertionError when the stream ends first."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._events:
                if self.stream is None:
                    raise RuntimeError("the framework is not subscribed")
                data = await self.stream.content.readany()
                if not data:
                    raise AssertionError("the stream ended")
                self._events.extend(self._read_event(record) for record in self._decoder.feed(data))
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

"""An operator reduced to HTTP: calls of ``/api/v1`` as a foreign client makes them, and the event stream."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import ClientResponse, ClientSession

from koinon_core.wire import ContentType, RecordDecoder
from koinon_core.wire.json import endpoint_json
from koinon_core.wire.protobuf import ProtobufCodec

PATIENCE_SECONDS = 10.0
_PROTOBUF = ProtobufCodec(endpoint_json)


class HttpOperator:
    """``async with HttpOperator(master_url) as operator``: speaks JSON, or protobuf."""

    def __init__(self, master_url: str, content_type: ContentType = ContentType.JSON, path: str = "/api/v1") -> None:
        self.url = master_url + path
        self.stream: ClientResponse | None = None
        self._content_type = content_type
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
            raise RuntimeError("the operator is used outside its async with block")
        return self._session

    async def post(self, kind: str, **body: Any) -> ClientResponse:
        """Make one call, whatever comes of it."""
        call: dict[str, Any] = {"type": kind} | ({kind.lower(): body} if body else {})
        named = self._content_type.value
        data = orjson.dumps(call)
        if self._content_type is ContentType.PROTOBUF:
            data = _PROTOBUF.encode_document("mesos.v1.master.Call", call)
        return await self.session.post(self.url, data=data, headers={"Content-Type": named, "Accept": named})

    async def read(self, kind: str, **body: Any) -> Any:
        """What lies under the key of the answer. Raises AssertionError for anything but the answer asked for."""
        response = await self.post(kind, **body)
        data = await response.read()
        if (response.status, response.headers["Content-Type"]) != (200, self._content_type.value):
            raise AssertionError((response.status, response.headers["Content-Type"], data))
        answered = self._decode("Response", data)
        if answered["type"] != kind:
            raise AssertionError(answered["type"])
        return answered[kind.lower()]

    async def change(self, kind: str, **body: Any) -> tuple[int, str]:
        """Make a call that changes something; the status and the text of the answer."""
        response = await self.post(kind, **body)
        return response.status, await response.text()

    async def subscribe(self) -> dict[str, Any]:
        """Open the event stream; returns the first event."""
        self.stream = await self.post("SUBSCRIBE")
        return await self.next_event()

    async def next_event(self) -> dict[str, Any]:
        """The next event. Raises AssertionError when the stream ends first."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._events:
                if self.stream is None:
                    raise RuntimeError("the operator is not subscribed")
                data = await self.stream.content.readany()
                if not data:
                    raise AssertionError("the stream ended")
                self._events.extend(self._decode("Event", record) for record in self._decoder.feed(data))
            return self._events.pop(0)

    async def expect(self, kind: str) -> Any:
        """What lies under the key of the next event, which is of that type; heartbeats are dropped."""
        while (event := await self.next_event())["type"] == "HEARTBEAT":
            pass
        if event["type"] != kind:
            raise AssertionError(event)
        return event[kind.lower()]

    def _decode(self, message: str, data: bytes) -> dict[str, Any]:
        name = f"mesos.v1.master.{message}"
        is_json = self._content_type is ContentType.JSON
        decoded: dict[str, Any] = orjson.loads(data) if is_json else _PROTOBUF.decode_document(name, data)
        return decoded

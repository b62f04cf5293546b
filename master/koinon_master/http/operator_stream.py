"""The operator's event stream: who is subscribed, and events to bytes, once for all (mesos-operator-api 1.3)."""

from __future__ import annotations

import asyncio
from functools import partial

import orjson
import structlog
from aiohttp import web
from attrs import frozen

from koinon_core.visibility import Visibility
from koinon_core.wire import ContentType, ResourceFormat, codec
from koinon_daemon.stream import Backlog, RecordStream

from ..loop import MasterLoop
from ..operator_events import OperatorEvent
from ..state import ClusterState
from ..views import answer_state, show_event
from ..views.visible import is_event_visible, visible_part

HEARTBEAT_SECONDS = 15.0
EVENT = "mesos.v1.master.Event"
_BACKLOG_RECORDS = 100_000
_LEAST_BACKLOG_BYTES = 64 * 1024 * 1024
_TASK_BYTES = 8 * 1024
"""Room for the state of a large cluster, which waits as one record."""
_logger = structlog.get_logger(__name__)


@frozen
class Subscriber:
    """How one reads, and what it may see."""

    content_type: ContentType
    sight: Visibility


class OperatorStreams:
    """All subscribers, the oldest first; at most ``limit``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._streams: dict[RecordStream, Subscriber] = {}

    def __len__(self) -> int:
        return len(self._streams)

    async def serve(self, request: web.Request, loop: MasterLoop, subscriber: Subscriber) -> web.StreamResponse:
        """Show a subscriber the state, and from then on what happens, until it leaves or must make room."""
        state, content_type = loop.master.state, subscriber.content_type
        heartbeat = _encode(content_type, {"type": "HEARTBEAT"})
        room = _LEAST_BACKLOG_BYTES + _TASK_BYTES * sum(len(one.tasks) for one in state.frameworks.values())
        stream = await RecordStream.open(request, {"Content-Type": content_type.value}, Backlog(_BACKLOG_RECORDS, room))
        # From here to the entry in the list nothing waits, so that no event falls between the state and it.
        stream.send(_encode_subscribed(state, subscriber))
        stream.send(heartbeat)
        self._enter(stream, subscriber, loop)
        beating = asyncio.create_task(_beat(stream, heartbeat))
        try:
            return await stream.run()
        finally:
            beating.cancel()
            self._leave(stream, loop)

    def publish(self, loop: MasterLoop, event: OperatorEvent) -> None:
        """Tell all subscribers. Called only while there are some."""
        state = loop.master.state
        shown = orjson.dumps(show_event(state, event))
        encoded = {kind: _encode(kind, shown) for kind in {one.content_type for one in self._streams.values()}}
        for stream, subscriber in tuple(self._streams.items()):
            if is_event_visible(state, subscriber.sight, event):
                stream.send(encoded[subscriber.content_type])

    def _enter(self, stream: RecordStream, subscriber: Subscriber, loop: MasterLoop) -> None:
        while self._streams and len(self._streams) >= self._limit:
            oldest = next(iter(self._streams))
            self._leave(oldest, loop)
            oldest.finish("a newer subscriber takes its place")
            _logger.info("operator_stream_closed", limit=self._limit)
        self._streams[stream] = subscriber
        loop.publish = partial(self.publish, loop)

    def _leave(self, stream: RecordStream, loop: MasterLoop) -> None:
        self._streams.pop(stream, None)
        if not self._streams:
            # What nobody hears is not even shown.
            loop.publish = _drop


def _drop(_event: OperatorEvent) -> None:
    """Tell nobody."""


def _encode(content_type: ContentType, event: object) -> bytes:
    return codec(content_type, ResourceFormat.ENDPOINT).encode_document(EVENT, event)


def _encode_subscribed(state: ClusterState, subscriber: Subscriber) -> bytes:
    seen = visible_part(state, subscriber.sight)
    subscribed = {"get_state": answer_state(seen), "heartbeat_interval_seconds": HEARTBEAT_SECONDS}
    return _encode(subscriber.content_type, {"type": "SUBSCRIBED", "subscribed": subscribed})


async def _beat(stream: RecordStream, heartbeat: bytes) -> None:
    while not stream.is_ended:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        stream.send(heartbeat)

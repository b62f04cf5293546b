"""``/events``: what happens to jobs and runs, as server-sent events from now on."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import hdrs, web

from koinon_core.wire.server_sent import frame_comment
from koinon_daemon.errors import ApiError
from koinon_daemon.stream import Backlog, EventStream

from .answers import ours
from .desk import Desk
from .event_hub import Listener

HEARTBEAT: Final = 10.0
"""Seconds between empty lines, which keep proxies from ending a stream that has nothing to say."""
MOST_LISTENERS: Final = 500
_BACKLOG: Final = Backlog(records=1024, size=4 * 1024 * 1024)


class EventsResource:
    """Streams, each open until its client leaves or falls too far behind."""

    def __init__(self, desk: Desk) -> None:
        self._hub = desk.hub

    def routes(self) -> list[web.RouteDef]:
        """The stream."""
        return [web.get("/events", ours(self.stream), allow_head=False)]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Events; those of each ``type`` and each ``job`` that the query names, or all. 503 where too many listen."""
        hub = self._hub
        if len(hub.listeners) >= MOST_LISTENERS:
            raise ApiError(503, f"{MOST_LISTENERS} listen already", {hdrs.RETRY_AFTER: "30"})
        headers: dict[str, str] = {hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-cache"}
        stream = await EventStream.open(request, headers, _BACKLOG)
        types, jobs = (frozenset(request.query.getall(name, ())) for name in ("type", "job"))
        listener = Listener(stream, types, jobs)
        hub.listeners.add(listener)
        stream.send_frame(frame_comment("from now on"))
        beats = asyncio.create_task(_beat(stream))
        try:
            return await stream.run()
        finally:
            beats.cancel()
            hub.listeners.discard(listener)


async def _beat(stream: EventStream) -> None:
    while not stream.is_ended:
        await asyncio.sleep(HEARTBEAT)
        stream.send_keepalive()

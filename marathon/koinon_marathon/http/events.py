"""`/v2/events`: what happens, as server-sent events (marathon-v2-api 11). Who hears what is `event_stream`."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog
from aiohttp import hdrs, web

from koinon_daemon.errors import ApiError
from koinon_daemon.stream import OPEN_STREAMS, PEER_LEFT, Backlog, EventStream

from ..event_stream import EventHub, Subscriber, make_subscription
from ..plugins.interface import Action, Kind, Resource
from .admission import cors_headers
from .answers import json_answer
from .requests import route
from .service import Service
from .transport import headers_of_every_answer

EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID = "Last-Event-ID"
HEARTBEAT = 10.0
"""Seconds between two empty lines, which keep proxies from ending a stream that has nothing to say."""
_logger = structlog.get_logger(__name__)


class EventsResource:
    """Streams, each open until its client leaves, falls too far behind, or the leadership ends."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """The stream, and the list of callbacks that it took the place of: strict old clients ask for it."""
        return [
            route("GET", "/v2/events", self.stream),
            route("GET", "/v2/eventSubscriptions", self.callbacks),
        ]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Events from now on; from `Last-Event-ID` on, where the client names one. 405 to who takes no stream."""
        service = self._service
        if (
            request.method == hdrs.METH_HEAD
            or EVENT_STREAM not in ",".join(request.headers.getall(hdrs.ACCEPT, ())).lower()
        ):
            raise ApiError(405, "Method Not Allowed")
        service.check(request, Action.VIEW, Resource(Kind.EVENTS))
        hub = service.events
        outstanding = service.config.event_stream_max_outstanding_messages
        stream = await EventStream.open(
            request, {**self._headers(), **cors_headers(request)}, Backlog(records=outstanding)
        )
        query = request.query
        subscription = make_subscription(query.getall("event_type", ()), query.get("plan-format"))
        subscriber = Subscriber(subscription, stream, request.remote or "unknown")
        hub.attach(subscriber, request.headers.get(LAST_EVENT_ID), service.loop.now())
        return await self._run(stream, hub, subscriber)

    async def callbacks(self, _request: web.Request) -> web.Response:
        """There are none: Marathon itself has had no HTTP callbacks since 1.4."""
        return json_answer({"callbackUrls": []})

    async def _run(self, stream: EventStream, hub: EventHub, subscriber: Subscriber) -> web.StreamResponse:
        beats = asyncio.create_task(_beat(stream))
        try:
            return await stream.run()
        finally:
            beats.cancel()
            if stream.reason != PEER_LEFT:
                _logger.info("event_stream_ended", remote=subscriber.remote, reason=stream.reason)
            hub.detach(subscriber, self._service.loop.now())

    def _headers(self) -> Mapping[str, str]:
        return {**headers_of_every_answer(self._service.leadership), hdrs.CONTENT_TYPE: EVENT_STREAM}


async def end_streams(service: Service, app: web.Application, grace: float = 1.0) -> None:
    """End every stream in good order, as the leadership is over: readers get what was said, within the grace."""
    if service.hub is None:
        return
    service.hub.close("the leadership is over")
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await asyncio.gather(*(stream.wait_closed() for stream in app[OPEN_STREAMS]))


async def _beat(stream: EventStream) -> None:
    while not stream.is_ended:
        await asyncio.sleep(HEARTBEAT)
        stream.send_keepalive()

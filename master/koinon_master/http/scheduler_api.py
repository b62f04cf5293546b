"""``POST /api/v1/scheduler``: calls into events, events onto streams (mesos-v1-api 1.1, 1.2, 2)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import structlog
from aiohttp import web
from attrs import evolve

from koinon_core.errors import DecodeError, EncodeError
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import StreamId
from koinon_core.scheduler_api import (
    Call,
    CallBody,
    Event,
    EventBody,
    Heartbeat,
    ReconcileOperations,
    Subscribe,
    Unknown,
    UpdateFramework,
)
from koinon_core.wire import ContentType, ResourceFormat, codec
from koinon_daemon.auth import principal_of
from koinon_daemon.credentials import Credentials, read_basic
from koinon_daemon.errors import ApiError
from koinon_daemon.express import Fields, Lane
from koinon_daemon.logs import is_debugging
from koinon_daemon.negotiation import choose_answer_type, read_call
from koinon_daemon.stream import Backlog, RecordStream

from ..access.authorization import find_identity_problem
from ..events import CallReceived, StreamClosed, SubscribeReceived
from ..frameworks.rate_limits import OverCapacity, RateLimiter
from ..loop import MasterLoop
from ..validation.calls import CallProblem, find_call_problem, find_subscribe_problem
from .access import refuse_impostor
from .office import Office
from .realms import make_find_realm

PATH = "/api/v1/scheduler"
STREAM_HEADER = "Mesos-Stream-Id"
BACKLOG = Backlog(records=200_000, size=64 * 1024 * 1024)
"""What may wait for a scheduler that reads slowly: a lost agent's tasks, and more, in one turn. Then it is cut."""
_HEARTBEATS = {
    content_type: codec(content_type, ResourceFormat.PRE_REFINEMENT).encode(Event(Heartbeat()))
    for content_type in ContentType
}
_TYPES = {content_type.value: content_type for content_type in ContentType}
_NOT_EXPRESS = (Subscribe, Unknown, UpdateFramework, ReconcileOperations)
"""What opens a stream, waits for something or is answered by more than 202."""
_logger = structlog.get_logger(__name__)


class EventEncoder:
    """A scheduler's stream: encodes events in the type it asked for, and resources as its framework reads them."""

    def __init__(self, stream: RecordStream, content_type: ContentType, info: FrameworkInfo) -> None:
        self._stream = stream
        self._content_type = content_type
        self.describe(info)

    def describe(self, info: FrameworkInfo) -> None:
        """The framework described itself, for the first time or anew."""
        is_refined = info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT)
        resource_format = ResourceFormat.REFINED if is_refined else ResourceFormat.PRE_REFINEMENT
        self._codec = codec(self._content_type, resource_format)

    def send(self, event: EventBody) -> None:
        """Put an event on the stream. A stream that has ended says so by StreamClosed.

        An event that can't be said to this framework ends its stream: the master goes on, the scheduler comes back.
        """
        if isinstance(event, Heartbeat):
            self._stream.send(_HEARTBEATS[self._content_type])
            return
        try:
            record = self._codec.encode(Event(event))
        except (EncodeError, ValueError, TypeError) as error:
            _logger.exception("event_not_encodable", scheduler_event=type(event).__name__)
            self._stream.finish(f"an event could not be encoded: {error}")
            return
        self._stream.send(record)

    def when_drained(self, then: Callable[[], None]) -> None:
        """Do this once all that was sent is out."""
        self._stream.when_drained(then)

    def finish(self, reason: str) -> None:
        """End the stream when all is out."""
        self._stream.finish(reason)


class SchedulerApi:
    """The handler of the endpoint."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._encoders: dict[StreamId, EventEncoder] = {}
        limits = office.config.rate_limits
        self._limiter = None if limits is None else RateLimiter(limits)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, in the order of checks that clients know."""
        loop = self._office.leading_loop()
        call = await read_call(request, Call, "scheduler")
        refuse_impostor(loop.master.state, request, call)
        if self._limiter is not None:
            await self._wait_turn(self._limiter, loop, principal_of(request) or _claimed_principal(loop, call))
        stream_id = request.headers.get(STREAM_HEADER)
        if isinstance(call.body, Subscribe):
            _raise(find_subscribe_problem(call, stream_id))
            return await self._subscribe(request, loop, call.body)
        _raise(find_call_problem(loop.master.state, call, stream_id))
        if isinstance(call.body, Unknown):
            raise ApiError(501, "501 Not Implemented.")
        if isinstance(call.body, ReconcileOperations):
            choose_answer_type(request)
        return await self._receive(request, loop, call, call.body)

    def express(self) -> Lane:
        """The way of calls that come by the thousand and need nothing but to be queued."""
        config = self._office.config
        realm = make_find_realm(config)(PATH)
        known = None if realm is None else config.credentials
        return Lane(PATH, lambda fields, body: self._take(known, fields, body))

    def _take(self, known: Credentials | None, fields: Fields, body: bytes) -> bool:
        """Queue a call that is in order, as ``handle`` would. Whatever else it may be, it is left to that."""
        loop = self._office.loop
        stream_id, content_type = fields.get(STREAM_HEADER.lower()), _TYPES.get(fields.get("content-type", ""))
        if loop is None or not self._office.is_leading or self._limiter is not None or is_debugging():
            return False
        if stream_id is None or content_type is None:
            return False
        given = None if known is None else read_basic(fields.get("authorization"))
        principal = None if known is None or given is None else known.find_principal(given)
        if known is not None and principal is None:
            return False
        try:
            call = codec(content_type, ResourceFormat.REFINED).decode(body, Call)
        except DecodeError:
            return False
        state = loop.master.state
        if isinstance(call.body, _NOT_EXPRESS) or find_identity_problem(state, call, principal) is not None:
            return False
        if call.framework_id is None or find_call_problem(state, call, stream_id) is not None:
            return False
        loop.submit(
            CallReceived(
                framework_id=call.framework_id, body=call.body, stream_id=StreamId(stream_id), principal=principal
            )
        )
        return True

    async def _wait_turn(self, limiter: RateLimiter, loop: MasterLoop, principal: str | None) -> None:
        """Hold a call back that comes too fast. Raises ApiError 429 where too many wait already."""
        delay = limiter.admit(principal, loop.now)
        if isinstance(delay, OverCapacity):
            raise ApiError(429, str(delay), {"Retry-After": "1"})
        if delay > 0:
            await asyncio.sleep(delay)

    async def _receive(self, request: web.Request, loop: MasterLoop, call: Call, body: CallBody) -> web.StreamResponse:
        """Hand a call that is in order to the machine. Only UPDATE_FRAMEWORK waits for what comes of it."""
        if call.framework_id is None:
            raise ApiError(400, "Expecting 'framework_id' to be present")
        received = CallReceived(
            framework_id=call.framework_id,
            body=body,
            stream_id=StreamId(request.headers[STREAM_HEADER]),
            principal=principal_of(request),
        )
        if not isinstance(body, UpdateFramework):
            loop.submit(received)
            return web.Response(status=202)
        answered = await loop.ask(lambda asked: evolve(received, request=asked))
        if answered.status >= web.HTTPBadRequest.status_code:
            raise ApiError(answered.status, answered.text)
        encoder = self._encoders.get(received.stream_id)
        if encoder is not None:
            encoder.describe(body.framework_info)
        return web.Response(status=answered.status)

    async def _subscribe(self, request: web.Request, loop: MasterLoop, subscribe: Subscribe) -> web.StreamResponse:
        content_type = choose_answer_type(request)
        stream_id = StreamId(str(uuid.uuid4()))
        headers = {"Content-Type": content_type.value, STREAM_HEADER: stream_id}
        stream = await RecordStream.open(request, headers, BACKLOG)
        encoder = EventEncoder(stream, content_type, subscribe.framework_info)
        loop.streams[stream_id] = self._encoders[stream_id] = encoder
        loop.submit(
            SubscribeReceived(
                stream_id=stream_id,
                framework_info=subscribe.framework_info,
                suppressed_roles=subscribe.suppressed_roles,
                offer_constraints=subscribe.offer_constraints,
                principal=principal_of(request),
            )
        )
        try:
            return await stream.run()
        finally:
            del loop.streams[stream_id], self._encoders[stream_id]
            loop.submit(StreamClosed(stream_id))


def _claimed_principal(loop: MasterLoop, call: Call) -> str | None:
    """Who a framework says it is, where nobody has to prove it."""
    if isinstance(call.body, Subscribe):
        return call.body.framework_info.principal
    framework = None if call.framework_id is None else loop.master.state.frameworks.get(call.framework_id)
    return None if framework is None else framework.info.principal


def _raise(problem: CallProblem | None) -> None:
    if problem is not None:
        raise ApiError(problem.status, problem.text)

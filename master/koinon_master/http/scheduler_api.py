"""``POST /api/v1/scheduler``: calls into events, events onto streams (mesos-v1-api 1.1, 1.2, 2)."""

from __future__ import annotations

import uuid

from aiohttp import web

from koinon_core.errors import DecodeError
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import StreamId
from koinon_core.scheduler_api import Call, Event, EventBody, Heartbeat, Subscribe
from koinon_core.wire import JsonCodec, plain_json, refined_json
from koinon_daemon.errors import ApiError
from koinon_daemon.stream import RecordStream

from ..events import CallReceived, StreamClosed, SubscribeReceived
from ..validation.calls import CallProblem, find_call_problem, find_subscribe_problem
from .office import Office

JSON_TYPE = "application/json"
PROTOBUF_TYPE = "application/x-protobuf"
STREAM_HEADER = "Mesos-Stream-Id"
_HEARTBEAT = plain_json.encode(Event(Heartbeat()))


class EventEncoder:
    """A scheduler's stream: encodes events as its framework reads resources."""

    def __init__(self, stream: RecordStream, info: FrameworkInfo) -> None:
        self._stream = stream
        self._codec: JsonCodec = plain_json
        if info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT):
            self._codec = refined_json

    def send(self, event: EventBody) -> None:
        """Put an event on the stream. A stream that has ended says so by StreamClosed."""
        self._stream.send(_HEARTBEAT if isinstance(event, Heartbeat) else self._codec.encode(Event(event)))

    def finish(self, reason: str) -> None:
        """End the stream when all is out."""
        self._stream.finish(reason)


class SchedulerApi:
    """The handler of the endpoint."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, in the order of checks that clients know."""
        loop = self._office.leading_loop()
        if request.method != "POST":
            raise ApiError(405, _wrong_method(request.method), {"Allow": "POST"})
        call = await self._read_call(request)
        stream_id = request.headers.get(STREAM_HEADER)
        if isinstance(call.body, Subscribe):
            _raise(find_subscribe_problem(call, stream_id))
            _check_accept(request)
            return await self._subscribe(request, call.body)
        _raise(find_call_problem(loop.master.state, call, stream_id))
        if call.framework_id is not None and stream_id is not None:
            loop.submit(CallReceived(framework_id=call.framework_id, body=call.body, stream_id=StreamId(stream_id)))
        return web.Response(status=202)

    async def _read_call(self, request: web.Request) -> Call:
        content_type = request.headers.get("Content-Type")
        if content_type is None:
            raise ApiError(400, "Expecting 'Content-Type' to be present")
        if content_type == PROTOBUF_TYPE:
            raise ApiError(415, f"This master speaks {JSON_TYPE} only, {PROTOBUF_TYPE} is not supported")
        if content_type != JSON_TYPE:
            raise ApiError(415, f"Expecting 'Content-Type' of {JSON_TYPE} or {PROTOBUF_TYPE}")
        body = await request.read()
        try:
            return refined_json.decode(body, Call)
        except DecodeError as error:
            raise ApiError(400, _explain(error)) from None

    async def _subscribe(self, request: web.Request, subscribe: Subscribe) -> web.StreamResponse:
        loop = self._office.leading_loop()
        stream_id = StreamId(str(uuid.uuid4()))
        headers = {"Content-Type": JSON_TYPE, STREAM_HEADER: stream_id}
        stream = await RecordStream.open(request, headers)
        loop.streams[stream_id] = EventEncoder(stream, subscribe.framework_info)
        loop.submit(
            SubscribeReceived(
                stream_id=stream_id,
                framework_info=subscribe.framework_info,
                suppressed_roles=subscribe.suppressed_roles,
            )
        )
        try:
            return await stream.run()
        finally:
            loop.streams.pop(stream_id, None)
            loop.submit(StreamClosed(stream_id))


def _wrong_method(method: str) -> str:
    return f"405 Method Not Allowed. Expecting one of {{ 'POST' }}, but received '{method}'."


def _explain(error: DecodeError) -> str:
    """What is wrong with the call as a whole speaks for itself; anything below is named by its path."""
    return error.why if error.path == "$" else f"Failed to convert JSON into Call protobuf: {error}"


def _raise(problem: CallProblem | None) -> None:
    if problem is not None:
        raise ApiError(problem.status, problem.text)


def _check_accept(request: web.Request) -> None:
    """Refuse who reads no JSON. Absent and ``*/*`` mean anything; ``q=0`` means never (mesos-v1-api 1.1)."""
    accept = request.headers.get("Accept")
    if not accept:
        return
    for item in accept.split(","):
        media_type, *parameters = (piece.strip().lower() for piece in item.split(";"))
        is_refused = any(_is_zero_quality(parameter) for parameter in parameters)
        if media_type in ("*/*", "application/*", JSON_TYPE) and not is_refused:
            return
    raise ApiError(406, f"Expecting 'Accept' to allow '{JSON_TYPE}'")


def _is_zero_quality(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and value.strip().rstrip("0") in ("", "0.", ".")

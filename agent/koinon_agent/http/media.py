"""What a call of an agent's operator API is written in, and its answer: one message, or a stream of them
(mesos-v1-api 1.1, mesos-operator-api 1.4).

A stream has its own content type, and another header says what its messages are. Clients that ask for a stream's
messages by ``Accept`` alone get them in the same frames.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web
from attrs import frozen

from koinon_core.agent_api import AgentCall
from koinon_core.errors import DecodeError
from koinon_core.wire import ContentType, RecordDecoder, ResourceFormat, codec
from koinon_daemon.errors import ApiError
from koinon_daemon.negotiation import (
    answer_types,
    choose_answer_type,
    explain_bad_call,
    read_call,
    read_content_type,
    require_post,
)

RECORDIO = "application/recordio"
_EITHER = f"{ContentType.JSON.value} or {ContentType.PROTOBUF.value}"
_UNSUPPORTED = 415
_MAX_RECORD_BYTES = 4 * 1024 * 1024


@frozen
class AnswerType:
    """What the answer is to be written in."""

    message: ContentType
    is_stream: bool

    def headers(self) -> dict[str, str]:
        """Of a stream of such messages."""
        if not self.is_stream:
            return {"Content-Type": self.message.value}
        return {"Content-Type": RECORDIO, "Message-Content-Type": self.message.value}


def choose_stream_type(request: web.Request) -> AnswerType:
    """What the request accepts: a message where it accepts one. Raises ApiError 406."""
    if answer_types(request.headers.get("Accept")):
        if "Message-Accept" in request.headers:
            raise ApiError(406, "Expecting 'Message-Accept' to be not set for non-streaming responses")
        return AnswerType(choose_answer_type(request), is_stream=False)
    if answer_types(request.headers.get("Accept"), (RECORDIO,)):
        wanted = answer_types(request.headers.get("Message-Accept"))
        if not wanted:
            raise ApiError(406, f"Expecting 'Message-Accept' to allow {_EITHER}")
        return AnswerType(ContentType(wanted[0]), is_stream=True)
    raise ApiError(406, f"Expecting 'Accept' to allow {_EITHER} or {RECORDIO}")


def is_streaming(request: web.Request) -> bool:
    """Whether the body is a stream of calls."""
    return request.headers.get("Content-Type") == RECORDIO


async def read_one_call(request: web.Request) -> AgentCall:
    """The call in the body. Raises ApiError as ``read_call`` does."""
    require_post(request)
    if "Message-Content-Type" in request.headers:
        raise ApiError(415, "Expecting 'Message-Content-Type' to be not set for non-streaming requests")
    try:
        read_content_type(request)
    except ApiError as error:
        if error.status != _UNSUPPORTED:
            raise
        raise ApiError(_UNSUPPORTED, f"Expecting 'Content-Type' of {_EITHER} or {RECORDIO}") from None
    return await read_call(request, AgentCall, "agent")


async def read_calls(request: web.Request) -> AsyncIterator[AgentCall]:
    """The calls of a streaming body as they come. Raises ApiError 400, 405, 415."""
    require_post(request)
    named = request.headers.get("Message-Content-Type")
    if named is None:
        raise ApiError(400, "Expecting 'Message-Content-Type' to be set for streaming requests")
    try:
        content_type = ContentType(named)
    except ValueError:
        raise ApiError(415, f"Expecting 'Message-Content-Type' of {_EITHER}") from None
    decoder = RecordDecoder(_MAX_RECORD_BYTES)
    try:
        async for chunk in request.content.iter_any():
            for record in decoder.feed(chunk):
                yield codec(content_type, ResourceFormat.REFINED).decode(record, AgentCall)
    except DecodeError as error:
        raise ApiError(400, explain_bad_call(error, content_type, "agent")) from None

"""``POST /api/v1/executor``: calls of executors into events, events onto their streams (mesos-v1-api 3)."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from aiohttp import web

from koinon_core.errors import DecodeError, EncodeError
from koinon_core.executor_api import Call, Event, EventBody, Message, Subscribe, Update
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.wire import ContentType, ResourceFormat, codec
from koinon_daemon.errors import ApiError
from koinon_daemon.express import Fields, Lane
from koinon_daemon.logs import is_debugging
from koinon_daemon.negotiation import choose_answer_type, read_call
from koinon_daemon.stream import Backlog, RecordStream

from ..agent import Agent
from ..events import ExecutorCalled, ExecutorJoined, ExecutorLeft
from ..executors.calls import CallProblem, find_call_problem, find_claims_problem
from ..executors.tokens import Claims, read_token
from ..timers import ExecutorKey
from .site import Handler, Site

BACKLOG = Backlog(records=50_000, size=64 * 1024 * 1024)
"""What may wait for an executor that reads slowly. Then its stream is cut; it comes back for what it missed."""
REALM = "mesos-agent-executor"
PATH = "/api/v1/executor"
_BEARER = "bearer"
_TYPES = {content_type.value: content_type for content_type in ContentType}
_logger = structlog.get_logger(__name__)


class ExecutorStream:
    """An executor's stream: encodes events in the type it asked for, and resources as its framework reads them."""

    def __init__(self, stream: RecordStream, content_type: ContentType, framework: FrameworkInfo) -> None:
        is_refined = framework.has(FrameworkCapabilityType.RESERVATION_REFINEMENT)
        self._codec = codec(content_type, ResourceFormat.REFINED if is_refined else ResourceFormat.PRE_REFINEMENT)
        self._stream = stream

    def send(self, event: EventBody) -> None:
        """Put an event on the stream. One that can't be said ends it: the agent goes on, the executor comes back."""
        try:
            record = self._codec.encode(Event(event))
        except (EncodeError, ValueError, TypeError) as error:
            _logger.exception("event_not_encodable", executor_event=type(event).__name__)
            self._stream.finish(f"an event could not be encoded: {error}")
            return
        self._stream.send(record)

    def finish(self, reason: str) -> None:
        """End the stream when all is out."""
        self._stream.finish(reason)


class ExecutorApi:
    """The handler of the endpoint."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler."""
        return {PATH: self.handle}

    def express(self) -> Lane:
        """The way of updates and messages, which come by the thousand and need nothing but to be queued."""
        return Lane(PATH, self._take)

    def _take(self, fields: Fields, body: bytes) -> bool:
        """Queue a call that is in order, as ``handle`` would. Whatever else it may be, it is left to that."""
        agent, content_type = self._site.agent, _TYPES.get(fields.get("content-type", ""))
        if agent is None or not agent.executors.is_recovered or content_type is None or is_debugging():
            return False
        try:
            claims = self._authenticate(fields.get("authorization", ""))
            call = codec(content_type, ResourceFormat.REFINED).decode(body, Call)
        except (ApiError, DecodeError):
            return False
        if not isinstance(call.body, Update | Message) or find_call_problem(agent.executors, call) is not None:
            return False
        if claims is not None and find_claims_problem(agent.executors, call, claims) is not None:
            return False
        self._site.post(ExecutorCalled(ExecutorKey(call.framework_id, call.executor_id), call.body))
        return True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, in the order of checks that clients know."""
        claims = self._authenticate(request.headers.get("Authorization", ""))
        agent = self._site.recovered()
        if not agent.executors.is_recovered:
            raise ApiError(503, "Agent has not finished recovery")
        call = await read_call(request, Call, "Executor")
        content_type = choose_answer_type(request) if isinstance(call.body, Subscribe) else None
        _raise(find_call_problem(agent.executors, call))
        if claims is not None:
            _raise(find_claims_problem(agent.executors, call, claims))
        key = ExecutorKey(call.framework_id, call.executor_id)
        if isinstance(call.body, Subscribe) and content_type is not None:
            return await self._subscribe(request, agent, content_type, (key, call.body))
        if isinstance(call.body, Update | Message):
            self._site.post(ExecutorCalled(key, call.body))
        return web.Response(status=202)

    def _authenticate(self, authorization: str) -> Claims | None:
        """Who sends this, where executors must say so. Raises ApiError 401."""
        config = self._site.config
        if not config.authenticate_http_executors or config.jwt_secret_key is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != _BEARER:
            raise _unauthorized("Show the token of MESOS_EXECUTOR_AUTHENTICATION_TOKEN as a Bearer")
        claims = read_token(config.jwt_secret_key.text, token.strip())
        if isinstance(claims, str):
            raise _unauthorized(claims)
        return claims

    async def _subscribe(
        self, request: web.Request, agent: Agent, content_type: ContentType, subscription: tuple[ExecutorKey, Subscribe]
    ) -> web.StreamResponse:
        key, subscribe = subscription
        stream = await RecordStream.open(request, {"Content-Type": content_type.value}, BACKLOG)
        framework = agent.tasks.frameworks[key.framework_id]
        number = self._site.streams.open(ExecutorStream(stream, content_type, framework))
        self._site.post(ExecutorJoined(executor=key, stream=number, subscribe=subscribe))
        try:
            return await stream.run()
        finally:
            self._site.streams.close(number)
            self._site.post(ExecutorLeft(key, number))


def _raise(problem: CallProblem | None) -> None:
    if problem is not None:
        raise ApiError(problem.status, problem.text)


def _unauthorized(why: str) -> ApiError:
    return ApiError(401, f"401 Unauthorized. {why}", {"WWW-Authenticate": f'Bearer realm="{REALM}"'})

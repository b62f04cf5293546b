"""Calls that last: a session, what a container says, what it is handed (mesos-operator-api 1.4, container sessions).

Owns records on the wire and the signs of life between them. A session ends with its connection; whoever reads it slowly
slows its command down. Those who only look on are cut when they fall behind.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import orjson
from aiohttp import HttpVersion11, web

from koinon_core.agent_api import (
    AgentCall,
    AttachContainerInput,
    AttachContainerOutput,
    AttachInputType,
    LaunchNestedContainerSession,
    ProcessDataType,
    ProcessIo,
)
from koinon_core.containers import ContainerIdInfo
from koinon_core.permissions import Action
from koinon_core.wire import ResourceFormat, codec, encode_record
from koinon_daemon.errors import ApiError
from koinon_daemon.stream import Backlog, RecordStream

from ..containerizer.refusals import find_size_problem
from ..containerizer.session import Output
from ..nested.container import NestedContainer
from ..nested.requests import find_command_problem, find_id_problem, plan_execution, show_id
from .access import refuse, sight_of
from .container_calls import SESSION, find_launch_refusal, parent_of, started
from .media import AnswerType
from .site import Site

_PROCESS_IO = "mesos.v1.agent.ProcessIO"
_BACKLOG = Backlog(records=1024, size=4 * 1024 * 1024)
"""What may wait for somebody who looks on."""


class SessionCalls:
    """The handlers by call."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def launch(
        self, request: web.Request, body: LaunchNestedContainerSession, answer_type: AnswerType
    ) -> web.StreamResponse:
        """LAUNCH_NESTED_CONTAINER_SESSION: the command lives as long as this request does."""
        own = body.container_id
        _check_id(find_id_problem(own, "launch_nested_container_session.container_id", is_nested=True))
        around = parent_of(self._site, own)
        user = body.command.user if body.command is not None else None
        refuse(find_launch_refusal(sight_of(self._site.config, request), around, user, SESSION))
        problem = find_command_problem(body.command, body.container)
        if problem is not None or body.command is None:
            raise ApiError(400, problem or "")
        book = self._site.nested_containers()
        if own in book:
            raise ApiError(409, f"Container {show_id(own)} exists already")
        execution = plan_execution(body.command, body.container, has_input=True)
        nested = await started(book.start(own, around, execution))
        try:
            return await self._serve(request, nested, answer_type)
        finally:
            # Whoever leaves does not wait for the command's end; this goes on even if the handler is cancelled.
            await asyncio.shield(asyncio.ensure_future(nested.close()))

    async def show(
        self, request: web.Request, body: AttachContainerOutput, answer_type: AnswerType
    ) -> web.StreamResponse:
        """ATTACH_CONTAINER_OUTPUT: what a nested container says from now on."""
        _check_id(find_id_problem(body.container_id, "attach_container_output.container_id"))
        nested = self._site.nested_containers().find(body.container_id)
        if nested is None:
            raise ApiError(404, f"Container {show_id(body.container_id)} cannot be found")
        refuse(sight_of(self._site.config, request).find_refusal(Action.ATTACH_CONTAINERS_OUTPUT, nested.around.user))
        stream = await RecordStream.open(request, answer_type.headers(), _BACKLOG)
        records = _Records(answer_type)

        async def tell(output: Output, data: bytes) -> None:
            if not stream.send(records.data(output, data)):
                raise ConnectionError(stream.reason)

        nested.listen(tell)
        beating = asyncio.create_task(self._beat_on(stream, records))
        ending = asyncio.create_task(_finish_after(nested, stream))
        try:
            return await stream.run()
        finally:
            nested.leave(tell)
            beating.cancel()
            ending.cancel()

    async def take_input(
        self, request: web.Request, first: AttachContainerInput, calls: AsyncIterator[AgentCall]
    ) -> web.StreamResponse:
        """ATTACH_CONTAINER_INPUT: hand a nested container what comes, until the request or the container ends."""
        check_input(first)
        if first.type is not AttachInputType.CONTAINER_ID:
            raise ApiError(400, "Expecting 'attach_container_input.type' to be CONTAINER_ID")
        own = first.container_id
        nested = None if own is None else self._site.nested_containers().find(own)
        if nested is None:
            raise ApiError(404, f"Container {'' if own is None else show_id(own)} cannot be found")
        refuse(sight_of(self._site.config, request).find_refusal(Action.ATTACH_CONTAINERS_INPUT, nested.around.user))
        if nested.has_input_attached:
            raise ApiError(409, f"Container {nested.name} has an input attached already")
        nested.has_input_attached = True
        feeding = asyncio.create_task(_feed(nested, calls))
        ended = asyncio.create_task(nested.wait())
        try:
            await asyncio.wait((feeding, ended), return_when=asyncio.FIRST_COMPLETED)
            if feeding.done():
                feeding.result()
            # What the client would still say is for nobody.
            headers = {} if feeding.done() else {"Connection": "close"}
            return web.Response(status=200, headers=headers)
        finally:
            nested.has_input_attached = False
            feeding.cancel()
            ended.cancel()

    async def _serve(
        self, request: web.Request, nested: NestedContainer, answer_type: AnswerType
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=answer_type.headers())
        if request.version >= HttpVersion11:
            response.enable_chunked_encoding()
        await response.prepare(request)
        records, turn = _Records(answer_type), asyncio.Lock()

        async def tell(output: Output, data: bytes) -> None:
            async with turn:
                await response.write(encode_record(records.data(output, data)))

        nested.listen(tell)
        nested.begin()
        beating = asyncio.create_task(self._beat(response, records, turn))
        try:
            await nested.wait()
        finally:
            beating.cancel()
        async with turn:
            await response.write_eof()
        return response

    async def _beat(self, response: web.StreamResponse, records: _Records, turn: asyncio.Lock) -> None:
        interval = self._site.config.http_heartbeat_interval
        while True:
            await asyncio.sleep(interval)
            async with turn:
                await response.write(encode_record(records.heartbeat(interval)))

    async def _beat_on(self, stream: RecordStream, records: _Records) -> None:
        interval = self._site.config.http_heartbeat_interval
        while not stream.is_ended:
            await asyncio.sleep(interval)
            stream.send(records.heartbeat(interval))


class _Records:
    """ProcessIO messages as bytes of one content type."""

    def __init__(self, answer_type: AnswerType) -> None:
        self._codec = codec(answer_type.message, ResourceFormat.REFINED)

    def data(self, output: Output, data: bytes) -> bytes:
        """What a command says."""
        text = b64encode(data).decode("ascii")
        return self._encode({"type": "DATA", "data": {"type": output.name, "data": text}})

    def heartbeat(self, interval: float) -> bytes:
        """A sign of life."""
        beat = {"interval": {"nanoseconds": int(interval * 1e9)}}
        return self._encode({"type": "CONTROL", "control": {"type": "HEARTBEAT", "heartbeat": beat}})

    def _encode(self, document: dict[str, Any]) -> bytes:
        return self._codec.encode_document(_PROCESS_IO, orjson.dumps(document))


async def _feed(nested: NestedContainer, calls: AsyncIterator[AgentCall]) -> None:
    """Raises ApiError 400 for what is no input."""
    async with aclosing(calls):  # type: ignore[type-var]
        async for call in calls:
            body = call.body
            if not isinstance(body, AttachContainerInput) or body.type is not AttachInputType.PROCESS_IO:
                raise ApiError(400, "Expecting 'attach_container_input.type' to be PROCESS_IO")
            if body.process_io is None:
                raise ApiError(400, "Expecting 'attach_container_input.process_io' to be present")
            await _hand_over(nested, body.process_io)


async def _hand_over(nested: NestedContainer, record: ProcessIo) -> None:
    """Input, its end, or a terminal's size; signs of life are for the connection alone."""
    if record.data is not None:
        if record.data.type is not ProcessDataType.STDIN:
            raise ApiError(400, "Expecting 'process_io.data.type' to be STDIN")
        if record.data.data:
            await nested.session.write(record.data.data)
        else:
            await nested.session.end_input()
    elif record.control is not None and record.control.tty_info is not None:
        size = record.control.tty_info.window_size
        if size is not None:
            if problem := find_size_problem(size):
                raise ApiError(400, f"'process_io.control.tty_info' is invalid: {problem}")
            await nested.session.resize(size.rows, size.columns)


async def _finish_after(nested: NestedContainer, stream: RecordStream) -> None:
    await nested.wait()
    stream.finish("the container has ended")


def check_input(first: AttachContainerInput) -> None:
    """Raise ApiError 400 unless this could begin a stream of input. An id that is missing is an empty one."""
    if first.type is None:
        _check_id("Expecting 'attach_container_input.type' to be present")
    if first.type is AttachInputType.CONTAINER_ID:
        _check_id(
            find_id_problem(first.container_id or ContainerIdInfo(value=""), "attach_container_input.container_id")
        )


def _check_id(problem: str | None) -> None:
    if problem is not None:
        raise ApiError(400, f"Failed to validate agent::Call: {problem}")

"""Calls on their way to the master: held to their pace, counted, logged when they fail; acknowledgements in the back.

Who may be called, and what of it is remembered, is ``driver``'s; status codes are ``connection``'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from attrs import evolve

from koinon_core.ids import FrameworkId
from koinon_core.operations import OperationStatus
from koinon_core.scheduler_api import Call, CallBody
from koinon_core.tasks import TaskStatus

from ..calls import CallFailure, CallFailureKind
from .connection import Connection, OpenedStream, call_name
from .counts import DriverTally
from .pacing import CallPace

_ACKNOWLEDGEMENTS_AT_ONCE = 8
_logger = structlog.get_logger(__name__)


class CallSender:
    """Sends calls of the subscription that stands; while none does, each fails at once."""

    def __init__(self, pace: CallPace, tally: DriverTally) -> None:
        self._pace = pace
        self._tally = tally
        self._connection: Connection | None = None
        self._stream: OpenedStream | None = None
        self._framework_id: FrameworkId | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a subscription."""
        return self._stream is not None

    def open(self, connection: Connection, stream: OpenedStream, framework_id: FrameworkId) -> None:
        """SUBSCRIBED came on this stream."""
        self._connection, self._stream, self._framework_id = connection, stream, framework_id

    def close(self) -> None:
        """The stream is gone."""
        self._stream = None

    async def send(self, body: CallBody) -> CallFailure | None:
        """Send in turn. None once the master took it."""
        name = call_name(body)
        self._tally.calls[name] += 1
        if self._stream is not None:
            await self._wait_turn(body)
        failure = await self._send(name, body)
        if failure is not None:
            self._tally.failures[failure.kind] += 1
            _logger.warning("call_failed", call=failure.call, kind=failure.kind.value, why=failure.why)
        return failure

    async def _wait_turn(self, body: CallBody) -> None:
        now = asyncio.get_running_loop().time()
        wait = self._pace.take(body, now)
        if not wait:
            return
        self._tally.held_back += 1
        if held_back := self._pace.report(now):
            _logger.warning("calls_held_back", calls=held_back.calls, longest_seconds=round(held_back.longest, 3))
        await asyncio.sleep(wait)

    async def _send(self, name: str, body: CallBody) -> CallFailure | None:
        stream = self._stream
        if stream is None or self._connection is None:
            why = "there is no stream to a master"
            return CallFailure(call=name, kind=CallFailureKind.NOT_SUBSCRIBED, why=why)
        failure = await self._connection.call(stream, Call(body, self._framework_id))
        if failure is not None and failure.kind is CallFailureKind.REFUSED and self._stream is not stream:
            # A master refuses the id of a stream that another has replaced meanwhile.
            return evolve(failure, kind=CallFailureKind.NOT_SUBSCRIBED)
        return failure


class Acknowledgements:
    """Acknowledges what the scheduler took in, several at a time: an agent waits for each, and no callback should."""

    def __init__(self, acknowledge: Callable[[TaskStatus | OperationStatus], Awaitable[object]]) -> None:
        self._acknowledge = acknowledge
        self._waiting: asyncio.Queue[TaskStatus | OperationStatus] = asyncio.Queue()

    def put(self, status: TaskStatus | OperationStatus) -> None:
        """Acknowledge this one; one without a uuid wants none."""
        if status.uuid is not None:
            self._waiting.put_nowait(status)

    def clear(self) -> None:
        """The stream is gone: updates that were not acknowledged come again on the next one."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
            self._waiting.task_done()

    async def flush(self, deadline: float) -> None:
        """Wait until all is acknowledged, ``deadline`` seconds at most; what is left comes again to the next run."""
        try:
            async with asyncio.timeout(deadline):
                await self._waiting.join()
        except TimeoutError:
            _logger.warning("acknowledgements_left", count=self._waiting.qsize())

    async def run(self) -> None:
        """Send for ever."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(_ACKNOWLEDGEMENTS_AT_ONCE):
                workers.create_task(self._run_one())

    async def _run_one(self) -> None:
        while True:
            status = await self._waiting.get()
            try:
                await self._acknowledge(status)
            finally:
                self._waiting.task_done()

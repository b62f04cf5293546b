"""A master with nothing behind it: takes real agents in over the real link, and says what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self, TypeVar
from uuid import uuid4

from aiohttp import WSMsgType, web

from koinon_core.agent_link import (
    LINK_PATH,
    AcknowledgeUpdate,
    AgentFrame,
    AgentMessage,
    MasterFrame,
    MasterMessage,
    Register,
    Registered,
    StatusUpdate,
)
from koinon_core.ids import AgentId
from koinon_core.tasks import TaskState, TaskStatus
from koinon_core.wire import refined_json

T = TypeVar("T")
PATIENCE_SECONDS = 20.0
AGENT_ID = AgentId(f"fake-{uuid4()}-S0")
"""No other run of tests has it: agents of one id that share a Docker Engine end each other's containers."""


class FakeMaster:
    """``async with FakeMaster(port) as master``: agents that register get an id, and updates are acknowledged.

    ``is_acknowledging`` false keeps the acknowledgements back.
    """

    def __init__(self, port: int, epoch: int = 1) -> None:
        self.port = port
        self.epoch = epoch
        self.is_acknowledging = True
        self.heard: list[AgentMessage] = []
        self._socket: web.WebSocketResponse | None = None
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get(LINK_PATH, self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def statuses(self) -> list[TaskStatus]:
        """All updates so far, repeats included."""
        return [message.status for message in self.heard if isinstance(message, StatusUpdate)]

    async def say(self, *messages: MasterMessage) -> None:
        """Say this in one frame to the agent that came last."""
        if self._socket is None:
            raise RuntimeError("no agent is connected")
        await self._socket.send_bytes(refined_json.encode(MasterFrame(epoch=self.epoch, messages=messages)))

    async def wait(self, kind: type[T], matches: Callable[[T], bool] = lambda _: True, after: int = 0) -> T:
        """The first message of this kind, from number ``after`` on, that matches. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for message in self.heard[after:]:
                    if isinstance(message, kind) and matches(message):
                        return message
                self._news.clear()
                await self._news.wait()

    async def wait_state(self, task_id: str, state: TaskState, after: int = 0) -> TaskStatus:
        """The first update that says so."""
        update = await self.wait(
            StatusUpdate, lambda one: (one.status.task_id, one.status.state) == (task_id, state), after
        )
        return update.status

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        self._socket = socket
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                for said in refined_json.decode(message.data, AgentFrame).messages:
                    self.heard.append(said)
                    await self._answer(said)
                self._news.set()
        return socket

    async def _answer(self, message: AgentMessage) -> None:
        match message:
            case Register():
                await self.say(Registered(agent_id=message.agent_info.id or AGENT_ID))
            case StatusUpdate(framework_id=framework_id, status=status):
                if self.is_acknowledging and status.uuid is not None:
                    await self.say(
                        AcknowledgeUpdate(framework_id=framework_id, task_id=status.task_id, uuid=status.uuid)
                    )

"""The master's end of the agent link: WebSocket frames into events, messages into frames. Decides nothing.

Both sides ping; a peer that stays silent, or reads too slowly, loses its link and may come back (mesos-semantics 3.2).
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress

import structlog
from aiohttp import ClientError, WSCloseCode, WSMsgType, web

from koinon_core.agent_link import MAX_FRAME_BYTES, AgentFrame, MasterFrame, MasterMessage, Register, close_text
from koinon_core.errors import DecodeError
from koinon_core.wire import refined_json
from koinon_daemon.auth import principal_of

from ..events import AgentMessageReceived, LinkClosed, LinkId, RegisterReceived
from ..loop import MasterLoop
from .office import Office

MAX_BACKLOG_BYTES = 64 * 1024 * 1024
CLOSE_SECONDS = 2.0
REGISTER_SECONDS = 30.0
"""For how long a link may stay without an agent."""
_logger = structlog.get_logger(__name__)


class AgentSocket:
    """One link: frames out through a bounded backlog, frames in as events."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, epoch: int) -> None:
        self._socket = socket
        self._request = request
        self._epoch = epoch
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._backlog = 0
        self._farewell = ""
        self.last_heard: float | None = None
        """When the agent gave its last sign of life, in the loop's time: a frame, a ping or a pong."""

    def send(self, messages: tuple[MasterMessage, ...]) -> None:
        """Put messages on the link as one frame; an agent that lets too much pile up is cut off."""
        if self._farewell:
            return
        frame = refined_json.encode(MasterFrame(epoch=self._epoch, messages=messages))
        self._backlog += len(frame)
        if self._backlog > MAX_BACKLOG_BYTES:
            self._farewell = "the agent reads too slowly"
            if self._request.transport is not None:
                self._request.transport.abort()
            return
        self._waiting.put_nowait(frame)

    def finish(self, reason: str) -> None:
        """End the link when all is out."""
        self._farewell = self._farewell or reason
        self._waiting.put_nowait(None)

    async def run(self, loop: MasterLoop, link_id: LinkId) -> str:
        """Carry frames both ways; returns how it ended."""
        sender = asyncio.create_task(self._send_all())
        try:
            return await self._receive_all(loop, link_id)
        finally:
            sender.cancel()
            with suppress(asyncio.CancelledError, ClientError, ConnectionError):
                await sender

    async def _send_all(self) -> None:
        while (frame := await self._waiting.get()) is not None:
            await self._socket.send_bytes(frame)
            self._backlog -= len(frame)
        await self._close(WSCloseCode.GOING_AWAY, self._farewell)

    async def _receive_all(self, loop: MasterLoop, link_id: LinkId) -> str:
        receives_until = asyncio.timeout(REGISTER_SECONDS)
        try:
            async with receives_until:
                return await self._receive(loop, link_id, receives_until)
        except TimeoutError:
            return await self._break(f"no agent registered within {REGISTER_SECONDS:g} seconds")

    async def _receive(self, loop: MasterLoop, link_id: LinkId, receives_until: asyncio.Timeout) -> str:
        has_registered = False
        async for message in self._socket:
            self.last_heard = loop.now
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            data = message.data.encode() if isinstance(message.data, str) else message.data
            try:
                frame = refined_json.decode(data, AgentFrame)
            except DecodeError as error:
                return await self._break(f"a frame can't be understood: {error}")
            for said in frame.messages:
                if has_registered:
                    loop.submit(AgentMessageReceived(link_id=link_id, message=said))
                elif isinstance(said, Register):
                    has_registered = True
                    receives_until.reschedule(None)
                    loop.submit(RegisterReceived(link_id=link_id, register=said, principal=principal_of(self._request)))
                else:
                    return await self._break("an agent must register first")
        if self._socket.close_code not in (None, WSCloseCode.ABNORMAL_CLOSURE):
            self.last_heard = loop.now
        return self._farewell or f"closed by the agent or the network ({self._socket.close_code})"

    async def _break(self, reason: str) -> str:
        await self._close(WSCloseCode.PROTOCOL_ERROR, reason)
        return reason

    async def _close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=close_text(reason))


class AgentLinkApi:
    """The handler of ``koinon_core.agent_link.LINK_PATH``."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._numbers = itertools.count(1)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one agent for as long as its link lives."""
        loop = self._office.leading_loop()
        heartbeat = self._office.config.agent_ping_timeout
        # Pings and pongs are signs of life: we see them ourselves.
        socket = web.WebSocketResponse(
            heartbeat=heartbeat, autoping=False, max_msg_size=MAX_FRAME_BYTES, timeout=CLOSE_SECONDS
        )
        await socket.prepare(request)
        link_id = LinkId(next(self._numbers))
        link = AgentSocket(socket, request, self._office.epoch)
        loop.links[link_id] = link
        reason = "the connection was lost"
        try:
            reason = await link.run(loop, link_id)
        finally:
            del loop.links[link_id]
            loop.submit(LinkClosed(link_id, link.last_heard))
            _logger.info("link_closed", link=link_id, peer=request.remote, reason=reason)
        return socket

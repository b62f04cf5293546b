"""The connection to a master: WebSocket frames to events, messages to frames. Decides nothing.

Messages handed over while one frame is on its way travel together in the next. Both sides ping; a peer that stays
silent closes the link (mesos-semantics 3.2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

import structlog
from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    WSCloseCode,
    WSMsgType,
    WSServerHandshakeError,
)

from koinon_core.agent_link import LINK_PATH, MAX_FRAME_BYTES, AgentFrame, AgentMessage, MasterFrame, close_text
from koinon_core.errors import DecodeError, describe_error
from koinon_core.wire import refined_json
from koinon_daemon.credentials import Credential
from koinon_daemon.flag_values import HostPort

from ..events import FrameReceived, LinkClosed, LinkOpened

HEARTBEAT_SECONDS = 15.0
CONNECT_SECONDS = 10.0
MAX_FRAME_MESSAGES = 1000
_UNPROVED = "the master asks who this agent is (401): --credential is missing, or not one that the master knows"
LinkEvent = LinkOpened | LinkClosed | FrameReceived

_logger = structlog.get_logger(__name__)


class MasterLink:
    """One connection, by its number. ``run`` lives as long as it does."""

    def __init__(
        self,
        number: int,
        address: HostPort,
        post: Callable[[LinkEvent], None],
        credential: Credential | None = None,
    ) -> None:
        """``post`` takes the events: one LinkOpened at most, frames, and LinkClosed as the last."""
        self._number = number
        # Not followed to another host: aiohttp drops it where a redirect leads elsewhere.
        self._headers = {} if credential is None else {"Authorization": credential.header}
        self._url = f"http://{address}{LINK_PATH}"
        self._post = post
        self._outgoing: asyncio.Queue[AgentMessage | None] = asyncio.Queue()
        self._farewell = ""

    def send(self, message: AgentMessage) -> None:
        """Say this as soon as the link can take it."""
        self._outgoing.put_nowait(message)

    def close(self, reason: str) -> None:
        """End the link once all that was said before has been sent."""
        self._farewell = reason
        self._outgoing.put_nowait(None)

    async def run(self) -> None:
        """Connect, carry messages both ways, and say how it ended."""
        reason = "cancelled"
        try:
            timeout = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
            async with ClientSession(timeout=timeout) as session:
                reason = await self._talk(session)
        except WSServerHandshakeError as error:
            reason = _UNPROVED if error.status == HTTPStatus.UNAUTHORIZED else str(error)
        except (ClientError, OSError, TimeoutError) as error:
            reason = describe_error(error)
        finally:
            self._post(LinkClosed(self._number, reason))

    async def _talk(self, session: ClientSession) -> str:
        async with asyncio.timeout(CONNECT_SECONDS):
            socket = await session.ws_connect(
                self._url,
                headers=self._headers,
                heartbeat=HEARTBEAT_SECONDS,
                max_msg_size=MAX_FRAME_BYTES,
                autoclose=True,
            )
        _logger.info("link_opened", url=self._url, link=self._number)
        self._post(LinkOpened(self._number))
        sender = asyncio.create_task(self._send_all(socket))
        try:
            return await self._receive_all(socket)
        finally:
            sender.cancel()
            with suppress(asyncio.CancelledError, ClientError, ConnectionError):
                await sender

    async def _receive_all(self, socket: ClientWebSocketResponse) -> str:
        async for message in socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            data = message.data.encode() if isinstance(message.data, str) else message.data
            try:
                frame = refined_json.decode(data, MasterFrame)
            except DecodeError as error:
                reason = f"a frame can't be understood: {error}"
                await socket.close(code=WSCloseCode.PROTOCOL_ERROR, message=close_text(reason))
                return reason
            self._post(FrameReceived(self._number, frame))
        if self._farewell:
            return f"closed by us: {self._farewell}"
        return f"closed by the master or the network ({socket.close_code})"

    async def _send_all(self, socket: ClientWebSocketResponse) -> None:
        """Send until told to close; however this ends, the socket is closed, so that the receiver ends too."""
        try:
            is_open = True
            while is_open:
                messages, is_open = self._take_batch(await self._outgoing.get())
                if messages:
                    await socket.send_bytes(refined_json.encode(AgentFrame(messages=tuple(messages))))
        finally:
            await socket.close(code=WSCloseCode.GOING_AWAY, message=close_text(self._farewell))

    def _take_batch(self, first: AgentMessage | None) -> tuple[list[AgentMessage], bool]:
        """The messages that wait, and whether more may follow."""
        messages: list[AgentMessage] = []
        message = first
        while message is not None:
            messages.append(message)
            if self._outgoing.empty() or len(messages) == MAX_FRAME_MESSAGES:
                return messages, True
            message = self._outgoing.get_nowait()
        return messages, False

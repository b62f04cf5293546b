"""An agent with nothing beneath it: speaks the real agent link to a real master, and does what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Self, TypeVar

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from koinon_core.agent_link import (
    LINK_PATH,
    LINK_VERSION,
    AgentFrame,
    AgentMessage,
    AgentTask,
    MasterFrame,
    MasterMessage,
    Register,
    Registered,
    StatusUpdate,
)
from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId, FrameworkId, TaskId, Uuid
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusSource
from koinon_core.wire import refined_json
from koinon_daemon.credentials import Credential

T = TypeVar("T")
PATIENCE_SECONDS = 10.0


class LinkAgent:
    """``async with LinkAgent(master_url) as agent``: connected, and registered by ``register``."""

    def __init__(
        self,
        master_url: str,
        resources: str = "cpus:4;mem:4096;ports:[31000-32000]",
        credential: Credential | None = None,
    ) -> None:
        self._headers = {} if credential is None else {"Authorization": credential.header}
        self.info = AgentInfo(hostname="fake", resources=parse_resources(resources))
        self.epochs: list[int] = []
        self._url = master_url + LINK_PATH
        self._session: ClientSession | None = None
        self._socket: ClientWebSocketResponse | None = None
        self._heard: list[MasterMessage] = []

    async def __aenter__(self) -> Self:
        self._session = ClientSession(headers=self._headers)
        self._socket = await self._session.ws_connect(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def socket(self) -> ClientWebSocketResponse:
        """The open link."""
        if self._socket is None:
            raise RuntimeError("the agent is used outside its async with block")
        return self._socket

    @property
    def id(self) -> AgentId:
        """The id that the master gave. Raises RuntimeError before."""
        if self.info.id is None:
            raise RuntimeError("the agent is not registered")
        return self.info.id

    async def send(self, *messages: AgentMessage) -> None:
        """Say this in one frame."""
        await self.socket.send_bytes(refined_json.encode(AgentFrame(messages=messages)))

    async def register(self, tasks: Sequence[AgentTask] = ()) -> AgentId:
        """Register, and remember the id."""
        register = Register(
            version=LINK_VERSION, agent_info=self.info, ip="127.0.0.1", agent_version="1.11.0", tasks=tuple(tasks)
        )
        await self.send(register)
        agent_id = (await self.expect(Registered)).agent_id
        self.info = AgentInfo(hostname=self.info.hostname, resources=self.info.resources, id=agent_id)
        return agent_id

    async def report(self, framework_id: FrameworkId, task_id: TaskId, state: TaskState) -> Uuid:
        """Send a status update; returns its uuid."""
        uuid = Uuid(b"0123456789abcdef")
        status = TaskStatus(
            task_id=task_id,
            state=state,
            source=TaskStatusSource.SOURCE_EXECUTOR,
            agent_id=self.id,
            timestamp=1.0,
            uuid=uuid,
        )
        await self.send(StatusUpdate(framework_id=framework_id, status=status))
        return uuid

    async def expect(self, wanted: type[T]) -> T:
        """The next message of that kind; others are dropped. Raises AssertionError when the link ends first."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                while self._heard:
                    message = self._heard.pop(0)
                    if isinstance(message, wanted):
                        return message
                await self._read(wanted)

    async def _read(self, wanted: type[object]) -> None:
        received = await self.socket.receive()
        if received.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            raise AssertionError(f"the link ended ({received.extra}) before a {wanted.__name__}")
        frame = refined_json.decode(received.data, MasterFrame)
        self.epochs.append(frame.epoch)
        self._heard.extend(frame.messages)

"""Many simulated agents in one process: real links to a real master, registration and status updates, and no tasks.

For benchmarks: what costs the master costs us as little as can be, so frames are read and written as plain JSON, cut
from what the codec made once. A task starts, runs for as long as told and finishes; each report waits for the
acknowledgement of the one before, as with real agents. A link that ends is opened again at once.

    python -m support.link_crowd MASTER_URL AGENTS [RUN_SECONDS] [RESOURCES]     (without RUN_SECONDS tasks run on)

Prints ``registered NUMBER`` each time all agents are registered, NUMBER counting the times.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import sys
from collections import deque
from copy import deepcopy
from typing import Any

import orjson
import uvloop
from aiohttp import ClientError, ClientSession, TCPConnector, WSMsgType
from attrs import define, field

from koinon_core.agent_link import LINK_PATH, LINK_VERSION, AgentFrame, Register, StatusUpdate
from koinon_core.agents import AgentInfo
from koinon_core.attributes import parse_attributes
from koinon_core.ids import AgentId, FrameworkId, TaskId, Uuid
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusSource
from koinon_core.wire import refined_json

RESOURCES = "cpus:4;mem:4096;disk:10240;ports:[31000-32000]"
RACKS, ZONES = 40, 4
RETRY_SECONDS = 0.05
_VERSION_4 = bytes.fromhex("000000000000400080")
"""How our uuids begin."""
_UPDATE = refined_json.to_plain(
    StatusUpdate(
        framework_id=FrameworkId("?"),
        status=TaskStatus(
            task_id=TaskId("?"),
            state=TaskState.TASK_RUNNING,
            source=TaskStatusSource.SOURCE_EXECUTOR,
            agent_id=AgentId("?"),
            timestamp=1.7e9,
            uuid=Uuid(bytes(16)),
        ),
    )
)


@define
class CrowdTask:
    """A task that an agent only pretends to run: what it has still to report, oldest first."""

    framework_id: str
    info: dict[str, Any]
    reports: deque[dict[str, Any]] = field(factory=deque)
    last: dict[str, Any] | None = None

    def as_known(self) -> dict[str, Any]:
        """An AgentTask: what was asked for and the newest status."""
        known = {"framework_id": {"value": self.framework_id}, "task": self.info}
        status = self.last or (self.reports[0]["status"] if self.reports else None)
        return known if status is None else known | {"latest_status": status}


@define(eq=False)
class CrowdAgent:
    """One agent of the crowd."""

    crowd: Crowd
    number: int
    id: str | None = None
    tasks: dict[str, CrowdTask] = field(factory=dict)
    frameworks: dict[str, dict[str, Any]] = field(factory=dict)
    socket: Any = None
    _saying: list[dict[str, Any]] = field(factory=list)

    async def run(self, session: ClientSession) -> None:
        """Be an agent until cancelled, whatever becomes of the master."""
        while True:
            try:
                async with session.ws_connect(self.crowd.url, max_msg_size=0) as self.socket:
                    await self.socket.send_bytes(self._introduction())
                    await self._listen()
            except (ClientError, ConnectionError):
                pass
            self.socket = None
            await asyncio.sleep(RETRY_SECONDS)

    def _introduction(self) -> bytes:
        """Register, with all that runs here."""
        agent_id = None if self.id is None else AgentId(self.id)
        info = AgentInfo(
            hostname=f"host-{self.number}",
            port=6000 + self.number,
            resources=self.crowd.resources,
            attributes=parse_attributes(f"rack:r{self.number % RACKS};zone:z{self.number % ZONES}"),
            id=agent_id,
        )
        register = Register(
            version=LINK_VERSION,
            agent_info=info,
            ip="127.0.0.1",
            agent_version="1.11.0",
        )
        frame = refined_json.to_plain(AgentFrame(messages=(register,)))
        frame["messages"][0]["register"] |= {
            "frameworks": list(self.frameworks.values()),
            "tasks": [task.as_known() for task in self.tasks.values()],
        }
        return orjson.dumps(frame)

    async def _listen(self) -> None:
        async for message in self.socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                for said in orjson.loads(message.data)["messages"]:
                    self._hear(said["type"], said)
                await self._say()

    def _hear(self, kind: str, said: dict[str, Any]) -> None:
        if kind == "RUN_TASK":
            self._run_task(said["run_task"])
        elif kind == "ACKNOWLEDGE_UPDATE":
            self._acknowledge(said["acknowledge_update"])
        elif kind == "REGISTERED":
            self.id = said["registered"]["agent_id"]["value"]
            self.crowd.note_registered()
        elif kind == "KILL_TASK":
            self._end(said["kill_task"]["task_id"]["value"], "TASK_KILLED")

    def _run_task(self, order: dict[str, Any]) -> None:
        framework, info = order["framework"], order["task"]
        framework_id, task_id = framework["id"]["value"], info["task_id"]["value"]
        self.frameworks[framework_id] = framework
        self.tasks[task_id] = CrowdTask(framework_id, info)
        self._report(task_id, "TASK_STARTING")
        self._report(task_id, "TASK_RUNNING")
        seconds = self.crowd.run_seconds
        if seconds == 0:
            self._report(task_id, "TASK_FINISHED")
        elif seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self._end, task_id, "TASK_FINISHED")

    def _end(self, task_id: str, state: str) -> None:
        if task_id in self.tasks:
            self._report(task_id, state)
            if self._saying and self.socket is not None:
                self.crowd.keep(asyncio.ensure_future(self._say()))

    def _report(self, task_id: str, state: str) -> None:
        task = self.tasks[task_id]
        update = deepcopy(_UPDATE)
        update["framework_id"] = {"value": task.framework_id}
        status = update["status"]
        status["task_id"], status["agent_id"] = {"value": task_id}, {"value": self.id}
        status["state"], status["uuid"] = state, self.crowd.next_uuid()
        task.reports.append(update)
        if len(task.reports) == 1:
            self._saying.append({"type": "STATUS_UPDATE", "status_update": update})

    def _acknowledge(self, acknowledged: dict[str, Any]) -> None:
        task = self.tasks.get(acknowledged["task_id"]["value"])
        if task is None or not task.reports or task.reports[0]["status"]["uuid"] != acknowledged["uuid"]:
            return
        task.last = task.reports.popleft()["status"]
        if task.reports:
            self._saying.append({"type": "STATUS_UPDATE", "status_update": task.reports[0]})
        elif task.last["state"] in ("TASK_FINISHED", "TASK_KILLED"):
            del self.tasks[task.last["task_id"]["value"]]

    async def _say(self) -> None:
        saying, self._saying = self._saying, []
        if saying and self.socket is not None:
            await self.socket.send_bytes(orjson.dumps({"messages": saying}))


@define(eq=False)
class Crowd:
    """All the agents, and how their tasks behave."""

    master_url: str
    count: int
    run_seconds: float | None
    resources_text: str
    _registered: int = 0
    _uuids: Any = field(factory=lambda: itertools.count(1))
    _kept: set[asyncio.Future[None]] = field(factory=set)

    @property
    def url(self) -> str:
        """Where the links go."""
        return self.master_url + LINK_PATH

    @property
    def resources(self) -> Any:
        """What each agent has."""
        return parse_resources(self.resources_text)

    def next_uuid(self) -> str:
        """A uuid as JSON has it, never given before."""
        return base64.b64encode(_VERSION_4 + next(self._uuids).to_bytes(7)).decode()

    def keep(self, task: asyncio.Future[None]) -> None:
        """Hold on to a task until it is done."""
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    def note_registered(self) -> None:
        """One more is in."""
        self._registered += 1
        if self._registered % self.count == 0:
            sys.stdout.write(f"registered {self._registered // self.count}\n")
            sys.stdout.flush()

    async def run(self) -> None:
        """Until the process is ended."""
        async with ClientSession(connector=TCPConnector(limit=0)) as session:
            agents = [CrowdAgent(self, number) for number in range(self.count)]
            await asyncio.gather(*(agent.run(session) for agent in agents))


def main(master_url: str, count: str, run_seconds: str = "", resources: str = RESOURCES) -> None:
    """Run the crowd that the command line asks for."""
    crowd = Crowd(master_url, int(count), float(run_seconds) if run_seconds else None, resources)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(crowd.run())


if __name__ == "__main__":
    main(*sys.argv[1:])

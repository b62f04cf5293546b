"""The agent of a scenario's cluster, and executors that the scenario plays itself.

An executor is a shell that does nothing but wait for its end; the scenario speaks for it, call by call, so that both
agents see the same calls at the same time. ``line_reading_executor`` of the agent's own tests lives by itself.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import orjson

from .framework import Framework, cpus, launch, scalar, task
from .script import BOTH_JSON, Answer, EventStream, Script

PREFIX = "/slave(1)"
"""Before an agent's own paths, wherever it answers: the genuine one lives in its master's process."""
EXECUTOR = f"{PREFIX}/api/v1/executor"
OPERATOR = f"{PREFIX}/api/v1"
WAITING = ": > up; while [ ! -e end ]; do sleep 0.02; done; exit $(cat end)"
"""A command that says that it is there, and ends as it is told by a file."""


class AgentDoor:
    """The way to the agent: steps go into the same transcript."""

    def __init__(self, script: Script, agent_id: str, address: str) -> None:
        self.id = agent_id
        self.script = Script(address, script.session, frozenset())
        self.script.masks, self.script.transcript = script.masks, script.transcript
        self.script.streams = script.streams

    async def operate(self, kind: str, *, title: str = "", **body: Any) -> Answer:
        """Make one call of its operator API."""
        call = {"type": kind} | ({kind.lower(): body} if body else {})
        return await self.script.ask("POST", OPERATOR, orjson.dumps(call), headers=BOTH_JSON, title=title or kind)

    async def operate_quietly(self, kind: str, body: dict[str, Any] | None = None) -> Answer:
        """The same, and nothing is written down."""
        call = {"type": kind} | ({kind.lower(): body} if body else {})
        return await self.script.send("POST", OPERATOR, orjson.dumps(call), BOTH_JSON)

    async def executors(self, framework_id: str) -> dict[str, dict[str, Any]]:
        """What /state shows of a framework's executors, by id."""
        state = (await self.script.send("GET", f"{PREFIX}/state")).document
        found = [one for one in state["frameworks"] if one["id"] == framework_id]
        return {one["id"]: one for framework in found for one in framework["executors"]}


async def find_agent(script: Script) -> AgentDoor:
    """The one agent that the master knows. Its directories are masked from now on."""
    agent = (await script.send("GET", "/slaves")).document["slaves"][0]
    door = AgentDoor(script, agent["id"], agent["pid"].partition("@")[2])
    flags = (await door.script.send("GET", f"{PREFIX}/flags")).document["flags"]
    script.masks.hide(flags["work_dir"], "<work_dir>")
    return door


class PlayedExecutor:
    """One executor of a framework, for which the scenario speaks."""

    def __init__(self, framework: Framework, agent: AgentDoor, executor_id: str = "custom") -> None:
        self.framework = framework
        self.agent = agent
        self.id = executor_id
        self.name = executor_id
        self.script = agent.script
        self.stream: EventStream | None = None
        self.sandbox = Path("/nonexistent")

    def info(self, **more: Any) -> dict[str, Any]:
        """Its ExecutorInfo."""
        own = {"executor_id": {"value": self.id}, "command": {"value": WAITING}, "type": "CUSTOM", "name": "played"}
        return own | {"resources": [cpus(0.1), scalar("mem", 32)]} | more

    def task(self, task_id: str, **more: Any) -> dict[str, Any]:
        """A task for it."""
        plain = task(task_id, self.agent.id) | {"executor": self.info()} | more
        return {key: value for key, value in plain.items() if key != "command"}

    async def launch(self, *task_ids: str, **more: Any) -> None:
        """Launch tasks for it, the first of which starts it; wait until it is up."""
        offer = await self.framework.offer_quietly()
        tasks = [self.task(task_id, **more) for task_id in task_ids]
        await self.framework.accept(offer, launch(*tasks), refuse=0)
        await self.wait_up()

    async def wait_up(self) -> None:
        """Until its process runs."""

        async def is_up() -> bool:
            shown = (await self.agent.executors(self.framework.id)).get(self.id)
            if shown is not None:
                self.sandbox = Path(shown["directory"])
            return shown is not None and (self.sandbox / "up").exists()

        await self.script.wait(is_up, f"{self.id} does not start")

    def call_of(self, kind: str, **body: Any) -> dict[str, Any]:
        """A call under its ids."""
        ids = {"framework_id": {"value": self.framework.id}, "executor_id": {"value": self.id}}
        return {"type": kind} | ids | ({kind.lower(): body} if body else {})

    async def subscribe(self, **body: Any) -> dict[str, Any]:
        """Open its stream and read up to SUBSCRIBED."""
        call = self.call_of("SUBSCRIBE") | {"subscribe": body}
        self.stream = await self.script.open(EXECUTOR, call)
        response = self.stream.response
        if response.status != 200:
            self.script.note(f"{self.name} SUBSCRIBE", status=response.status, body=await response.text())
            return {}
        kind = response.headers.get("Content-Type")
        self.script.note(f"{self.name} SUBSCRIBE", status=response.status, content_type=kind)
        return await self.stream.until("SUBSCRIBED", f"{self.name} subscribed")

    @property
    def live(self) -> EventStream:
        """Its stream. Raises RuntimeError before the first subscription."""
        if self.stream is None:
            raise RuntimeError("not subscribed")
        return self.stream

    async def call(self, kind: str, *, title: str = "", **body: Any) -> Answer:
        """Make one call."""
        return await self.send(self.call_of(kind, **body), title or f"{self.name} {kind}")

    async def send(self, call: Any, title: str, headers: dict[str, str] | None = None) -> Answer:
        """Send any call."""
        data = call if isinstance(call, bytes) else orjson.dumps(call)
        return await self.script.ask("POST", EXECUTOR, data, headers=headers or BOTH_JSON, title=title)

    def status(self, task_id: str, state: str, number: int = 1, **more: Any) -> dict[str, Any]:
        """A TaskStatus as an executor makes it."""
        own = {"task_id": {"value": task_id}, "state": state, "source": "SOURCE_EXECUTOR"}
        unique = uuid5(NAMESPACE_OID, f"{task_id} {state} {number}").bytes
        return (
            own
            | {"executor_id": {"value": self.id}, "uuid": base64.b64encode(unique).decode(), "timestamp": 1.5}
            | more
        )

    async def update(self, task_id: str, state: str, number: int = 1, **more: Any) -> None:
        """Say how a task is, read until it is acknowledged, and read what the scheduler hears."""
        status = self.status(task_id, state, number, **more)
        await self.call("UPDATE", status=status, title=f"{self.name} UPDATE {task_id} {state}")
        await self.live.until("ACKNOWLEDGED", f"{self.name} is acknowledged")
        await self.framework.updates()

    def exit(self, status: int) -> None:
        """Let its process end with this exit code."""
        waiting = self.sandbox / "end.new"
        waiting.write_text(str(status))
        waiting.rename(self.sandbox / "end")


async def begin_play(script: Script) -> tuple[AgentDoor, Framework, PlayedExecutor]:
    """The agent, a framework that has subscribed, and an executor that it is to launch there."""
    agent = await find_agent(script)
    framework = Framework(script)
    played = PlayedExecutor(framework, agent)
    await framework.subscribe()
    return agent, framework, played

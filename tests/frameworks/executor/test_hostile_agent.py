"""What no agent should say and no executor should do: every task still comes to an end that is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
from aiohttp import web
from attrs import define, field

from koinon_core.ids import ExecutorId, FrameworkId
from koinon_frameworks.executor import (
    Executor,
    ExecutorCalls,
    ExecutorDriver,
    ExecutorOptions,
    Progress,
    Result,
    Task,
)
from koinon_frameworks.executor.environment import ExecutorEnvironment

SUBSCRIBED = {"type": "SUBSCRIBED"}
LAUNCH = {"type": "LAUNCH", "launch": {"task": {"name": "t", "task_id": {"value": "t"}}}}
SHUTDOWN = {"type": "SHUTDOWN"}


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@define(eq=False)
class Agent:
    """Says its lines to whoever subscribes, acknowledges updates, and keeps what it was told."""

    lines: Iterable[Any]
    longest: int = 1_000_000
    told: list[tuple[str, str | None]] = field(factory=list)
    is_over: asyncio.Event = field(factory=asyncio.Event)
    closes: bool = False
    """Whether it hangs up after each answer to a call."""
    callers: set[object] = field(factory=set)
    has_end: asyncio.Event = field(factory=asyncio.Event)
    stream: web.StreamResponse | None = None

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = json.loads(body)
        if call["type"] == "SUBSCRIBE":
            self.stream = web.StreamResponse(headers={"Content-Type": "application/json"})
            await self.stream.prepare(request)
            for line in self.lines:
                await self.say(line)
            await self.is_over.wait()
            return self.stream
        if len(body) > self.longest:
            return web.Response(status=413, text="too long")
        self.callers.add(request.transport)
        status = call["update"]["status"]
        self.told.append((status["state"], status.get("message")))
        if status["state"] != "TASK_RUNNING":
            self.has_end.set()
        await self.say({"type": "ACKNOWLEDGED", "acknowledged": {"task_id": status["task_id"], "uuid": status["uuid"]}})
        return web.Response(status=202, headers={"Connection": "close"} if self.closes else {})

    async def say(self, line: Any) -> None:
        record = json.dumps(line).encode()
        if self.stream is not None:
            await self.stream.write(b"%d\n%b" % (len(record), record))


@asynccontextmanager
async def driver_at(agent: Agent, executor: Executor) -> AsyncIterator[ExecutorDriver]:
    """A driver whose agent this is."""
    app = web.Application(client_max_size=1 << 28)
    app.router.add_post("/api/v1/executor", agent.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    environment = ExecutorEnvironment(
        framework_id=FrameworkId("F"), executor_id=ExecutorId("e"), port=runner.addresses[0][1], shutdown_grace=0.2
    )
    try:
        yield ExecutorDriver(executor, environment, ExecutorOptions(announce_after=0), Random(1))
    finally:
        agent.is_over.set()
        await runner.cleanup()


class Doing(Executor):
    """Does one thing, then asks to end."""

    def __init__(self, result: Any = None, error: BaseException | None = None) -> None:
        self.result, self.raised = result, error

    async def run_task(self, task: Task, progress: Progress) -> Result:
        if self.raised is not None:
            raise self.raised
        return self.result  # type: ignore[no-any-return]


async def end_of_task(executor: Executor, lines: Iterable[Any], longest: int = 1_000_000) -> tuple[str, str | None]:
    """State and message of the last thing told of the one task."""
    agent = Agent(lines, longest)
    async with driver_at(agent, executor) as driver, asyncio.timeout(10):
        running = asyncio.create_task(driver.run())
        await agent.has_end.wait()
        driver.stop()
        await running
    return agent.told[-1]


@pytest.mark.parametrize(
    ("executor", "end"),
    [
        (Doing("name \udcff"), ("TASK_FINISHED", "name ?")),
        (Doing(error=ValueError("name \udcff")), ("TASK_FAILED", "ValueError: name ?")),
        (Doing(error=Mute()), ("TASK_FAILED", "Mute, whose __str__ raised RuntimeError")),
        (Doing(b"x" * 5000), ("TASK_FAILED", "the agent refused what was told of TASK_FINISHED: 413 too long")),
        (Doing(17), ("TASK_FAILED", "run_task returned int; it may return a text, bytes or None")),
    ],
)
async def test_end_of_a_task_is_told_whatever_it_gave(
    executor: Executor, end: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """What can't be written, said in words or sent as it stands costs a result, never the news of the end."""
    # What is captured of a test goes from one test process to the other, and half a character ends the sender.
    caplog.set_level("CRITICAL", "koinon_frameworks.executor")
    assert end == await end_of_task(executor, (SUBSCRIBED, LAUNCH), longest=4000)


async def test_what_is_said_twice_is_done_once() -> None:
    """SUBSCRIBED, LAUNCH, an acknowledgement of nothing, a kill of nobody."""
    strange = {"type": "ACKNOWLEDGED", "acknowledged": {"task_id": {"value": "x"}, "uuid": "eA=="}}
    kill = {"type": "KILL", "kill": {"task_id": {"value": "x"}}}
    lines = (SUBSCRIBED, SUBSCRIBED, strange, kill, {"type": "NEWS"}, LAUNCH, LAUNCH)

    assert ("TASK_FINISHED", "done") == await end_of_task(Doing("done"), lines)


@pytest.mark.parametrize(("count", "closes", "connections"), [(30, False, 1), (2, True, 20)])
async def test_calls_share_a_connection_while_it_stands(count: int, closes: bool, connections: int) -> None:
    """Sixty updates at once need one connection; of an agent that hangs up after each answer, none is lost for long."""
    tasks = [{"name": "t", "task_id": {"value": f"t{number}"}} for number in range(count)]
    agent = Agent((SUBSCRIBED, *({"type": "LAUNCH", "launch": {"task": task}} for task in tasks)), closes=closes)
    async with driver_at(agent, Doing("done")) as driver, asyncio.timeout(4):
        running = asyncio.create_task(driver.run())
        while sum(state == "TASK_FINISHED" for state, _ in agent.told) < len(tasks):
            agent.has_end.clear()
            await agent.has_end.wait()
        driver.stop()
        await running

    assert connections >= len(agent.callers)


class Hanging(Executor):
    """Never comes back from a launch."""

    async def launch(self, driver: ExecutorCalls, task: Task) -> None:
        await asyncio.Event().wait()


async def test_shutdown_is_heard_while_a_callback_hangs() -> None:
    """Its grace is counted from when it came, and the executor ends by itself."""
    async with driver_at(Agent((SUBSCRIBED, LAUNCH, SHUTDOWN)), Hanging()) as driver, asyncio.timeout(10):
        ending = await driver.run()

    assert ("shut down", True) == (ending.kind.value, ending.is_overdue)


class Cancelling(Executor):
    """Raises what usually comes from outside."""

    async def launch(self, driver: ExecutorCalls, task: Task) -> None:
        raise asyncio.CancelledError


async def test_callback_that_cancels_itself_ends_the_run() -> None:
    """Else it would be the last that is called, and nobody would know."""
    async with driver_at(Agent((SUBSCRIBED, LAUNCH)), Cancelling()) as driver, asyncio.timeout(10):
        with pytest.raises(RuntimeError, match="a callback was cancelled from within"):
            await driver.run()

"""An executor of the SDK under a real agent: what happens to its tasks when anything between them is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from koinon_core.containers import DurationInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, OfferId, TaskId
from koinon_core.offers import Filters, Launch, Offer, Operation, OperationType
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Failure, Message
from koinon_core.tasks import ExecutorInfo, KillPolicy, TaskInfo, TaskState, TaskStatus, TaskStatusReason
from koinon_frameworks import Scheduler, SchedulerCalls, SchedulerDriver
from koinon_frameworks.executor import executor_info, file_at
from koinon_frameworks.executor.wire import JSON, PROTOBUF
from support.cluster import Cluster, running_cluster

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
PATIENCE = 20.0
EXECUTOR = Path(__file__).parents[2] / "support" / "talking_executor.py"


class Desk(Scheduler):
    """Launches on whatever is offered, and keeps all that is told."""

    def __init__(self, executor: ExecutorInfo) -> None:
        self.executor = executor
        self.held: dict[OfferId, Offer] = {}
        self.told: list[TaskStatus] = []
        self.messages: list[bytes] = []
        self.failures: list[Failure] = []
        self.news = asyncio.Event()

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        self.held |= {offer.id: offer for offer in offers}
        self.news.set()

    async def rescinded(self, driver: SchedulerCalls, offer_id: OfferId) -> None:
        self.held.pop(offer_id, None)

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        # The agent tells again what it did not know to be acknowledged when it was killed (mesos-semantics 6.1).
        if status.uuid not in {each.uuid for each in self.told}:
            self.told.append(status)
        self.news.set()

    async def message(self, driver: SchedulerCalls, message: Message) -> None:
        self.messages.append(message.data)
        self.news.set()

    async def executor_lost(self, driver: SchedulerCalls, failure: Failure) -> None:
        self.failures.append(failure)
        self.news.set()

    async def wait(self, look: Callable[[], object]) -> None:
        """Until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not look():
                self.news.clear()
                await self.news.wait()

    async def launch(self, driver: SchedulerCalls, words: dict[str, str]) -> AgentId:
        """Start tasks, by id and word, on all that is offered: what became free comes in pieces."""
        if self.told:
            await driver.revive()
        await self.wait(lambda: sum(float(each.resources.scalar("cpus")) for each in self.held.values()) > 1)
        offers, self.held = tuple(self.held.values()), {}
        agent_id = offers[0].agent_id
        tasks = [
            TaskInfo(
                name=word,
                task_id=TaskId(task_id),
                agent_id=agent_id,
                resources=parse_resources("cpus:0.05;mem:8"),
                executor=self.executor,
                kill_policy=KillPolicy(DurationInfo.of_seconds(0.3)),
                data=word.encode(),
            )
            for task_id, word in words.items()
        ]
        launch = Operation(type=OperationType.LAUNCH, launch=Launch(tuple(tasks)))
        assert await driver.accept([each.id for each in offers], [launch], Filters(refuse_seconds=0.0)) is None
        return agent_id

    def story(self, task_id: str) -> list[tuple[str, str | None]]:
        """States and messages of a task, in the order in which they came."""
        return [(each.state.name, each.message) for each in self.told if each.task_id == task_id]

    def last(self, task_id: str) -> TaskStatus:
        """A task's latest."""
        return next(each for each in reversed(self.told) if each.task_id == task_id)

    def is_over(self, *task_ids: str) -> bool:
        """Whether these have ended."""
        return {each.task_id for each in self.told if each.state.is_terminal} >= set(task_ids)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A master and an agent."""
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent()
        cluster.wait_agents(1)
        yield cluster


@asynccontextmanager
async def desk_at(
    cluster: Cluster, *, checkpoint: bool, content_type: str
) -> AsyncIterator[tuple[Desk, SchedulerCalls]]:
    """A subscribed scheduler, whose framework is torn down in the end."""
    desk = Desk(executor_info("talking", file_at(str(EXECUTOR), content_type, python=sys.executable), shutdown_grace=2))
    info = FrameworkInfo(user="root", name="talking", checkpoint=checkpoint, failover_timeout=60.0)
    driver = SchedulerDriver(desk, info, cluster.leading_master().url.removeprefix("http://"))
    running = asyncio.create_task(driver.run())
    try:
        yield desk, driver
    finally:
        await driver.stop(teardown=True)
        await asyncio.wait_for(running, PATIENCE)


async def find_pid(desk: Desk, driver: SchedulerCalls, agent_id: AgentId, word: bytes) -> int:
    """The executor's process, as itself says. Messages may get lost around an agent's restart: it is asked again."""
    async with asyncio.timeout(PATIENCE):
        while not any(each.startswith(word + b" from ") for each in desk.messages):
            desk.news.clear()
            await driver.message(agent_id, desk.executor.executor_id, word)
            with suppress(TimeoutError):
                await asyncio.wait_for(desk.news.wait(), 0.5)
    return int(next(each for each in desk.messages if each.startswith(word)).split()[-1])


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or nothing is left of it but its exit code."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def wait_process_ended(pid: int) -> None:
    """Until it has ended."""
    async with asyncio.timeout(PATIENCE):
        while not has_ended(pid):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_tasks_share_an_executor_and_survive_their_agent(cluster: Cluster) -> None:
    """Results, failures, words both ways and kills; then kill -9 of the agent, and at last of the executor."""
    async with desk_at(cluster, checkpoint=True, content_type=JSON) as (desk, driver):
        words = {"a": "say hello", "b": "give bytes", "c": "fail no luck", "d": "wait", "e": "thread", "f": "process"}
        agent_id = await desk.launch(driver, words)
        await desk.wait(lambda: desk.is_over("a", "b", "c"))
        await desk.wait(lambda: ("TASK_RUNNING", "blocked") in desk.story("e") and len(desk.story("f")) == 2)
        pid = await find_pid(desk, driver, agent_id, b"first")
        for task_id in ("d", "e", "f"):
            await driver.kill(TaskId(task_id), agent_id)
        await desk.wait(lambda: desk.is_over("d", "e", "f") and b"cleaned up" in desk.messages)
        deaf_pid = int((desk.story("f")[1][1] or "").removeprefix("pid "))

        assert [("TASK_RUNNING", None), ("TASK_FINISHED", "hello")] == desk.story("a")
        assert b"bytes" == desk.last("b").data
        assert ("TASK_FAILED", "ValueError: no luck") == desk.story("c")[-1]
        assert TaskStatusReason.REASON_COMMAND_EXECUTOR_FAILED is desk.last("c").reason
        assert ["TASK_KILLED"] * 3 == [desk.last(each).state.name for each in ("d", "e", "f")]
        assert has_ended(deaf_pid)
        await survive_the_agent(cluster, desk, driver, pid)
        await lose_the_executor(desk, driver, pid)


async def survive_the_agent(cluster: Cluster, desk: Desk, driver: SchedulerCalls, pid: int) -> None:
    """One task tells all the time, one ends meanwhile, one runs on."""
    (agent,) = cluster.agents
    await desk.launch(driver, {"g": "count 25", "h": "sleep 0.5", "i": "wait"})
    await desk.wait(lambda: desk.story("i") and len(desk.story("g")) > 3)
    agent.kill()
    agent.process.wait_exit(5)
    await asyncio.sleep(0.4)  # the sleeper ends with nobody to tell
    agent.start()
    await desk.wait(lambda: desk.is_over("g", "h"))
    counted = [int(message) for _, message in desk.story("g") if message]

    assert [("TASK_RUNNING", None), ("TASK_FINISHED", None)] == desk.story("h")
    assert sorted(set(counted)) == counted
    assert (0, 24) == (counted[0], counted[-1])
    assert "TASK_FINISHED" == desk.story("g")[-1][0]
    assert [("TASK_RUNNING", None)] == desk.story("i")
    assert pid == await find_pid(desk, driver, desk.told[0].agent_id or AgentId(""), b"second")


async def lose_the_executor(desk: Desk, driver: SchedulerCalls, pid: int) -> None:
    """kill -9 of the executor: what ran in it has failed, and says why."""
    os.kill(pid, signal.SIGKILL)
    await desk.wait(lambda: desk.is_over("i") and desk.failures)

    assert TaskState.TASK_FAILED is desk.last("i").state
    assert TaskStatusReason.REASON_EXECUTOR_TERMINATED is desk.last("i").reason
    assert "talking" == desk.failures[0].executor_id


async def test_without_a_checkpoint_the_executor_ends_with_its_agent(cluster: Cluster) -> None:
    """An agent that is killed leaves nothing behind; protobuf on the wire this time."""
    (agent,) = cluster.agents
    async with desk_at(cluster, checkpoint=False, content_type=PROTOBUF) as (desk, driver):
        agent_id = await desk.launch(driver, {"a": "wait", "b": "say so"})
        await desk.wait(lambda: desk.story("a") and desk.is_over("b"))
        pid = await find_pid(desk, driver, agent_id, b"first")
        agent.kill()
        await wait_process_ended(pid)

        assert ("TASK_FINISHED", "so") == desk.story("b")[-1]


async def test_starting_costs_little(tmp_path: Path) -> None:
    """What an executor imports leaves out HTTP servers, schedulers' clients and codecs that it may never need."""
    heavy = ("aiohttp", "structlog", "cattrs", "google.protobuf", "multiprocessing", "koinon_core.operator_api")
    code = f"import sys, koinon_frameworks.executor; print([each for each in {heavy} if each in sys.modules])"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=tmp_path
    )
    output, _ = await process.communicate()

    assert b"[]" == output.strip()

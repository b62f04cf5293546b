"""Frameworks' own executors in the master's books: charged from their first task to their end, idle or not."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework, make_task
from koinon_core.agent_link import AgentExecutor, ExecutorExited, RunTask, Unregister
from koinon_core.containers import CommandInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId
from koinon_core.resources import Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Failure, Teardown
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState

EXECUTOR = ExecutorInfo(
    executor_id=ExecutorId("e"), command=CommandInfo(value="./e"), resources=parse_resources("cpus:1;mem:32")
)
WHOLE, BUT_EXECUTOR = parse_resources("cpus:4;mem:4096"), parse_resources("cpus:3;mem:4064")


class World:
    """One agent with an idle executor of one framework."""

    def __init__(self) -> None:
        self.bench = MasterBench()
        self.agent_id: AgentId = self.bench.add_agent("cpus:4;mem:4096")
        self.framework_id: FrameworkId = self.bench.add_framework()
        self.task = self.launch("t")
        self.bench.update(self.framework_id, self.task, TaskState.TASK_FINISHED)

    @property
    def free(self) -> Resources:
        """What the agent has to offer."""
        return self.bench.master.state.allocator.free(self.agent_id)

    def launch(self, name: str) -> TaskInfo:
        """A task of the executor on the next offer."""
        self.bench.pass_time(10.0)
        task = evolve(make_task(name, self.agent_id, "cpus:1;mem:64"), command=None, executor=EXECUTOR)
        offer = self.bench.offers(self.framework_id)[-1]
        self.bench.accept(self.framework_id, [offer.id], task)
        return task

    def exit(self) -> None:
        """The executor ends."""
        exited = ExecutorExited(framework_id=self.framework_id, executor_id=EXECUTOR.executor_id, status=0)
        self.bench.say(self.agent_id, exited)

    def come_back(self, *executors: AgentExecutor) -> None:
        """The agent registers anew, with these executors and no tasks."""
        info = self.bench.agent_info(self.agent_id)
        self.bench.break_link(self.agent_id)
        framework = evolve(make_framework(), id=self.framework_id)
        self.bench.register(info, frameworks=(framework,), executors=executors)


@pytest.fixture
def world() -> World:
    """One with an idle executor."""
    return World()


def test_an_idle_one_stays_charged(world: World) -> None:
    """Its end frees what it held, once, and its scheduler hears of it."""
    idle = world.free
    world.exit()
    world.exit()

    assert BUT_EXECUTOR == idle
    assert WHOLE == world.free
    failure = Failure(agent_id=world.agent_id, executor_id=EXECUTOR.executor_id, status=0)
    assert failure in world.bench.heard(world.bench.stream_of(world.framework_id), Failure)


def test_an_idle_one_is_named_in_offers(world: World) -> None:
    """So that its framework knows where it can go on."""
    world.bench.pass_time(10.0)

    assert (EXECUTOR.executor_id,) == world.bench.offers(world.framework_id)[-1].executor_ids


def test_who_pays_for_it_launches_it(world: World) -> None:
    """Only the task with which its resources were taken may start it; else the agent gives the task back."""
    world.launch("idle")
    world.exit()
    world.launch("anew")

    orders = world.bench.orders_for(world.agent_id, RunTask)
    assert [("t", True), ("idle", False), ("anew", True)] == [
        (order.task.task_id, order.launches_executor) for order in orders
    ]


def test_an_agent_that_returns_tells_what_is_idle(world: World) -> None:
    """What it brings is charged, by whichever master hears it; what it has no more holds nothing."""
    reported = AgentExecutor(framework_id=world.framework_id, executor=EXECUTOR)
    world.come_back(reported)
    with_it = world.free
    world.come_back()
    without = world.free
    world.come_back(reported)

    assert (BUT_EXECUTOR, WHOLE, BUT_EXECUTOR) == (with_it, without, world.free)


def test_a_new_master_counts_an_idle_one(world: World) -> None:
    """It knows neither the framework nor the agent's tasks."""
    successor = MasterBench()
    info = world.bench.agent_info(world.agent_id)
    framework = evolve(make_framework(), id=world.framework_id)
    reported = AgentExecutor(framework_id=world.framework_id, executor=EXECUTOR)
    successor.register(info, frameworks=(framework,), executors=(reported,))

    assert BUT_EXECUTOR == successor.master.state.allocator.free(world.agent_id)
    assert world.framework_id in successor.master.state.frameworks


def test_it_goes_with_its_framework(world: World) -> None:
    """Nobody is left to pay; what its agent tells of its end later changes nothing."""
    world.bench.call(world.framework_id, Teardown())
    gone = world.free
    world.exit()

    assert (WHOLE, WHOLE) == (gone, world.free)


def test_it_goes_with_its_agent(world: World) -> None:
    """And the books stay in balance."""
    world.bench.say(world.agent_id, Unregister("bye"))

    assert world.agent_id not in world.bench.master.state.agents
    world.bench.master.check()

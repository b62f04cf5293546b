"""Frameworks' own executors across the agent's death, and across losses of their connection alone."""

from __future__ import annotations

import pytest

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_framework, messages, only, states, updates
from fakes.executors import EXECUTOR_ID, KEY, ExecutorAtBench, hosted, said
from koinon_agent.containerizer import ContainerRun, Recovered
from koinon_agent.executors.machine import ExecutorState
from koinon_agent.instructions import CloseStream, KillContainer, LaunchContainer, WatchContainer
from koinon_core.agent_link import KillTask, Register, RunTask, ShutdownExecutor
from koinon_core.executor_api import Acknowledged, Kill, Launch, LaunchGroup, Shutdown, Subscribed
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import ContainerId, TaskId
from koinon_core.tasks import TaskState, TaskStatusReason

S, R = TaskState, TaskStatusReason


def restart(bench: AgentBench, container: ContainerId) -> AgentBench:
    """The agent dies; its next life finds the executor's container running."""
    successor = bench.crash()
    run = ContainerRun(container_id=container, started_at=bench.now.wall, pid=77)
    successor.start(Recovered(live=(run,)))
    return successor


@pytest.fixture
def bench() -> AgentBench:
    """A registered agent."""
    return AgentBench().registered()


def test_it_comes_back_and_nothing_is_lost(bench: AgentBench) -> None:
    """Updates that it kept arrive, those that were known are not repeated, and its tasks go on."""
    executor = ExecutorAtBench(bench)
    container = executor.start()
    executor.subscribe()
    known = executor.status(S.TASK_RUNNING)
    executor.tell(known)
    bench = executor.bench = restart(bench, container)
    fresh = executor.status(S.TASK_FINISHED)
    done = executor.subscribe(tasks=[hosted()], updates=[known, fresh])
    bench.register()
    bench.acknowledge_all()

    assert [Subscribed, Acknowledged, Acknowledged] == [type(event) for event in said(done)]
    assert [known.uuid, fresh.uuid] == [status.uuid for status in updates(bench.done)]
    assert [] == bench.wait(10)
    assert ExecutorState.SUBSCRIBED is bench.agent.executors.get(KEY).state  # type: ignore[union-attr]


def test_the_master_hears_of_an_idle_one(bench: AgentBench) -> None:
    """At registration, with its framework, so that its resources stay taken."""
    executor = ExecutorAtBench(bench)
    container = executor.start()
    executor.subscribe()
    executor.tell(executor.status(S.TASK_FINISHED))
    bench.acknowledge_all()
    bench = restart(bench, container)
    bench.register()

    (register,) = messages(bench.done, Register)
    assert [EXECUTOR_ID] == [one.executor.executor_id for one in register.executors]
    assert [make_framework().id] == [framework.id for framework in register.frameworks]
    assert () == register.tasks


def test_one_that_does_not_come_back_is_ended(bench: AgentBench) -> None:
    """Fifteen seconds after the agent's return; its tasks tell why."""
    executor = ExecutorAtBench(bench)
    container = executor.start()
    executor.subscribe()
    executor.tell(executor.status(S.TASK_RUNNING))
    bench = restart(bench, container)
    early, late = bench.wait(14.9), bench.wait(0.2)
    bench.register()
    bench.acknowledge_all()
    done = bench.ended(container, None, signal=9)

    assert [] == [item for item in early if isinstance(item, KillContainer)]
    assert KillContainer(container, 0.0) == only(late, KillContainer)
    assert [R.REASON_EXECUTOR_REREGISTRATION_TIMEOUT] == [status.reason for status in updates(done)]


@pytest.mark.parametrize("restarts", [True, False], ids=["agent restarted", "connection lost"])
def test_a_task_that_it_never_saw_is_dropped(bench: AgentBench, restarts: bool) -> None:
    """It was said while the connection went away: neither its tasks nor its updates know of it."""
    framework = make_framework(FrameworkCapabilityType.PARTITION_AWARE)
    executor = ExecutorAtBench(bench)
    container = executor.start(hosted("seen"), framework=framework)
    executor.subscribe()
    bench.hear(RunTask(framework=framework, task=hosted("unseen")))
    executor.leave()
    if restarts:
        bench = executor.bench = restart(bench, container)
    executor.subscribe(tasks=[hosted("seen")])
    if restarts:
        bench.register()

    assert [("unseen", S.TASK_DROPPED, R.REASON_AGENT_RESTARTED)] == [
        (status.task_id, status.state, status.reason) for status in updates(bench.done)
    ]


def test_tasks_that_were_never_said_are_said_to_one_that_comes_later(bench: AgentBench) -> None:
    """An executor that had not come before the agent died gets what was queued for it, group by group."""
    executor = ExecutorAtBench(bench)
    container = executor.start(hosted("a"), hosted("b"))
    bench = executor.bench = restart(bench, container)
    done = executor.subscribe()

    assert ["a", "b"] == [event.task.task_id for event in said(done) if isinstance(event, Launch)]
    assert [] == [event for event in said(done) if isinstance(event, LaunchGroup)]
    assert [] == states(done)


def test_one_that_had_not_come_has_its_whole_time(bench: AgentBench) -> None:
    """It is not the short time of one that knows the agent already."""
    executor = ExecutorAtBench(bench)
    container = executor.start()
    bench = restart(bench, container)

    assert [] == [item for item in bench.wait(59) if isinstance(item, KillContainer)]
    assert [container] == [item.container_id for item in bench.wait(2) if isinstance(item, KillContainer)]


def test_a_kill_that_it_may_have_missed_is_repeated(bench: AgentBench) -> None:
    """Whether the connection or the agent was away when it was asked for."""
    executor = ExecutorAtBench(bench)
    container = executor.start()
    executor.subscribe()
    executor.tell(executor.status(S.TASK_RUNNING))
    executor.leave()
    framework_id = make_framework().id
    assert framework_id is not None
    bench.hear(KillTask(framework_id=framework_id, task_id=TaskId("t1")))
    reconnected = said(executor.subscribe())
    bench = executor.bench = restart(bench, container)
    restarted = said(executor.subscribe())

    assert [Subscribed, Kill] == [type(event) for event in reconnected]
    assert [Subscribed, Kill] == [type(event) for event in restarted]


def test_one_whose_container_is_gone_fails_its_tasks(bench: AgentBench) -> None:
    """What ran in it is told of; what had not started is lost, and it is forgotten."""
    executor = ExecutorAtBench(bench)
    container = executor.start()
    executor.subscribe()
    executor.tell(executor.status(S.TASK_RUNNING))
    bench = bench.crash()
    bench.start(Recovered(gone=(container,)))
    bench.register()
    bench.acknowledge_all()

    assert [S.TASK_RUNNING, S.TASK_FAILED] == [status.state for status in updates(bench.done)]
    assert 0 == len(bench.agent.executors)
    assert {} == bench.image.executors


def test_one_whose_container_never_came_to_be_loses_its_tasks(bench: AgentBench) -> None:
    """The agent died while it was being started."""
    wanted = bench.hear(RunTask(framework=make_framework(), task=hosted()))
    container = only(wanted, LaunchContainer).launch.container_id
    bench = bench.crash()
    bench.start(Recovered(gone=(container,)))
    bench.register()

    assert [(S.TASK_LOST, R.REASON_AGENT_RESTARTED)] == [
        (status.state, status.reason) for status in updates(bench.done)
    ]


def test_its_container_is_looked_for_and_watched(bench: AgentBench) -> None:
    """It is known by the executor, not by its tasks."""
    executor = ExecutorAtBench(bench)
    container = executor.start(hosted("a"), hosted("b"))
    executor.subscribe()
    successor = bench.crash()

    assert [container] == [known.container_id for known in successor.agent.known_containers()]
    run = ContainerRun(container_id=container, started_at=bench.now.wall)
    assert [container] == [
        item.container_id for item in successor.start(Recovered(live=(run,))) if isinstance(item, WatchContainer)
    ]


def test_a_shutdown_goes_on_over_a_restart(bench: AgentBench) -> None:
    """Who was told to end is told so again when it comes back, and is ended when the rest of its grace is over."""
    executor = ExecutorAtBench(bench)
    container = executor.start()
    executor.subscribe()
    bench.hear(ShutdownExecutor(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID))
    bench.wait(2)
    bench = executor.bench = restart(bench, container)
    told = executor.subscribe()
    early, late = bench.wait(2.9), bench.wait(0.2)

    assert [Subscribed, Shutdown] == [type(event) for event in said(told)]
    assert [] == [item for item in early if isinstance(item, KillContainer)]
    assert KillContainer(container, 0.0) == only(late, KillContainer)


def test_a_shutdown_that_is_overdue_after_a_restart_is_done_at_once(bench: AgentBench) -> None:
    """Its grace ran on while the agent was away; an executor that had not come has nothing to put in order."""
    kills = []
    for has_come in (True, False):
        executor = ExecutorAtBench(bench)
        container = executor.start(hosted(f"t-{has_come}"))
        if has_come:
            executor.subscribe()
        bench.hear(ShutdownExecutor(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID))
        if has_come:
            bench.wait(10)
        successor = restart(bench, container)
        successor.wait(0)
        kills.append([item for item in successor.done if isinstance(item, KillContainer)])
        bench = successor
        bench.register()
        bench.ended(container, None, signal=9)

    assert [1, 1] == [len(found) for found in kills]
    assert {} == bench.image.dismissed


def test_nobody_may_come_before_the_agent_knows_who_lives(bench: AgentBench) -> None:
    """Until the containers were looked for, executors are asked to try again."""
    successor = bench.crash()

    assert not successor.agent.executors.is_recovered
    successor.start()
    assert successor.agent.executors.is_recovered


def test_a_stream_opened_for_an_executor_that_ended_is_closed(bench: AgentBench) -> None:
    """Between the answer and the machine's turn its container ended."""
    executor = ExecutorAtBench(bench)
    container = executor.start()
    bench.ended(container, 0)

    assert [CloseStream] == [type(item) for item in executor.subscribe()]

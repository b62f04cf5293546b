"""Tasks from launch to history: updates, acknowledgements, kills, reconciliation."""

from __future__ import annotations

from attrs import evolve

from fakes.master_bench import MasterBench, make_framework
from koinon_core.agent_link import AcknowledgeUpdate, ExecutorMessage, FrameworkMessage, KillTask, RunTask
from koinon_core.ids import AgentId, ExecutorId, TaskId, Uuid
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Acknowledge, Kill, Message, Subscribed
from koinon_core.tasks import TaskInfo, TaskState, TaskStatusSource

UUID = Uuid(b"u" * 16)


def _acknowledge(task: TaskInfo) -> Acknowledge:
    return Acknowledge(agent_id=task.agent_id, task_id=task.task_id, uuid=UUID)


def test_agent_is_told_to_run_a_task_with_its_role_marked() -> None:
    """RUN_TASK carries the framework and the task, whose resources bear the role of the offer."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()

    (task,) = bench.launch(framework_id, "t")

    (order,) = bench.orders_for(agent_id, RunTask)
    assert evolve(task, resources=task.resources.allocated_to("*")) == order.task
    assert framework_id == order.framework.id


def test_launch_itself_is_not_reported() -> None:
    """STAGING is the master's own knowledge: no update is sent for it."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()

    bench.launch(framework_id, "t")

    assert [] == bench.updates(framework_id)
    assert TaskState.TASK_STAGING is bench.master.state.frameworks[framework_id].tasks[TaskId("t")].state


def test_update_is_forwarded_as_it_came_and_acknowledged_to_the_agent() -> None:
    """An agent's update reaches the framework with its uuid, the acknowledgement reaches the agent."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")

    status = bench.update(framework_id, task, TaskState.TASK_RUNNING)
    bench.call(framework_id, _acknowledge(task))

    assert [status] == bench.updates(framework_id)
    acknowledged = AcknowledgeUpdate(framework_id=framework_id, task_id=task.task_id, uuid=UUID)
    assert [acknowledged] == bench.orders_for(agent_id, AcknowledgeUpdate)


def test_terminal_update_frees_at_once_and_history_begins_with_its_acknowledgement() -> None:
    """Resources are free when the terminal state is first seen; the task is known until the framework took it in."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")
    framework = bench.master.state.frameworks[framework_id]

    bench.update(framework_id, task, TaskState.TASK_FINISHED)
    free = bench.master.state.allocator.free(agent_id)
    known = set(framework.tasks)
    bench.call(framework_id, _acknowledge(task))

    assert parse_resources("cpus:4;mem:4096") == free
    assert ({"t"}, {}) == (known, framework.tasks)
    assert ["t"] == [done.id for done in framework.completed_tasks]


def test_repeated_terminal_update_frees_once() -> None:
    """The agent repeats what was not acknowledged; the framework sees it again, the books do not."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")

    for _ in range(2):
        bench.update(framework_id, task, TaskState.TASK_FAILED)

    assert 2 == len(bench.updates(framework_id))
    assert parse_resources("cpus:4;mem:4096") == bench.master.state.allocator.free(agent_id)


def test_updates_wait_at_the_agent_while_the_framework_is_away() -> None:
    """Nothing is kept for a framework that is away; the agent's repetition reaches it when it is back."""
    bench = MasterBench()
    bench.add_agent()
    info = make_framework(failover_timeout=60)
    framework_id = bench.add_framework(info)
    (task,) = bench.launch(framework_id, "t")
    bench.leave(framework_id)

    bench.update(framework_id, task, TaskState.TASK_RUNNING)
    stream_id = bench.subscribe(evolve(info, id=framework_id))
    missed = bench.updates(framework_id)
    bench.update(framework_id, task, TaskState.TASK_RUNNING)

    assert isinstance(bench.events[stream_id][0], Subscribed)
    assert ([], 1) == (missed, len(bench.updates(framework_id)))


def test_update_from_an_agent_that_does_not_run_the_task_changes_nothing() -> None:
    """It is passed on, for the framework to judge, and counts as invalid."""
    bench = MasterBench()
    bench.add_agent()
    stranger = bench.add_agent()
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")

    bench.update(framework_id, evolve(task, agent_id=stranger), TaskState.TASK_FINISHED)

    assert TaskState.TASK_STAGING is bench.master.state.frameworks[framework_id].tasks[task.task_id].state
    assert [TaskState.TASK_FINISHED] == [status.state for status in bench.updates(framework_id)]
    assert 1 == bench.master.state.tallies["invalid_status_updates"]


def test_kill_reaches_the_agent_and_is_repeated_when_it_returns() -> None:
    """A kill that the agent may have missed is sent again after it registered again."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")
    info = bench.agent_info(agent_id)
    bench.break_link(agent_id)

    bench.call(framework_id, Kill(task_id=task.task_id))
    told = bench.return_agent(info)

    assert KillTask(framework_id=framework_id, task_id=task.task_id) in told


def test_kill_of_an_unknown_task_is_answered_as_its_reconciliation() -> None:
    """TASK_LOST for a plain framework, without a uuid, made by the master."""
    bench = MasterBench()
    framework_id = bench.add_framework()

    bench.call(framework_id, Kill(task_id=TaskId("never")))

    (status,) = bench.updates(framework_id)
    assert (TaskState.TASK_LOST, TaskStatusSource.SOURCE_MASTER, None) == (status.state, status.source, status.uuid)


def test_kill_that_names_the_wrong_agent_is_ignored() -> None:
    """Neither the agent nor the framework hears of it."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t")

    bench.call(framework_id, Kill(task_id=TaskId("t"), agent_id=AgentId("other")))

    assert ([], []) == (bench.orders_for(agent_id, KillTask), bench.updates(framework_id))


def test_messages_pass_between_scheduler_and_executor() -> None:
    """Bytes go both ways as they are."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    executor_id = ExecutorId("e")

    bench.call(framework_id, Message(agent_id=agent_id, executor_id=executor_id, data=b"down"))
    bench.say(agent_id, ExecutorMessage(framework_id=framework_id, executor_id=executor_id, data=b"up"))

    down = FrameworkMessage(framework_id=framework_id, executor_id=executor_id, data=b"down")
    up = Message(agent_id=agent_id, executor_id=executor_id, data=b"up")
    assert [down] == bench.orders_for(agent_id, FrameworkMessage)
    assert [up] == bench.heard(bench.stream_of(framework_id), Message)

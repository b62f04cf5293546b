"""Tasks for executors that an agent does not start: what is told of them, and of the executor that was counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_framework, messages, states, updates
from fakes.executors import EXECUTOR, EXECUTOR_ID, KEY, ExecutorAtBench, hosted
from koinon_agent.checkpoint.log import Checkpoint
from koinon_agent.checkpoint.records import (
    ExecutorAccepted,
    ExecutorCame,
    ExecutorDismissed,
    FrameworkSeen,
    TaskAccepted,
)
from koinon_agent.instructions import LaunchContainer
from koinon_core.agent_link import Drain, ExecutorExited, RunTask, RunTaskGroup
from koinon_core.agents import DrainConfig
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import ContainerId, TaskId
from koinon_core.offers import TaskGroupInfo
from koinon_core.tasks import TaskState, TaskStatusReason

S, R = TaskState, TaskStatusReason


@pytest.fixture
def bench() -> AgentBench:
    """A registered agent."""
    return AgentBench().registered()


def test_a_task_that_was_to_find_its_executor_running_is_given_back(bench: AgentBench) -> None:
    """Nobody has counted what a new one takes; to those who know that state the task is dropped."""
    framework = make_framework(FrameworkCapabilityType.PARTITION_AWARE)
    done = bench.hear(RunTask(framework=framework, task=hosted(), launches_executor=False))

    assert [(S.TASK_DROPPED, R.REASON_EXECUTOR_TERMINATED)] == [
        (status.state, status.reason) for status in updates(done)
    ]
    assert [] == [item for item in done if isinstance(item, LaunchContainer)]
    assert [] == messages(done, ExecutorExited)


def test_an_executor_that_was_counted_and_not_started_is_disowned(bench: AgentBench) -> None:
    """So that what the master took for it comes back; one that runs for other tasks is not."""
    bench.hear(Drain(DrainConfig()))
    group = RunTaskGroup(
        framework=make_framework(),
        executor=EXECUTOR,
        task_group=TaskGroupInfo((hosted("a", executor=None), hosted("b", executor=None))),
    )
    done = bench.hear(group)

    assert [S.TASK_LOST, S.TASK_LOST] == states(done)
    assert [(EXECUTOR_ID, -1)] == [(exited.executor_id, exited.status) for exited in messages(done, ExecutorExited)]


def test_one_that_runs_is_not_disowned_with_a_task(bench: AgentBench) -> None:
    """The refusal of one more task says nothing of its executor."""
    ExecutorAtBench(bench).start()
    bench.hear(Drain(DrainConfig()))
    done = bench.hear(RunTask(framework=make_framework(), task=hosted("late"), launches_executor=False))

    assert [S.TASK_LOST] == states(done)
    assert [] == messages(done, ExecutorExited)


def test_what_is_remembered_of_it_survives_on_disk(tmp_path: Path) -> None:
    """That it came, that it is to end, and which tasks it is to be told of as one."""
    framework = make_framework()
    accepted = ExecutorAccepted(
        framework_id=FRAMEWORK_ID, executor=EXECUTOR, container_id=ContainerId("c"), sandbox="/w/c"
    )
    task = TaskAccepted(
        framework_id=FRAMEWORK_ID, task=hosted(), container_id=ContainerId("c"), sandbox="/w/c", group=TaskId("t1")
    )
    log = Checkpoint(tmp_path)
    log.open()
    came = ExecutorCame(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID)
    dismissed = ExecutorDismissed(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID, deadline=12.5)
    log.append([FrameworkSeen(framework), accepted, came, dismissed, task])
    log.close()
    image = Checkpoint(tmp_path).open()

    assert {KEY: accepted} == image.executors
    assert {KEY} == image.came
    assert {KEY: dismissed} == image.dismissed
    assert [task] == [one.accepted for one in image.tasks.values()]

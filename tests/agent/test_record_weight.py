"""Which records of the agent's log are waited for."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.agent_bench import AGENT_ID, FRAMEWORK_ID, make_framework, make_task
from fakes.executors import EXECUTOR, hosted
from koinon_agent.checkpoint.records import AgentForgotten, Record, TaskAccepted, UpdateAcknowledged, UpdateAppended
from koinon_agent.checkpoint.weight import is_light
from koinon_core.ids import ContainerId, TaskId, Uuid
from koinon_core.tasks import ExecutorType, TaskInfo, TaskState, TaskStatus

UUID = Uuid(bytes(16))


def accepted(task: TaskInfo) -> TaskAccepted:
    """A task is about to be started."""
    return TaskAccepted(framework_id=FRAMEWORK_ID, task=task, container_id=ContainerId("c"), sandbox="/s")


UPDATE = UpdateAppended(FRAMEWORK_ID, TaskStatus(task_id=TaskId("t"), state=TaskState.TASK_FINISHED, uuid=UUID))
ACKNOWLEDGED = UpdateAcknowledged(framework_id=FRAMEWORK_ID, task_id=TaskId("t"), uuid=UUID)
OF_A_POD = hosted(executor=evolve(EXECUTOR, type=ExecutorType.DEFAULT))


@pytest.mark.parametrize(
    ("record", "without", "with_checkpoint"),
    [
        (accepted(hosted()), True, False),
        (UPDATE, True, False),
        (accepted(make_task()), False, False),
        (accepted(OF_A_POD), False, False),
        (AgentForgotten(AGENT_ID), False, False),
        (ACKNOWLEDGED, True, True),
    ],
    ids=["task of an executor", "update", "task of its own", "task of a pod", "the agent's own", "acknowledgement"],
)
def test_who_asks_for_a_checkpoint_is_waited_for(record: Record, without: bool, with_checkpoint: bool) -> None:
    """Its executors' tasks and its updates are on disk before anything is said; a container is for everybody."""
    plain = evolve(make_framework(), checkpoint=False)
    kept = evolve(plain, checkpoint=True)

    assert (without, with_checkpoint) == (
        is_light(record, {FRAMEWORK_ID: plain}),
        is_light(record, {FRAMEWORK_ID: kept}),
    )


def test_whom_nobody_knows_is_waited_for() -> None:
    """It may have asked for a checkpoint."""
    assert not is_light(UPDATE, {})

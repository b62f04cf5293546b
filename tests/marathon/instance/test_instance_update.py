"""What one operation makes of one instance (marathon-semantics 15 to 17)."""

import attrs
import pytest

from koinon_core.containers import TimeInfo
from koinon_core.errors import InvalidTransition
from koinon_core.ids import AgentId
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason
from koinon_frameworks.matching.placement import Placement
from koinon_marathon.definition.apps import UnreachableDisabled, UnreachableStrategy
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.instance.instance_machine import reported_condition
from koinon_marathon.instance.instance_update import (
    Expunged,
    Unchanged,
    Updated,
    apply_status,
    decommission,
    launch,
    review_loss,
)
from koinon_marathon.instance.instances import Condition, Goal, Instance, InstanceId, Task, make_task_id
from support.marathon_world import LONG_AGO, START, make_app

STRATEGY = UnreachableStrategy()
PATIENT = UnreachableStrategy(inactive_after_seconds=10, expunge_after_seconds=20)
WAITING = Instance(
    id=InstanceId("web.instance-1"),
    spec_id=PathId("/web"),
    version=LONG_AGO,
    config_version=LONG_AGO,
    role="*",
    since=START,
)
TASK = Task(id=make_task_id(WAITING.id, 1), agent_id=AgentId("a"), placement=Placement(hostname="h"), staged_at=START)


def instance(condition: Condition, goal: Goal = Goal.RUNNING) -> Instance:
    """One with a task."""
    return attrs.evolve(WAITING, condition=condition, goal=goal, tasks=(TASK,), attempt=1)


def status(state: TaskState, reason: TaskStatusReason | None = None) -> TaskStatus:
    """A status of its task."""
    return TaskStatus(task_id=TASK.id, state=state, reason=reason)


def test_launch_is_the_next_attempt() -> None:
    """Provisioned, with its task, at the app's present version."""
    effect = launch(WAITING, (TASK,), make_app())

    assert Condition.PROVISIONED is effect.after.condition
    assert (1, TASK) == (effect.after.attempt, effect.after.task)


def test_launching_twice_is_forbidden() -> None:
    """An instance has one task; the attempt changes nothing."""
    with pytest.raises(InvalidTransition):
        launch(instance(Condition.RUNNING), (TASK,), make_app())


@pytest.mark.parametrize("state", [TaskState.TASK_FAILED, TaskState.TASK_FINISHED, TaskState.TASK_GONE])
def test_wanted_instance_waits_again_when_its_task_ends(state: TaskState) -> None:
    """It keeps its id and its number of attempts, and loses its task."""
    effect = apply_status(instance(Condition.RUNNING), status(state), STRATEGY, START + 5)

    assert isinstance(effect, Updated)
    assert effect.ended is not None
    assert effect.ended.is_terminal
    assert attrs.evolve(WAITING, attempt=1, since=START + 5) == effect.after


def test_unwanted_instance_is_gone_when_its_task_ends() -> None:
    """Decommissioned and terminal: expunged."""
    dying = instance(Condition.RUNNING, Goal.DECOMMISSIONED)

    assert Expunged(before=dying, ended=Condition.KILLED) == apply_status(
        dying, status(TaskState.TASK_KILLED), STRATEGY, START
    )


def test_task_never_goes_back() -> None:
    """An old answer to reconciliation does not make a running task a staging one."""
    running = instance(Condition.RUNNING)

    effect = apply_status(running, status(TaskState.TASK_STAGING), STRATEGY, START)

    assert Condition.RUNNING is (effect.after if isinstance(effect, Updated) else running).condition


def test_same_status_again_changes_nothing() -> None:
    """A repeated status is acknowledged and that is all."""
    first = apply_status(instance(Condition.STAGING), status(TaskState.TASK_RUNNING), STRATEGY, START)
    assert isinstance(first, Updated)

    again = apply_status(first.after, status(TaskState.TASK_RUNNING), STRATEGY, START + 9)

    assert Unchanged(first.after) == again


def test_loss_by_strategy() -> None:
    """0/0: expunged at once; disabled: kept for ever; a/b: kept until a, then replaced, then expunged."""
    running, lost = instance(Condition.RUNNING), status(TaskState.TASK_UNREACHABLE)

    assert isinstance(apply_status(running, lost, STRATEGY, START), Expunged)
    kept = apply_status(running, lost, UnreachableDisabled.DISABLED, START)
    assert isinstance(kept, Updated)
    assert (Condition.UNREACHABLE, None) == (kept.after.condition, kept.again_at)
    waited_for = apply_status(running, lost, PATIENT, START)
    assert isinstance(waited_for, Updated)
    assert START + 10 == waited_for.again_at
    inactive = review_loss(waited_for.after, PATIENT, START + 10)
    assert isinstance(inactive, Updated)
    assert (Condition.UNREACHABLE_INACTIVE, START + 20) == (inactive.after.condition, inactive.again_at)
    assert isinstance(review_loss(inactive.after, PATIENT, START + 20), Expunged)


def test_loss_counts_from_when_the_master_noticed() -> None:
    """`unreachable_time`, not the arrival of the status."""
    told = attrs.evolve(status(TaskState.TASK_UNREACHABLE), unreachable_time=TimeInfo.of_seconds(START - 15))

    effect = apply_status(instance(Condition.RUNNING), told, PATIENT, START)

    assert isinstance(effect, Updated)
    assert Condition.UNREACHABLE_INACTIVE is effect.after.condition
    assert START + 5 == effect.again_at


def test_decommission() -> None:
    """What waits or is out of reach goes at once, what runs must be killed first, and twice is once."""
    running = instance(Condition.RUNNING)

    assert isinstance(decommission(WAITING), Expunged)
    assert isinstance(decommission(instance(Condition.UNREACHABLE)), Expunged)
    going = decommission(running)
    assert isinstance(going, Updated)
    assert Goal.DECOMMISSIONED is going.after.goal
    assert Unchanged(going.after) == decommission(going.after)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (TaskStatusReason.REASON_AGENT_REMOVED, Condition.UNREACHABLE),
        (TaskStatusReason.REASON_RECONCILIATION, Condition.UNREACHABLE),
        (TaskStatusReason.REASON_INVALID_OFFERS, Condition.DROPPED),
        (TaskStatusReason.REASON_AGENT_RESTARTED, Condition.GONE),
        (None, Condition.GONE),
    ],
)
def test_lost_means_what_its_reason_says(reason: TaskStatusReason | None, expected: Condition) -> None:
    """TASK_LOST is the old word for several states."""
    assert expected is reported_condition(status(TaskState.TASK_LOST, reason))

"""The table of an executor's life, and of a task's in it: what may happen when, and nothing else."""

from __future__ import annotations

import pytest

from fakes.agent_bench import FRAMEWORK_ID, make_framework
from fakes.executors import EXECUTOR, KEY, hosted
from koinon_agent.checkpoint.records import ExecutorAccepted, TaskAccepted
from koinon_agent.executors.machine import (
    TRANSITIONS,
    ExecutorMachine,
    ExecutorState,
    Patience,
    Subscribed,
    SubscriptionOverdue,
)
from koinon_agent.tasks.hosted import TRANSITIONS as TASK_TRANSITIONS
from koinon_agent.tasks.hosted import HostedTask
from koinon_agent.tasks.hosting import Delivered, EndHeard, GivenUp, UpdateHeard
from koinon_agent.tasks.machine import KillAsked, TaskPhase
from koinon_agent.timers import Moment, Timers
from koinon_core.errors import InvalidTransition
from koinon_core.ids import ContainerId
from koinon_core.tasks import TaskState, TaskStatusReason

NOW = Moment(wall=0.0, steady=0.0)


def make_machine(timers: Timers) -> ExecutorMachine:
    """An executor that is being started."""
    accepted = ExecutorAccepted(
        framework_id=FRAMEWORK_ID, executor=EXECUTOR, container_id=ContainerId("c"), sandbox="/w/c"
    )
    patience = Patience(registration=60.0, reregistration=2.0, heartbeat=1800.0)
    return ExecutorMachine(make_framework(), accepted, timers, patience)


def test_every_state_is_reached_and_left() -> None:
    """But the first, which is where it begins, and the last."""
    starts, ends = {state for state, _ in TRANSITIONS}, set(TRANSITIONS.values())

    assert set(ExecutorState) - {ExecutorState.ENDED} == starts
    assert set(ExecutorState) - {ExecutorState.STARTING} == ends


def test_a_forbidden_event_changes_nothing() -> None:
    """It is a broken promise of ours, told by name."""
    timers = Timers()
    machine = make_machine(timers)
    machine.handle(Subscribed(1), NOW)

    with pytest.raises(InvalidTransition, match=r"subscribed.*SubscriptionOverdue"):
        machine.handle(SubscriptionOverdue(), NOW)

    assert (ExecutorState.SUBSCRIBED, 1) == (machine.state, machine.stream)
    assert str(KEY) == str(machine.key)


@pytest.mark.parametrize("phase", [phase for phase in TaskPhase if phase is not TaskPhase.ENDED])
def test_a_task_that_nobody_tells_of_any_more_ends(phase: TaskPhase) -> None:
    """Wherever it stands."""
    assert TaskPhase.ENDED is TASK_TRANSITIONS[phase, GivenUp]


@pytest.mark.parametrize("event", [Delivered, UpdateHeard, EndHeard, GivenUp])
def test_a_task_ends_once(event: type) -> None:
    """What has ended can be asked to end, and nothing else."""
    assert (TaskPhase.ENDED, event) not in TASK_TRANSITIONS
    assert (TaskPhase.ENDED, KillAsked) in TASK_TRANSITIONS


def test_a_task_takes_no_event_of_a_container() -> None:
    """It has none of its own."""
    accepted = TaskAccepted(framework_id=FRAMEWORK_ID, task=hosted(), container_id=ContainerId("c"), sandbox="/w/c")
    task = HostedTask(make_framework(), accepted, "10.0.0.1")
    given_up = GivenUp(state=TaskState.TASK_LOST, reason=TaskStatusReason.REASON_EXECUTOR_TERMINATED, message="gone")
    task.handle(given_up, NOW)

    with pytest.raises(InvalidTransition):
        task.handle(given_up, NOW)

    assert task.is_ended

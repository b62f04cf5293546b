"""Instances whose agent is out of reach: waited for, replaced, forgotten, welcomed back (marathon-semantics 17)."""

from __future__ import annotations

from typing import Any

import pytest

from koinon_core.ids import TaskId
from koinon_core.tasks import TaskState, TaskStatusReason
from koinon_marathon.definition.apps import KillSelection, Unreachable, UnreachableDisabled, UnreachableStrategy
from support.marathon_world import World, make_app

PATIENT = UnreachableStrategy(inactive_after_seconds=60, expunge_after_seconds=300)


class _Silent(World):
    """A master that has not heard of the agent again, and says nothing new."""

    def _reconcile(self, task_id: TaskId) -> None:
        pass


def _lost(strategy: Unreachable, instances: int = 1, **fields: Any) -> tuple[World, TaskId]:
    """An app whose last instance is out of reach."""
    world = _Silent()
    world.post(make_app(instances=instances, unreachable_strategy=strategy, **fields))
    for _ in range(instances):
        world.offer()
        world.run_all()
        world.sleep(1)
    lost = world.task_ids()[-1]
    world.report(lost, TaskState.TASK_UNREACHABLE)
    return world, lost


def test_it_is_waited_for_then_replaced_then_forgotten() -> None:
    """Each at its own time, without being told again; what comes back later is killed as unknown."""
    world, lost = _lost(PATIENT)

    world.sleep(59.9)
    assert ["Unreachable"] == world.conditions()
    world.sleep(0.1)
    assert ["Scheduled", "UnreachableInactive"] == world.conditions()
    world.offer()
    world.run_all()
    world.sleep(239.9)
    assert ["Running", "UnreachableInactive"] == world.conditions()
    world.sleep(0.1)
    assert ["Running"] == world.conditions()
    world.report(lost, TaskState.TASK_RUNNING)

    assert [lost] == world.kills
    assert lost not in world.task_ids()


def test_back_before_it_is_replaced_nothing_has_happened() -> None:
    """The next loss is counted from its own beginning."""
    world, lost = _lost(PATIENT)
    world.sleep(50)

    world.report(lost, TaskState.TASK_RUNNING)
    assert ["Running"] == world.conditions()
    world.sleep(300)
    world.report(lost, TaskState.TASK_UNREACHABLE)
    world.sleep(59)

    assert ["Unreachable"] == world.conditions()
    assert [] == world.kills


@pytest.mark.parametrize("selection", KillSelection)
def test_back_before_it_is_forgotten_one_is_too_many(selection: KillSelection) -> None:
    """It runs again; who has to go says `killSelection`: the replacement is younger."""
    world, lost = _lost(PATIENT, kill_selection=selection)
    world.sleep(61)
    world.offer()
    world.run_all()
    (replacement,) = set(world.task_ids()) - {lost}

    world.report(lost, TaskState.TASK_RUNNING)

    assert [replacement if selection is KillSelection.YOUNGEST_FIRST else lost] == world.kills
    world.end_killed()
    assert ["Running"] == world.conditions()


def test_a_replacement_that_still_waits_is_given_up_first() -> None:
    """Whatever runs is worth more than what does not."""
    world, lost = _lost(PATIENT)
    world.sleep(61)

    world.report(lost, TaskState.TASK_RUNNING)

    assert ["Running"] == world.conditions()
    assert [lost] == world.task_ids()
    assert [] == world.kills


def test_disabled_means_for_ever() -> None:
    """It counts and is never replaced, not even when it is told again."""
    world, lost = _lost(UnreachableDisabled.DISABLED)

    world.sleep(1_000_000)
    world.report(lost, TaskState.TASK_UNREACHABLE, reason=TaskStatusReason.REASON_RECONCILIATION)

    assert ["Unreachable"] == world.conditions()


def test_being_told_again_does_not_begin_the_wait_anew() -> None:
    """The age is that of the loss."""
    world, lost = _lost(PATIENT)

    for _ in range(6):
        world.sleep(10)
        world.report(lost, TaskState.TASK_UNREACHABLE)

    assert ["Scheduled", "UnreachableInactive"] == world.conditions()


def test_a_new_leader_goes_on_waiting() -> None:
    """From when it was lost; what fell due in between happens at once."""
    world, _ = _lost(PATIENT)
    world.machines.clear()
    world.sleep(30)

    world.fail_over()
    world.sleep(29)
    assert ["Unreachable"] == world.conditions()
    world.sleep(2)
    assert ["Scheduled", "UnreachableInactive"] == world.conditions()
    world.now += 1000
    world.fail_over()

    assert ["Scheduled"] == world.conditions()


def test_scaled_down_the_lost_go_first() -> None:
    """At once, as nobody can kill them; should one return, it is killed as unknown."""
    world, lost = _lost(PATIENT, instances=3)

    world.update("/web", instances=2)

    assert ["Running", "Running"] == world.conditions()
    assert [] == world.kills
    world.report(lost, TaskState.TASK_RUNNING)
    assert [lost] == world.kills

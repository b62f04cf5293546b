"""What a status makes of one task, and what all tasks of an instance are together (marathon-semantics 15, 22). Pure.

An app's instance has one task, a pod's one a container: these end together unless they end well. What an instance makes
of it is `instance_update`.
"""

from collections.abc import Iterable, Sequence

import attrs

from koinon_core.containers import IpAddress
from koinon_core.tasks import TaskStatus

from .instance_machine import Trigger, next_condition, reported_condition, trigger_of
from .instances import Condition, Task

WORST_FIRST = (
    Condition.ERROR,
    Condition.FAILED,
    Condition.GONE,
    Condition.DROPPED,
    Condition.UNREACHABLE,
    Condition.KILLING,
    Condition.STARTING,
    Condition.STAGING,
    Condition.UNKNOWN,
    Condition.PROVISIONED,
    Condition.RUNNING,
    Condition.FINISHED,
    Condition.KILLED,
)
"""The condition of several tasks is the first of these that one of them has."""


def hear(task: Task, status: TaskStatus, now: float) -> Task:
    """The task after a status of it. Raises InvalidTransition for a move that a task can't make."""
    reported = reported_condition(status)
    trigger = trigger_of(reported)
    condition = reported if trigger is Trigger.END else next_condition(task, trigger)
    runs = condition is Condition.RUNNING
    return attrs.evolve(
        task,
        condition=condition,
        state=status.state if condition is not task.condition or task.state is None else task.state,
        started_at=task.started_at or (_told_at(status, now) if runs else None),
        healthy=(task.healthy if status.healthy is None else status.healthy) if runs else None,
        check_result=status.check_status or task.check_result,
        ip_addresses=_own_addresses(status) or task.ip_addresses,
        unreachable_since=_lost_since(task, status, now) if condition is Condition.UNREACHABLE else None,
    )


def sum_up(tasks: Sequence[Task]) -> Condition:
    """What the tasks are together; terminal only once all are over.

    Out of reach as long as one is, and on the way out as soon as one ended otherwise than well.
    """
    live = [task.condition for task in tasks if not task.condition.is_terminal]
    if not live:
        return _worst(task.condition for task in tasks)
    if Condition.UNREACHABLE in live:
        return Condition.UNREACHABLE
    ended = {task.condition for task in tasks if task.condition.is_terminal}
    return Condition.KILLING if ended - {Condition.FINISHED} else _worst(live)


def _worst(conditions: Iterable[Condition]) -> Condition:
    found = set(conditions)
    return next(condition for condition in WORST_FIRST if condition in found)


def _lost_since(task: Task, status: TaskStatus, now: float) -> float:
    told = status.unreachable_time.seconds if status.unreachable_time else now
    return task.unreachable_since or told


def _told_at(status: TaskStatus, now: float) -> float:
    """When it happened; an agent's clock ahead of ours must not make a task start in the future."""
    return now if status.timestamp is None else min(status.timestamp, now)


def _own_addresses(status: TaskStatus) -> tuple[IpAddress, ...]:
    if status.container_status is None:
        return ()
    return tuple(address for info in status.container_status.network_infos for address in info.ip_addresses)

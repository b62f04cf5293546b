"""The part of a master's memory that a principal may see, for views to show (mesos-operator-api 1).

Views show what they are given: whoever answers a request gives them this part instead of the whole. Agents are seen by
everybody, with all that is used of them; tasks, executors, frameworks and roles are not.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping

from attrs import evolve

from koinon_core.conversions import plan_conversion
from koinon_core.ids import FrameworkId
from koinon_core.operations import OperationRecord
from koinon_core.visibility import Visibility

from ..entities import Agent, Executor, Framework, Task
from ..operator_events import (
    FrameworkAdded,
    FrameworkRemoved,
    FrameworkUpdated,
    OperatorEvent,
    TaskAdded,
    TaskUpdated,
)
from ..state import ClusterState

Executors = Mapping[FrameworkId, list[tuple[Agent, Executor]]]


def visible_part(state: ClusterState, visibility: Visibility) -> ClusterState:
    """The memory without what is hidden; itself where nothing is. Not to be changed, nor kept beyond the answer."""
    if visibility.is_total:
        return state
    return evolve(
        state,
        seen_by=visibility,
        frameworks={key: _cut(one, visibility) for key, one in _shown(state.frameworks, visibility).items()},
        completed=OrderedDict((key, _cut(one, visibility)) for key, one in _shown(state.completed, visibility).items()),
        weights={role: weight for role, weight in state.weights.items() if visibility.shows_role(role)},
        quotas={role: quota for role, quota in state.quotas.items() if visibility.shows_quota(role)},
    )


def visible_executors(state: ClusterState, executors: Executors) -> dict[FrameworkId, list[tuple[Agent, Executor]]]:
    """Those that whoever sees ``state`` may see; those of a framework that is hidden, or unknown, are hidden, too."""
    found: dict[FrameworkId, list[tuple[Agent, Executor]]] = {}
    for framework_id, held in executors.items():
        framework = state.frameworks.get(framework_id) or state.completed.get(framework_id)
        if framework is not None:
            info = framework.info
            found[framework_id] = [one for one in held if state.seen_by.shows_executor(info, one[1].info)]
    return found


def visible_operations(state: ClusterState, operations: Iterable[OperationRecord]) -> Iterable[OperationRecord]:
    """Those all of whose resources are of roles that whoever sees ``state`` may see."""
    for record in operations:
        plan = plan_conversion(record.info)
        resources = () if plan is None else (*plan.consumed, *plan.converted)
        if all(state.seen_by.shows_role(item.kind.reserved_role) for item in resources if item.kind.reservations):
            yield record


def is_event_visible(state: ClusterState, visibility: Visibility, event: OperatorEvent) -> bool:
    """Whether a subscriber of the operator's stream hears of it. ``state`` is the whole, after what happened."""
    if visibility.is_total:
        return True
    match event:
        case TaskAdded(task):
            framework = state.frameworks.get(task.framework_id)
            return framework is not None and visibility.shows_task(framework.info, task.info)
        case TaskUpdated():
            return _is_update_visible(state, visibility, event)
        case FrameworkAdded(framework) | FrameworkUpdated(framework):
            return visibility.shows_framework(framework.info)
        case FrameworkRemoved(info):
            return visibility.shows_framework(info)
    return True


def _is_update_visible(state: ClusterState, visibility: Visibility, event: TaskUpdated) -> bool:
    framework = state.frameworks.get(event.framework_id) or state.completed.get(event.framework_id)
    if framework is None:
        return False
    task_id = event.status.task_id
    ended = (task for task in reversed(framework.completed_tasks) if task.id == task_id)
    task = framework.tasks.get(task_id) or framework.unreachable_tasks.get(task_id) or next(ended, None)
    return task is not None and visibility.shows_task(framework.info, task.info)


def _shown(frameworks: Mapping[FrameworkId, Framework], visibility: Visibility) -> dict[FrameworkId, Framework]:
    return {key: one for key, one in frameworks.items() if visibility.shows_framework(one.info)}


def _cut(framework: Framework, visibility: Visibility) -> Framework:
    """A framework without its hidden tasks. Always another one, so that nothing that is kept of the whole shows."""
    info = framework.info

    def is_shown(task: Task) -> bool:
        return visibility.shows_task(info, task.info)

    return evolve(
        framework,
        tasks={key: task for key, task in framework.tasks.items() if is_shown(task)},
        unreachable_tasks=OrderedDict((key, one) for key, one in framework.unreachable_tasks.items() if is_shown(one)),
        completed_tasks=deque(filter(is_shown, framework.completed_tasks)),
    )

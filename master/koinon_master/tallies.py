"""What is counted of frameworks and of the ends of tasks, under the names of metrics (mesos-operator-api 3.9).

``Framework.tallies`` is keyed by what follows ``master/frameworks/<name>/<id>/``, ``ClusterState.tallies`` by what
follows ``master/``. How many tasks stand where is no tally: whoever shows it counts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from koinon_core.offers import OperationType
from koinon_core.scheduler_api import CallBody, EventBody
from koinon_core.tasks import TaskState, TaskStatus
from koinon_core.wire.schema.unions import SCHEDULER_CALLS, SCHEDULER_EVENTS

from .entities import Framework

if TYPE_CHECKING:
    from .state import ClusterState

_CALLS = {body: f"calls/{name.lower()}" for body, name in SCHEDULER_CALLS.names.items()}
_EVENTS = {body: f"events/{name.lower()}" for body, name in SCHEDULER_EVENTS.names.items()}


def count_call(framework: Framework, call: type[CallBody]) -> None:
    """A framework called."""
    framework.tallies["calls"] += 1
    framework.tallies[_CALLS[call]] += 1


def count_event(framework: Framework, body: EventBody) -> None:
    """A framework was told something."""
    framework.tallies["events"] += 1
    framework.tallies[_EVENTS[type(body)]] += 1


def count_operation(framework: Framework, operation_type: OperationType) -> None:
    """A framework had such an operation carried out; a LAUNCH counts once a task."""
    framework.tallies["operations"] += 1
    framework.tallies[f"operations/{operation_type.name.lower()}"] += 1


def count_end(state: ClusterState, framework: Framework, status: TaskStatus, shown: TaskState | None = None) -> None:
    """A task came to an end, or out of reach; ``shown`` is the state it is in where that is not the one told."""
    ended = shown or status.state
    state.task_tallies[ended] += 1
    if not ended.is_terminal:
        return
    framework.tallies[f"tasks/terminal/{ended.name.lower()}"] += 1
    _count_reason(state, ended, status)


def count_refusal(state: ClusterState, status: TaskStatus) -> None:
    """A task was not launched at all: it is none of its framework's, and counts for the cluster alone."""
    state.task_tallies[status.state] += 1
    _count_reason(state, status.state, status)


def _count_reason(state: ClusterState, ended: TaskState, status: TaskStatus) -> None:
    if status.source is not None and status.reason is not None:
        # Metrics kept the older words when the API changed them.
        source = status.source.name.lower().replace("agent", "slave")
        reason = status.reason.name.lower().replace("agent", "slave")
        state.tallies[f"{ended.name.lower()}/{source}/{reason}"] += 1

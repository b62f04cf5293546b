"""The numbers of each framework: ``master/frameworks/<name>/<id>/...``, the name percent-encoded.

Those that ended are shown as long as they are remembered. ``--no-publish_per_framework_metrics`` shows none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote

from koinon_core.offers import OperationType
from koinon_core.tasks import TaskState
from koinon_core.wire.schema.unions import SCHEDULER_CALLS, SCHEDULER_EVENTS

from ..entities import Framework
from ..state import ClusterState

_ACTIVE = (
    TaskState.TASK_STAGING,
    TaskState.TASK_STARTING,
    TaskState.TASK_RUNNING,
    TaskState.TASK_KILLING,
    TaskState.TASK_UNREACHABLE,
    TaskState.TASK_UNKNOWN,
)
_ACTIVE_NAMES = {state: f"tasks/active/{state.name.lower()}" for state in _ACTIVE}


def _names() -> Iterator[str]:
    yield from ("calls", "events", "operations")
    yield from (f"calls/{name.lower()}" for name in SCHEDULER_CALLS.names.values() if name != "UNKNOWN")
    yield from (f"events/{name.lower()}" for name in SCHEDULER_EVENTS.names.values())
    yield from (f"operations/{one.name.lower()}" for one in OperationType if one is not OperationType.UNKNOWN)
    yield from (f"offers/{answer}" for answer in ("sent", "accepted", "declined", "rescinded"))
    yield from (f"tasks/terminal/{state.name.lower()}" for state in TaskState if state.is_terminal)


COUNTED = tuple(_names())
"""What ``Framework.tallies`` counts, shown from the start; what else it counts is shown, too."""


def read_frameworks(state: ClusterState) -> dict[str, float]:
    """Name -> number, of all frameworks that are remembered."""
    numbers: dict[str, float] = {}
    for framework in chain(state.frameworks.values(), state.completed.values()):
        stem = f"master/frameworks/{quote(framework.info.name, safe='')}/{framework.id}/"
        tallies = framework.tallies
        numbers |= {stem + name: tallies[name] for name in COUNTED}
        if len(tallies) > len(COUNTED):
            numbers |= {stem + name: count for name, count in tallies.items()}
        numbers[stem + "subscribed"] = framework.is_connected
        numbers |= _count_active(framework, stem)
        for role in framework.info.all_roles():
            numbers[f"{stem}roles/{role}/suppressed"] = role in framework.suppressed
    return numbers


def _count_active(framework: Framework, stem: str) -> dict[str, float]:
    standing = Counter(task.state for task in framework.tasks.values()) if framework.tasks else {}
    numbers: dict[str, float] = {stem + name: standing.get(state, 0) for state, name in _ACTIVE_NAMES.items()}
    numbers[f"{stem}tasks/active/task_unreachable"] = len(framework.unreachable_tasks)
    return numbers

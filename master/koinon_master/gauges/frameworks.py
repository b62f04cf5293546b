"""The numbers of each framework: ``master/frameworks/<name>/<id>/...``, the name percent-encoded.

Those that ended are shown as long as they are remembered. ``--no-publish_per_framework_metrics`` shows none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from operator import itemgetter
from urllib.parse import quote

from koinon_core.offers import OperationType
from koinon_core.tasks import TaskState
from koinon_core.wire.schema.unions import SCHEDULER_CALLS, SCHEDULER_EVENTS

from ..entities import Framework
from ..state import ClusterState

_ACTIVE = {
    f"tasks/active/{state.name.lower()}": state
    for state in (
        TaskState.TASK_KILLING,
        TaskState.TASK_RUNNING,
        TaskState.TASK_STAGING,
        TaskState.TASK_STARTING,
        TaskState.TASK_UNKNOWN,
    )
}


def _counted() -> Iterator[str]:
    yield from ("calls", "events", "operations")
    yield from (f"calls/{name.lower()}" for name in SCHEDULER_CALLS.names.values() if name != "UNKNOWN")
    yield from (f"events/{name.lower()}" for name in SCHEDULER_EVENTS.names.values())
    yield from (f"operations/{one.name.lower()}" for one in OperationType if one is not OperationType.UNKNOWN)
    yield from (f"offers/{answer}" for answer in ("sent", "accepted", "declined", "rescinded"))
    yield from (f"tasks/terminal/{state.name.lower()}" for state in TaskState if state.is_terminal)


COUNTED = tuple(sorted(_counted()))
"""What ``Framework.tallies`` counts, shown from the start; what else it counts is shown, too."""
_NONE: Mapping[TaskState, int] = {}


def read_frameworks(state: ClusterState) -> dict[str, float]:
    """Name -> number, of all frameworks that are remembered; in order, so that whoever sorts them is done at once."""
    numbers: dict[str, float] = {}
    everybody = chain(state.frameworks.values(), state.completed.values())
    for stem, framework in sorted(((_stem(one), one) for one in everybody), key=itemgetter(0)):
        _read(numbers, stem, framework)
    return numbers


def _stem(framework: Framework) -> str:
    return f"master/frameworks/{quote(framework.info.name, safe='')}/{framework.id}/"


def _read(numbers: dict[str, float], stem: str, framework: Framework) -> None:
    count = framework.tallies.get
    for name in COUNTED:
        numbers[stem + name] = count(name, 0)
    for name in framework.tallies:
        numbers.setdefault(stem + name, framework.tallies[name])
    for role in framework.info.all_roles():
        numbers[f"{stem}roles/{role}/suppressed"] = role in framework.suppressed
    numbers[stem + "subscribed"] = framework.is_connected
    standing = Counter(task.state for task in framework.tasks.values()) if framework.tasks else _NONE
    for name, one in _ACTIVE.items():
        numbers[stem + name] = standing.get(one, 0)
    numbers[stem + "tasks/active/task_unreachable"] = len(framework.unreachable_tasks)

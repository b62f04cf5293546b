"""The rows that one app or pod stands for in a table: one of its own, one for each instance, one while it waits.

Each maker keeps what it needs to make only those anew that changed. When it is asked is `spec_tables`.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

import attrs

from ..definition.path_ids import PathId
from ..instance.instances import Condition, Instance
from ..queries.app_status import app_status
from ..queries.task_statistics import Counts
from ..state import State
from .rows import app_row, encode_row, health_word, instance_row, waiting_row

MOST_WAITING = 100
"""Instances of one app that are listed though nothing of them runs: people slip, and ask for a hundred thousand."""
_NOTHING: Mapping[str, bytes] = {}


@attrs.frozen
class Made:
    """Rows by key, what they cost (in rows made anew, or as many things looked at), and when they are due again."""

    rows: Mapping[str, bytes] = _NOTHING
    cost: int = 1
    due_at: float | None = None


class SpecRows(Protocol):
    """Makes the rows of one table."""

    def make(self, state: State, spec_id: PathId, now: float, /) -> Made:
        """The rows of an app or a pod as it is now; none where it has none any more."""
        ...


class AppRows:
    """One row each."""

    def make(self, state: State, spec_id: PathId, now: float) -> Made:
        """What is shown of it in lists."""
        spec = state.specs.get(spec_id)
        if spec is None:
            return Made()
        instances = state.instances.of_spec(spec_id)
        counts = Counts.of(state, instances.values())
        status = app_status(state, spec, counts, now)
        row = encode_row(app_row(state, spec, counts, status))
        return Made({spec_id: row}, 1 + len(instances) // 10, status.changes_at)


class WaitingRows:
    """One row for each that waits."""

    def make(self, state: State, spec_id: PathId, now: float) -> Made:
        """Why it waits. Counting reasons looks at every agent that refused."""
        spec = state.specs.get(spec_id)
        if spec is None or not state.queue.count(spec_id):
            return Made()
        row = encode_row(waiting_row(state, spec, now))
        until = state.backoff.deadline(spec, now)
        return Made({spec_id: row}, 1 + len(state.statistics.of(spec_id).last_unused) // 20, until)


@attrs.frozen
class _Encoded:
    instance: Instance
    health: str
    row: bytes


class InstanceRows:
    """One row for each instance, and of those that wait for the first few."""

    def __init__(self) -> None:
        self._known: dict[PathId, dict[str, _Encoded]] = {}

    def make(self, state: State, spec_id: PathId, _now: float) -> Made:
        """Those of an app that is removed are told of until they are over."""
        before = self._known.pop(spec_id, {})
        known: dict[str, _Encoded] = {}
        for one in _listed(state.instances.of_spec(spec_id).values()):
            health, old = health_word(state, one), before.get(one.id)
            if old is not None and old.instance is one and old.health == health:
                known[one.id] = old
            else:
                known[one.id] = _Encoded(one, health, encode_row(instance_row(one, health)))
        if known:
            self._known[spec_id] = known
        made = sum(known[key] is not before.get(key) for key in known)
        return Made({key: each.row for key, each in known.items()}, 1 + made + len(known) // 10)


def _listed(instances: Iterable[Instance]) -> Iterable[Instance]:
    waiting = 0
    for one in instances:
        if one.condition is Condition.SCHEDULED:
            waiting += 1
            if waiting > MOST_WAITING:
                continue
        yield one

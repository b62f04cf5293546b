"""Which apps and pods changed, and tables that follow them: nothing is looked at while nothing happens.

`ChangeScan` finds by identity what is another than before; a `SpecTable` makes the rows of those anew, so many at a
time that others have their turn. A row that is due later is made with the next call: no reader waits for all of them.
"""

from collections.abc import Iterable

from koinon_web.tables import Table

from ..definition.path_ids import PathId
from ..state import State
from .spec_rows import SpecRows

COST_AT_ONCE = 2500
"""About 25 ms of making rows in one call."""
_NONE: frozenset[str] = frozenset()


class ChangeScan:
    """What each app and pod was like when it was looked at last."""

    def __init__(self) -> None:
        self._turns = -1
        self._seen: dict[PathId, tuple[object, ...]] = {}
        self._is_connected = False

    def find(self, state: State, now: float) -> set[PathId]:
        """Those that came, changed or went since the last call, with those that only have instances left."""
        if state.turns == self._turns:
            return set()
        self._turns = state.turns
        found, seen = set(), self._seen
        for spec_id in (*state.specs, *(each for each in state.instances.specs() if each not in state.specs)):
            is_now = _look(state, spec_id, now)
            if seen.get(spec_id) != is_now:
                seen[spec_id] = is_now
                found.add(spec_id)
        found |= self._departed(state)
        if state.is_connected is not self._is_connected:
            self._is_connected = state.is_connected
            found.update(state.queue.specs())
        return found

    def _departed(self, state: State) -> set[PathId]:
        """Those that are no more, forgotten with that."""
        gone = {each for each in self._seen if each not in state.specs and not state.instances.of_spec(each)}
        for spec_id in gone:
            del self._seen[spec_id]
        return gone


def _look(state: State, spec_id: PathId, now: float) -> tuple[object, ...]:
    """All that its rows are made of. What is compared is mostly the same object, which costs nothing."""
    spec, lock = state.specs.get(spec_id), state.locks.get(spec_id)
    deployment = None if lock is None else state.deployments.get(lock)
    return (
        spec,
        state.instances.stamp(spec_id),
        state.failures.get(spec_id),
        None if deployment is None else (lock, deployment.step_number, deployment.is_at_work_on(spec_id)),
        state.queue.count(spec_id),
        state.backoff.deadline(spec, now) if spec is not None and spec_id in state.backoff.specs() else None,
        state.statistics.processed(spec_id),
    )


class SpecTable:
    """A table whose rows are made app by app."""

    def __init__(self, table: Table, rows: SpecRows) -> None:
        self.table = table
        self._rows = rows
        self._pending: dict[PathId, None] = {}
        self._due: dict[PathId, float] = {}
        self._keys: dict[PathId, frozenset[str]] = {}

    @property
    def is_behind(self) -> bool:
        """Whether rows are yet to be made."""
        return bool(self._pending)

    def note(self, specs: Iterable[PathId]) -> None:
        """Make the rows of these anew when it is their turn, those that wait already first."""
        self._pending.update(dict.fromkeys(specs))

    def refresh(self, state: State, now: float, cost: int = COST_AT_ONCE) -> None:
        """Make so many rows as a call may; the next one goes on."""
        self.note([spec_id for spec_id, at in self._due.items() if at <= now])
        while self._pending and cost > 0:
            spec_id = next(iter(self._pending))
            del self._pending[spec_id]
            cost -= self._make(state, spec_id, now)

    def _make(self, state: State, spec_id: PathId, now: float) -> int:
        made = self._rows.make(state, spec_id, now)
        for key in self._keys.pop(spec_id, _NONE) - made.rows.keys():
            self.table.remove(key)
        for key, row in made.rows.items():
            self.table.put(key, row)
        if made.rows:
            self._keys[spec_id] = frozenset(made.rows)
        self._due.pop(spec_id, None)
        if made.due_at is not None:
            self._due[spec_id] = made.due_at
        return made.cost

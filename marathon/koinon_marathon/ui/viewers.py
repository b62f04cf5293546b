"""Who reads, and what of the tables is for them to see: each viewer's own tables, filtered out of those that show all.

What the authorizer says of a definition holds until there is another one, and for `VERDICT_AGE` seconds at most. Of an
app that has left the tree, what was said of its last definition still holds; who never saw it, never will.
"""

from collections.abc import Callable, Collection
from typing import Protocol

import attrs

from koinon_web.tables import Position, Table

from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..instance.instances import InstanceId, spec_of
from ..state import State

VERDICT_AGE = 30.0
"""Seconds."""
_SPARE = 1000
"""How many removed apps may be remembered besides as many as there are."""


class Viewer(Protocol):
    """Who reads."""

    def __hash__(self) -> int:
        """They are told apart by what they equal: those who may see the same are equal."""

    def may_view(self, spec: RunSpec) -> bool:
        """Whether they may see an app or a pod."""

    def may_view_group(self, path: PathId) -> bool:
        """Whether they may see a group."""


@attrs.frozen
class _Verdict:
    spec: RunSpec
    may: bool


class Sight:
    """What one viewer may see of a state."""

    def __init__(self, viewer: Viewer) -> None:
        self.version = 0
        """Another where anything that was said before may be otherwise now."""
        self._viewer = viewer
        self._specs: dict[PathId, _Verdict] = {}
        self._groups: dict[PathId, bool] = {}
        self._turns = -1
        self._asked_at = float("-inf")

    def refresh(self, state: State, now: float) -> None:
        """Ask of what is new, and of all of it once what was said is old."""
        is_old = now >= self._asked_at + VERDICT_AGE
        if is_old:
            self._asked_at = now
            self._groups.clear()
            self.version += 1
        elif state.turns == self._turns:
            return
        self._turns = state.turns
        for path, spec in state.specs.items():
            known = self._specs.get(path)
            if is_old or known is None or known.spec is not spec:
                may = self._viewer.may_view(spec)
                self.version += known is not None and known.may is not may
                self._specs[path] = _Verdict(spec, may)
        if len(self._specs) > 2 * len(state.specs) + _SPARE:
            self._specs = {path: self._specs[path] for path in state.specs}

    def sees(self, path: str) -> bool:
        """Whether an app or pod is theirs to see."""
        known = self._specs.get(PathId(path))
        return known is not None and known.may

    def sees_group(self, path: str) -> bool:
        """Whether a group is theirs to see."""
        group = PathId(path)
        found = self._groups.get(group)
        if found is None:
            found = self._groups[group] = self._viewer.may_view_group(group)
        return found


class FilteredTable:
    """Those rows of a table that one viewer may see."""

    def __init__(self, table: Table, sight: Sight, read_whole: Callable[[], Table]) -> None:
        self.table = table
        self._sight = sight
        self._read_whole = read_whole
        self._may_see = _filter_of(table.name, sight)
        self._read: Position | None = None
        self._version = -1

    def note(self, specs: Collection[PathId]) -> None:
        """The whole table knows."""

    def refresh(self, _state: State, _now: float) -> None:
        """Take over what is new in the whole table; all of it where the viewer may see other rows than before."""
        delta = self._read_whole().since(self._read if self._sight.version == self._version else None)
        self._read, self._version = delta.position, self._sight.version
        if delta.is_reset:
            self.table.retain(key for key, _ in delta.put)
        for key, row in delta.put:
            if self._may_see(key):
                self.table.put(key, row)
            else:
                self.table.remove(key)
        for key in delta.gone:
            self.table.remove(key)


def _filter_of(name: str, sight: Sight) -> Callable[[str], bool]:
    """Whether a row may be seen, of its key: as its app, its group, or the app that the whole table is of."""
    _, colon, argument = name.partition(":")
    if colon:
        return lambda _key: sight.sees(argument)
    if name == "groups":
        return sight.sees_group
    if name == "instances":
        return lambda key: sight.sees(spec_of(InstanceId(key)))
    return sight.sees

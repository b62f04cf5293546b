"""The tables that Marathon has for the UI, brought up to date when they are read, for all who may see the same.

Rows that a viewer may not see are in no table of theirs. What is not asked for any more is forgotten after a while.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Protocol

import attrs

from koinon_web.tables import Table

from ..definition.path_ids import PathId
from ..state import State
from .parts import DeploymentTable, GroupTable, RefusalTable
from .spec_rows import AppRows, InstanceRows, SpecRows, WaitingRows
from .spec_tables import ChangeScan, SpecTable
from .timeline_table import TimelineTable
from .viewers import FilteredTable, Sight, Viewer

KEPT = 300.0
"""Seconds that a table is kept which nobody asks for."""
MOST_KEPT, KEPT_IN_A_CROWD = 5000, 10.0
"""Beyond so many tables these are the seconds: names have an app's id in them, and anybody can make ids up."""
_ROWS: dict[str, Callable[[], SpecRows]] = {"apps": AppRows, "instances": InstanceRows, "waiting": WaitingRows}
_NAMES = frozenset({*_ROWS, "groups", "deployments"})


class Part(Protocol):
    """A table, and how it is brought up to date."""

    table: Table

    def note(self, specs: Collection[PathId], /) -> None:
        """These came, changed or went."""

    def refresh(self, state: State, now: float, /) -> None:
        """Have the rows as they are now."""


_OF_ONE: dict[str, Callable[[Table, PathId], Part]] = {"refusals": RefusalTable, "timeline": TimelineTable}
"""Tables of one app or pod, which their name names after a colon."""


@attrs.define
class _Kept:
    part: Part
    read_at: float


@attrs.define
class _Reader:
    """One viewer: what they may see, and the tables that hold no more than that."""

    sight: Sight
    tables: dict[str, _Kept] = attrs.field(factory=dict)


class AppsSource:
    """The tables of one term. Reads the state, changes nothing of it."""

    def __init__(self, read: Callable[[], State], now: Callable[[], float], term: str) -> None:
        """`read` gives the state and raises ApiError 503 where there is none; `term` is of this leader alone."""
        self._read_state = read
        self._now = now
        self._term = term
        self._terms = 0
        self._changes = ChangeScan()
        self._parts: dict[str, _Kept] = {}
        self._readers: dict[Viewer, _Reader] = {}

    def has(self, name: str) -> bool:
        """Whether there is a table of this name."""
        kind, colon, argument = name.partition(":")
        return kind in _OF_ONE and bool(argument) if colon else name in _NAMES

    def refresh(self, names: Collection[str], viewer: Viewer | None) -> dict[str, Table]:
        """The tables of these names as `viewer` may see them; None sees all. Raises ApiError 503 for who leads not."""
        state, now = self._read_state(), self._now()
        self._let_go(now)
        changed = self._changes.find(state, now)
        for kept in self._everything_kept() if changed else ():
            kept.part.note(changed)
        if viewer is None:
            return {name: self._whole(name, state, now) for name in names}
        reader = self._readers.get(viewer)
        if reader is None:
            reader = self._readers[viewer] = _Reader(Sight(viewer))
        reader.sight.refresh(state, now)
        return {name: self._of_reader(reader, name, state, now) for name in names}

    @property
    def is_behind(self) -> bool:
        """Whether the last refresh left rows for the next one."""
        return any(isinstance(kept.part, SpecTable) and kept.part.is_behind for kept in self._parts.values())

    def _whole(self, name: str, state: State, now: float) -> Table:
        if name not in self._parts:
            self._parts[name] = _Kept(self._make(name), now)
            self._parts[name].part.note({*state.specs, *state.instances.specs()})
        return _bring_up(self._parts[name], state, now)

    def _of_reader(self, reader: _Reader, name: str, state: State, now: float) -> Table:
        """What one viewer may see of a table. Deployments are made for each: what is hidden is in the midst of them."""
        if name not in reader.tables:
            table = self._new_table(name)
            part: Part = FilteredTable(table, reader.sight, lambda: self._whole(name, self._read_state(), self._now()))
            reader.tables[name] = _Kept(part if name != "deployments" else DeploymentTable(table, reader.sight), now)
        return _bring_up(reader.tables[name], state, now)

    def _make(self, name: str) -> Part:
        table, (kind, _, argument) = self._new_table(name), name.partition(":")
        if kind in _ROWS:
            return SpecTable(table, _ROWS[kind]())
        if kind == "groups":
            return GroupTable(table)
        return _OF_ONE[kind](table, PathId(argument)) if kind in _OF_ONE else DeploymentTable(table)

    def _new_table(self, name: str) -> Table:
        """Positions in one that was forgotten, or that others read, say nothing to it."""
        self._terms += 1
        return Table(name, f"{self._term}n{self._terms}")

    def _everything_kept(self) -> Iterator[_Kept]:
        yield from self._parts.values()
        for reader in self._readers.values():
            yield from reader.tables.values()

    def _let_go(self, now: float) -> None:
        count = len(self._parts) + sum(len(reader.tables) for reader in self._readers.values())
        since = now - (KEPT if count <= MOST_KEPT else KEPT_IN_A_CROWD)
        self._parts = {name: kept for name, kept in self._parts.items() if kept.read_at > since}
        for reader in self._readers.values():
            reader.tables = {name: kept for name, kept in reader.tables.items() if kept.read_at > since}
        self._readers = {viewer: reader for viewer, reader in self._readers.items() if reader.tables}


def _bring_up(kept: _Kept, state: State, now: float) -> Table:
    kept.read_at = now
    kept.part.refresh(state, now)
    return kept.part.table

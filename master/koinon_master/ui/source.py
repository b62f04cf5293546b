"""The cluster's tables for the web UI: which there are, and for whom.

Readers with the same rights share one set of tables. Nothing is followed while nobody reads.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from typing import Protocol

from attrs import define, field

from koinon_core.visibility import Visibility
from koinon_daemon.errors import ApiError
from koinon_web.tables import Table

from ..master import Master
from ..views.sums import Sums
from .cluster import ClusterSheet, UsageSheet
from .roles import RoleSheet
from .sheet import Effort, Look, Sheet
from .sheets import AgentSheet, AnswerSheet, FrameworkSheet, OfferSheet, TaskSheet
from .usage import UsageHistory, take_point

FORGET_AFTER = 300.0
"""For how many seconds a set of tables is kept that nobody reads."""
MAX_SIGHTS = 64
"""How many sets are kept; beyond that the one that was not read for longest goes, unless somebody reads it now."""
_READ_NOW = 10.0
"""Seconds since a set was read, within which it has readers: dropped, it would be made anew at once, and again."""
WORK_AT_ONCE = 1500
"""What one look may do with what it never saw before, counted in rows of tasks: some 20 ms on a quiet machine."""
_FOR_ALL = ("usage",)
"""Tables that are the same for everybody."""
_BY_TASKS = frozenset({"tasks", "frameworks", "cluster"})
_BY_COUNTS = _BY_TASKS - {"tasks"}
_BY_SUMS = frozenset({"agents", "frameworks", "roles"})
NAMES = ("cluster", "usage", "agents", "frameworks", "tasks", "roles", "offers", "answers")


@define(eq=False)
class _Sight:
    """The tables of those with the same rights."""

    visibility: Visibility
    sheets: dict[str, Sheet] = field(factory=dict)
    tasks: TaskSheet | None = None
    seen: dict[str, int] = field(factory=dict)
    """By table: how many events had been handled when it was brought up to date."""
    read_at: float = 0.0


class Memory(Protocol):
    """What the source asks of the loop that owns the memory."""

    @property
    def master(self) -> Master:
        """Whose memory it is."""

    @property
    def now(self) -> float:
        """Seconds since 1970."""

    @property
    def handled(self) -> int:
        """The same only while the memory is the same."""


class ClusterSource:
    """See ``koinon_web.source.Source``. One for each time that this master leads."""

    def __init__(self, memory: Memory, elected: float) -> None:
        """``elected``: since when this master leads."""
        self._memory, self._elected = memory, elected
        self._state = memory.master.state
        self._sights: dict[str | None, _Sight] = {}
        self._usage = UsageHistory()
        self._serial = count(1)
        self._is_behind = False
        self._term = "".join(filter(str.isalnum, self._state.info.id))[:16]

    def has(self, name: str) -> bool:
        """Whether it is one of the cluster's."""
        return name in NAMES

    def refresh(self, names: Collection[str], principal: str | None) -> dict[str, Table]:
        """Bring these tables up to date, for what a principal may see.

        What nobody has read yet is made bit by bit, so that the loop is never held for long: each call begins one table
        at most, and takes in so many new things. Tables whose rows would be wrong till then are left out. Raises
        ApiError 503 where too many with other rights read already.
        """
        now, handled = self._memory.now, self._memory.handled
        self._forget(now)
        effort = Effort(WORK_AT_ONCE)
        look = Look(state=self._state, sums=Sums(self._state), now=now, usage=self._usage, effort=effort)
        tables: dict[str, Table] = {}
        has_made = self._is_behind = False
        for name in names:
            sight = self._sight_of(None if name in _FOR_ALL else principal, now)
            sight.read_at = now
            if name not in sight.sheets and (has_made or not self._prepare(sight, name, look)):
                self._is_behind = True
                continue
            has_made |= name not in sight.sheets
            tables[name] = self._refresh(sight, name, look, handled)
        return tables

    @property
    def is_behind(self) -> bool:
        """Whether the last call left something for the next one."""
        return self._is_behind

    def _prepare(self, sight: _Sight, name: str, look: Look) -> bool:
        """Take in what a new table builds on; whether that is all there."""
        if name in _BY_COUNTS:
            self._tasks_of(sight).follow(look)
            if self._tasks_of(sight).is_behind:
                return False
        return name not in _BY_SUMS or look.sums.prepare(look.effort.spend)

    def take_point(self) -> None:
        """Remember how much is used now; somebody may want to know later."""
        self._usage.add(take_point(self._state, self._memory.now))

    def _sight_of(self, principal: str | None, now: float) -> _Sight:
        permissions = self._state.permissions
        is_total = permissions.is_everything_visible
        key = None if is_total or principal is None else f"principal {principal}"
        found = self._sights.get(key)
        if found is None:
            self._make_room(now)
            visibility = Visibility() if is_total else Visibility(permissions=permissions, principal=principal)
            found = self._sights[key] = _Sight(visibility)
        return found

    def _refresh(self, sight: _Sight, name: str, look: Look, handled: int) -> Table:
        sheet = self._sheet_of(sight, name)
        version = self._usage.count if name == "usage" else handled
        is_due = not isinstance(sheet, RoleSheet) or sheet.is_due(look.now)
        if sight.seen.get(name) == version or not is_due:
            return sheet.table
        look.effort.has_rest = False
        if name in _BY_TASKS:
            self._tasks_of(sight).follow(look)
        if name not in _BY_SUMS or look.sums.prepare(look.effort.spend):
            sheet.refresh(look)
        if look.effort.has_rest:
            self._is_behind = True
            sight.seen.pop(name, None)
        else:
            sight.seen[name] = version
        return sheet.table

    def _tasks_of(self, sight: _Sight) -> TaskSheet:
        if sight.tasks is None:
            sight.tasks = TaskSheet(self._new_table("tasks"), sight.visibility)
        return sight.tasks

    def _sheet_of(self, sight: _Sight, name: str) -> Sheet:
        found = sight.sheets.get(name)
        if found is None:
            found = sight.sheets[name] = self._make(sight, name)
        return found

    def _make(self, sight: _Sight, name: str) -> Sheet:
        tasks = self._tasks_of(sight)
        if name == "tasks":
            return tasks
        table, visibility = self._new_table(name), sight.visibility
        if name == "agents":
            return AgentSheet(table, visibility)
        if name == "usage":
            return UsageSheet(table)
        if name == "roles":
            return RoleSheet(table, visibility)
        if name == "offers":
            return OfferSheet(table, visibility)
        if name == "answers":
            return AnswerSheet(table, visibility)
        if name == "frameworks":
            return FrameworkSheet(table, visibility, tasks)
        return ClusterSheet(table, visibility, tasks, self._elected)

    def _new_table(self, name: str) -> Table:
        """Each table has a term of its own: positions in one that was dropped say nothing of the next one."""
        return Table(name, f"{self._term}x{next(self._serial)}")

    def _forget(self, now: float) -> None:
        stale = [key for key, one in self._sights.items() if one.read_at + FORGET_AFTER < now]
        for key in stale:
            del self._sights[key]

    def _make_room(self, now: float) -> None:
        """For one more. Raises ApiError."""
        if len(self._sights) < MAX_SIGHTS:
            return
        oldest = min(self._sights, key=lambda key: self._sights[key].read_at)
        if self._sights[oldest].read_at + _READ_NOW > now:
            raise ApiError(503, f"{MAX_SIGHTS} principals with rights of their own read already, as many as are served")
        del self._sights[oldest]

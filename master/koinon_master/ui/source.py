"""The cluster's tables for the web UI: which there are, and for whom.

Readers with the same rights share one set of tables. Nothing is followed while nobody reads.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from typing import Protocol

from attrs import define, field

from koinon_core.visibility import Visibility
from koinon_web.tables import Table

from ..master import Master
from ..views.sums import Sums
from .cluster import ClusterSheet, UsageSheet
from .roles import RoleSheet
from .sheet import Look, Sheet
from .sheets import AgentSheet, AnswerSheet, FrameworkSheet, OfferSheet, TaskSheet
from .usage import UsageHistory, take_point

FORGET_AFTER = 300.0
"""For how many seconds a set of tables is kept that nobody reads."""
MAX_SIGHTS = 64
"""How many sets are kept; beyond that the one that was not read for longest goes."""
_FOR_ALL = ("agents", "usage")
"""Tables that are the same for everybody: agents are seen with all that is used of them."""
_BY_TASKS = frozenset({"tasks", "frameworks", "cluster"})
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
        self._term = "".join(filter(str.isalnum, self._state.info.id))[:16]

    def has(self, name: str) -> bool:
        """Whether it is one of the cluster's."""
        return name in NAMES

    def refresh(self, names: Collection[str], principal: str | None) -> dict[str, Table]:
        """Bring these tables up to date, for what a principal may see.

        Of those that nobody has read yet each call makes one, so that the loop is never held for long: the rest is
        left out, and comes with the next calls.
        """
        now, handled = self._memory.now, self._memory.handled
        self._forget(now)
        look = Look(state=self._state, sums=Sums(self._state), now=now, usage=self._usage)
        tables: dict[str, Table] = {}
        has_made = False
        for name in names:
            sight = self._sight_of(None if name in _FOR_ALL else principal)
            sight.read_at = now
            if name not in sight.sheets:
                if has_made:
                    continue
                has_made = True
            tables[name] = self._refresh(sight, name, look, handled)
        return tables

    def take_point(self) -> None:
        """Remember how much is used now; somebody may want to know later."""
        self._usage.add(take_point(self._state, self._memory.now))

    def _sight_of(self, principal: str | None) -> _Sight:
        permissions = self._state.permissions
        is_total = permissions.is_everything_visible
        key = None if is_total or principal is None else f"principal {principal}"
        found = self._sights.get(key)
        if found is None:
            visibility = Visibility() if is_total else Visibility(permissions=permissions, principal=principal)
            found = self._sights[key] = _Sight(visibility)
        return found

    def _refresh(self, sight: _Sight, name: str, look: Look, handled: int) -> Table:
        sheet = self._sheet_of(sight, name)
        tasks = sight.tasks
        is_behind = name == "tasks" and tasks is not None and tasks.is_behind
        version = self._usage.count if name == "usage" else handled
        is_due = not isinstance(sheet, RoleSheet) or sheet.is_due(look.now)
        if (sight.seen.get(name) != version and is_due) or is_behind:
            if name in _BY_TASKS and tasks is not None:
                tasks.follow(look)
            sheet.refresh(look)
            sight.seen[name] = version
        return sheet.table

    def _sheet_of(self, sight: _Sight, name: str) -> Sheet:
        found = sight.sheets.get(name)
        if found is None:
            if name in _BY_TASKS and sight.tasks is None:
                sight.tasks = TaskSheet(self._new_table("tasks"), sight.visibility)
            found = sight.sheets[name] = self._make(sight, name)
        return found

    def _make(self, sight: _Sight, name: str) -> Sheet:
        table, visibility, tasks = self._new_table(name), sight.visibility, sight.tasks
        if name == "agents":
            return AgentSheet(table)
        if name == "usage":
            return UsageSheet(table)
        if name == "roles":
            return RoleSheet(table, visibility)
        if name == "offers":
            return OfferSheet(table, visibility)
        if name == "answers":
            return AnswerSheet(table, visibility)
        assert tasks is not None
        if name == "tasks":
            return tasks
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
        while len(self._sights) > MAX_SIGHTS:
            del self._sights[min(self._sights, key=lambda key: self._sights[key].read_at)]

"""What a look at the memory is, and how a table is given the rows of things."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from attrs import define, frozen

from koinon_core.ids import FrameworkId
from koinon_core.visibility import Visibility
from koinon_web.tables import Table

from ..kept import Kept
from ..state import ClusterState
from ..views.fragments import encode
from ..views.sums import Sums
from .usage import UsageHistory

_ROW = "ui"


@define
class Effort:
    """How much of what is new one look may still take in: the loop is never held for long, the next looks go on.

    What merely changed is always taken in, so that new things keep nobody waiting for ever.
    """

    left: int
    """What is to be spent, counted in rows of tasks."""
    has_rest: bool = False
    """Whether something was left for the next look."""

    def spend(self, cost: int) -> bool:
        """Whether there is something left to spend; if so, it is spent, else the rest is noted."""
        if self.left <= 0:
            self.has_rest = True
            return False
        self.left -= cost
        return True


@frozen(kw_only=True, eq=False)
class Look:
    """One look at the memory, at a time in seconds since 1970."""

    state: ClusterState
    sums: Sums
    now: float
    usage: UsageHistory
    effort: Effort


class Sheet(Protocol):
    """A table, and who brings it up to date."""

    table: Table

    def refresh(self, look: Look) -> None:
        """Have the rows of this moment."""


def put_kept(table: Table, key: str, kept: Kept, make: Callable[[], Mapping[str, Any]]) -> None:
    """Have the row of a thing, made once for each version of it."""
    encoded: bytes | None = kept.get(_ROW)
    if encoded is None:
        encoded = kept[_ROW] = encode(make())
    table.put(key, encoded)


def drop_others(table: Table, keys: Iterable[str], count: int) -> None:
    """Remove the rows of all but these, which all have one; nothing to do where there are as many rows."""
    if len(table) > count:
        table.retain(keys)


def is_grant_visible(state: ClusterState, sight: Visibility, framework_id: FrameworkId, role: str) -> bool:
    """Whether a reader may know of what is granted to a framework; of one that is not remembered nobody but who may
    see everything.
    """
    if sight.is_total:
        return True
    framework = state.frameworks.get(framework_id) or state.completed.get(framework_id)
    return framework is not None and sight.shows_framework(framework.info) and sight.shows_role(role)

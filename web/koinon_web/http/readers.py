"""Everybody who reads the tables of this daemon: one refresh for all of them, and each one's place of their own.

While somebody reads, the tables that are wanted are brought up to date at most ten times a second, then readers are
woken. A reader works out what it has missed when it can write again, so that a slow one costs nothing but its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import structlog
from attrs import define, field

from koinon_daemon.errors import ApiError

from ..feed import Wanted, frame_rows
from ..source import Source
from ..tables import Position, Table

LEAST_PAUSE = 0.1
"""Seconds between two refreshes."""
_SHARE = 4
"""How many times as long as a refresh took is waited for the next one: it must not eat the loop. Once as long, while
tables are made that somebody waits for.
"""
MOST_PAUSE = 2.0
_FRAMES_KEPT = 64
PIECE = 2000
"""About how many rows come at once: the first ones of a long table are shown while the others come."""
_ELSEWHERE = "elsewhere"
_logger = structlog.get_logger(__name__)


@define(eq=False)
class Reader:
    """One stream: what it wants, how far it has read, and what it can't have for which reason."""

    viewer: Hashable
    places: dict[str, Position | None]
    fresh: asyncio.Event = field(factory=asyncio.Event, init=False)
    """Set when there may be news."""
    is_over: bool = field(default=False, init=False)
    """Whether this daemon has nothing to tell any more; whoever reads on asks again."""
    _told_out: dict[str, str] = field(factory=dict, init=False)
    _met: set[str] = field(factory=set, init=False)


@define
class _Shown:
    """What the readers of one viewer share."""

    tables: dict[str, Table] = field(factory=dict)
    out: dict[str, str] = field(factory=dict)
    mark: object = None
    """Is another where there is something new to be read."""


@define
class _Frames:
    """The frames of one table as it stands, by the place from which they lead here."""

    at: Position
    by_place: dict[Position | str | None, tuple[bytes, Position]] = field(factory=dict)
    """Each with the place to which it leads."""


class Readers:
    """All readers of one daemon."""

    def __init__(self, find_source: Callable[[], Source[Any] | None]) -> None:
        """`find_source` gives the tables, None while this daemon has none; another one ends all streams."""
        self._find_source = find_source
        self._source: Source[Any] | None = None
        self._readers: set[Reader] = set()
        self._shown: dict[Hashable, _Shown] = {}
        self._frames: dict[Table, _Frames] = {}
        self._failing: set[str] = set()
        self._refreshing: asyncio.Task[None] | None = None
        self._is_behind = False

    def __len__(self) -> int:
        return len(self._readers)

    def enter(self, wanted: Iterable[Wanted], viewer: Hashable) -> Reader:
        """Begin to read. Raises ApiError 503 where there is nothing to be read."""
        source = self._find_source()
        if source is None:
            raise ApiError(503, "this daemon does not lead, or is still recovering")
        if source is not self._source:
            self.end_all()
            self._source = source
        reader = Reader(viewer, {one.name: one.position for one in wanted})
        self._readers.add(reader)
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh_for_ever())
        return reader

    def leave(self, reader: Reader) -> None:
        """Read no more; with the last reader refreshing ends."""
        self._readers.discard(reader)
        if not any(one.viewer == reader.viewer for one in self._readers):
            self._shown.pop(reader.viewer, None)
        if not self._readers and self._refreshing is not None:
            self._refreshing.cancel()
            self._refreshing = None
            self._frames.clear()

    def end_all(self) -> None:
        """End every stream, in good order."""
        for reader in self._readers:
            reader.is_over = True
            reader.fresh.set()
        self._shown.clear()
        self._frames.clear()

    def take(self, reader: Reader) -> tuple[list[bytes], dict[str, str]]:
        """What the reader has missed, as frames, and which tables are newly out, with the reason; both may be empty.

        The reader is thought to have got it: who could not write it must leave.
        """
        shown = self._shown.get(reader.viewer)
        if shown is None:
            return [], {}
        frames: list[bytes] = []
        for name, place in reader.places.items():
            table = shown.tables.get(name)
            if table is None or (name in reader._met and table.position == place):
                continue
            # The first word on each table comes even where nothing was missed: it says that the table can be had.
            reader._met.add(name)
            reader._told_out.pop(name, None)
            frame, reader.places[name] = self._frame(table, place)
            frames.append(frame)
            if reader.places[name] != table.position:
                reader.fresh.set()
        out = {name: why for name, why in shown.out.items() if name in reader.places}
        news = {name: why for name, why in out.items() if reader._told_out.get(name) != why}
        reader._told_out.update(news)
        reader._met -= out.keys()
        return frames, news

    def _frame(self, table: Table, place: Position | None) -> tuple[bytes, Position]:
        known = self._frames.get(table)
        if known is None or known.at != table.position:
            known = self._frames[table] = _Frames(table.position)
        # Places that say nothing to the table are one: all of a former leader's readers get the whole, encoded once, in
        # one piece, as they show its rows already and would lose sight of them till the last one came.
        is_whole = place is not None and not table.knows(place)
        known_place = _ELSEWHERE if is_whole else place
        found = known.by_place.get(known_place)
        if found is None:
            delta = table.since(place, None if is_whole else PIECE)
            found = frame_rows(delta), delta.position
            if len(known.by_place) < _FRAMES_KEPT:
                known.by_place[known_place] = found
        return found

    async def _refresh_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            if self._find_source() is not self._source:
                self.end_all()
            else:
                await self._refresh()
            await asyncio.sleep(_pause_after(loop.time() - began, self._is_behind))

    async def _refresh(self) -> None:
        """One viewer after the other, with everybody else's turn between: each may have a table of thousands."""
        self._is_behind = False
        together: dict[Hashable, list[Reader]] = {}
        for reader in self._readers:
            # Who reads the other daemon's tables alone is no reason to ask anybody here.
            if reader.places:
                together.setdefault(reader.viewer, []).append(reader)
        for viewer, all_then in together.items():
            readers = [one for one in all_then if one in self._readers and not one.is_over]
            if readers:
                self._refresh_for(viewer, dict.fromkeys(name for one in readers for name in one.places), readers)
                await asyncio.sleep(0)
        living = {table for shown in self._shown.values() for table in shown.tables.values()}
        for table in self._frames.keys() - living:
            del self._frames[table]

    def _refresh_for(self, viewer: Hashable, names: Mapping[str, None], readers: Iterable[Reader]) -> None:
        before, self._shown[viewer] = self._shown.get(viewer), self._ask(names, viewer)
        self._is_behind |= self._source is not None and self._source.is_behind
        if before is None or before.mark != self._shown[viewer].mark:
            for reader in readers:
                reader.fresh.set()

    def _ask(self, names: Mapping[str, None], viewer: Hashable) -> _Shown:
        """All at once; where the source refuses, one by one, as a single one may be at fault."""
        shown = _Shown()
        try:
            shown.tables = self._refreshed(tuple(names), viewer)
        except ApiError:
            for name in names:
                try:
                    shown.tables.update(self._refreshed((name,), viewer))
                except ApiError as error:
                    shown.out[name] = error.text
        # A table that was made anew has another term, so that its position tells it from the one before.
        shown.mark = ({name: table.position for name, table in shown.tables.items()}, shown.out)
        return shown

    def _refreshed(self, names: tuple[str, ...], viewer: Hashable) -> dict[str, Table]:
        """Raises ApiError, also for what must not happen: a fault in one table takes nothing else along."""
        if self._source is None:
            raise ApiError(503, "this daemon has no tables now")
        missing = [name for name in names if not self._source.has(name)]
        if missing:
            raise ApiError(404, f"this daemon has no table {', '.join(missing)}")
        try:
            tables = self._source.refresh(names, viewer)
            self._failing.difference_update(names)
            return tables
        except ApiError:
            raise
        except Exception as error:
            if len(names) == 1 and names[0] not in self._failing:
                # Once, though it is tried again ten times a second.
                self._failing.add(names[0])
                _logger.exception("table_failed", table=names[0])
            raise ApiError(500, f"internal error in the table: {type(error).__name__}; the log has more") from error


def _pause_after(took: float, is_behind: bool) -> float:
    """Seconds until the next refresh."""
    if is_behind:
        return min(took, LEAST_PAUSE)
    return min(max(LEAST_PAUSE - took, took * _SHARE), MOST_PAUSE)

"""Tables of rows by key, and what changed in them since a position. Pure: rows come as JSON that is encoded already.

Each row remembers the number of its last change, the newest at the end. So what a reader has missed is a tail, however
long he was away, and nothing is kept for any reader. Only of rows that are gone a bounded number is remembered.
"""

from __future__ import annotations

import itertools
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator

import orjson
from attrs import field, frozen

MAX_GONE = 20_000
"""How many rows that are gone a table remembers; who has missed more gets the table anew."""
_POSITION = re.compile(r"([0-9a-zA-Z]{1,32})-(\d{1,18})", re.ASCII)


@frozen
class Position:
    """How far somebody has read a table: the term of its process, and the number of the last change he knows."""

    term: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.term}-{self.sequence}"


def parse_position(text: str) -> Position | None:
    """The position that a reader gives back; None for a text that is none."""
    found = _POSITION.fullmatch(text)
    return None if found is None else Position(found[1], int(found[2]))


@frozen(kw_only=True)
class Delta:
    """What somebody has missed of a table; with ``is_reset`` he knows nothing of it that is to be kept."""

    table: str
    position: Position
    is_reset: bool = False
    put: tuple[tuple[str, bytes], ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.is_reset or bool(self.put) or bool(self.gone)

    def encode(self) -> bytes:
        """As JSON."""
        return orjson.dumps(
            {
                "table": self.table,
                "position": str(self.position),
                "reset": self.is_reset,
                "put": {key: orjson.Fragment(row) for key, row in self.put},
                "gone": self.gone,
            }
        )


@frozen
class _Row:
    sequence: int
    encoded: bytes = field(repr=False)


class Table:
    """The rows of one name. Sequence numbers count up and are of this table alone."""

    def __init__(self, name: str, term: str, max_gone: int = MAX_GONE) -> None:
        self.name = name
        self._term = term
        self._max_gone = max_gone
        self._sequence = 0
        self._rows: OrderedDict[str, _Row] = OrderedDict()
        self._gone: OrderedDict[str, int] = OrderedDict()
        self._forgotten = 0
        """The number of the newest disappearance that is not remembered any more."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def keys(self) -> Iterator[str]:
        """The keys of all rows, the one changed last at the end."""
        return iter(self._rows)

    def row(self, key: str) -> bytes | None:
        """A row as it is now."""
        found = self._rows.get(key)
        return None if found is None else found.encoded

    @property
    def position(self) -> Position:
        """Where somebody is who knows all."""
        return Position(self._term, self._sequence)

    def put(self, key: str, encoded: bytes) -> None:
        """Have a row; nothing happens where it is there and the same."""
        known = self._rows.get(key)
        if known is not None and known.encoded == encoded:
            return
        self._sequence += 1
        self._rows[key] = _Row(self._sequence, encoded)
        self._rows.move_to_end(key)
        self._gone.pop(key, None)

    def remove(self, key: str) -> None:
        """Have a row no more; nothing happens where there is none."""
        if self._rows.pop(key, None) is None:
            return
        self._sequence += 1
        self._gone[key] = self._sequence
        while len(self._gone) > self._max_gone:
            _, self._forgotten = self._gone.popitem(last=False)

    def retain(self, keys: Iterable[str]) -> None:
        """Remove all rows but these."""
        kept = set(keys)
        for key in [each for each in self._rows if each not in kept]:
            self.remove(key)

    def knows(self, position: Position | None) -> bool:
        """Whether the position says something to this table: it is one of its own, and not from too long ago."""
        if position is None or position.term != self._term:
            return False
        return self._forgotten <= position.sequence <= self._sequence

    def since(self, position: Position | None, most: int | None = None) -> Delta:
        """What somebody at that position has missed; all of it where the position says nothing to this table.

        With ``most`` at first only about so many rows, those that changed longest ago: the position of what comes back
        says how far it leads, and the rest is what was missed there.
        """
        is_reset = position is None or not self.knows(position)
        start = 0 if position is None or is_reset else position.sequence
        put = self._changed_since(start)
        end = self._sequence
        if most is not None and len(put) > most:
            # Of disappearances before that one nothing is remembered: who stopped there would have to begin again.
            end = max(self._rows[put[most - 1]].sequence, self._forgotten)
            put = [key for key in put if self._rows[key].sequence <= end]
        gone = () if is_reset else tuple(self._gone_between(start, end))
        rows = tuple((key, self._rows[key].encoded) for key in put)
        return Delta(table=self.name, position=Position(self._term, end), is_reset=is_reset, put=rows, gone=gone)

    def _changed_since(self, start: int) -> list[str]:
        newest_first = itertools.takewhile(lambda key: self._rows[key].sequence > start, reversed(self._rows))
        return list(newest_first)[::-1]

    def _gone_between(self, start: int, end: int) -> list[str]:
        newest_first = itertools.takewhile(lambda key: self._gone[key] > start, reversed(self._gone))
        return [key for key in newest_first if self._gone[key] <= end][::-1]

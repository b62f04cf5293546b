"""What a reader of the stream asks for, and the frames it gets. Pure.

A daemon has the tables of one `Owner`; those of the other are read there and passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

import orjson
from attrs import frozen

from .tables import Delta, Position, parse_position

MAX_TABLES: Final = 200
MAX_NAME: Final = 512
_MAX_SHOWN: Final = 60
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f]")
_HEAD: Final = re.compile(rb'data: \{"table":("(?:[^"\\]|\\.)*"),"position":"([0-9a-zA-Z-]{1,64})"')


class Owner(Enum):
    """The two daemons that have tables."""

    MASTER = "master"
    MARATHON = "marathon"

    @property
    def other(self) -> Owner:
        """The one that it is not."""
        return Owner.MARATHON if self is Owner.MASTER else Owner.MASTER


OWNERS: Final[Mapping[str, Owner]] = {
    **dict.fromkeys(("cluster", "usage", "agents", "frameworks", "tasks", "roles", "offers", "answers"), Owner.MASTER),
    **dict.fromkeys(("apps", "groups", "instances", "deployments", "waiting", "refusals", "timeline"), Owner.MARATHON),
}
"""Whose each table is, by its name without an argument."""


@frozen
class Wanted:
    """One table that somebody reads, and how far he has read it."""

    name: str
    position: Position | None = None

    @property
    def owner(self) -> Owner | None:
        """Whose it is; None where there is no such table."""
        return OWNERS.get(self.name.partition(":")[0])

    def __str__(self) -> str:
        return self.name if self.position is None else f"{self.name}@{self.position}"


def parse_wanted(text: str) -> tuple[Wanted, ...]:
    """Read the query's `tables`. Raises ValueError that names the parameter and the item at fault."""
    items = [item for item in text.split(",") if item]
    if not items:
        raise ValueError("tables: name at least one table, as in tables=agents,tasks")
    if len(items) > MAX_TABLES:
        raise ValueError(f"tables: {len(items)} are asked for, at most {MAX_TABLES} can be read at a time")
    wanted: dict[str, Wanted] = {}
    for item in items:
        one = _parse_item(item)
        if one.name in wanted:
            raise ValueError(f"tables: {_shown(one.name)} is asked for twice")
        wanted[one.name] = one
    return tuple(wanted.values())


def _parse_item(item: str) -> Wanted:
    name, at, place = item.rpartition("@")
    if not at:
        name, place = item, ""
    if len(name) > MAX_NAME:
        raise ValueError(f"tables: {_shown(name)} has {len(name)} characters, at most {MAX_NAME} are allowed")
    if _UNPRINTABLE.search(name):
        raise ValueError(f"tables: {_shown(name)} holds a control character")
    position = parse_position(place) if at else None
    if at and position is None:
        raise ValueError(f"tables: {_shown(place)} is no position, which is like {_shown(name)}@TERM-17")
    wanted = Wanted(name, position)
    if wanted.owner is None:
        raise ValueError(f"tables: there is no table {_shown(name)}, only {', '.join(OWNERS)}")
    return wanted


def _shown(text: str) -> str:
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}...")


def frame_rows(delta: Delta) -> bytes:
    """The `rows` event."""
    return _frame(b"rows", delta.encode())


def frame_beat(at: float) -> bytes:
    """The `beat` event, at this time in seconds since 1970."""
    return _frame(b"beat", orjson.dumps({"at": round(at, 3)}))


def frame_out(tables: Iterable[str], why: str) -> bytes:
    """The `out` event: these tables can't be had, for this reason."""
    return _frame(b"out", orjson.dumps({"tables": sorted(tables), "why": why}))


def _frame(event: bytes, data: bytes) -> bytes:
    """Encoded JSON is one line, and may be megabytes: `server_sent` takes any text, and would copy it twice."""
    return b"event: " + event + b"\ndata: " + data + b"\n\n"


def read_place(frame: bytes) -> tuple[str, Position] | None:
    """Which table a `rows` frame of another daemon is of, and how far it leads; None for any other frame.

    Only its head is read: it may hold megabytes, of which we want to know nothing.
    """
    if not frame.startswith(b"event: rows\n"):
        return None
    found = _HEAD.match(frame, len(b"event: rows\n"))
    if found is None:
        return None
    position = parse_position(found[2].decode())
    return None if position is None else (str(orjson.loads(found[1])), position)


class FrameSplitter:
    """Bytes of a stream into whole frames, each with the empty line at its end."""

    def __init__(self, most: int) -> None:
        """`most`: bytes that one frame may have."""
        self._most = most
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole with this. Raises ValueError for one that is too long."""
        # Only the end of what waits can be the first half of a frame's end.
        last = self._parts[-1][-1:] if self._parts else b""
        if b"\n\n" not in last + data:
            self._keep(data)
            return []
        *whole, rest = (b"".join(self._parts) + data).split(b"\n\n")
        self._parts, self._size = [], 0
        self._keep(rest)
        return [frame + b"\n\n" for frame in whole]

    def _keep(self, data: bytes) -> None:
        if not data:
            return
        self._parts.append(data)
        self._size += len(data)
        if self._size > self._most:
            raise ValueError(f"a frame of more than {self._most} bytes")

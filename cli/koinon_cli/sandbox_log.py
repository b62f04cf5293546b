"""What a task wrote: which agent holds its sandbox, and reading it piece by piece (mesos-operator-api 3, 4)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from attrs import evolve, frozen

from koinon_daemon.credentials import Credential

from .errors import NotFound
from .http_api import BlockingApi, Request
from .task_place import TaskPlace

_POLL_SECONDS = 1.0
_PIECE = 64 * 1024


@frozen(kw_only=True)
class SandboxLog:
    """One file in a sandbox on one agent. Offsets are bytes."""

    api: BlockingApi
    agent: str
    path: str
    credential: Credential | None = None

    def read(self, offset: int, length: int) -> dict[str, Any]:
        """At most 64 KiB from ``offset``; -1 tells the size. Raises CliError."""
        query = {"path": self.path, "offset": str(offset), "length": str(length)}
        document: dict[str, Any] = self.api.call(
            Request(method="GET", url=f"{self.agent}/files/read", query=query, credential=self.credential)
        ).document
        return document

    def size(self) -> int:
        """How many bytes there are."""
        return int(self.read(-1, 0)["offset"])

    def pieces(self, start: int, end: int) -> Iterator[str]:
        """All between two offsets, or as far as it goes, piece by piece: a log may be larger than the memory here."""
        while start < end:
            # Counted by what was asked for, as the text of bytes that are no UTF-8 has another length.
            length = min(_PIECE, end - start)
            yield str(self.read(start, length)["data"])
            start += length

    def last_lines(self, end: int, lines: int) -> str:
        """The last lines before an offset, read from behind."""
        text = ""
        while end > 0 and text.count("\n") <= lines:
            start = max(0, end - _PIECE)
            text = str(self.read(start, end - start)["data"]) + text
            end = start
        return "".join(text.splitlines(keepends=True)[-lines:]) if lines else ""


def log_of(place: TaskPlace, name: str) -> SandboxLog:
    """A file in a task's sandbox."""
    path = f"{place.directory}/{name}"
    return SandboxLog(api=place.api, agent=place.agent, path=path, credential=place.credential)


def print_tail(log: SandboxLog, lines: int | None) -> int:
    """Print the last ``lines`` (None: all) and return the offset behind them."""
    end = log.size()
    _write(log.pieces(0, end) if lines is None else [log.last_lines(end, lines)])
    return end


def follow(log: SandboxLog, offset: int) -> None:
    """Print what comes behind ``offset`` until interrupted.

    A file that is shorter than it was has been rotated: what was written before is in ``stdout.1``.
    """
    while True:
        size = log.size()
        if size < offset:
            _write(_rest_of_rotated(log, offset))
            offset = 0
        _write(log.pieces(offset, size))
        offset = size
        time.sleep(_POLL_SECONDS)


def _rest_of_rotated(log: SandboxLog, offset: int) -> Iterator[str]:
    """What was written behind ``offset`` before the file was put aside."""
    older = evolve(log, path=f"{log.path}.1")
    with suppress(NotFound):
        yield from older.pieces(offset, older.size())


def _write(pieces: Iterable[str]) -> None:
    for piece in pieces:
        sys.stdout.write(piece)
    sys.stdout.flush()

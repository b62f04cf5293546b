"""The end of a long log, without reading all of it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from koinon_cli.sandbox_log import SandboxLog

LINES = [f"line {number} {'.' * 100}\n" for number in range(5000)]
TEXT = "".join(LINES)


@frozen(kw_only=True)
class LogOnPaper(SandboxLog):
    """A log that answers from a text, and counts what it is asked for."""

    asked: list[int]

    def read(self, offset: int, length: int) -> dict[str, Any]:
        self.asked.append(length)
        return {"offset": offset, "data": TEXT[offset : offset + length]}


@pytest.fixture
def log() -> LogOnPaper:
    """One of half a megabyte."""
    return LogOnPaper(api=None, agent="", path="/w/stdout", asked=[])  # type: ignore[arg-type]


@pytest.mark.parametrize(("lines", "reads"), [(0, 1), (1, 1), (500, 1), (1000, 2), (9000, 9)])
def test_only_the_end_is_read(log: LogOnPaper, lines: int, reads: int) -> None:
    """As many pieces, from behind, as the lines wanted take; all of it where it has fewer."""
    found = log.last_lines(len(TEXT), lines)

    assert "".join(LINES[len(LINES) - lines :] if 0 < lines < len(LINES) else LINES if lines else []) == found
    assert reads == len(log.asked)


def test_all_of_it_comes_in_pieces(log: LogOnPaper) -> None:
    """No larger than an agent gives at once."""
    pieces = list(log.pieces(0, len(TEXT)))

    assert TEXT == "".join(pieces)
    assert max(map(len, pieces)) == max(log.asked) == 64 * 1024

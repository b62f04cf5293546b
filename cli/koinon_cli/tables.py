"""Tables as lines of text: columns where they fit, and what else where they don't."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

_GAP = "  "
_LEAST_LAST = 24
"""The last column is text most often, and may be broken; narrower than this nobody reads it."""


def lay_out(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> Iterator[tuple[str, bool]]:
    """Lines, and which of them are headings. ``width`` is a terminal's; None is as wide as it takes.

    Where it is too narrow, the last column is broken beneath itself, if that is enough; else each row becomes a block
    of a line a cell.
    """
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    before = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)
    if width is None or before + widths[-1] <= width:
        room = None
    elif before + _LEAST_LAST <= width:
        room = width - before
    else:
        yield from _blocks(headings, rows)
        return
    for number, row in enumerate((headings, *rows)):
        cells = [set_cell_size(cell, size) + _GAP for cell, size in zip(row[:-1], widths[:-1], strict=True)]
        first, *others = [row[-1]] if room is None else _break(row[-1], room)
        yield ("".join(cells) + first).rstrip(), number == 0
        for other in others:
            yield " " * before + other, False


def lay_out_facts(facts: Sequence[tuple[str, str]]) -> list[str]:
    """A line each, with the values beneath one another."""
    width = max(cell_len(name) for name, _ in facts)
    return [f"{set_cell_size(name, width)}{_GAP}{value}".rstrip() for name, value in facts]


def _blocks(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, bool]]:
    if not rows:
        yield _GAP.join(headings), True
    for number, row in enumerate(rows):
        if number:
            yield "", False
        for line in lay_out_facts(list(zip(headings, row, strict=True))):
            yield line, False


def _break(text: str, room: int) -> list[str]:
    # Words stay whole, as an id that is broken can't be copied.
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]

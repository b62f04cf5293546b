"""Tables on terminals of any width."""

from __future__ import annotations

import pytest

from koinon_cli.tables import lay_out, lay_out_facts

HEADINGS = ("ID", "STATE", "REASON")
ROWS = [("a-long-id", "active", "what people read, in many words"), ("b", "gone", "-")]


def lines(width: int | None) -> list[str]:
    return [line for line, _ in lay_out(HEADINGS, ROWS, width)]


@pytest.mark.parametrize("width", [None, 50, 200])
def test_columns_stand_beneath_their_headings(width: int | None) -> None:
    """As wide as the widest cell, wherever that fits, and in files and pipes always."""
    assert [
        "ID         STATE   REASON",
        "a-long-id  active  what people read, in many words",
        "b          gone    -",
    ] == lines(width)


def test_last_column_is_broken_beneath_itself() -> None:
    """At words, as far as there is room to read it."""
    assert [
        "ID         STATE   REASON",
        "a-long-id  active  what people read, in many",
        "                   words",
        "b          gone    -",
    ] == lines(44)


def test_rows_become_blocks_where_no_column_fits() -> None:
    """So that each cell can still be read, and copied."""
    assert [
        "ID      a-long-id",
        "STATE   active",
        "REASON  what people read, in many words",
        "",
        "ID      b",
        "STATE   gone",
        "REASON  -",
    ] == lines(40)


def test_table_without_rows_has_headings() -> None:
    """Whatever the width."""
    assert [("ID  STATE  REASON", True)] == list(lay_out(HEADINGS, [], 10))
    assert [("ID  STATE  REASON", True)] == list(lay_out(HEADINGS, [], None))


def test_wide_characters_count_twice() -> None:
    """As terminals show them."""
    assert ["名  x", "ab  y"] == lay_out_facts([("名", "x"), ("ab", "y")])

"""What readers ask for, and frames."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_web.feed import (
    MAX_TABLES,
    OWNERS,
    FrameSplitter,
    Owner,
    Wanted,
    frame_beat,
    frame_out,
    frame_rows,
    parse_wanted,
    read_place,
)
from koinon_web.tables import Delta, Position
from support.source_tree import ROOT


def test_tables_have_names_arguments_and_positions() -> None:
    """Each as the README writes it."""
    assert (
        Wanted("agents"),
        Wanted("tasks", Position("T", 17)),
        Wanted("timeline:/shop/web", Position("U2", 3)),
    ) == parse_wanted("agents,tasks@T-17,timeline:/shop/web@U2-3")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "name at least one table"),
        (",,", "name at least one table"),
        ("nix", "there is no table 'nix'"),
        ("agents,nix:x", "there is no table 'nix:x'"),
        ("agents,agents@T-1", "'agents' is asked for twice"),
        ("agents@x", "'x' is no position"),
        ("agents@", "'' is no position"),
        ("@T-1", "there is no table ''"),
        ("timeline:/a\nb", "control character"),
        ("timeline:" + "x" * 10_000, "has 10009 characters, at most 512"),
        (",".join(f"timeline:/{number}" for number in range(MAX_TABLES + 1)), "201 are asked for, at most 200"),
    ],
)
def test_what_cant_be_asked_for_is_named(text: str, words: str) -> None:
    """The parameter and the item at fault, and not ten thousand characters of it."""
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        parse_wanted(text)

    assert str(caught.value).startswith("tables: ")
    assert len(str(caught.value)) < 300


def test_every_table_has_its_owner() -> None:
    """The README's table of tables and the code say the same."""
    readme = (ROOT / "web/README.md").read_text()
    said = re.findall(r"^\| `(\w+)(?::ID)?` \| (master|marathon) \|", readme, re.MULTILINE)

    assert {name: owner.value for name, owner in OWNERS.items()} == dict(said)
    assert [Owner.MASTER, Owner.MARATHON, None] == [Wanted(name).owner for name in ("tasks", "timeline:/a", "task")]


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.text(st.characters(codec="utf-8"), max_size=20))
def test_the_place_of_a_frame_is_read_without_its_rows(argument: str, row: str) -> None:
    """Whatever names and rows hold."""
    delta = Delta(table=f"timeline:{argument}", position=Position("T", 7), put=((row, b'"\\n\\n"'),))

    assert (f"timeline:{argument}", Position("T", 7)) == read_place(frame_rows(delta))


def test_other_frames_have_no_place() -> None:
    """Nor has what is none of ours."""
    frames = (frame_beat(1.0), frame_out(["apps"], "why"), b"event: rows\ndata: {}\n\n", b"nonsense\n\n")

    assert [None] * 4 == [read_place(frame) for frame in frames]


@given(st.lists(st.binary(min_size=1, max_size=9).filter(lambda one: b"\n" not in one), max_size=6), st.data())
def test_frames_are_whole_however_they_come(texts: list[bytes], data: st.DataObject) -> None:
    """Cut at any places."""
    frames = [text + b"\n\n" for text in texts]
    stream, splitter = b"".join(frames), FrameSplitter(100)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert frames == [frame for piece in pieces for frame in splitter.feed(piece)]


def test_a_frame_has_an_end() -> None:
    """A stream that never ends one doesn't fill the memory."""
    splitter = FrameSplitter(1000)
    for _ in range(100):
        splitter.feed(b"x" * 10)

    with pytest.raises(ValueError, match="more than 1000 bytes"):
        splitter.feed(b"x")

"""Tables and their deltas: whoever reads, however rarely, ends with what there is."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from koinon_web.tables import Delta, Position, Table, parse_position

KEYS = st.sampled_from(["a", "b", "c", "d", "/shop/web", "é\n", "__proto__"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers(0, 3)),
        st.tuples(st.just("remove"), KEYS, st.just(0)),
        st.tuples(st.just("retain"), KEYS, st.just(0)),
        st.tuples(st.just("read"), st.integers(0, 3), st.integers(0, 3)),
    ),
    max_size=80,
)


class Reader:
    """What a browser does with deltas, of which it gets the JSON."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.position: Position | None = None

    def read(self, table: Table, most: int | None = None) -> None:
        said = orjson.loads(table.since(self.position, most).encode())
        if said["reset"]:
            self.rows = {key: row for key, row in self.rows.items() if key in said["put"]}
        for key in said["gone"]:
            self.rows.pop(key, None)
        self.rows.update(said["put"])
        self.position = parse_position(said["position"])


def play(table: Table, steps: list[tuple[str, object, int]], readers: list[Reader]) -> dict[str, int]:
    """Carry out the steps; returns the rows as they should be."""
    rows: dict[str, int] = {}
    for kind, what, value in steps:
        if kind == "read":
            readers[int(str(what))].read(table, value or None)
        elif kind == "put":
            table.put(str(what), orjson.dumps(value))
            rows[str(what)] = value
        elif kind == "remove":
            table.remove(str(what))
            rows.pop(str(what), None)
        else:
            table.retain([str(what)])
            rows = {key: row for key, row in rows.items() if key == what}
    return rows


@given(STEPS, st.integers(0, 5))
def test_every_reader_ends_with_the_rows_there_are(steps: list[tuple[str, object, int]], max_gone: int) -> None:
    """Whatever happens, at whatever moments somebody reads, and however few disappearances are remembered."""
    table, readers = Table("tasks", "T", max_gone), [Reader() for _ in range(4)]
    rows = play(table, steps, readers)
    readers[0].read(table)
    for most, reader in enumerate(readers[1:], 1):
        # As many reads as there are rows must do, whatever the table forgot.
        for _ in range(len(table) // most + 2):
            reader.read(table, most)

    assert [rows] * 4 == [reader.rows for reader in readers]
    assert rows.keys() == set(table.keys())


@given(STEPS)
def test_who_knows_all_is_told_nothing(steps: list[tuple[str, object, int]]) -> None:
    """At the newest position nothing is missed."""
    table = Table("tasks", "T")
    play(table, steps, [Reader() for _ in range(4)])

    assert not table.since(table.position)


def test_a_row_that_changed_often_is_told_once() -> None:
    """What a reader gets is bounded by the table, not by what has happened."""
    table = Table("tasks", "T")
    table.put("a", b"0")
    table.put("b", b"0")
    before = table.position
    for number in range(1000):
        table.put("a", b"%d" % number)

    assert (("a", b"999"),) == table.since(before).put


def test_the_same_row_again_is_no_change() -> None:
    """Sources may put what is there."""
    table = Table("tasks", "T")
    table.put("a", b"0")
    before = table.position
    table.put("a", b"0")
    table.remove("b")

    assert before == table.position


def test_a_position_of_another_term_brings_all_rows() -> None:
    """As does one from the future, which nobody can have."""
    table = Table("tasks", "T")
    table.put("a", b"0")

    assert [True, True, True] == [
        table.since(position).is_reset for position in (None, Position("U", 1), Position("T", 2))
    ]


def test_who_has_missed_too_many_disappearances_gets_the_table_anew() -> None:
    """Only a bounded number is remembered."""
    table = Table("tasks", "T", max_gone=2)
    for key in "abc":
        table.put(key, b"0")
    before = table.position
    table.remove("a")
    table.remove("b")

    assert ("a", "b") == table.since(before).gone
    table.remove("c")
    assert table.since(before).is_reset


def test_a_long_table_comes_in_pieces_the_oldest_change_first() -> None:
    """Each leads to a place of its own, where reading goes on; what changes meanwhile comes last."""
    table = Table("tasks", "T")
    for key in "abcde":
        table.put(key, b"0")
    first = table.since(None, 2)
    table.put("a", b"1")
    table.remove("d")
    second = table.since(first.position, 2)
    third = table.since(second.position, 2)

    assert [["a", "b"], ["c", "e"], ["a"]] == [[key for key, _ in one.put] for one in (first, second, third)]
    assert [(True, ()), (False, ()), (False, ("d",))] == [(one.is_reset, one.gone) for one in (first, second, third)]
    assert table.position == third.position


def test_a_reset_is_told_though_there_are_no_rows() -> None:
    """Whoever waits for an empty table must learn that it is empty."""
    assert Delta(table="tasks", position=Position("T", 0), is_reset=True)


def test_positions_are_read_as_they_are_written() -> None:
    """And what is none is none."""
    position = Position("a1B2", 17)

    assert position == parse_position(str(position))
    assert [None] * 6 == [parse_position(text) for text in ("", "a", "a-", "-1", "a-b", "a-1 ")]

"""The engine's log entries: taken apart, and taken up where they were left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.engine_log import EngineLog, cut, joined
from koinon_agent.containerizer.docker.demultiplexer import Stream
from koinon_agent.containerizer.docker.log_entries import EntryReader, plan_since

# Steps of time as entries make them: often none, now and then longer than the skew between two streams.
STEPS = st.sampled_from([0, 0, 1, 1000, 10**9, 20 * 10**9])
DATA = st.sampled_from([b"line\n", b"\n", b"x" * 16384, b"end of it\n", b" with spaces \n"])
ENTRIES = st.lists(st.tuples(st.sampled_from(Stream), DATA, STEPS), max_size=12)
CUTS = st.lists(st.integers(1, 200), max_size=6)


def make_log(entries: list[tuple[Stream, bytes, int]]) -> EngineLog:
    """A log of those entries."""
    log = EngineLog()
    for stream, data, step in entries:
        log.add(stream, data, step)
    return log


@given(entries=ENTRIES, cuts=CUTS, more=ENTRIES, again=CUTS)
def test_a_stream_that_breaks_anywhere_is_taken_up_without_gap_or_repetition(
    entries: list[tuple[Stream, bytes, int]],
    cuts: list[int],
    more: list[tuple[Stream, bytes, int]],
    again: list[int],
) -> None:
    """Also where entries share a stamp, a line goes on over many, or one stream was silent for long."""
    log = make_log(entries)
    first = EntryReader({}, is_terminal=False)
    seen = [piece for chunk in list(cut(log.read(None), cuts))[:-1] for piece in first.feed(chunk)]
    for stream, data, step in more:
        log.add(stream, data, step)
    second = EntryReader(first.positions, is_terminal=False)
    since = plan_since(first.positions)
    seen += [piece for chunk in cut(log.read(since), again) for piece in second.feed(chunk)]

    assert {stream: log.said(stream) for stream in Stream} == joined(seen)
    assert second.is_between_entries
    assert set() == second.gaps


@given(entries=ENTRIES, cuts=CUTS, more=ENTRIES)
def test_a_terminals_stream_has_no_frames_and_loses_nothing(
    entries: list[tuple[Stream, bytes, int]], cuts: list[int], more: list[tuple[Stream, bytes, int]]
) -> None:
    """Entries are told by their ends; the last one may have none."""
    log = make_log([(Stream.STDOUT, data, step) for _, data, step in entries])
    first = EntryReader({}, is_terminal=True)
    pieces = list(cut(log.read(None, is_terminal=True), cuts))[:-1]
    seen = [piece for chunk in pieces for piece in first.feed(chunk)]
    for _, data, step in more:
        log.add(Stream.STDOUT, data, step)
    log.add(Stream.STDOUT, b"prompt> ")
    second = EntryReader(first.positions, is_terminal=True)
    seen += second.feed(log.read(plan_since(first.positions), is_terminal=True))
    seen += second.end()

    assert log.said(Stream.STDOUT) == joined(seen)[Stream.STDOUT]


def test_what_the_engine_has_thrown_away_meanwhile_is_noticed() -> None:
    """The last known entry must still be there when following resumes; else some of the next are lost, too."""
    log = make_log([(Stream.STDOUT, b"one\n", 1), (Stream.STDERR, b"two\n", 1), (Stream.STDERR, b"lost\n", 1)])
    first = EntryReader({}, is_terminal=False)
    first.feed(log.read(None)[: -len(b"lost\n") - 39])
    log.add(Stream.STDERR, b"kept\n")
    log.forget(3)
    second = EntryReader(first.positions, is_terminal=False)
    seen = second.feed(log.read(plan_since(first.positions)))

    assert [(Stream.STDERR, b"kept\n")] == seen
    assert {Stream.STDERR} == second.gaps


def test_a_silent_stream_does_not_make_all_come_again() -> None:
    """Only the last seconds before the newest entry are asked for."""
    log = make_log([(Stream.STDERR, b"once\n", 1), (Stream.STDOUT, b"later\n", 60 * 10**9)])
    reader = EntryReader({}, is_terminal=False)
    reader.feed(log.read(None))

    assert "1800000055.000000001" == plan_since(reader.positions)


def test_the_engines_own_words_are_kept_apart() -> None:
    """What it says of its log is no output of the container."""
    complaint = b"\x03\0\0\0\0\0\0\x0aunreadable"
    reader = EntryReader({}, is_terminal=False)

    assert [] == reader.feed(complaint)
    assert ["unreadable"] == reader.complaints


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK\r\n", b"\x01\0\0\0\xff\0\0\0"])
def test_what_is_no_log_is_refused(data: bytes) -> None:
    """Rather than kept in memory in the hope of a frame's end."""
    with pytest.raises(ValueError, match="no log stream"):
        EntryReader({}, is_terminal=False).feed(data)


@pytest.mark.parametrize("start", [1, 1000, 14_990])
def test_a_file_that_a_busy_engine_reads_twice_is_told_once(start: int) -> None:
    """It was rotated twice before the engine noticed: the newest file comes again, what is new goes on behind."""
    log = make_log([(Stream.STDOUT, b"a line of a burst of output\n", 1000)] * 15_000)
    log.add(Stream.STDERR, b"over\n", 1000)
    sent = list(cut(log.read(None), [1 << 16] * 20))
    whole = log.read(None)
    reader = EntryReader({}, is_terminal=False)
    seen = [piece for chunk in sent for piece in reader.feed(chunk)]
    seen += reader.feed(frames_from(whole, start))
    log.add(Stream.STDOUT, b"new\n", 1000)
    seen += reader.feed(log.read(None)[len(whole) :])

    assert {stream: log.said(stream) for stream in Stream} == joined(seen)


def test_a_clock_that_is_set_back_loses_no_output() -> None:
    """So little came lately that no engine has rotated anything: the entries are new, though their stamps are older."""
    log = make_log([(Stream.STDOUT, b"before\n", 10**9)] * 20)
    reader = EntryReader({}, is_terminal=False)
    seen = reader.feed(log.read(None))
    later = make_log([(Stream.STDOUT, b"after\n", 1000)])
    seen += reader.feed(later.read(None))

    assert b"before\n" * 20 + b"after\n" == joined(seen)[Stream.STDOUT]


def frames_from(stream: bytes, number: int) -> bytes:
    """The stream without its first frames."""
    at = 0
    for _ in range(number):
        at += 8 + int.from_bytes(stream[at + 4 : at + 8])
    return stream[at:]

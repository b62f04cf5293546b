"""The output of a container in its sandbox: within its bound, and whole however often an agent dies over it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.engine_log import EngineLog, cut
from koinon_agent.containerizer import log_rotation
from koinon_agent.containerizer.docker.demultiplexer import Stream
from koinon_agent.containerizer.docker.log_entries import EntryReader, plan_since
from koinon_agent.containerizer.docker.log_files import FILES, PLACES, LogFiles
from koinon_agent.containerizer.log_limits import LogLimits

LIMITS = LogLimits(max_size=5000, max_files=20)
CHUNK = 700


class Crash(BaseException):
    """The agent is gone in the middle of it."""


@contextmanager
def crashing(after: int) -> Iterator[None]:
    """The agent dies at that change of a file: half of a write is done, a rotation is, or a place is not put down."""
    left = after

    def count() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    def write(descriptor: int, data: memoryview) -> int:
        if count():
            os_write(descriptor, data[: len(data) // 2])
            raise Crash
        return os_write(descriptor, data)

    def shift(folder: Path, files: list[str]) -> None:
        if count():
            raise Crash
        real_shift(folder, files)
        if count():
            raise Crash

    os_write, real_shift = os.write, log_rotation.shift
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", write)
        patch.setattr(f"{LogFiles.__module__}.shift", shift)
        yield


async def follow(
    log: EngineLog, sandbox: Path, limits: LogLimits = LIMITS, log_start: tuple[int, int] = (0, 0)
) -> None:
    """One life of an agent: from where the last one stood to the end of the log."""
    files = LogFiles(sandbox, log_start, limits)
    known = files.resume()
    reader = EntryReader(known, is_terminal=False)
    data = log.read(plan_since(known))
    try:
        for chunk in cut(data, [CHUNK] * (len(data) // CHUNK)):
            for stream, piece in reader.feed(chunk):
                await files.write(stream, piece)
            files.mark(reader.positions)
    finally:
        files.close()


def held(sandbox: Path, limits: LogLimits = LIMITS) -> Mapping[Stream, bytes]:
    """What the files of each stream hold, the oldest first."""
    texts = {}
    for stream, name in FILES.items():
        paths = [sandbox / each for each in reversed(limits.names(name))]
        texts[stream] = b"".join(path.read_bytes() for path in paths if path.exists())
    return texts


def say(log: EngineLog, begin: int, end: int) -> None:
    """Numbered lines of some length, now and then on stderr."""
    for number in range(begin, end):
        log.add(Stream.STDERR if number % 7 == 0 else Stream.STDOUT, f"line {number} {'x' * (number % 90)}\n".encode())


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(lives=st.lists(st.tuples(st.integers(1, 60), st.integers(1, 40)), min_size=1, max_size=4))
def test_whoever_dies_over_it_nothing_is_lost_or_doubled(lives: list[tuple[int, int]]) -> None:
    """In mid-write, before a rotation, after it: the next agent goes on at the very byte, rotated files included."""
    with TemporaryDirectory() as folder:
        sandbox, log, said = Path(folder), EngineLog(), 0
        (sandbox / "stdout").write_bytes(b"fetched\n")
        for lines, crash_at in lives:
            say(log, said, said + lines * 4)
            said += lines * 4
            with crashing(crash_at), suppress(Crash):
                asyncio.run(follow(log, sandbox, log_start=(8, 0)))
        asyncio.run(follow(log, sandbox, log_start=(8, 0)))

        assert {
            Stream.STDOUT: b"fetched\n" + log.said(Stream.STDOUT),
            Stream.STDERR: log.said(Stream.STDERR),
        } == held(sandbox)


async def test_files_stay_within_their_bound_and_end_at_lines(tmp_path: Path) -> None:
    """The last is kept, the oldest goes, no line is torn; a line longer than a file is."""
    limits = LogLimits(max_size=5000, max_files=3)
    log = EngineLog()
    say(log, 0, 2000)
    await follow(log, tmp_path, limits)
    kept = held(tmp_path, limits)[Stream.STDOUT]
    log.add(Stream.STDOUT, b"y" * 12_000)
    await follow(log, tmp_path, limits)

    assert log.said(Stream.STDOUT).startswith(b"line 1 ")
    assert log.said(Stream.STDOUT)[:-12_000].endswith(kept)
    assert kept.startswith(b"line ")
    assert [2000, 5000, 5000] == [(tmp_path / name).stat().st_size for name in limits.names("stdout")]
    assert not (tmp_path / "stdout.3").exists()


async def test_what_the_engine_forgot_before_the_agent_came_back_is_told(tmp_path: Path) -> None:
    """What comes is not what follows what is written: nothing is taken for known, and a line says that some is lost."""
    log = EngineLog()
    say(log, 0, 20)
    with crashing(6), suppress(Crash):
        await follow(log, tmp_path)
    say(log, 20, 40)
    log.forget(25)
    await follow(log, tmp_path)

    assert (
        b"[koinon] some output before this is lost: the engine no longer had it\nline 25 "
        in held(tmp_path)[Stream.STDOUT]
    )
    assert held(tmp_path)[Stream.STDOUT].endswith(log.said(Stream.STDOUT))


@pytest.mark.parametrize("places", [b"{", b"[]", b'{"stdout": 3}', b'{"stdout": {"stamp": 1}}'])
async def test_places_that_make_no_sense_are_none(tmp_path: Path, places: bytes) -> None:
    """The sandbox is the task's: whatever it writes there harms nothing but its own output."""
    (tmp_path / PLACES).write_bytes(places)
    log = EngineLog()
    say(log, 0, 20)
    await follow(log, tmp_path)

    assert log.said(Stream.STDOUT) == held(tmp_path)[Stream.STDOUT]


async def test_a_task_cannot_lift_the_bound_or_lead_the_agent_elsewhere(tmp_path: Path) -> None:
    """A directory where the old output should go; a link where it should be written: neither is followed."""
    (tmp_path / "stdout.1").mkdir()
    (tmp_path / "stdout.1" / "file").touch()
    (tmp_path / "elsewhere").touch()
    limits = LogLimits(max_size=5000, max_files=2)
    (tmp_path / "stderr").symlink_to(tmp_path / "elsewhere")
    log = EngineLog()
    for number in range(1, 1000):
        log.add(Stream.STDOUT, f"line {number}\n".encode())
    await follow(log, tmp_path, limits)
    log.add(Stream.STDERR, b"to a link\n")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await follow(log, tmp_path, limits)

    assert (tmp_path / "stdout").read_bytes().endswith(b"line 999\n")
    assert 5000 >= (tmp_path / "stdout").stat().st_size
    assert b"" == (tmp_path / "elsewhere").read_bytes()

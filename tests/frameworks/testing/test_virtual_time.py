"""A loop whose clock jumps: waiting takes no time, real work is waited for, and nothing hangs."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time

import pytest

from koinon_frameworks.testing import NothingLeft, TooLong, run_virtual
from koinon_frameworks.testing import virtual_time as subject


async def note(at: float, into: list[float]) -> None:
    """Sleep, and write down when that was over."""
    await asyncio.sleep(at)
    into.append(round(asyncio.get_running_loop().time(), 6))


def test_a_day_takes_no_time() -> None:
    """Sleepers wake in their order, each at its time."""

    async def main() -> list[float]:
        woken: list[float] = []
        await asyncio.gather(note(86400, woken), note(3600, woken), note(0.5, woken))
        return woken

    began = time.monotonic()
    woken = run_virtual(main())

    assert [0.5, 3600.0, 86400.0] == woken
    assert time.monotonic() - began < 1.0


def test_timeouts_strike_in_virtual_time() -> None:
    """``asyncio.timeout`` and ``wait_for`` know no other clock."""

    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert 100.0 == pytest.approx(run_virtual(main()))


def test_threads_are_waited_for_while_the_clock_stands() -> None:
    """What a thread does takes real time and no virtual: a timer does not strike before it is done."""

    def work() -> str:
        threading.Event().wait(0.03)
        return "done"

    async def main() -> tuple[str, float]:
        async with asyncio.timeout(1000):
            done = await asyncio.to_thread(work)
        return done, asyncio.get_running_loop().time()

    done, at = run_virtual(main())

    assert "done" == done
    assert at < 900


def test_sockets_work() -> None:
    """A plugin's own HTTP can be asked in virtual time: what is on the wire goes before any timer."""

    async def main() -> tuple[bytes, float]:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        _, other = await asyncio.open_connection(sock=theirs)
        asyncio.get_running_loop().call_later(50, other.write, b"hello")
        heard = await asyncio.wait_for(reader.readexactly(5), 1000)
        writer.close()
        other.close()
        return heard, asyncio.get_running_loop().time()

    heard, at = run_virtual(main())

    assert b"hello" == heard
    assert 50.0 == pytest.approx(at)


def test_a_wait_for_nothing_is_an_error_that_says_where() -> None:
    """Where a plain loop hangs for ever, this one names the task and its line."""

    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        await asyncio.create_task(wait_for_ever(), name="forgotten")

    with pytest.raises(NothingLeft, match=r"forgotten at .*wait_for_ever \(test_virtual_time.py:\d+\)"):
        run_virtual(main())


def test_a_silent_socket_is_nothing_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some real patience."""
    monkeypatch.setattr(subject, "SOCKET_PATIENCE", 0.01)

    async def main() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            reader, _ = await asyncio.open_connection(sock=ours)
            await reader.read()

    with pytest.raises(NothingLeft):
        run_virtual(main())


def test_what_repeats_itself_for_ever_ends() -> None:
    """A loop of timers would spin through the centuries."""

    async def main() -> None:
        for _ in itertools.count():
            await asyncio.sleep(60)

    with pytest.raises(TooLong, match="3600 virtual seconds"):
        run_virtual(main(), limit=3600)

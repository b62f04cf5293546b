"""Calls over one connection, against real sockets: their order, and what becomes of them when things go wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from koinon_daemon.errors import CallFailedError, CallTimedOutError
from koinon_daemon.pipelined import Answer
from koinon_frameworks.driver.call_pipe import CallPipe

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
CLOSING = b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def pipe_to(serve: Serve, deadline: float = 5.0, limit: int = 16) -> AsyncIterator[CallPipe]:
    """A pipe to a server that does this with each connection."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pipe = CallPipe(f"http://127.0.0.1:{port}/calls", "X-Own: 1\r\n", deadline, limit)
    try:
        yield pipe
    finally:
        pipe.close()
        server.close()


async def body_of(reader: asyncio.StreamReader) -> bytes:
    """The body of the next request."""
    head = await reader.readuntil(b"\r\n\r\n")
    return await reader.readexactly(int(head.rpartition(b"Content-Length: ")[2]))


async def test_calls_do_not_wait_for_one_another() -> None:
    """All calls are there before the first is answered, on one connection and in their order; each gets its answer."""
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.extend([await body_of(reader) for _ in range(3)])
        writer.write(ACCEPTED + b"HTTP/1.1 400 Bad\r\nContent-Length: 6\r\n\r\n wrong" + ACCEPTED)

    async with pipe_to(serve) as pipe:
        answers = await asyncio.gather(*(pipe.call(body) for body in (b"a", b"b", b"c")))

    assert [b"a", b"b", b"c"] == came
    assert [Answer(202), Answer(400, "wrong"), Answer(202)] == answers


async def test_no_more_calls_are_under_way_than_may_be() -> None:
    """The next call goes out when one of those before it was answered."""
    came: list[list[bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            came.append([await body_of(reader), await body_of(reader)])
            assert not reader._buffer  # type: ignore[attr-defined]
            writer.write(ACCEPTED * 2)

    async with pipe_to(serve, limit=2) as pipe:
        await asyncio.gather(*(pipe.call(body) for body in (b"a", b"b", b"c", b"d")))

    assert [[b"a", b"b"], [b"c", b"d"]] == came


async def test_a_late_answer_takes_its_connection_out_of_use() -> None:
    """A call that runs out of time fails alone, and the next goes over a new connection."""
    connections: list[int] = []
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(len(connections))
        await body_of(reader)
        if connections[-1] > 0:
            writer.write(ACCEPTED)
        elif not await reader.read():
            ended.set()

    async with pipe_to(serve, deadline=0.1) as pipe:
        with pytest.raises(CallTimedOutError):
            await pipe.call(b"never")
        answer = await pipe.call(b"then")
        await asyncio.wait_for(ended.wait(), 5)

    assert Answer(202) == answer
    assert [0, 1] == connections


async def test_a_peer_that_closes_after_an_answer_is_left_to_others() -> None:
    """Calls behind such an answer would be lost, so that no more are sent like this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await body_of(reader)
        writer.write(CLOSING)
        writer.close()

    async with pipe_to(serve) as pipe:
        answer = await pipe.call(b"one")

        assert Answer(202) == answer
        assert not pipe.is_usable


async def test_a_lost_connection_fails_its_calls_and_is_replaced() -> None:
    """Calls that were not answered when it ended say so; the next call connects again."""
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(len(connections))
        await body_of(reader)
        if connections[-1] > 0:
            writer.write(ACCEPTED)
        else:
            writer.close()

    async with pipe_to(serve) as pipe:
        lost = await asyncio.gather(pipe.call(b"a"), pipe.call(b"b"), return_exceptions=True)
        answer = await pipe.call(b"c")

    assert [CallFailedError, CallFailedError] == [type(one) for one in lost]
    assert Answer(202) == answer


async def test_nobody_there_is_a_failure_with_a_reason() -> None:
    """A master that takes no connection is named with what the system says of it."""
    pipe = CallPipe("http://127.0.0.1:1/calls", "", 5.0, 16)
    with pytest.raises(CallFailedError, match=r"Connect call failed|refused"):
        await pipe.call(b"a")


def test_tls_is_left_to_others() -> None:
    """Nothing but plain HTTP is spoken."""

    assert not CallPipe("https://127.0.0.1:5050/calls", "", 5.0, 16).is_usable

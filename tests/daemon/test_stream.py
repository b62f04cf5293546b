"""Record streams and event streams over real connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.typedefs import Handler

from koinon_core.wire.recordio import encode_record
from koinon_daemon.errors import StreamBrokenError
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_daemon.stream import PEER_LEFT, Backlog, EventStream, OutgoingStream, RecordStream, records

StreamT = TypeVar("StreamT", bound=OutgoingStream)


@asynccontextmanager
async def answered_by(handler: Handler) -> AsyncIterator[ClientResponse]:
    """The response of a server whose one route is the handler."""
    app = make_application([])
    app.router.add_get("/", handler)
    server = HttpServer(app, Listen(port=0), grace=0.1)
    address = await server.start()
    try:
        async with ClientSession() as session, session.get(f"http://{address}/") as response:
            yield response
    finally:
        await server.stop()


@asynccontextmanager
async def connected(
    kind: type[StreamT], backlog: Backlog | None = None
) -> AsyncIterator[tuple[StreamT, ClientResponse]]:
    """Both ends of one stream."""
    opened: asyncio.Queue[StreamT] = asyncio.Queue()

    async def handler(request: web.Request) -> web.StreamResponse:
        stream = await kind.open(request, {"Content-Type": "application/json"}, backlog)
        opened.put_nowait(stream)
        return await stream.run()

    async with answered_by(handler) as response:
        yield await opened.get(), response


async def collect(response: ClientResponse) -> list[bytes]:
    """All records until the stream ends."""
    return [record async for record in records(response)]


async def test_records_arrive_in_order() -> None:
    """What is sent arrives as it was, chunked and without a length, and a finished stream writes what waits."""
    payloads = [b'{"n":%d}' % number for number in range(500)] + [b"", b"x" * 200_000]
    async with connected(RecordStream) as (stream, response):
        accepted = [stream.send(payload) for payload in payloads]
        stream.finish("done")
        received = await collect(response)

    assert all(accepted)
    assert payloads == received
    assert "application/json" == response.headers["Content-Type"]
    assert "chunked" == response.headers["Transfer-Encoding"]
    assert "Content-Length" not in response.headers


async def test_each_record_is_one_chunk() -> None:
    """Naive clients find one whole record in each chunk."""
    async with connected(RecordStream) as (stream, response):
        stream.send(b"one")
        stream.send(b"two")
        stream.finish("done")
        chunks = [chunk async for chunk, is_end in response.content.iter_chunks() if is_end]

    assert [b"3\none", b"3\ntwo"] == chunks


async def test_headers_come_before_any_record() -> None:
    """The response is there at once, even when nothing is sent yet; records follow when they are sent."""
    async with connected(RecordStream) as (stream, response):
        incoming = records(response)
        stream.send(b"first")
        first = await anext(incoming)
        stream.send(b"second")
        second = await anext(incoming)

    assert [b"first", b"second"] == [first, second]


async def test_ended_stream_takes_nothing() -> None:
    """After its end a stream refuses records and keeps its first reason."""
    async with connected(RecordStream) as (stream, response):
        stream.finish("failed over")
        stream.finish("later")
        accepted = stream.send(b"late")
        received = await collect(response)
        reason = await stream.wait_closed()

    assert (False, [], "failed over") == (accepted, received, reason)


async def test_client_that_leaves_is_noticed_at_once() -> None:
    """When the client closes the connection, the stream closes without waiting for the next record."""
    async with connected(RecordStream) as (stream, response):
        response.close()
        async with asyncio.timeout(10):
            reason = await stream.wait_closed()

    assert PEER_LEFT == reason
    assert stream.send(b"late") is False


@pytest.mark.parametrize("backlog", [Backlog(records=3), Backlog(size=3 * 1024)])
async def test_slow_consumer_is_cut(backlog: Backlog) -> None:
    """A stream whose backlog is full, in records or in bytes, is cut with the reason; sending never blocks."""
    async with connected(RecordStream, backlog) as (stream, response):
        accepted = [stream.send(b"x" * 1000) for _ in range(4)]
        reason = await stream.wait_closed()
        with pytest.raises(StreamBrokenError, match="connection lost"):
            await collect(response)

    assert [True, True, True, False] == accepted
    assert reason.startswith("slow consumer: ")


async def test_consumer_that_reads_nothing_is_cut() -> None:
    """A writer stuck in a full socket is cut too, once its backlog is full."""
    async with connected(RecordStream, Backlog(records=2)) as (stream, response):
        stream.send(b"x" * 30_000_000)
        await response.content.readany()
        accepted = [stream.send(b"next") for _ in range(3)]
        async with asyncio.timeout(10):
            reason = await stream.wait_closed()

    assert [True, True, False] == accepted
    assert reason.startswith("slow consumer: ")


async def test_cut_is_final() -> None:
    """Cutting drops what waits, and cutting again changes nothing."""
    async with connected(RecordStream) as (stream, _response):
        stream.send(b"dropped")
        stream.cut("replaced")
        await stream.wait_closed()
        stream.cut("again")

    assert (True, "replaced") == (stream.is_ended, stream.reason)


async def test_server_sent_events() -> None:
    """Events are framed with CRLF as Marathon does, a keepalive is an empty line."""
    async with connected(EventStream) as (stream, response):
        stream.send("status_update_event", '{"a":"ü"}')
        stream.send_keepalive()
        stream.finish("done")
        body = await response.read()

    assert 'event: status_update_event\r\ndata: {"a":"ü"}\r\n\r\n\r\n' == body.decode()


async def test_events_that_wait_go_out_together() -> None:
    """Hundreds of listeners hear of a change's events in one write each; a large event goes by itself."""
    async with connected(EventStream) as (stream, response):
        for _ in range(5):
            stream.send("a", "x")
        stream.send("b", "y" * 100_000)
        stream.finish("done")
        chunks: list[bytes] = []
        held = b""
        async for data, is_end in response.content.iter_chunks():
            held += data
            if is_end:
                chunks, held = [*chunks, held], b""

    assert [5 * b"event: a\r\ndata: x\r\n\r\n", b"event: b\r\ndata: " + 100_000 * b"y" + b"\r\n\r\n"] == chunks


async def test_event_data_is_one_line() -> None:
    """Data with a line break would forge fields, so it is refused."""
    async with connected(EventStream) as (stream, _response):
        with pytest.raises(ValueError, match="one line"):
            stream.send("x", "a\r\nevent: forged")


async def answer_with(body: bytes) -> list[bytes]:
    """The records read from a plain body."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    async with answered_by(handler) as response:
        return await collect(response)


async def test_reader_takes_records() -> None:
    """The reader cuts any body of RecordIO into its records."""
    assert [b"a", b"bc"] == await answer_with(encode_record(b"a") + encode_record(b"bc"))


async def test_reader_refuses_garbage() -> None:
    """Bytes that are no RecordIO break the stream with a reason that names its address."""
    with pytest.raises(StreamBrokenError, match=r"http://127\.0\.0\.1.*not RecordIO"):
        await answer_with(b"<html>no records here</html>\n")


async def test_reader_tells_a_record_cut_off() -> None:
    """A stream that ends in good order for HTTP, but within a record, is broken."""
    with pytest.raises(StreamBrokenError, match="middle of a record"):
        await answer_with(encode_record(b"a") + b"5\nab")

"""Outgoing calls: deadline, retries and the errors they end in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from koinon_core.backoff import Backoff
from koinon_daemon.client import Call, HttpClient, Retry
from koinon_daemon.errors import CallFailedError, CallTimedOutError
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_daemon.stream import RecordStream, records

AT_ONCE = Backoff(initial=0.0, maximum=0.0)


class Flaky:
    """Answers with the given statuses in turn (0: cuts the connection), the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.calls = 0

    async def answer(self, request: web.Request) -> web.Response:
        status = self.statuses[min(self.calls, len(self.statuses) - 1)]
        self.calls += 1
        if status == 0 and request.transport is not None:
            request.transport.abort()
        return web.Response(status=status or 200, body=await request.read(), headers={"X-Calls": str(self.calls)})


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The address of a server whose one route is the handler."""
    app = make_application([])
    app.router.add_route("*", "/", handler)
    server = HttpServer(app, Listen(port=0), grace=0.1)
    address = await server.start()
    try:
        yield f"http://{address}/"
    finally:
        await server.stop()


async def call(flaky: Flaky, retry: Retry | None) -> tuple[int, bytes, str]:
    """Status, body and count of calls of one POST to the flaky server."""
    async with serving(flaky.answer) as url, HttpClient(Random(1)) as client:
        reply = await client.call(Call(method="POST", url=url, body=b"hi", retry=retry))
        return reply.status, reply.body, reply.headers["x-calls"]


async def test_plain_call() -> None:
    """A call is answered by status, headers and body, whatever the status."""
    assert (404, b"hi", "1") == await call(Flaky(404), retry=None)


async def test_unavailable_is_retried() -> None:
    """503 and lost connections are tried again until an answer comes."""
    answer = await call(Flaky(503, 0, 200), Retry(attempts=5, backoff=AT_ONCE))

    assert (200, b"hi", "3") == answer


async def test_last_status_is_returned() -> None:
    """When the attempts are used up, the last answer is the answer."""
    assert (503, b"hi", "2") == await call(Flaky(503), Retry(attempts=2, backoff=AT_ONCE))


async def test_no_retry_unless_asked() -> None:
    """A call that may not be repeated is made once."""
    flaky = Flaky(0, 200)
    with pytest.raises(CallFailedError, match=r"POST http://127\.0\.0\.1:\d+/ failed"):
        await call(flaky, retry=None)

    assert 1 == flaky.calls


async def test_refused_connection() -> None:
    """Nobody listening is a CallFailedError that names the address."""
    async with serving(Flaky(200).answer) as url:
        pass
    async with HttpClient() as client:
        with pytest.raises(CallFailedError, match="127") as caught:
            await client.call(Call(method="GET", url=url))

    assert url == caught.value.url


async def hang(_request: web.Request) -> web.Response:
    """Never answer."""
    await asyncio.Event().wait()
    return web.Response()


async def test_deadline_covers_call_and_stream() -> None:
    """A peer that never answers is given up at the deadline."""
    async with serving(hang) as url, HttpClient() as client:
        with pytest.raises(CallTimedOutError, match=r"no answer within 0\.01 seconds"):
            await client.call(Call(method="POST", url=url, deadline=0.01))
        with pytest.raises(CallTimedOutError):
            async with client.stream(Call(method="POST", url=url, deadline=0.01)):
                pass


async def test_stream_outlives_its_deadline() -> None:
    """The deadline of a stream ends with its headers; records are read as they come."""

    async def subscribe(request: web.Request) -> web.StreamResponse:
        stream = await RecordStream.open(request, {})
        stream.send(b"one")
        stream.finish("done")
        return await stream.run()

    async with (
        serving(subscribe) as url,
        HttpClient() as client,
        client.stream(Call(method="POST", url=url)) as response,
    ):
        received = [record async for record in records(response)]

    assert [b"one"] == received


async def test_redirects_are_shown() -> None:
    """A redirect is an answer; following it is the caller's decision."""

    async def move(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "//leader:5050/"})

    async with serving(move) as url, HttpClient() as client:
        reply = await client.call(Call(method="POST", url=url))

    assert (307, "//leader:5050/") == (reply.status, reply.headers["location"])


async def test_client_outside_its_block() -> None:
    """Without its block there is no session."""
    with pytest.raises(RuntimeError):
        _ = HttpClient().session

"""Bodies of requests: packed, broken, too large, too slow."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from koinon_daemon.bodies import read_body
from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application

LIMIT = 100_000
SECONDS = 0.2


async def echo(request: web.Request) -> web.Response:
    """Answer with the body."""
    return web.Response(body=await read_body(request, SECONDS))


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Where a server echoes."""
    app = make_application([error_middleware()], body_limit=LIMIT)
    app.router.add_post("/echo", echo)
    server = HttpServer(app, Listen(port=0))
    yield str(await server.start())
    await server.stop()


TEXT = b"hello " * 100
CASES: dict[str, tuple[str | None, bytes, int, bytes]] = {
    "plain": (None, TEXT, 200, TEXT),
    "gzip": ("gzip", gzip.compress(TEXT), 200, TEXT),
    "deflate": ("Deflate", zlib.compress(TEXT), 200, TEXT),
    "nothing": ("gzip", b"", 200, b""),
    "no gzip": ("gzip", TEXT, 400, b"The body is not gzip, as its Content-Encoding says"),
    "half of it": ("gzip", gzip.compress(TEXT)[:-9], 400, b"The body breaks off: its gzip has no end"),
    "a bomb": ("gzip", gzip.compress(b" " * 50_000_000, 1), 413, b"Request Entity Too Large"),
    "a small bomb": ("gzip", gzip.compress(b" " * 5_000_000), 413, b"The body unpacks to more than 100000 bytes"),
    "brotli": ("br", TEXT, 415, b"Content-Encoding 'br' is not understood. Say gzip or deflate, or nothing"),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_body_is_unpacked_within_bounds(address: str, name: str) -> None:
    """What cannot be unpacked, or unpacks to too much, is the client's fault and said so."""
    encoding, body, status, text = CASES[name]
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    async with ClientSession() as session:
        response = await session.post(f"http://{address}/echo", data=body, headers=headers)
        answered = (response.status, await response.read())

    assert (status, text) == answered


BROKEN = {
    "dripping": (b"Content-Length: 5\r\n\r\nab", b" 408 ", b"The body did not come within 0.2 seconds"),
    "endless": (b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", b" 408 ", b"The body did not come within 0.2 seconds"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_body_that_does_not_come_is_not_waited_for(address: str, name: str) -> None:
    """Whoever drips a body is answered 408 when the time is over."""
    rest, status, text = BROKEN[name]
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + rest)
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(len(text))
    writer.close()

    assert status in head.partition(b"\r\n")[0]
    assert text == body

"""The express lane: what stays in it, what the application gets, and that nobody can tell the two apart."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from attrs import define, field

from koinon_daemon.connections import Doorkeeper
from koinon_daemon.express import LANE, Fields, Lane
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application

PATH = "/calls"


@define
class Owner:
    """Takes calls in that say nothing of trouble; the application answers all others by 400."""

    taken: list[bytes] = field(factory=list)
    refused: list[bytes] = field(factory=list)
    passed: list[bytes] = field(factory=list)

    def take(self, fields: Fields, body: bytes) -> bool:
        """Through the lane."""
        if body == b"bug":
            raise KeyError(body)
        if fields["content-type"] != "text/plain" or body == b"trouble":
            return False
        self.taken.append(body)
        return True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Through the application."""
        body = await request.read()
        if body in (b"trouble", b"bug"):
            self.refused.append(body)
            return web.Response(status=400, text="trouble")
        self.passed.append(body)
        return web.Response(status=202)


@asynccontextmanager
async def served(owner: Owner) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server with a lane."""
    app = make_application([])
    app[LANE] = Lane(PATH, owner.take)
    app.router.add_post(PATH, owner.handle)
    server = HttpServer(app, Listen(port=0), grace=0.1)
    address = await server.start()
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        async with asyncio.timeout(5):
            yield reader, writer
    finally:
        writer.close()
        await server.stop()


def request(body: bytes, *more: str, line: str = f"POST {PATH} HTTP/1.1") -> bytes:
    """A request as bytes."""
    lines = [line, "Host: here", "Content-Type: text/plain", *more, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


async def answer(reader: asyncio.StreamReader) -> bytes:
    """One answer, its body left out of account."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is not None
    await reader.readexactly(int(length[1]))
    return head


async def test_lane_and_application_answer_alike() -> None:
    """The bytes of a 202 are the same, but for the time, whichever way a call went."""
    owner = Owner()
    async with served(owner) as (reader, writer):
        writer.write(request(b"one") + request(b"two", "X-Own: 1"))
        first, second = [re.sub(rb"Date: [^\r]+ GMT\r\n", b"Date\r\n", await answer(reader)) for _ in range(2)]

    assert [b"one"] == owner.taken
    assert [b"two"] == owner.passed
    assert first == second


async def test_calls_in_one_go_are_taken_in_order() -> None:
    """Many requests in one piece are all taken and all answered."""
    owner = Owner()
    async with served(owner) as (reader, writer):
        writer.write(b"".join(request(str(number).encode()) for number in range(50)))
        heads = [await answer(reader) for _ in range(50)]

    assert [str(number).encode() for number in range(50)] == owner.taken
    assert {b"HTTP/1.1 202 Accepted"} == {head.split(b"\r\n")[0] for head in heads}


async def test_a_call_may_come_in_pieces() -> None:
    """A request whose bytes come one by one is taken when it is whole."""
    owner = Owner()
    async with served(owner) as (reader, writer):
        for byte in request(b"piecemeal") + request(b"x" * 10):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        await answer(reader)
        await answer(reader)

    assert [b"piecemeal", b"x" * 10] == owner.taken


@pytest.mark.parametrize("body", [b"trouble", b"bug"])
async def test_what_the_owner_leaves_goes_to_the_application(body: bytes) -> None:
    """A call that is not taken, or fails, reaches the application whole, with all that follows it."""
    owner = Owner()
    async with served(owner) as (reader, writer):
        writer.write(request(b"before") + request(body) + request(b"behind"))
        statuses = [(await answer(reader)).split()[1] for _ in range(3)]

    assert [b"202", b"400", b"202"] == statuses
    assert ([b"before"], [body], [b"behind"]) == (owner.taken, owner.refused, owner.passed)


@pytest.mark.parametrize(
    "sent",
    [
        request(b"it", "Expect: something"),
        request(b"it", "Content-Encoding: identity"),
        request(b"it", "Host: again"),
        request(b"it", "Connection: close"),
        request(b"it", "Content-Length: 2"),
        request(b"it", "Content-Length: 3"),
        request(b"it", "Transfer-Encoding: chunked"),
        request(b"it", " folded: yes"),
        request(b"it", "no colon"),
        request(b"it", line=f"POST {PATH}?jsonp=x HTTP/1.1"),
        request(b"it", line=f"POST {PATH} HTTP/1.0"),
        request(b"it", line=f"GET {PATH} HTTP/1.1"),
        request(b"it", line="POST /other HTTP/1.1"),
        request(b"it").replace(b"Content-Length: 2", b"Content-Length: +2"),
        request(b"it").replace(b"Host: here\r\n", b""),
        request(b"it").replace(b"\r\n", b"\n"),
        b"\x16\x03\x01\x02" * 3000,
        b"POST " + b"/" * 20_000,
    ],
)
async def test_what_is_not_plain_is_the_applications(sent: bytes) -> None:
    """Whatever is read in another way, or is no request at all, never goes through the lane, and is answered."""
    owner = Owner()
    async with served(owner) as (reader, writer):
        writer.write(sent)
        line = await reader.readline()

    assert [] == owner.taken
    assert line.startswith((b"HTTP/1.1 ", b"HTTP/1.0 "))


async def test_silent_connections_end() -> None:
    """A connection that asks for nothing is closed, in the lane as outside of it; it counts as held meanwhile."""
    app = make_application([])
    runner = web.AppRunner(app)
    await runner.setup()
    door = Doorkeeper(runner, limit=1, patience=0.05, lane=Lane(PATH, Owner().take))
    listener = await asyncio.get_running_loop().create_server(door.admit, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    silent, _ = await asyncio.open_connection("127.0.0.1", port)
    second, _ = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(5):
        refused, ended = await second.read(), await silent.read()
    listener.close()
    await runner.cleanup()

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"" == ended

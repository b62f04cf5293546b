"""Serving an application: address, refusals, limits and the bounded stop."""

import asyncio

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from koinon_daemon.client import HttpClient
from koinon_daemon.connections import Doorkeeper, find_connection_limit
from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.errors import ExitCode, ListenError, ListenRefusedError
from koinon_daemon.forwarding import Forwarding, forward_streaming
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_daemon.stream import SERVER_STOPPING, RecordStream


async def echo(request: web.Request) -> web.Response:
    """Answer with the body."""
    return web.Response(body=await request.read())


async def test_serves_on_the_port_it_names() -> None:
    """Port 0 becomes a real port, which the address names and which answers."""
    app = make_application([error_middleware()])
    app.router.add_post("/echo", echo)
    server = HttpServer(app, Listen(port=0))
    address = await server.start()
    async with ClientSession() as session, session.post(f"http://{address}/echo", data=b"hello") as response:
        body = await response.read()
    await server.stop()

    assert b"hello" == body
    assert address == server.address


async def test_taken_port_is_named() -> None:
    """A second server on the same port fails with host, port and the reason, as exit code too."""
    first = HttpServer(make_application([]), Listen(port=0))
    address = await first.start()
    second = HttpServer(make_application([]), Listen(port=address.port))
    with pytest.raises(ListenError) as caught:
        await second.start()
    await first.stop()

    assert str(caught.value) == f"cannot listen on 127.0.0.1:{address.port}: another process listens there"
    assert ExitCode.LISTEN_FAILED is caught.value.exit_code


async def test_foreign_address_is_named() -> None:
    """An address that is not this machine's is a ListenError, not a bare OSError."""
    server = HttpServer(make_application([]), Listen(host="192.0.2.1", port=0, is_insecure=True))

    with pytest.raises(ListenError, match=r"192\.0\.2\.1"):
        await server.start()


async def test_open_address_is_refused() -> None:
    """Without authentication or --insecure the server never opens a reachable socket."""
    server = HttpServer(make_application([]), Listen(host="0.0.0.0", port=0))

    with pytest.raises(ListenRefusedError, match="--insecure"):
        await server.start()


async def test_address_before_the_start() -> None:
    """There is no address before the server listens."""
    with pytest.raises(RuntimeError):
        _ = HttpServer(make_application([]), Listen(port=0)).address


async def test_body_limit() -> None:
    """A body over the limit is answered by 413."""
    app = make_application([error_middleware()], body_limit=10)
    app.router.add_post("/echo", echo)
    server = HttpServer(app, Listen(port=0))
    address = await server.start()
    async with ClientSession() as session, session.post(f"http://{address}/echo", data=b"x" * 11) as response:
        status, text = response.status, await response.text()
    await server.stop()

    assert (413, "Request Entity Too Large") == (status, text)


async def test_stop_cuts_open_streams() -> None:
    """Open streams don't hold up the stop for its grace: they are cut, and their owners hear why."""
    opened: asyncio.Queue[RecordStream] = asyncio.Queue()

    async def subscribe(request: web.Request) -> web.StreamResponse:
        stream = await RecordStream.open(request, {"Content-Type": "application/json"})
        opened.put_nowait(stream)
        return await stream.run()

    app = make_application([])
    app.router.add_get("/stream", subscribe)
    server = HttpServer(app, Listen(port=0), grace=60.0)
    address = await server.start()
    async with ClientSession() as session, session.get(f"http://{address}/stream"):
        stream = await opened.get()
        async with asyncio.timeout(10):
            await server.stop()

        assert SERVER_STOPPING == await stream.wait_closed()


async def test_stop_cuts_what_is_handed_on_without_end() -> None:
    """Events of another daemon that somebody reads through this one: its stop does not wait for their end."""
    left = asyncio.Event()

    async def tell(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"event: beat\n\n")
                await asyncio.sleep(0.01)
        finally:
            left.set()

    app = make_application([])
    app.router.add_get("/", tell)
    origin = HttpServer(app, Listen(port=0))
    forwarding = Forwarding(url=f"http://{await origin.start()}/", via="1.1 test", timeout=ClientTimeout())
    async with HttpClient() as client, ClientSession() as session:

        async def hand_on(request: web.Request) -> web.StreamResponse:
            return await forward_streaming(request, client, forwarding)

        app = make_application([])
        app.router.add_get("/", hand_on)
        relay = HttpServer(app, Listen(port=0), grace=60.0)
        async with session.get(f"http://{await relay.start()}/") as response:
            first = await response.content.readline()
            async with asyncio.timeout(5):
                await relay.stop()
                await left.wait()
    await origin.stop()

    assert b"event: beat\n" == first


async def test_grace_bounds_the_stop() -> None:
    """A handler that never ends is cancelled once the grace is over."""
    entered = asyncio.Event()
    cancelled = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return web.Response()

    app = make_application([])
    app.router.add_get("/hang", hang)
    server = HttpServer(app, Listen(port=0), grace=0.01)
    address = await server.start()
    async with ClientSession() as session:
        request = asyncio.create_task(session.get(f"http://{address}/hang").__aenter__())
        await entered.wait()
        await server.stop()
        await asyncio.wait((request,))

    assert cancelled.is_set()
    assert isinstance(request.exception(), Exception)


async def test_malformed_requests_leave_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """What is no HTTP is answered with 400; nobody fills our disk with tracebacks."""
    server = HttpServer(make_application([]), Listen(port=0))
    address = await server.start()
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET / HTTP/9.9.9\r\nno colon here\r\n\r\n")
    answer = await reader.readline()
    writer.close()
    await server.stop()

    assert b" 400 " in answer
    assert "" == caplog.text


async def say(address: object, *pieces: bytes) -> bytes:
    """What the server answers to these bytes until it ends the connection."""
    host, _, port = str(address).rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


async def test_one_connection_too_many_is_told_so() -> None:
    """At the limit a newcomer is answered 503 and closed; who is here goes on, and room that is made is given."""
    app = make_application([error_middleware()])
    app.router.add_post("/echo", echo)
    server = HttpServer(app, Listen(port=0), connection_limit=1)
    address = await server.start()
    async with ClientSession() as session:
        statuses = [(await session.post(f"http://{address}/echo", data=b"1")).status]
        refused = await say(address)
        statuses.append((await session.post(f"http://{address}/echo", data=b"2")).status)
    await asyncio.sleep(0)
    async with ClientSession() as session:
        while (response := await session.post(f"http://{address}/echo", data=b"3")).status != 200:
            pass
    await server.stop()

    assert [200, 200] == statuses
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert refused.endswith(b"\r\n\r\nToo many connections are open here.")
    assert 200 == response.status


async def test_who_never_asks_is_closed() -> None:
    """A connection without a whole request is closed after the patience; one that asked in time stays."""
    app = make_application([error_middleware()])
    app.router.add_post("/echo", echo)
    runner = web.AppRunner(app, access_log=None)
    door = Doorkeeper(runner, limit=10, patience=0.2)
    app.middlewares.insert(0, door.note)
    await runner.setup()
    listener = await asyncio.get_running_loop().create_server(door.admit, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with ClientSession() as session:
        before = await session.post(f"http://127.0.0.1:{port}/echo", data=b"x")
        connection = before.connection
        silent = await say(f"127.0.0.1:{port}", b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Slo")
        after = await session.post(f"http://127.0.0.1:{port}/echo", data=b"x")
        is_same = connection is None or (connection.transport is None) or not connection.transport.is_closing()
    listener.close()
    await runner.cleanup()

    assert b"" == silent
    assert 200 == after.status
    assert is_same


def test_connections_leave_room_for_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of few open files, or 512 of many, is for what is no connection."""
    limits = {"few": (1000, 4096), "many": (20000, 20000)}
    found = {}
    for name, pair in limits.items():
        monkeypatch.setattr("resource.getrlimit", lambda _, pair=pair: pair)
        found[name] = find_connection_limit()

    assert {"few": 750, "many": 19488} == found


@pytest.mark.slow
async def test_an_answer_that_nobody_takes_is_given_up() -> None:
    """Whoever asks for megabytes and reads none of them does not hold them in our memory for ever."""
    gone = asyncio.Event()

    async def give_much(request: web.Request) -> web.Response:
        assert request.task is not None
        request.task.add_done_callback(lambda _: gone.set())
        return web.Response(body=bytes(20_000_000))

    app = make_application([])
    app.router.add_get("/", give_much)
    server = HttpServer(app, Listen(port=0), unread=0.5, grace=0.1)
    address = await server.start()
    _reader, writer = await asyncio.open_connection(address.host, address.port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(10):
        await gone.wait()
    writer.close()
    await server.stop()

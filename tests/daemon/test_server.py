"""Serving an application: address, refusals, limits and the bounded stop."""

import asyncio

import pytest
from aiohttp import ClientSession, web

from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.errors import ExitCode, ListenError, ListenRefusedError
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

"""Asking tasks: real servers on real sockets, one of them in a network of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from fakes.agent_bench import FRAMEWORK_ID
from koinon_agent.checks.prober import Prober, last_line
from koinon_agent.checks.probes import (
    Answered,
    CommandTarget,
    Connected,
    Exited,
    HttpTarget,
    NotConnected,
    Outcome,
    Place,
    Prevented,
    Probe,
    ProbeKey,
    ProbeKind,
    Target,
    TcpTarget,
    Unanswered,
)
from koinon_agent.containerizer import EngineUnavailable, LaunchFailed
from koinon_agent.containerizer.session import Execution, Output
from koinon_agent.timers import TaskKey
from koinon_core.ids import ContainerId, TaskId
from support.parts import miss
from support.ports import reserve_port

KEY = ProbeKey(TaskKey(FRAMEWORK_ID, TaskId("t1")), ProbeKind.HEALTH)
HERE = Place(pid=os.getpid())


class Commands:
    """A containerizer whose command says what the test says, or does not start or end."""

    def __init__(
        self, said: Sequence[bytes] = (), exit_code: int | None = 0, error: Exception | None = None, hangs: bool = False
    ) -> None:
        self._said = list(said)
        self._exit_code = exit_code
        self._error = error
        self._hangs = hangs
        self.asked: list[Execution] = []
        self.is_asked = asyncio.Event()
        self.is_closed = False

    async def execute(self, container_id: ContainerId, execution: Execution) -> Commands:
        self.asked.append(execution)
        self.is_asked.set()
        if self._error is not None:
            raise self._error
        return self

    async def read(self) -> tuple[Output, bytes] | None:
        if self._hangs:
            await asyncio.Event().wait()
        return (Output.STDOUT, self._said.pop(0)) if self._said else None

    async def write(self, data: bytes) -> None: ...

    async def end_input(self) -> None: ...

    async def resize(self, rows: int, columns: int) -> None: ...

    async def wait(self) -> int | None:
        return self._exit_code

    async def signal(self, number: int) -> None: ...

    async def close(self) -> None:
        self.is_closed = True


async def ask(
    target: Target, place: Place = HERE, timeout: float = 5.0, commands: Commands | None = None
) -> Outcome | None:
    """Ask once."""
    probe = Probe(key=KEY, container_id=ContainerId("c"), target=target, place=place, timeout=timeout)
    return await Prober(commands or Commands()).probe(probe)


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65536)


async def _lead_away(request: web.Request) -> web.Response:
    raise web.HTTPFound(f"http://127.0.0.2:{request.url.port}/teapot")


async def _redirect(request: web.Request) -> web.Response:
    raise web.HTTPFound("/teapot" if request.path == "/once" else "/forever")


async def _teapot(request: web.Request) -> web.Response:
    return web.Response(status=418, text=request.headers["Host"])


async def _hang(_: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where a server of many moods listens."""
    app = web.Application()
    app.router.add_get("/teapot", _teapot)
    app.router.add_get("/endless", _endless)
    app.router.add_get("/hang", _hang)
    app.router.add_get("/away", _lead_away)
    for path in ("/once", "/forever"):
        app.router.add_get(path, _redirect)
    number = reserve_port()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", number).start()
    yield number
    await runner.cleanup()


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        (Answered(404), "/"),
        (Answered(418), "/teapot"),
        (Answered(418), "/once"),
        (Answered(200), "/endless"),
        (Answered(404), "/a b?c=d e#f"),
        (Unanswered("timed out after 0.2 s"), "/hang"),
    ],
)
async def test_http_tells_the_status(expected: Outcome, path: str, port: int) -> None:
    """Redirects are followed, a body without end is not read to the end, and a silent server is given up."""
    assert expected == await ask(HttpTarget(port=port, path=path), timeout=0.2 if path == "/hang" else 5.0)


async def test_redirect_does_not_lead_into_the_hosts_network(port: int) -> None:
    """Where the agent may not enter a task's network it asks from the host's: the task's own address, and no other."""
    place = Place(is_own=True, addresses=("127.0.0.1",))
    led_away = Unanswered("it redirects to 127.0.0.2, which is not its own address")

    assert Answered(418) == await ask(HttpTarget(port=port, path="/once"), place)
    assert led_away == await ask(HttpTarget(port=port, path="/away"), place)


async def test_http_that_leads_nowhere(port: int) -> None:
    """Endless redirects, a server that is none, and one that is not there are no answers, and say what they are."""
    forever = await ask(HttpTarget(port=port, path="/forever"))
    plain = await ask(HttpTarget(port=port, scheme="https"))

    assert isinstance(forever, Unanswered)
    assert isinstance(plain, Unanswered)
    assert "SSL" in plain.reason
    assert Unanswered("connection refused") == await ask(HttpTarget(port=reserve_port()))


async def test_tcp(port: int) -> None:
    """A connection is taken or refused."""
    assert Connected() == await ask(TcpTarget(port=port))
    assert NotConnected("connection refused") == await ask(TcpTarget(port=reserve_port()))
    assert NotConnected("connection refused") == await ask(TcpTarget(port=reserve_port(), is_ipv6=True))


@pytest.mark.parametrize(
    ("expected", "commands"),
    [
        (Exited(exit_code=0), Commands()),
        (Exited(exit_code=3, last_line="no disk"), Commands([b"one\nno ", b"disk\n\n"], 3)),
        (
            Exited(exit_code=127, last_line="no such file"),
            Commands(error=LaunchFailed(ContainerId("c"), "no such file")),
        ),
        (Prevented("nobody can tell how its command ended"), Commands(exit_code=None)),
    ],
)
async def test_command_tells_its_exit_code(expected: Outcome, commands: Commands) -> None:
    """With the last line it said; a program that is not there counts as a shell counts it."""
    target = CommandTarget(argv=("check", "it"), environment={"A": "b"})

    assert expected == await ask(target, commands=commands)
    assert [Execution(argv=("check", "it"), environment={"A": "b"})] == commands.asked


async def test_command_that_hangs_is_closed() -> None:
    """Its time is up, and it ends."""
    commands = Commands(hangs=True)

    assert Unanswered("timed out after 0.1 s") == await ask(CommandTarget(argv=("x",)), timeout=0.1, commands=commands)
    assert commands.is_closed


async def test_engine_that_does_not_answer_says_nothing_of_the_task() -> None:
    """The probe was prevented, which no task is killed for."""
    commands = Commands(error=EngineUnavailable("unix:///x", "gone"))

    assert isinstance(await ask(CommandTarget(argv=("x",)), commands=commands), Prevented)


async def test_stop_gives_a_probe_up() -> None:
    """Its command is closed, and no outcome comes back."""
    commands = Commands(hangs=True)
    prober = Prober(commands)
    probe = Probe(key=KEY, container_id=ContainerId("c"), target=CommandTarget(argv=("x",)), place=HERE, timeout=60)
    asking = asyncio.create_task(prober.probe(probe))
    await commands.is_asked.wait()
    prober.stop(KEY)

    assert None is await asking
    assert commands.is_closed


async def test_task_that_has_ended_is_not_judged() -> None:
    """There is no network of a process that is gone."""
    ended = await asyncio.create_subprocess_exec("true")
    await ended.wait()

    assert isinstance(await ask(TcpTarget(port=1), Place(pid=ended.pid, is_own=True)), Prevented)


_SERVER = """
import socket, sys, threading
from http.server import HTTPServer, SimpleHTTPRequestHandler as Handler
class Server(HTTPServer):
    address_family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
import subprocess; subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
server = Server((sys.argv[1], 8000), Handler)
print("up", flush=True)
server.serve_forever()
"""


@asynccontextmanager
async def _server_in_its_own_network(address: str) -> AsyncIterator[Place]:
    server = await asyncio.create_subprocess_exec(
        "unshare", "--net", sys.executable, "-c", _SERVER, address, stdout=-1, stderr=-3
    )
    assert server.stdout is not None
    try:
        async with asyncio.timeout(10):
            assert b"up\n" == await server.stdout.readline()
        yield Place(pid=server.pid, is_own=True)
    finally:
        server.kill()
        await server.wait()


@pytest.mark.slow
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_network_of_its_own(address: str) -> None:
    """A server that nobody outside reaches is reached within its namespace, and this process stays in its own."""
    if os.geteuid() != 0:
        miss("network namespaces", "only root makes and enters them")
    is_ipv6 = ":" in address
    async with _server_in_its_own_network(address) as place:
        prober = Prober(Commands())

        async def ask_there(target: Target, place: Place) -> Outcome | None:
            probe = Probe(key=KEY, container_id=ContainerId("c"), target=target, place=place, timeout=5.0)
            return await prober.probe(probe)

        home = os.stat("/proc/self/ns/net")

        assert Answered(200) == await ask_there(HttpTarget(port=8000, path="/", is_ipv6=is_ipv6), place)
        assert Connected() == await ask_there(TcpTarget(port=8000, is_ipv6=is_ipv6), place)
        assert NotConnected("connection refused") == await ask_there(TcpTarget(port=8001, is_ipv6=is_ipv6), place)
        assert NotConnected("connection refused") == await ask_there(TcpTarget(port=8000, is_ipv6=is_ipv6), HERE)
        assert home == os.stat("/proc/self/ns/net")


@pytest.mark.parametrize(
    ("expected", "output"),
    [("", b"\n \n"), ("b", b"a\nb\r\n\n"), ("?[1mx", b"\x1b[1mx"), ("\ufffd", b"\xff"), ("y" * 200, b"y" * 999)],
)
def test_last_line(expected: str, output: bytes) -> None:
    """Fit for a message: one line, printable, of bounded length."""
    assert expected == last_line(output)

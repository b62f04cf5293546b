"""The prober against real servers on the loopback address: codes, 1xx, silence, TLS, large bodies, and how many."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from socket import gaierror

import pytest

from koinon_core.ids import TaskId
from koinon_marathon.health import names
from koinon_marathon.health.names import Names, NamesUnavailable
from koinon_marathon.health.prober import BODY_BYTES, MOST_PARTS, Prober
from koinon_marathon.health.probes import (
    Connected,
    Failed,
    HttpTarget,
    Outcome,
    Probe,
    ProbeAnswered,
    ProbeKey,
    ProbeKind,
    Responded,
    StopProbing,
    TcpTarget,
    TimedOut,
)
from support.keystores import write_pem
from support.ports import reserve_port

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _says(text: str, *, stays: bool = False) -> Handler:
    """A server that answers every request with this, whatever was asked."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(text.replace("\n", "\r\n").encode())
            await writer.drain()
            if stays:
                await reader.read()
        writer.close()

    return handle


async def _speaks_first(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail ready\r\n")
    writer.close()


@asynccontextmanager
async def _serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server of this machine; gives its port."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _ask(target: HttpTarget | TcpTarget, timeout: float = 5.0) -> Outcome:
    prober = Prober(1, lambda _: None)
    return await prober.ask(_probe("t", target, timeout))


def _probe(task: str, target: HttpTarget | TcpTarget, timeout: float = 5.0) -> Probe:
    return Probe(key=ProbeKey(TaskId(task), ProbeKind.HEALTH), target=target, timeout=timeout)


def _http(port: int, **fields: bool) -> HttpTarget:
    return HttpTarget(host="127.0.0.1", port=port, path="/health", **fields)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("HTTP/1.1 200 OK\nContent-Length: 0\n\n", Responded(200, "OK")),
        ("HTTP/1.0 503 Service Unavailable\n\n", Responded(503, "Service Unavailable")),
        ("HTTP/1.1 302 Found\nLocation: http://127.0.0.1:1/\n\n", Responded(302, "Found")),
        ("HTTP/1.1 103 Early Hints\n\nHTTP/1.1 204 No Content\n\n", Responded(204, "No Content")),
        ("HTTP/1.1 102 Processing\n\n", Responded(102, "Processing")),
    ],
)
async def test_the_status_is_the_answer(text: str, outcome: Responded) -> None:
    """No redirect is followed; an informational answer counts only where none comes after it."""
    async with _serving(_says(text)) as port:
        assert outcome == await _ask(_http(port))


async def test_a_request_is_a_plain_get() -> None:
    """With a host, and a path that is fit to be sent."""
    asked: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async with _serving(handle) as port:
        await _ask(HttpTarget(host="127.0.0.1", port=port, path="/is it well?é=%20"))

    assert asked[0].startswith(b"GET /is%20it%20well?%C3%A9=%20 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{port}\r\n".encode() in asked[0].lower()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "the connection was closed without an answer"),
        ("SSH-2.0-OpenSSH_9\n\n", "no HTTP answer that can be understood: illegal status line"),
        ("HTTP/1.1 200 " + "x" * 100_000, "no HTTP answer that can be understood: Receive buffer too long"),
    ],
)
async def test_what_is_no_http_is_a_failure(text: str, cause: str) -> None:
    """However it goes wrong, and its cause says so."""
    async with _serving(_says(text)) as port:
        outcome = await _ask(_http(port))

    assert isinstance(outcome, Failed)
    assert outcome.cause.startswith(cause)


async def test_silence_ends_with_the_deadline() -> None:
    """A server that takes the connection and says nothing, or nothing but hints."""
    async with _serving(_says("", stays=True)) as port:
        assert TimedOut(0.1) == await _ask(_http(port), 0.1)
    async with _serving(_says("HTTP/1.1 100 Continue\n\n", stays=True)) as port:
        assert Responded(100, "Continue") == await _ask(_http(port), 0.1)


async def test_refusals_and_connections() -> None:
    """A TCP check is a connection and no more."""
    closed = reserve_port()
    assert Failed("connection refused") == await _ask(_http(closed))
    assert Failed("connection refused") == await _ask(TcpTarget(host="127.0.0.1", port=closed))
    async with _serving(_says("", stays=True)) as port:
        assert Connected() == await _ask(TcpTarget(host="127.0.0.1", port=port))
        assert Connected() == await _ask(TcpTarget(host="localhost", port=port))


async def test_any_certificate_will_do(tmp_path: Path) -> None:
    """Self-signed and for another name; a plain server is told apart."""
    write_pem(tmp_path / "server.pem", address="10.1.2.3")
    self_signed = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    self_signed.load_cert_chain(tmp_path / "server.pem")
    async with _serving(_says("HTTP/1.1 200 OK\n\n"), self_signed) as port:
        assert Responded(200, "OK") == await _ask(_http(port, is_tls=True))
    async with _serving(_speaks_first) as port:
        plain = await _ask(_http(port, is_tls=True))

    assert isinstance(plain, Failed)


async def test_a_body_is_read_only_where_it_is_wanted() -> None:
    """Of an endless one no more than its beginning, at once, not at the deadline."""
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        with suppress(ConnectionError):
            while sent < 2**28:
                writer.write(b"x" * 2**16)
                sent += 2**16
                await writer.drain()
        writer.close()

    async with _serving(pour) as port:
        unread = await _ask(_http(port), 30.0)
        read = await _ask(_http(port, keeps_body=True), 30.0)

    assert Responded(200, "OK", "text/plain") == unread
    assert Responded(200, "OK", "text/plain", "x" * BODY_BYTES) == read
    assert sent < 2**27


@pytest.mark.parametrize(
    ("head", "part", "answer"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", Responded(100, "Continue")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\nx\r\n",
            Responded(200, "OK", "", "x" * (MOST_PARTS - 1)),
        ),
    ],
)
async def test_an_answer_of_endless_parts_is_heard_in_part(head: bytes, part: bytes, answer: Responded) -> None:
    """Each part costs more to read than to send: a few hundred are enough, and others get their turn meanwhile."""
    turns = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + 10 * MOST_PARTS * part)

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with _serving(pour) as port:
        other = asyncio.create_task(take_turns())
        heard = await _ask(_http(port, keeps_body=True), 30.0)
        other.cancel()

    assert answer == heard
    assert turns >= MOST_PARTS // 10


class _Crowd:
    """A server that keeps everybody waiting, and a prober with two places."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.go = asyncio.Event()
        self.answers: list[ProbeAnswered] = []
        self.prober = Prober(2, self.answers.append)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()
        self.now -= 1
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Turn by turn of the loop; never more turns than any of these tests needs."""
        for _ in range(100_000):
            if is_so():
                return
            await asyncio.sleep(0)
        raise AssertionError("it did not come to that")


async def test_only_so_many_are_asked_at_a_time() -> None:
    """The others wait for their turn, and each question is asked once at a time."""
    crowd = _Crowd()
    async with _serving(crowd.handle) as port:
        for name in "abcde":
            crowd.prober.put(_probe(name, _http(port)))
            crowd.prober.put(_probe(name, _http(port)))
        await crowd.wait_until(lambda: crowd.now == 2)
        crowd.go.set()
        await crowd.wait_until(lambda: len(crowd.answers) == 5)

    assert 2 == crowd.most
    assert set("abcde") == {answer.key.task_id for answer in crowd.answers}


async def test_what_is_over_is_given_up() -> None:
    """A task that is gone frees its place and is not answered for, under way or waiting."""
    crowd = _Crowd()
    async with _serving(crowd.handle) as port:
        for name in "abcd":
            crowd.prober.put(_probe(name, _http(port)))
        await crowd.wait_until(lambda: crowd.now == 2)
        for name in "ac":
            crowd.prober.put(StopProbing(TaskId(name)))
        crowd.go.set()
        await crowd.wait_until(lambda: len(crowd.answers) == 2)

    assert set("bd") == {answer.key.task_id for answer in crowd.answers}


async def test_a_suspended_leader_asks_nothing() -> None:
    """What is under way is given up; after it only what comes anew is asked."""
    crowd = _Crowd()
    async with _serving(crowd.handle) as port:
        crowd.prober.put(_probe("a", _http(port)))
        await crowd.wait_until(lambda: crowd.now == 1)
        crowd.prober.suspend()
        crowd.prober.put(_probe("b", _http(port)))
        crowd.go.set()
        await crowd.wait_until(lambda: crowd.now == 0)
        assert [] == crowd.answers
        crowd.prober.resume()
        crowd.prober.put(_probe("c", _http(port)))
        await crowd.wait_until(lambda: len(crowd.answers) == 1)

    assert ["c"] == [answer.key.task_id for answer in crowd.answers]


async def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask for it, and again only after a while; one that is not there is told each time."""
    looked_up: list[str] = []

    def getaddrinfo(host: str, *_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        looked_up.append(host)
        if host == "nobody":
            raise gaierror(-2, "Name or service not known")
        if host == "later":
            raise gaierror(-3, "Temporary failure in name resolution")
        return [(2, 1, 6, "", ("127.0.0.9", 0))]

    monkeypatch.setattr(names, "getaddrinfo", getaddrinfo)
    found = Names()

    assert ["127.0.0.9"] * 3 == await asyncio.gather(*(found.find("agent-1") for _ in range(3)))
    assert "10.0.0.1" == await found.find("10.0.0.1")
    assert ["agent-1"] == looked_up
    with pytest.raises(gaierror):
        await found.find("nobody")
    with pytest.raises(NamesUnavailable, match="later: the name service does not answer"):
        await found.find("later")


async def test_an_unknown_agent_is_a_failure_that_names_it() -> None:
    """Names that no host can have, too."""
    unknown = await _ask(TcpTarget(host="nobody.invalid", port=1))
    broken = await _ask(TcpTarget(host="x" * 300, port=1))

    assert isinstance(broken, Failed)
    assert not isinstance(unknown, Connected)

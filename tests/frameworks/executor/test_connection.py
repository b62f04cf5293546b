"""HTTP to an agent that answers as it is told, over its domain socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from koinon_core.ids import ExecutorId, FrameworkId
from koinon_core.wire.recordio import encode_record
from koinon_daemon.pipelined import Answer
from koinon_frameworks.executor import Executor, ExecutorDriver, ExecutorEnvironment
from koinon_frameworks.executor.connection import AgentConnection
from koinon_frameworks.executor.session_machine import EndKind
from koinon_frameworks.executor.wire import JSON

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
LIMIT = 10.0


def chunk(data: bytes) -> bytes:
    """One piece of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def refusal(status: int, text: str) -> bytes:
    return f"HTTP/1.1 {status} No\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


@asynccontextmanager
async def agent(folder: Path, *answers: bytes) -> AsyncIterator[tuple[ExecutorEnvironment, list[bytes]]]:
    """Answers each connection's first request with the next of these, then hangs up; the heads that came."""
    waiting, heads = list(answers), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(waiting.pop(0) if waiting else refusal(503, "recovering"))
        await writer.drain()
        writer.close()

    path = str(folder / "agent.sock")
    async with await asyncio.start_unix_server(serve, path):
        yield (
            ExecutorEnvironment(
                framework_id=FrameworkId("F"),
                executor_id=ExecutorId("E"),
                domain_socket=path,
                token="secret",
                shutdown_grace=0.1,
                is_checkpointing=True,
                recovery_timeout=0.0,
                subscription_backoff_max=0.01,
            ),
            heads,
        )


async def call(connection: AgentConnection, body: bytes = b"{}") -> Answer:
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    connection.call(body, answered.set_result)
    return await asyncio.wait_for(answered, LIMIT)


async def test_shows_its_token(tmp_path: Path) -> None:
    """As a bearer, with every call."""
    async with agent(tmp_path, TAKEN) as (environment, heads):
        answer = await call(AgentConnection(environment, JSON))

    assert answer.is_taken
    assert b"Authorization: Bearer secret\r\n" in heads[0]
    assert heads[0].startswith(b"POST /api/v1/executor HTTP/1.1\r\n")


async def test_an_answer_has_its_words(tmp_path: Path) -> None:
    """What the agent says of a call it refuses, and what became of one that it never answered."""
    async with agent(tmp_path, refusal(403, "Executor is not subscribed"), b"") as (environment, _):
        connection = AgentConnection(environment, JSON)
        refused, lost = await call(connection), await call(connection)

    assert Answer(403, "Executor is not subscribed") == refused
    assert 0 == lost.status
    assert not lost.is_taken


async def test_nobody_there_is_an_answer_as_well(tmp_path: Path) -> None:
    """A socket that nobody listens on raises nothing."""
    environment = ExecutorEnvironment(
        framework_id=FrameworkId("F"), executor_id=ExecutorId("E"), domain_socket=str(tmp_path / "none")
    )

    assert 0 == (await call(AgentConnection(environment, JSON))).status


async def test_a_stream_hands_on_records_however_they_are_cut(tmp_path: Path) -> None:
    """Chunks and records have nothing to do with one another; the end says that it was the agent's."""
    data = encode_record(b"first") + encode_record(b"second")
    body = b"".join(chunk(data[start : start + 3]) for start in range(0, len(data), 3))
    records: list[bytes] = []
    async with agent(tmp_path, STREAM + body + b"0\r\n\r\n") as (environment, _):
        answer = await asyncio.wait_for(AgentConnection(environment, JSON).stream(b"{}", records.append), LIMIT)

    assert [b"first", b"second"] == records
    assert Answer(200, "the agent ended the stream") == answer


async def test_nonsense_ends_a_stream_and_not_the_executor(tmp_path: Path) -> None:
    """Neither HTTP that is none, nor records that are none."""
    for nonsense in (b"SSH-2.0\r\n\r\n", STREAM + chunk(b"no record at all, it seems\n")):
        async with agent(tmp_path, nonsense) as (environment, _):
            answer = await asyncio.wait_for(AgentConnection(environment, JSON).stream(b"{}", lambda _: None), LIMIT)

        assert "the agent sent what is no HTTP" in answer.text
        (tmp_path / "agent.sock").unlink(missing_ok=True)


async def test_an_executor_that_is_refused_ends(tmp_path: Path) -> None:
    """A 503 is tried again; a 400 is the end, in the agent's words."""
    async with agent(tmp_path, refusal(503, "later"), refusal(400, "Executor cannot be found")) as (environment, heads):
        ending = await asyncio.wait_for(ExecutorDriver(Executor(), environment, rng=Random(1)).run(), LIMIT)

    assert EndKind.REFUSED is ending.kind
    assert "the agent answered 400: Executor cannot be found" == ending.message
    assert 2 == len(heads)


async def test_events_that_are_none_cut_the_stream(tmp_path: Path) -> None:
    """An executor that can't understand its agent leaves the stream, and here finds it gone for good."""
    subscribed = encode_record(b'{"type":"SUBSCRIBED"}')
    broken = encode_record(b'{"type":"KILL"}')
    async with agent(tmp_path, STREAM + chunk(subscribed + broken)) as (environment, _):
        ending = await asyncio.wait_for(ExecutorDriver(Executor(), environment, rng=Random(1)).run(), LIMIT)

    assert EndKind.AGENT_LOST is ending.kind

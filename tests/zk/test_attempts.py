"""Servers that are reached and say nothing cost a part of the session, not the session."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from koinon_zk import QuorumUrl, StandingKind, connect
from koinon_zk.attempts import make_client, patience
from support.quorums import wait_kind
from support.zookeeper import ZooKeeperAddress


class Door:
    """A way to a real server, as one that starts behaves: it takes connections, and passes on only some of them."""

    def __init__(self, hosts: str) -> None:
        self._host, _, self._port = hosts.partition(":")
        self._open: list[asyncio.StreamWriter] = []
        self.silent = 0
        """So many connections to come hear nothing."""

    def slam(self) -> None:
        """Cut all that is connected."""
        for writer in self._open:
            writer.close()
        self._open.clear()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        if self.silent > 0:
            self.silent -= 1
            return
        there, behind = await asyncio.open_connection(self._host, self._port)
        self._open.append(behind)
        await asyncio.gather(_pass_on(reader, behind), _pass_on(there, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        pass
    writer.close()


@asynccontextmanager
async def opened(hosts: str) -> AsyncIterator[tuple[Door, int]]:
    """A door, and its port."""
    door = Door(hosts)
    server = await asyncio.start_server(door.take, "127.0.0.1", 0)
    async with server:
        yield door, server.sockets[0].getsockname()[1]
        door.slam()


@pytest.mark.slow
async def test_leader_outlives_a_server_that_never_greets(zookeeper: ZooKeeperAddress) -> None:
    """The connections that are not answered are given up while the session lives, and the third carries it on."""
    async with opened(zookeeper.hosts) as (door, port):
        quorum = await connect(QuorumUrl.parse(f"zk://127.0.0.1:{port}{zookeeper.path}"), 5.0)
        campaign = quorum.contender().campaign(b"one")
        before = await wait_kind(campaign, StandingKind.LEADING)
        door.silent = 2
        door.slam()
        after = [await asyncio.wait_for(anext(campaign), 20) for _ in range(2)]
        await quorum.close()

    assert 0 == door.silent
    assert [StandingKind.SUSPENDED, StandingKind.LEADING] == [standing.kind for standing in after]
    assert before.epoch == after[-1].epoch


@pytest.mark.slow
def test_machine_that_takes_no_connection_is_given_up_soon() -> None:
    """No packet comes back, as from one without power: kazoo itself would wait for all of the session."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        client = make_client(2.0, hosts="127.0.0.1")
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            client.handler.create_connection(full.getsockname(), timeout=60.0)

    assert time.monotonic() - started < 10


@pytest.mark.parametrize(("session", "expected"), [(30.0, 10.0), (10.0, pytest.approx(3.33, abs=0.01)), (2.0, 1.0)])
def test_patience_is_a_part_of_the_session(session: float, expected: float) -> None:
    """A third, and for short sessions no less than a busy server may need."""
    assert expected == patience(session)

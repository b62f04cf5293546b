"""A whole master in the process, on a port of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from koinon_daemon.supervision import Stop
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig
from support.guarded_master import CLOSED, GUARDED, running_master


@pytest.fixture
async def master() -> AsyncIterator[MasterApp]:
    """A master that leads alone and remembers nothing."""
    stop = Stop()
    app = MasterApp(MasterConfig(port=0, registry="in_memory"), stop)
    running = asyncio.create_task(app.run())
    await app.wait_leading()
    yield app
    stop.request("the test is over")
    await running


@pytest.fixture
def master_url(master: MasterApp) -> str:
    """Where it listens."""
    return f"http://{master.server.address}"


@pytest.fixture
async def closed() -> AsyncIterator[str]:
    """Where a master listens that asks everybody who they are."""
    async with running_master(CLOSED) as url:
        yield url


@pytest.fixture
async def guarded() -> AsyncIterator[str]:
    """The same with access control lists."""
    async with running_master(GUARDED) as url:
        yield url


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """A client that has no credential of its own."""
    async with ClientSession() as client:
        yield client

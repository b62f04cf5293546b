"""A whole master in the process, on a port of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from koinon_daemon.supervision import Stop
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig


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

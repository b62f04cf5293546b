"""The switch of the log's level."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.logging_api import LoggingSwitch
from koinon_daemon.server import make_application

Client = TestClient[Any, Any]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Calls a switch of its own."""
    app = make_application([error_middleware()])
    app.router.add_route("*", "/logging/toggle", LoggingSwitch().toggle)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_toggle_shows_and_sets(client: Client) -> None:
    """The level as text; a change is answered with nothing."""
    before = await client.get("/logging/toggle")
    change = await client.post("/logging/toggle?level=3&duration=1hrs")
    after = await client.get("/logging/toggle")
    await client.post("/logging/toggle?level=0&duration=1secs")

    assert [(200, "0\n"), (200, ""), (200, "3\n")] == [
        (one.status, await one.text()) for one in (before, change, after)
    ]
    assert 400 == (await client.get("/logging/toggle?level=3")).status


async def test_a_level_for_ever_is_for_very_long(client: Client) -> None:
    """No number of weeks is too large for the timer."""
    answer = await client.get(f"/logging/toggle?level=1&duration={'9' * 500}weeks")
    level = await client.get("/logging/toggle")
    await client.get("/logging/toggle?level=0&duration=0ns")

    assert (200, "1\n") == (answer.status, await level.text())


async def test_level_falls_back_after_its_time() -> None:
    """A later wish replaces an earlier one, with its time."""
    applied: list[int] = []
    has_fallen_back = asyncio.Event()

    def apply(level: int) -> None:
        applied.append(level)
        if level == 0:
            has_fallen_back.set()

    switch = LoggingSwitch(apply)
    switch.set(3, 3600.0)
    switch.set(2, 0.001)
    await has_fallen_back.wait()

    assert ([3, 2, 0], 0) == (applied, switch.level)

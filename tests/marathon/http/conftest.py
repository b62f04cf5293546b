"""A leading Marathon for every test of its API."""

from collections.abc import AsyncIterator

import pytest

from fakes.marathon_desk import Desk, running_desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A Marathon that leads, and a client of it."""
    async with running_desk() as desk:
        yield desk

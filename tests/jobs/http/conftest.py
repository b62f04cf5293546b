"""One jobs framework a test, behind a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fakes.jobs_desk import JobsDesk, running_jobs


@pytest.fixture
async def desk() -> AsyncIterator[JobsDesk]:
    """Empty, at New Year's midnight."""
    async with running_jobs() as found:
        yield found

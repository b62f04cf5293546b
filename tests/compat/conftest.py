"""One master and one agent for those of these tests that leave nothing behind: each costs a second to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.cluster import Cluster, running_cluster


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """A master and its agent. Whoever takes it ends its frameworks, and has both run again when it is done."""
    with running_cluster() as started:
        started.add_master()
        started.add_agent()
        started.wait_agents(1)
        yield started

"""Fixtures of real parts for every test, and the order of a run: fast, then slow, then whole systems."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import docker
import pytest
import pytest_asyncio
from hypothesis import settings

from support.docker_engine import docker_client
from support.ports import reserve_port
from support.zookeeper import ZooKeeperAddress, ZooKeeperEnsemble

if TYPE_CHECKING:
    from playwright.async_api import Browser

# How long an example takes says nothing on a machine that has other streams of tests to run.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")

LONGEST = (
    *("test_ui_hostile", "test_tutorial", "test_differential", "test_ui_day", "test_examples"),
    *("test_failover", "test_up", "test_ui_orders", "test_leader_kills"),
)
"""Files of clusters that take the longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what answers soonest first, of clusters the longest, and leaves the order within each kind.

    Two streams of clusters take whole files in this order: what is long comes first, so that neither is alone at the
    end.
    """
    items.sort(key=_find_place)


def _find_place(item: pytest.Item) -> tuple[bool, bool, int]:
    is_system = any(item.iter_markers("system"))
    stem = item.path.stem
    length = LONGEST.index(stem) if is_system and stem in LONGEST else len(LONGEST)
    return is_system, any(item.iter_markers("slow")) and not is_system, length


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that is this test's alone."""
    return reserve_port()


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[docker.DockerClient]:
    """A client of a real Docker Engine that holds the image `koinon/busybox`."""
    with docker_client() as client:
        yield client


@pytest.fixture(scope="session")
def zookeeper_server() -> Iterator[ZooKeeperEnsemble]:
    """One real ZooKeeper server for the whole run. Tests that harm it take `zookeeper_ensemble`."""
    server = ZooKeeperEnsemble(1)
    yield server
    server.stop()


@pytest.fixture
def zookeeper(zookeeper_server: ZooKeeperEnsemble, request: pytest.FixtureRequest) -> ZooKeeperAddress:
    """The run's ZooKeeper server with a path that is this test's alone."""
    return ZooKeeperAddress(zookeeper_server.hosts, f"/test-{abs(hash(request.node.nodeid)):x}")


@pytest.fixture
def zookeeper_ensemble() -> Iterator[ZooKeeperEnsemble]:
    """Three real ZooKeeper servers of this test's own, to kill, suspend and restart as it likes."""
    ensemble = ZooKeeperEnsemble(3)
    yield ensemble
    ensemble.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for the whole run: see `support/browser.py`."""
    from support.browser import running_chromium  # noqa: PLC0415 - loading Playwright takes a third of a second

    async with running_chromium() as browser:
        yield browser

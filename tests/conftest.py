"""Fixtures of real parts for every test, and the order of a run: fast, then slow, then whole systems."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from support.docker_engine import docker_client
from support.ports import reserve_port
from support.zookeeper import ZooKeeperAddress, ZooKeeperEnsemble


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what answers soonest first, and leaves the order within each kind."""
    items.sort(key=lambda item: 2 * any(item.iter_markers("system")) + any(item.iter_markers("slow")))


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

"""A plain kazoo client beside ours, to look at what we left in ZooKeeper and to disturb it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kazoo.client import KazooClient

from support.zookeeper import ZooKeeperAddress, ZooKeeperEnsemble


@pytest.fixture
def onlooker(zookeeper: ZooKeeperAddress) -> Iterator[KazooClient]:
    """Connected to the run's server, at its root."""
    client = KazooClient(zookeeper.hosts)
    client.start()
    yield client
    client.stop()
    client.close()


@pytest.fixture
def lone_server() -> Iterator[ZooKeeperEnsemble]:
    """One server of the test's own, to kill and restart."""
    ensemble = ZooKeeperEnsemble(1)
    yield ensemble
    ensemble.stop()

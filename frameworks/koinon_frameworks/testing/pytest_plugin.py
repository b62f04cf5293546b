"""Fixtures for the tests of frameworks. pytest finds this module by itself where Koinon is installed.

    koinon_master         a fake master on a virtual clock, of the test's own
    koinon_cluster        a small real cluster that all tests of the session share
    koinon_own_cluster    a real cluster of the test's own
    koinon_cluster_options  what is started: override it with a fixture of scope "session" in your conftest.py

Nothing is imported before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .fake_master import FakeMaster
    from .real_cluster import ClusterOptions, RealCluster


@pytest.fixture
def koinon_master() -> Iterator[FakeMaster]:
    """A fake master without agents: ``koinon_frameworks.testing.FakeMaster``."""
    from .fake_master import FakeMaster  # noqa: PLC0415 - see the module

    with FakeMaster() as master:
        yield master


@pytest.fixture(scope="session")
def koinon_cluster_options() -> ClusterOptions:
    """One agent, no containers."""
    from .real_cluster import ClusterOptions  # noqa: PLC0415 - see the module

    return ClusterOptions()


@pytest.fixture(scope="session")
def koinon_cluster(koinon_cluster_options: ClusterOptions) -> Iterator[RealCluster]:
    """A real cluster, started for the first test that asks, ended after the last."""
    from .real_cluster import RealCluster  # noqa: PLC0415 - see the module

    with RealCluster(koinon_cluster_options) as cluster:
        yield cluster


@pytest.fixture
def koinon_own_cluster(koinon_cluster_options: ClusterOptions) -> Iterator[RealCluster]:
    """A real cluster for one test, which may break it."""
    from .real_cluster import RealCluster  # noqa: PLC0415 - see the module

    with RealCluster(koinon_cluster_options) as cluster:
        yield cluster

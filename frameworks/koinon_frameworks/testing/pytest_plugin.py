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


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Keep pytest from rewriting the asserts of all of Koinon, which it does for packages that bring fixtures.

    There are none to explain, and every session that imports Koinon would pay for it. Should pytest call the set
    otherwise one day, all that is lost is half a second.
    """
    marked = getattr(early_config.pluginmanager.rewrite_hook, "_must_rewrite", None)
    if isinstance(marked, set):
        marked -= {name for name in marked if name.startswith("koinon_")}


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

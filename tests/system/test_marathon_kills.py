"""A leading Marathon killed or frozen under a load of deployments costs those who deploy time, and nothing else."""

from random import Random

import pytest

from support.cluster import running_cluster
from support.marathon_kills import Deploying
from support.zookeeper import ZooKeeperAddress

FAULTS = ("kill", "freeze")
pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


def test_every_promise_is_kept(zookeeper: ZooKeeperAddress) -> None:
    """Two Marathons, two leaders lost while apps, groups, pods and resident apps are deployed: what was acknowledged
    is there, no instance is missing, left over or restarted without cause, and the event stream tells of each term.
    """
    with running_cluster(f"zk://{zookeeper.hosts}{zookeeper.path}/PATH") as cluster:
        cluster.add_master()
        cluster.add_agent("--registration_backoff_factor=50ms", "--no-switch_user")
        for _ in range(2):
            cluster.add_marathon("--mesos_authentication_principal=marathon", "--zk_session_timeout=1000")
        cluster.wait_agents(1)
        deploying = Deploying(cluster, Random(1), clients=2)
        deploying.begin()
        deploying.harm(FAULTS)
        verdict = deploying.end()

    assert len(FAULTS) == len(deploying.takeovers)
    assert len(FAULTS) + 1 <= verdict.terms
    assert verdict.acknowledged > 0
    assert {} == verdict.complaints

"""A leader killed under load costs time, and no task."""

import pytest

from support.cluster import running_cluster
from support.leader_kills import kill_leaders
from support.zookeeper import ZooKeeperAddress

KILLS = 5
pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


def test_no_task_is_lost_or_started_twice(zookeeper: ZooKeeperAddress) -> None:
    """Three masters, the leader killed five times while tasks are launched: each task that started ends once, well."""
    with running_cluster(f"zk://{zookeeper.hosts}{zookeeper.path}/PATH") as cluster:
        for _ in range(3):
            cluster.add_master()
        for _ in range(2):
            cluster.add_agent()
        cluster.wait_agents(2)
        takeovers, verdict = kill_leaders(cluster, KILLS)

    assert KILLS == len(takeovers)
    assert verdict.finished > KILLS
    assert [] == verdict.lost
    assert [] == verdict.restarted

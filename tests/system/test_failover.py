"""A ZooKeeper-elected cluster loses its leaders and an agent, and nothing that runs notices."""

from collections import Counter
from collections.abc import Iterator

import docker
import pytest

from support.cluster import SESSION_TIMEOUT, Cluster, containers_of, running_cluster
from support.docker_engine import docker_url
from support.waiting import wait_until
from support.zookeeper import ZooKeeperEnsemble

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

APP = {
    "id": "/spread",
    "cmd": "exec sleep 100000",
    "cpus": 0.1,
    "mem": 32,
    "instances": 6,
    "container": {"type": "DOCKER", "docker": {"image": "koinon/busybox", "network": "HOST"}},
    "constraints": [["rack", "GROUP_BY", "3"]],
}


@pytest.fixture
def cluster(zookeeper_ensemble: ZooKeeperEnsemble) -> Iterator[Cluster]:
    """Three masters, two Marathons and three agents on racks r1 to r3, elected by three ZooKeeper servers."""
    with running_cluster(f"zk://{zookeeper_ensemble.hosts}/PATH", docker_url()) as cluster:
        for _ in range(3):
            cluster.add_master()
            cluster.add_agent()
        for _ in range(2):
            cluster.add_marathon()
        cluster.wait_agents(3)
        cluster.leading_marathon()
        yield cluster


def scale(cluster: Cluster, instances: int, first_within: float = 60.0) -> None:
    """Scale the app and see that every rack has its third; a first new task runs within so many seconds."""
    before = len(cluster.running_tasks("spread"))
    assert 200 == cluster.put_app("spread", {"instances": instances}).status_code
    wait_until(lambda: len(cluster.running_tasks("spread")) != before, "change under a new leader", first_within)
    tasks = cluster.wait_running("spread", instances)

    third = instances // 3
    assert Counter(r1=third, r2=third, r3=third) == cluster.racks_of(tasks)


def test_leaders_and_agents_are_killed_and_containers_run_on(
    cluster: Cluster, docker_engine: docker.DockerClient
) -> None:
    """kill -9 of the leading master, the leading Marathon and an agent keeps every container, and scaling goes on."""
    assert 201 == cluster.post_app(APP).status_code
    assert Counter(r1=2, r2=2, r3=2) == cluster.racks_of(cluster.wait_running("spread", 6))
    six = containers_of(docker_engine, cluster)
    assert 6 == len(six)

    cluster.leading_master().kill()
    scale(cluster, 9, first_within=SESSION_TIMEOUT + 5)
    nine = containers_of(docker_engine, cluster)
    assert six.items() <= nine.items()

    cluster.leading_marathon().kill()
    cluster.leading_marathon(within=SESSION_TIMEOUT + 5)
    scale(cluster, 12)
    twelve = containers_of(docker_engine, cluster)
    assert nine.items() <= twelve.items()

    cluster.agents[0].kill()
    cluster.agents[0].start()
    cluster.wait_agents(3)
    wait_until(lambda: len(cluster.running_tasks("spread")) == 12, "twelve tasks after the agent's restart")
    assert twelve == containers_of(docker_engine, cluster)

    scale(cluster, 3)
    left = containers_of(docker_engine, cluster)
    assert 3 == len(left)
    assert left.items() <= twelve.items()

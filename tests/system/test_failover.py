"""A ZooKeeper-elected cluster loses its leaders and an agent, and nothing that runs notices."""

from collections import Counter
from typing import Any

import docker
import pytest

from support.cluster import Cluster, containers_of, running_cluster
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


def racks_of(cluster: Cluster, tasks: list[dict[str, Any]]) -> Counter[str]:
    """How many tasks stand on each rack."""
    agents = cluster.leading_master().get("/slaves")["slaves"]
    rack_of = {agent["id"]: agent["attributes"]["rack"] for agent in agents}
    return Counter(rack_of[task["slaveId"]] for task in tasks)


def test_leaders_and_agents_are_killed_and_containers_run_on(
    docker_engine: docker.DockerClient, zookeeper_ensemble: ZooKeeperEnsemble
) -> None:
    """Three masters, two Marathons, three racks: kill -9 of each leader keeps all containers, and scaling goes on."""
    quorum = f"zk://{zookeeper_ensemble.hosts}/PATH"
    with running_cluster(quorum, docker_url()) as cluster:
        for _ in range(3):
            cluster.add_master()
            cluster.add_agent()
        for _ in range(2):
            cluster.add_marathon()
        cluster.wait_agents(3)
        cluster.leading_marathon()

        assert 201 == cluster.post_app(APP).status_code
        tasks = cluster.wait_running("spread", 6)
        assert Counter(r1=2, r2=2, r3=2) == racks_of(cluster, tasks)
        first_six = containers_of(docker_engine, cluster)
        assert 6 == len(first_six)

        cluster.leading_master().kill()
        cluster.wait_agents(3)
        assert 200 == cluster.put_app("spread", {"instances": 9}).status_code
        cluster.wait_running("spread", 9)
        nine = containers_of(docker_engine, cluster)
        assert first_six.items() <= nine.items()

        cluster.leading_marathon().kill()
        cluster.leading_marathon()
        assert 200 == cluster.put_app("spread", {"instances": 12}).status_code
        tasks = cluster.wait_running("spread", 12)
        twelve = containers_of(docker_engine, cluster)
        assert nine.items() <= twelve.items()
        assert Counter(r1=4, r2=4, r3=4) == racks_of(cluster, tasks)

        agent = cluster.agents[0]
        agent.kill()
        agent.start()
        cluster.wait_agents(3)
        wait_until(lambda: len(cluster.running_tasks("spread")) == 12, "twelve tasks after the agent's restart")
        assert twelve == containers_of(docker_engine, cluster)
        assert 200 == cluster.put_app("spread", {"instances": 3}).status_code
        cluster.wait_running("spread", 3)
        left = containers_of(docker_engine, cluster)
        assert 3 == len(left)
        assert left.items() <= twelve.items()

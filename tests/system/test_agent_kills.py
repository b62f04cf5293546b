"""An agent killed under launches and kills costs nothing but a moment."""

from random import Random

import pytest

from support.agent_kills import kill_agent
from support.cluster import running_cluster
from support.docker_engine import docker_url

KILLS = 3
pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def test_containers_live_on_and_each_update_arrives_once_in_order() -> None:
    """Containers, processes, pods and tasks of executors, some being launched and some being killed as their agent is:
    none starts twice, nothing is left behind, and what the framework hears is what happened.
    """
    with running_cluster(docker_url=docker_url()) as cluster:
        cluster.add_master()
        cluster.add_agent("--registration_backoff_factor=50ms", "--no-switch_user")
        cluster.wait_agents(1)
        away, verdict = kill_agent(cluster, KILLS, Random(1))

    assert KILLS == len(away)
    assert verdict.ended > KILLS
    assert [] == verdict.doubled
    assert {} == verdict.odd_stories
    assert [] == verdict.orphans

"""Kill an agent again and again under a load of all kinds, and hold what it told against what happened."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import docker
import psutil

from koinon_core.ids import ContainerId
from support.cluster import Cluster, Daemon, find_beneath
from support.docker_engine import docker_url, find_containers
from support.mixed_load import AgentVerdict, MixedLoad
from support.waiting import wait_until

CALM_SECONDS = (0.05, 0.6)
"""Between an agent that is back and the next kill: the moment within launches and kills is left to chance."""
_CGROUPS = Path("/sys/fs/cgroup")


def kill_agent(cluster: Cluster, times: int, rng: Random) -> tuple[list[float], AgentVerdict]:
    """Run the load, kill the only agent so often, and say what became of every task; the seconds from each kill on
    until a task runs that was launched after it.
    """
    folder = cluster.folder / "marks"
    folder.mkdir()
    load = MixedLoad(cluster.master_url, folder, rng)
    load.begin()
    (agent,) = cluster.agents
    wait_until(load.has_steady_tasks, "the steady tasks")
    before = load.identity()
    times_away = []
    for _ in range(times):
        time.sleep(rng.uniform(*CALM_SECONDS))
        times_away.append(_kill_once(agent, load))
    after = load.identity()
    load.end()
    verdict = load.judge_stories()
    verdict.doubled += [task_id for task_id, known in before.items() if after.get(task_id) != known]
    verdict.orphans = find_orphans(cluster, load.container_ids)
    return times_away, verdict


def _kill_once(agent: Daemon, load: MixedLoad) -> float:
    killed_at = time.time()
    agent.kill()
    agent.start()
    running_at = wait_until(lambda: load.first_running_after(killed_at), "a task launched after the kill", 60.0)
    return running_at - killed_at


def find_orphans(cluster: Cluster, container_ids: set[ContainerId]) -> list[str]:
    """What is left of these containers, or runs beneath the cluster's folder, though no task does; given a moment to
    go.
    """

    def look() -> bool:
        return not _remains(cluster, container_ids)

    try:
        wait_until(look, "an agent without containers", 10.0)
    except TimeoutError:
        return _remains(cluster, container_ids)
    return []


def _remains(cluster: Cluster, container_ids: set[ContainerId]) -> list[str]:
    client = docker.DockerClient(base_url=docker_url())
    try:
        found = {str(container.name) for container in find_beneath(client, cluster.folder)}
        # The container that holds a pod's network has no mounts.
        found |= {
            str(container.name)
            for container in find_containers(client, label="koinon.container")
            if container.labels["koinon.container"] in container_ids
        }
    finally:
        client.close()
    sandboxes = str(cluster.folder / "agent-0" / "slaves")
    found |= {
        f"{process.pid} {process.info['cmdline']}"
        for process in psutil.process_iter(["cwd", "cmdline"])
        if str(process.info["cwd"]).startswith(sandboxes)
    }
    groups = (*_CGROUPS.glob("mesos/*"), *_CGROUPS.glob("*/mesos/*"))
    return sorted(found | {str(group) for group in groups if group.name in container_ids})

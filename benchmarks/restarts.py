"""How long is an agent away that was killed, and what does it cost its tasks?

A master and an agent, and a framework that keeps launching and killing Docker containers, plain processes, pods and
tasks of its own executors; the agent is killed by signal 9 again and again, and started at once. Printed is the time
from each kill until a task runs that was launched after it, as it is and as a ratio to a start of the agent that has
nothing to recover; and what became of every task.

    ./dev bench restarts [KILLS]
"""

import logging
import statistics
import sys
import time
from random import Random

import structlog

from support.agent_kills import kill_agent
from support.cluster import Cluster, running_cluster
from support.docker_engine import docker_url

KILLS = 50
FLAGS = ("--registration_backoff_factor=50ms", "--no-switch_user")


def time_start(cluster: Cluster) -> float:
    """Seconds from the start of a new agent until its master has it."""
    began = time.time()
    cluster.add_agent(*FLAGS)
    cluster.wait_agents(1)
    return time.time() - began


def main() -> None:
    """Kill, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    with running_cluster(docker_url=docker_url()) as cluster:
        cluster.add_master()
        cluster.leading_master()
        alone = time_start(cluster)
        away, verdict = kill_agent(cluster, kills, Random())
    ordered = sorted(away)
    print(f"{kills} kills; a new agent is in service after {alone:.2f} s")
    middle = statistics.median(ordered)
    print(
        f"a new task runs after: min {ordered[0]:.2f}, median {middle:.2f}, max {ordered[-1]:.2f} s;"
        f" median of a new agent's start: {middle / alone:.2f}"
    )
    print(
        f"tasks: {verdict.ended} ended, {len(verdict.doubled)} started twice, {len(verdict.odd_stories)} told wrongly,"
        f" {len(verdict.orphans)} orphans"
    )
    for task_id, story in verdict.odd_stories.items():
        print(f"  {task_id}: {story}")
    for orphan in verdict.orphans:
        print(f"  left: {orphan}")
    sys.exit(bool(verdict.doubled or verdict.odd_stories or verdict.orphans))


if __name__ == "__main__":
    main()

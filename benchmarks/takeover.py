"""How long does the cluster do without a leader that was killed, and what does it cost the tasks?

Three masters on a real ZooKeeper ensemble of three, three agents, and a framework that keeps launching short tasks;
the leader is killed by signal 9 again and again. Printed are the times of the takeovers as they are and as ratios to
the session timeout, before which ZooKeeper does not give a dead leader up, and what became of every task.

    ./dev bench takeover [KILLS]
"""

import logging
import statistics
import sys
from collections.abc import Callable

import structlog

from support.cluster import SESSION_TIMEOUT, running_cluster
from support.leader_kills import Takeover, kill_leaders
from support.zookeeper import ZooKeeperEnsemble

KILLS = 100
TIMES: dict[str, Callable[[Takeover], float]] = {
    "another leads": lambda takeover: takeover.elected,
    "framework subscribed": lambda takeover: takeover.subscribed,
    "a new task runs": lambda takeover: takeover.running,
}


def show(name: str, seconds: list[float]) -> None:
    """Print the spread of one kind of time."""
    ordered = sorted(seconds)
    middle, late = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]
    ratios = f"{middle / SESSION_TIMEOUT:.2f}, {late / SESSION_TIMEOUT:.2f}, {ordered[-1] / SESSION_TIMEOUT:.2f}"
    print(
        f"{name:22} min {ordered[0]:.2f}, median {middle:.2f}, 95 % {late:.2f}, max {ordered[-1]:.2f} s;"
        f" median, 95 %, max of the session timeout: {ratios}"
    )


def main() -> None:
    """Kill, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    ensemble = ZooKeeperEnsemble(3)
    try:
        with running_cluster(f"zk://{ensemble.hosts}/PATH") as cluster:
            for _ in range(3):
                cluster.add_master()
            for _ in range(3):
                cluster.add_agent()
            cluster.wait_agents(3)
            takeovers, verdict = kill_leaders(cluster, kills)
    finally:
        ensemble.stop()
    print(f"{kills} kills, session timeout {SESSION_TIMEOUT} s")
    for name, take in TIMES.items():
        show(name, [take(takeover) for takeover in takeovers])
    print(
        f"tasks: {verdict.finished} finished, {len(verdict.lost)} lost, {len(verdict.restarted)} restarted,"
        f" {len(verdict.undelivered)} launches that died with their master before an agent had them"
    )
    sys.exit(bool(verdict.lost or verdict.restarted))


if __name__ == "__main__":
    main()

"""What do people who deploy lose when the leading Marathon dies, and how long do they wait for the next one?

Two Marathons on a real ZooKeeper, a master, two agents, and clients that create, scale, upgrade, undo, kill and delete
apps, groups, pods and resident apps through either Marathon. The leader is killed by signal 9, or frozen for longer
than its session, again and again; now and then both die at once, the master dies, or ZooKeeper is away for 6 s. When
all has settled, every acknowledged change must stand, and every task that ever started must be accounted for.

    ./dev bench marathon_failovers [KILLS] [SEED]
"""

import logging
import statistics
import sys
import time
from random import Random

import structlog

from support.cluster import SESSION_TIMEOUT, running_cluster
from support.marathon_kills import Deploying, Takeover
from support.zookeeper import ZooKeeperEnsemble

KILLS = 60
CLIENTS = 4
EVERY = {4: "freeze", 7: "both", 9: "master", 10: "zookeeper"}
"""What the last of so many faults is; the rest are kills of the leader."""


def plan_faults(count: int) -> list[str]:
    """The faults of a run, in order."""
    return [next((EVERY[n] for n in sorted(EVERY) if number % n == n - 1), "kill") for number in range(count)]


def show(takeovers: list[Takeover]) -> None:
    """Print the spread of the times, by kind of fault."""
    for fault in dict.fromkeys(one.fault for one in takeovers):
        some = [one for one in takeovers if one.fault == fault]
        for what, seconds in (("stored", [one.stored for one in some]), ("running", [one.running for one in some])):
            middle = statistics.median(seconds)
            print(
                f"{fault:10} x{len(some):<3} until a change is {what:8} min {min(seconds):.2f}, median {middle:.2f},"
                f" max {max(seconds):.2f} s; median of the session: {middle / SESSION_TIMEOUT:.2f}"
            )


def main() -> None:
    """Harm, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"seed {seed}, session timeout {SESSION_TIMEOUT} s")
    ensemble = ZooKeeperEnsemble(1)
    try:
        with running_cluster(f"zk://{ensemble.hosts}/PATH") as cluster:
            cluster.add_master()
            for _ in range(2):
                cluster.add_agent("--registration_backoff_factor=50ms", "--no-switch_user")
                cluster.add_marathon("--mesos_authentication_principal=marathon")
            cluster.wait_agents(2)
            deploying = Deploying(cluster, Random(seed), CLIENTS, ensemble.leader().process)
            deploying.begin()
            deploying.harm(plan_faults(kills))
            verdict = deploying.end()
    finally:
        ensemble.stop()
    show(deploying.takeovers)
    print(
        f"{verdict.terms} terms; changes: {verdict.acknowledged} acknowledged, {verdict.asked_again} asked again,"
        f" {verdict.unanswered} given up unanswered; {verdict.started} tasks started"
    )
    for name, found in verdict.complaints.items():
        print(f"{name}: {len(found)}", *found, sep="\n  ")
    sys.exit(bool(verdict.complaints))


if __name__ == "__main__":
    main()

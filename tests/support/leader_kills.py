"""Kill the leading master again and again under a launch load, and take the times of each takeover."""

from __future__ import annotations

import time

from attrs import frozen

from support.cluster import Cluster, Daemon
from support.launch_load import LaunchLoad, Verdict
from support.waiting import wait_until

CALM_SECONDS = 0.5
"""Between a takeover that is complete and the next kill; the moment within a launch is left to chance."""


@frozen(kw_only=True)
class Takeover:
    """Seconds from a kill -9 of the leader on: until another leads, until the framework has subscribed with it, until
    a task runs that was launched after the kill.
    """

    elected: float
    subscribed: float
    running: float


def kill_leaders(cluster: Cluster, times: int) -> tuple[list[Takeover], Verdict]:
    """Run the load, kill so often, and say what became of every task. Killed masters are started again."""
    folder = cluster.folder / "marks"
    folder.mkdir()
    load = LaunchLoad(cluster.master_url, folder)
    load.begin()
    wait_until(lambda: load.first_running_after(0.0), "the first task of the load")
    takeovers = []
    for _ in range(times):
        time.sleep(CALM_SECONDS)
        takeovers.append(_kill_leader(cluster, load))
    return takeovers, load.end()


def _kill_leader(cluster: Cluster, load: LaunchLoad) -> Takeover:
    leader = cluster.leading_master()
    killed_at = time.time()
    leader.kill()
    running_at = wait_until(lambda: load.first_running_after(killed_at), "a task launched after the kill", 60.0)
    successor = cluster.leading_master()
    elected_at = _elected_time(successor)
    subscribed_at = next(moment for moment in load.subscribed_at if moment > killed_at)
    leader.start()
    return Takeover(
        elected=elected_at - killed_at, subscribed=subscribed_at - killed_at, running=running_at - killed_at
    )


def _elected_time(master: Daemon) -> float:
    return float(master.get("/state")["elected_time"])

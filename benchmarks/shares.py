"""Who gets what of a cluster that is too small for all? Frameworks of several weights and a Marathon, on real daemons.

    ./dev bench shares [minutes]     (2)

Two agents of eight cpus each on this machine, processes for tasks. Four frameworks, each in a role of its own: green of
weight 4 and blue of weight 2 take every offer for tasks that live about a second; huge wants more memory than any agent
has, forbidden has a quota of nothing. Marathon, of weight 2, wants 40 tasks that stay. Every ten seconds prints what
part of the cpus each role's tasks had on average, beside the part that its weight comes to; at the end how many tasks
ended, and what `koinon framework why` says to the two that starve.
"""

import asyncio
import sys
import time

from support.cluster import Cluster, running_cluster
from support.share_holders import Appetite, Eater, Shares, eating, explain, fair_shares, forbid, watch, weigh

WEIGHTS = {"green": 4.0, "blue": 2.0, "marathon": 2.0}
STARVING = ("huge", "forbidden")
RESOURCES = "--resources=cpus:8;mem:4096;disk:1024;ports:[31000-31999]"
APP = {"id": "steady", "cmd": "exec sleep 100000", "cpus": 1, "mem": 64, "instances": 40, "backoffSeconds": 0}
STRETCH = 10.0


async def share_out(cluster: Cluster, minutes: float) -> None:
    """Let them eat, and print what each has."""
    master = cluster.leading_master()
    appetites = [Appetite(name="huge", mem=1e6), *(Appetite(name=name) for name in ("forbidden", "green", "blue"))]
    async with eating(master.url, appetites) as eaters:
        (await asyncio.to_thread(cluster.post_app, APP)).raise_for_status()
        print("      " + "".join(f"{name:>12}" for name in (*WEIGHTS, *STARVING)))
        print("fair  " + "".join(f"{share:>12.1%}" for share in fair_shares(WEIGHTS).values()))
        begin = time.monotonic()
        while time.monotonic() - begin < 60 * minutes:
            shares = Shares()
            await watch(master, shares, STRETCH)
            means = "".join(f"{shares.mean(name):>12.1%}" for name in (*WEIGHTS, *STARVING))
            print(f"{time.monotonic() - begin:>4.0f} s{means}", flush=True)
        _tell(eaters, time.monotonic() - begin)
        for lines in await explain(cluster, *STARVING):
            print("", *lines, sep="\n")


def _tell(eaters: list[Eater], seconds: float) -> None:
    ended = {eater.appetite.name: eater.ended for eater in eaters if eater.ended}
    rates = ", ".join(f"{name} {count} ({count / seconds:.1f}/s)" for name, count in ended.items())
    print(f"tasks that ended: {rates}")


def main() -> None:
    """Everything."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent(RESOURCES)
        cluster.add_agent(RESOURCES)
        cluster.add_marathon("--mesos_role=marathon")
        weigh(cluster, WEIGHTS)
        forbid(cluster, "forbidden")
        cluster.leading_marathon()
        cluster.wait_agents(2)
        asyncio.run(share_out(cluster, minutes))


if __name__ == "__main__":
    main()

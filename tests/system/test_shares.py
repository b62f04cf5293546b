"""Two frameworks and a Marathon that all want everything share a cluster by their weights; who starves is told why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from support.cluster import Daemon, running_cluster
from support.share_holders import Appetite, Shares, eating, explain, fair_shares, forbid, watch, weigh

pytestmark = pytest.mark.system

WEIGHTS = {"green": 2.0, "blue": 1.0, "marathon": 1.0}
RESOURCES = "--resources=cpus:8;mem:4096;disk:1024;ports:[31000-31999]"
STEADY = {"id": "steady", "cmd": "exec sleep 1000", "cpus": 1, "mem": 64, "instances": 40, "backoffSeconds": 0}
NEAR = 0.1
"""A task is a sixteenth of the cluster, and one of a framework's may just have ended."""
SETTLED = 15
"""So many looks at the end, when who came first has given back what was not his."""
STARVING = (Appetite(name="huge", mem=1e6), Appetite(name="forbidden"))
"""One wants more memory than there is on any agent, the other's quota is nothing."""
PATIENCE = 40
"""So many times more is looked where the machine is too busy to start all these tasks at once."""


def fair() -> dict[str, Any]:
    """What each is to have, nearly."""
    return {name: pytest.approx(share, abs=NEAR) for name, share in fair_shares(WEIGHTS).items()}


def shown(shares: Shares) -> dict[str, float]:
    """What each had at the end."""
    return {name: shares.mean(name, last=SETTLED) for name in WEIGHTS}


async def look_until(master: Daemon, shares: Shares, is_seen: Callable[[Shares], bool]) -> None:
    """Go on looking until that is seen, or no longer to be expected."""
    for _ in range(PATIENCE):
        if shares.looks and is_seen(shares):
            return
        await watch(master, shares, 0.5)


async def test_shares_go_by_weight_and_who_starves_is_told_why() -> None:
    """Each has its weight's part of the cpus, Marathon's lasting tasks among them; two that are first in line have
    nothing, and each is told what would feed it.
    """
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent(RESOURCES)
        cluster.add_agent(RESOURCES)
        cluster.add_marathon("--mesos_role=marathon")
        weigh(cluster, WEIGHTS)
        forbid(cluster, "forbidden")
        cluster.leading_marathon()
        cluster.wait_agents(2)
        master, shares = cluster.leading_master(), Shares()
        async with eating(master.url, [*STARVING, Appetite(name="green"), Appetite(name="blue")]):
            # What is Marathon's stays Marathon's: had it come first, nobody else would ever have anything.
            await look_until(master, Shares(), lambda first: first.mean("green") > 0 < first.mean("blue"))
            assert (await asyncio.to_thread(cluster.post_app, STEADY)).ok
            await watch(master, shares, 4.0)
            await look_until(master, shares, lambda late: shown(late) == fair())
            huge, forbidden = await explain(cluster, "huge", "forbidden")

    assert fair() == shown(shares)
    assert [0.0, 0.0] == [shares.mean(one.name) for one in STARVING]
    assert huge[-1].startswith("would be fed by: an agent with more than it refused, which was up to cpus:")
    assert "  asked in this order: role forbidden 0.0% by weight 1; role huge 0.0% by weight 1; role " in huge[2]
    assert forbidden[-1].startswith("would be fed by: a higher limit of role forbidden, which may have cpus:0 ")

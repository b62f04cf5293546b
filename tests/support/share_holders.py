"""Frameworks that take whatever is offered, and a Marathon beside them: who gets what of a cluster that is too small.

Tasks of the frameworks live a while and end, so that what is free keeps being shared out; Marathon's stay.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import requests
from attrs import define, field, frozen

from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import TaskId
from koinon_core.offers import Filters, Offer
from koinon_core.tasks import TaskStatus
from koinon_frameworks import Scheduler, SchedulerCalls, SchedulerDriver, WantedTask, match_tasks
from support.cluster import Cluster, Daemon

NEVER_MIND = Filters(refuse_seconds=3600.0)
"""Nobody wants to see again what is left of an offer: memory without a cpu."""
_MOST_AT_ONCE = 64


@frozen(kw_only=True)
class Appetite:
    """What one framework wants: tasks of this size, without end. ``lifetime`` is how long they live, in seconds."""

    name: str
    cpus: float = 1.0
    mem: float = 64.0
    lifetime: tuple[float, float] = (0.5, 1.5)


class Eater(Scheduler):
    """Takes all of every offer that its tasks fit into."""

    def __init__(self, appetite: Appetite, rng: Random) -> None:
        self.appetite = appetite
        self.ended = 0
        self._rng = rng
        self._numbers = itertools.count()

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        """As many tasks as fit; of what is left, or too small, nothing more is heard."""
        for offer in offers:
            match = match_tasks(offer, [self._want() for _ in range(_MOST_AT_ONCE)])
            if match.tasks:
                await driver.launch(offer, match.tasks, NEVER_MIND)
            else:
                await driver.decline([offer.id], NEVER_MIND)

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        """Count those that ended."""
        self.ended += status.state.is_terminal

    def _want(self) -> WantedTask:
        one = self.appetite
        seconds = self._rng.uniform(*one.lifetime)
        return WantedTask(
            name=one.name,
            task_id=TaskId(f"{one.name}-{next(self._numbers)}"),
            command=CommandInfo(value=f"exec sleep {seconds:.2f}"),
            cpus=one.cpus,
            mem=one.mem,
        )


@define
class Shares:
    """What each role has of the cluster, over several looks."""

    looks: list[Mapping[str, float]] = field(factory=list)

    def add(self, roles: Sequence[Mapping[str, Any]], total: Mapping[str, float]) -> None:
        """One look at ``/roles``: the dominant share of what tasks hold, role by role."""
        self.looks.append({each["name"]: _dominant(each["allocated"], total) for each in roles})

    def mean(self, role: str, last: int | None = None) -> float:
        """Over the last so many looks, or all."""
        looks = self.looks if last is None else self.looks[-last:]
        return sum(look.get(role, 0.0) for look in looks) / len(looks)


def fair_shares(weights: Mapping[str, float]) -> dict[str, float]:
    """What each has of a resource that all want without end."""
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


@asynccontextmanager
async def eating(master: str, appetites: Sequence[Appetite], seed: int = 1) -> AsyncIterator[list[Eater]]:
    """Frameworks in roles of their names, each subscribed on its own; torn down at the end."""
    eaters = [Eater(one, Random(f"{seed} {one.name}")) for one in appetites]
    drivers = [SchedulerDriver(eater, _info(eater.appetite), master) for eater in eaters]
    runs = [asyncio.create_task(driver.run()) for driver in drivers]
    try:
        yield eaters
    finally:
        for driver in drivers:
            await driver.stop(teardown=True)
        await asyncio.wait_for(asyncio.gather(*runs, return_exceptions=True), 10)


async def watch(master: Daemon, shares: Shares, seconds: float, every: float = 0.1) -> None:
    """Look at the roles for so long."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        roles, state = await asyncio.gather(_get(master, "/roles"), _get(master, "/slaves"))
        total: dict[str, float] = {}
        for agent in state["slaves"]:
            for name in ("cpus", "mem"):
                total[name] = total.get(name, 0.0) + agent["resources"][name]
        shares.add(roles["roles"], total)
        await asyncio.sleep(every)


def weigh(cluster: Cluster, weights: Mapping[str, float]) -> None:
    """Set the weights of roles."""
    body = [{"role": role, "weight": weight} for role, weight in weights.items()]
    requests.put(f"{cluster.leading_master().url}/weights", json=body, timeout=10).raise_for_status()


def forbid(cluster: Cluster, role: str) -> None:
    """The role may have nothing, by its quota."""
    nothing = {name: {"value": 0.0} for name in ("cpus", "mem", "disk")}
    body = {"type": "UPDATE_QUOTA", "update_quota": {"quota_configs": [{"role": role, "limits": nothing}]}}
    requests.post(f"{cluster.leading_master().url}/api/v1", json=body, timeout=10).raise_for_status()


async def explain(cluster: Cluster, *frameworks: str) -> list[list[str]]:
    """The lines that ``koinon framework why`` says of each."""
    command = [sys.executable, "-m", "koinon_cli", "--master", cluster.leading_master().url, "framework", "why"]
    pipe = asyncio.subprocess.PIPE
    asked = [await asyncio.create_subprocess_exec(*command, name, stdout=pipe) for name in frameworks]
    return [(await one.communicate())[0].decode().splitlines() for one in asked]


async def _get(daemon: Daemon, path: str) -> Any:
    return await asyncio.to_thread(daemon.get, path)


def _dominant(held: Mapping[str, Any], total: Mapping[str, float]) -> float:
    return max((held.get(name, 0.0) / amount for name, amount in total.items() if amount), default=0.0)


def _info(appetite: Appetite) -> FrameworkInfo:
    return FrameworkInfo(
        user="root",
        name=appetite.name,
        roles=(appetite.name,),
        capabilities=(FrameworkCapability(FrameworkCapabilityType.MULTI_ROLE),),
    )

"""A lively cluster for looking at the UI: apps of every status, a framework that holds offers, quota, racks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import requests

from support.cluster import TIMEOUT, Cluster, running_cluster
from support.lean_scheduler import LeanScheduler
from support.waiting import wait_until

CHECK = {"protocol": "COMMAND", "intervalSeconds": 2, "gracePeriodSeconds": 2, "maxConsecutiveFailures": 0}
LOG = 'i=0; while true; do i=$((i+1)); echo "$(date +%T) GET /basket/$i 200 $((i % 7))ms"; sleep 1; done'
APPS: tuple[dict[str, Any], ...] = (
    {"id": "/shop/web", "cmd": LOG, "instances": 3, "labels": {"team": "shop", "tier": "front"}}
    | {"healthChecks": [{**CHECK, "command": {"value": "true"}}], "portDefinitions": [{"port": 0, "name": "http"}]},
    {"id": "/shop/basket", "cmd": LOG, "instances": 2, "labels": {"team": "shop"}},
    {"id": "/shop/payments/ledger", "cmd": "sleep 9999", "cpus": 0.5, "mem": 256, "labels": {"team": "payments"}},
    {"id": "/shop/search", "cmd": "sleep 9999", "instances": 6, "constraints": [["rack", "UNIQUE"]]},
    {"id": "/batch/report", "cmd": "echo no database at db.shop:5432 >&2; sleep 1; exit 3", "backoffSeconds": 3},
    {"id": "/batch/train", "cmd": "sleep 9999", "mem": 65536, "cpus": 32},
    {"id": "/monitoring/probe", "cmd": "sleep 9999", "instances": 2, "labels": {"team": "ops"}}
    | {"healthChecks": [{**CHECK, "command": {"value": "false"}}]},
    {"id": "/monitoring/archive", "cmd": "sleep 9999", "instances": 0},
)


@contextmanager
def running_stage(agents: int = 5) -> Iterator[Cluster]:
    """Daemons on which every screen has something to show; the UI is Marathon's."""
    with running_cluster() as cluster:
        cluster.add_master("--cluster=kitchen", "--allocation_interval=500ms", "--weights=analytics=2")
        cluster.add_marathon("--mesos_user=root")
        for number in range(agents):
            attributes = (
                f"--attributes=rack:r{number % 3 + 1};zone:eu-{'ab'[number % 2]};disk:{('ssd', 'hdd')[number % 2]}"
            )
            cluster.add_agent(attributes, f"--hostname=node-{number + 1:02}.eu.example.org")
        cluster.leading_marathon()
        cluster.wait_agents(agents)
        for app in APPS:
            answer = cluster.post_app({"cpus": 0.1, "mem": 32, "instances": 1, **app})
            assert answer.ok, answer.text
        wait_until(lambda: len(cluster.running_tasks("/shop/web")) == 3, "running apps", 40)
        _set_quota(cluster)
        yield cluster


def _set_quota(cluster: Cluster) -> None:
    quota = {"guarantees": {"cpus": {"value": 4}, "mem": {"value": 2048}}, "limits": {"cpus": {"value": 12}}}
    configs = [{"role": "analytics", **quota}, {"role": "batch", "limits": {"cpus": {"value": 2}}}]
    call = {"type": "UPDATE_QUOTA", "update_quota": {"force": True, "quota_configs": configs}}
    answer = requests.post(f"{cluster.leading_master().url}/api/v1", json=call, timeout=TIMEOUT)
    assert answer.ok, answer.text


@asynccontextmanager
async def holding_framework(cluster: Cluster, info: dict[str, Any]) -> AsyncIterator[LeanScheduler]:
    """A framework that launches a task on its first offer and keeps the others."""
    held: list[Any] = []

    def on_event(kind: str, event: Any) -> None:
        if kind == "UPDATE":
            scheduler.acknowledge(event["status"])
        if kind != "OFFERS":
            return
        for offer in event["offers"]:
            held.append(offer)
            if len(held) == 1:
                amounts = [{"name": name, "type": "SCALAR", "scalar": {"value": 0.2}} for name in ("cpus",)]
                amounts.append({"name": "mem", "type": "SCALAR", "scalar": {"value": 64}})
                scheduler.call(scheduler.accept(offer, [scheduler.task(offer, amounts, "sleep 9999")], {}))

    master = cluster.leading_master()
    scheduler = LeanScheduler("127.0.0.1", master.port, on_event, info)
    async with scheduler:
        yield scheduler

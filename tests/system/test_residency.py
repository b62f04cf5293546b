"""An app with a persistent volume on a real cluster: it comes back to what it wrote, and gives it back when deleted."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from support.cluster import TIMEOUT, Cluster, running_cluster
from support.waiting import wait_until

pytestmark = pytest.mark.system
APP = {
    "id": "/store/db",
    "cmd": "echo started >> data/log; sleep 1000",
    "cpus": 0.1,
    "mem": 16,
    "role": "store",
    "backoffSeconds": 0,
    "container": {
        "type": "MESOS",
        "volumes": [{"containerPath": "data", "mode": "RW", "persistent": {"size": 16}}],
    },
}


def _task(cluster: Cluster, but: str = "") -> dict[str, Any]:
    """The app's running task, another one than `but`."""

    def look() -> dict[str, Any] | None:
        tasks = cluster.running_tasks("store/db")
        return next((task for task in tasks if task["id"] != but), None)

    return wait_until(look, "a running task", 20)


def _log(cluster: Cluster) -> list[str]:
    """What every launch wrote, on whichever agents there is something."""
    found = cluster.folder.glob("agent-*/volumes/roles/store/*/log")
    return [path.read_text() for path in found]


def _reserved(cluster: Cluster) -> list[dict[str, Any]]:
    """What agents hold for the role."""
    agents = cluster.leading_master().get("/slaves")["slaves"]
    return [agent["reserved_resources"] for agent in agents if agent["reserved_resources"]]


def test_an_instance_comes_back_to_its_volume_and_gives_it_back() -> None:
    """Killed it returns to the agent and the file; at zero both are kept; deleted, no reservation is left anywhere."""
    with running_cluster() as cluster:
        cluster.add_master()
        for _ in range(2):
            cluster.add_agent("--registration_backoff_factor=50ms", "--no-switch_user")
        marathon = cluster.add_marathon("--mesos_authentication_principal=marathon")
        cluster.leading_marathon()
        answer = cluster.post_app(APP)
        assert 201 == answer.status_code, answer.text
        first = _task(cluster)
        wait_until(lambda: ["started\n"] == _log(cluster), "the first line")

        requests.delete(f"{marathon.url}/v2/apps/store/db/tasks/{first['id']}", timeout=TIMEOUT)
        second = _task(cluster, but=first["id"])

        cluster.put_app("store/db", {"instances": 0})
        wait_until(lambda: not cluster.running_tasks("store/db"), "the app at zero")
        kept = _reserved(cluster)
        cluster.put_app("store/db", {"instances": 1}).raise_for_status()
        third = _task(cluster, but=second["id"])
        wait_until(lambda: ["started\n" * 3] == _log(cluster), "the third line")

        requests.delete(f"{marathon.url}/v2/apps/store/db", timeout=TIMEOUT).raise_for_status()
        wait_until(lambda: not _reserved(cluster), "the end of the reservation")
        wait_until(lambda: not _log(cluster), "the end of the volume")

    assert 1 == len({task["slaveId"] for task in (first, second, third)})
    assert ["data"] == [volume["containerPath"] for volume in third["localVolumes"]]
    assert first["localVolumes"] == third["localVolumes"]
    assert 1 == len(kept)

"""An upgrade that nobody notices who asks, and one that does not work and harms nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from support.cluster import Cluster, running_cluster
from support.docker_engine import BUSYBOX, docker_url
from support.round_robin import RoundRobin
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
ROUNDS = int(os.environ.get("KOINON_ROLLING_ROUNDS", "1"))
"""How many good upgrades, one after the other."""
APP = "/site"
SERVE = "mkdir -p /tmp/www; echo {text} > /tmp/www/index.html; httpd -f -p $PORT0 -h /tmp/www & "
DRAIN = "trap 'sleep 1; kill $!; exit 0' TERM; wait $!"
"""Goes on answering for a second when it is told to end: until then every load balancer has heard of it."""


def site(text: str, path: str = "/") -> dict[str, Any]:
    """A web server that says `text`, with a check of `path`; never fewer than four of it, and two more at most."""
    check = {"protocol": "HTTP", "path": path, "portIndex": 0}
    times = {
        "delaySeconds": 0,
        "gracePeriodSeconds": 1,
        "intervalSeconds": 1,
        "timeoutSeconds": 1,
        "maxConsecutiveFailures": 100,
    }
    return {
        "id": APP,
        "cmd": SERVE.format(text=text) + DRAIN,
        "cpus": 0.1,
        "mem": 16,
        "instances": 4,
        "container": {"type": "DOCKER", "docker": {"image": BUSYBOX}},
        "networks": [{"mode": "host"}],
        "portDefinitions": [{"port": 0}],
        "healthChecks": [check | times],
        "taskKillGracePeriodSeconds": 5,
        "upgradeStrategy": {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.5},
        "backoffSeconds": 0,
    }


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """One machine with Docker."""
    with running_cluster(docker_url=docker_url()) as cluster:
        cluster.add_master()
        cluster.add_agent("--registration_backoff_factor=50ms", "--hostname=127.0.0.1")
        cluster.add_marathon()
        cluster.leading_marathon()
        yield cluster


def deployments(cluster: Cluster, **query: str) -> list[dict[str, Any]]:
    """What is being deployed."""
    answer = requests.get(f"{cluster.any_marathon().url}/v2/deployments", params=query, timeout=10)
    found: list[dict[str, Any]] = answer.json()
    return found


def upgrade(cluster: Cluster, app: dict[str, Any]) -> str:
    """Put another version; returns the deployment's id."""
    answer = requests.put(f"{cluster.any_marathon().url}/v2/apps{APP}", json=app, timeout=10)
    assert answer.ok, answer.text
    return str(answer.json()["deploymentId"])


def new_instances_fail(cluster: Cluster) -> list[str] | None:
    """What the deployment says once its new instances are known not to work."""
    told = [sentence for each in deployments(cluster, embed="explanation") for sentence in each["explanation"]]
    return told if any("not healthy" in each or "TASK_FAILED" in each for each in told) else None


def test_upgrade_is_not_noticed(cluster: Cluster) -> None:
    """Not one of 50 requests a second fails, through good upgrades, bad ones, and their undoing."""
    assert cluster.post_app(site("version-0")).ok
    cluster.wait_running(APP, 4)

    with RoundRobin(cluster.any_marathon().url, APP) as client:
        for number in range(1, ROUNDS + 1):
            upgrade(cluster, site(f"version-{number}"))
            cluster.wait_running(APP, 4)
        good = f"version-{ROUNDS}"
        kept = {task["id"] for task in cluster.running_tasks(APP)}
        for broken in (site("unwell", "/missing"), site("dead") | {"cmd": "exit 7"}):
            stuck = upgrade(cluster, broken)
            told = wait_until(lambda: new_instances_fail(cluster), "word of the broken version")
            still_there = {task["id"] for task in cluster.running_tasks(APP)}
            undone = requests.delete(f"{cluster.any_marathon().url}/v2/deployments/{stuck}", timeout=10)
            cluster.wait_running(APP, 4)

            assert kept <= still_there
            assert undone.ok
            assert any("4 instances of the old version stay, 4 of them healthy" in each for each in told)
            assert kept == {task["id"] for task in cluster.running_tasks(APP)}

    assert [] == client.failures
    assert {f"version-{number}" for number in range(ROUNDS + 1)} == client.answers.keys()
    assert client.answers[good] > 100

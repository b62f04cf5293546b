"""An instance found unwell is ended, by its agent or by Marathon, whoever asked it, and replaced."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support.cluster import Cluster, running_cluster
from support.waiting import wait_until

pytestmark = pytest.mark.system
TIMES = {"gracePeriodSeconds": 60, "intervalSeconds": 1, "timeoutSeconds": 20, "maxConsecutiveFailures": 1}


def _app(cluster: Cluster, name: str) -> dict[str, Any]:
    """The app with its tasks and counts."""
    app: dict[str, Any] = cluster.any_marathon().get(f"/v2/apps/{name}")["app"]
    return app


def _well(cluster: Cluster, name: str, but: str = "") -> list[str]:
    """The tasks that their check found well."""
    found = {one["id"]: [each["alive"] for each in one["healthCheckResults"]] for one in _app(cluster, name)["tasks"]}
    return [task_id for task_id, alive in found.items() if alive == [True] and task_id != but]


def _agent_checked(poison: Path) -> dict[str, Any]:
    """A task that its agent finds unwell once."""
    command = f"if rm {poison} 2>/dev/null; then echo poisoned; exit 4; fi"
    check = {"protocol": "COMMAND", "command": {"value": command}, "delaySeconds": 0, **TIMES}
    return {"id": "sick", "cmd": "sleep 1000", "cpus": 0.1, "mem": 16, "healthChecks": [check], "backoffSeconds": 0}


def _marathon_checked(folder: Path) -> dict[str, Any]:
    """A web server that is well as long as there is a file in this folder."""
    folder.mkdir()
    (folder / "health").touch()
    check = {"protocol": "HTTP", "path": "/health", **TIMES}
    command = f"exec {sys.executable} -m http.server --directory {folder} $PORT0"
    return {"id": "web", "cmd": command, "cpus": 0.1, "mem": 64, "healthChecks": [check]}


def test_unhealthy_instances_are_replaced() -> None:
    """COMMAND: the agent tells and kills. HTTP: Marathon counts and kills. The successors of both are well."""
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent("--registration_backoff_factor=50ms", "--no-switch_user", "--hostname=127.0.0.1")
        cluster.add_marathon()
        cluster.leading_marathon()
        poison, folder = cluster.folder / "poison", cluster.folder / "web"
        for app in (_agent_checked(poison), _marathon_checked(folder)):
            assert 201 == cluster.post_app(app).status_code

        (sick,) = wait_until(lambda: _well(cluster, "sick"), "a task that its agent finds well", 30)
        (web,) = wait_until(lambda: _well(cluster, "web"), "a task that Marathon finds well", 30)
        poison.touch()
        (folder / "health").unlink()
        unwell = wait_until(lambda: (app := _app(cluster, "web"))["tasksUnhealthy"] and app, "an unhealthy task", 30)
        wait_until(lambda: "lastTaskFailure" in _app(cluster, "web"), "a kill by Marathon", 30)
        (folder / "health").touch()
        for name, gone in (("sick", sick), ("web", web)):
            assert 1 == len(wait_until(partial(_well, cluster, name, gone), f"a successor of {gone}", 30))
        shown = {name: _app(cluster, name) for name in ("sick", "web")}
        frameworks = cluster.leading_master().get("/state")["frameworks"]

    for app in shown.values():
        assert (1, 1, 0) == (app["tasksRunning"], app["tasksHealthy"], app["tasksUnhealthy"])
    assert "Command exited with status 4: poisoned" in shown["sick"]["lastTaskFailure"]["message"]
    reason = "Task was killed since health check failed. Reason: 404 File not found"
    assert (reason, web) == tuple(shown["web"]["lastTaskFailure"][name] for name in ("message", "taskId"))
    assert "404 File not found" == unwell["tasks"][0]["healthCheckResults"][0]["lastFailureCause"]

    ended = {task["id"]: task for one in frameworks for task in one["completed_tasks"]}

    assert ("TASK_KILLED", "TASK_KILLED") == (ended[sick]["state"], ended[web]["state"])
    assert False is ended[sick]["statuses"][-1]["healthy"]

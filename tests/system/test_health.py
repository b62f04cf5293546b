"""An instance that its agent finds unwell is ended by the agent and replaced by Marathon."""

from __future__ import annotations

from typing import Any

import pytest

from support.cluster import Cluster, running_cluster
from support.waiting import wait_until

pytestmark = pytest.mark.system
APP = "sick"


def _tasks(cluster: Cluster) -> list[dict[str, Any]]:
    """The tasks of the app that the agent's check found well."""
    tasks: list[dict[str, Any]] = cluster.any_marathon().get(f"/v2/apps/{APP}/tasks")["tasks"]
    return [task for task in tasks if [one["alive"] for one in task["healthCheckResults"]] == [True]]


def test_unhealthy_instance_is_replaced() -> None:
    """A COMMAND check fails once: the agent tells and kills, Marathon starts anew, and the new task is well."""
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent("--registration_backoff_factor=50ms", "--no-switch_user")
        cluster.add_marathon()
        cluster.leading_marathon()
        poison = cluster.folder / "poison"
        command = f"if rm {poison} 2>/dev/null; then echo poisoned; exit 4; fi"
        check = {"protocol": "COMMAND", "command": {"value": command}, "delaySeconds": 0, "maxConsecutiveFailures": 1}
        times = {"gracePeriodSeconds": 60, "intervalSeconds": 1, "timeoutSeconds": 5}
        app = {"id": APP, "cmd": "sleep 1000", "cpus": 0.1, "mem": 16, "healthChecks": [check | times]}

        assert 201 == cluster.post_app(app | {"backoffSeconds": 0}).status_code

        (well,) = wait_until(lambda: _tasks(cluster), "a healthy task", 30)
        poison.touch()
        replaced = wait_until(
            lambda: [task for task in _tasks(cluster) if task["id"] != well["id"]], "a healthy successor", 30
        )
        shown = cluster.any_marathon().get(f"/v2/apps/{APP}?embed=app.lastTaskFailure")["app"]
        frameworks = cluster.leading_master().get("/state")["frameworks"]

    assert 1 == len(replaced)
    assert (1, 1, 0) == (shown["tasksRunning"], shown["tasksHealthy"], shown["tasksUnhealthy"])
    assert "Command exited with status 4: poisoned" in shown["lastTaskFailure"]["message"]

    (ended,) = [task for one in frameworks for task in one["completed_tasks"]]

    assert (well["id"], "TASK_KILLED") == (ended["id"], ended["state"])
    assert False is ended["statuses"][-1]["healthy"]

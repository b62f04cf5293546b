"""What Marathon answers about apps and deployments, for clients of recorded answers."""

from __future__ import annotations

from typing import Any

DEPLOYMENT = "5ed4c0c5-9ff8-4a6f-a0cd-f57f59a34b43"
UNDER_WAY = {
    "id": DEPLOYMENT,
    "currentStep": 1,
    "totalSteps": 2,
    "currentActions": [{"action": "ScaleApplication", "app": "/web", "readinessCheckResults": []}],
}


def make_app(**fields: Any) -> dict[str, Any]:
    """An app of two instances that run, with other fields."""
    counts = {"tasksStaged": 0, "tasksRunning": 2, "tasksHealthy": 0, "tasksUnhealthy": 0}
    return {
        "id": "/web",
        "cmd": "sleep 9",
        "args": None,
        "instances": 2,
        "cpus": 0.5,
        "mem": 64,
        "disk": 0,
        "version": "2026-11-23T00:00:00.000Z",
        "deployments": [],
        **counts,
        **fields,
    }

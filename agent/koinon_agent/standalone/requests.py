"""What operators ask of containers without a parent, judged and put into a launch. Pure (mesos-operator-api 1.4).

Owns what such a container may be given, and how its end is told. Whether a containerizer can run it, it says itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from koinon_core.agent_api import LaunchContainer
from koinon_core.ids import ContainerId
from koinon_core.scalars import Unlimited

from ..containerizer import Ended, Launch, Workload
from ..nested.requests import SIGNAL_BASE, wait_status

_LIMITED = {"cpus": "CPU", "mem": "memory"}


def find_resources_problem(body: LaunchContainer) -> str | None:
    """What is wrong with what a container is to have. It is not taken from what is offered: nobody set it aside."""
    for resource in body.resources:
        if resource.kind.reservations or resource.kind.disk is not None:
            return f"resources: {resource.kind.name} is reserved or a volume, and those are for the tasks of frameworks"
    for name in body.limits or {}:
        if name not in _LIMITED:
            return f"limits.{name} cannot be had: only cpus and mem may be limited"
    for name, limit in (body.limits or {}).items():
        asked = body.resources.scalar(name)
        if not asked:
            return f"limits.{name} needs {name} among the resources, too"
        if not isinstance(limit, Unlimited) and limit < asked:
            return f"limits.{name} must be greater than or equal to the {_LIMITED[name]} among the resources"
    return None


def plan_launch(body: LaunchContainer, sandbox: Path, *, switches_user: bool) -> Launch:
    """The launch of a container that has no problem. It belongs to no agent's id, either: it outlives that."""
    user = body.command.user if body.command is not None else None
    return Launch(
        container_id=ContainerId(body.container_id.value),
        workload=Workload(
            command=body.command,
            container=body.container,
            resources=body.resources,
            limits=dict(body.limits or {}),
        ),
        sandbox=sandbox,
        environment={},
        user=user if switches_user else None,
    )


def show_end(ended: Ended) -> dict[str, Any]:
    """What WAIT_CONTAINER answers. Without ``exit_status`` where nobody can tell it any more."""
    view: dict[str, Any] = {"message": ended.message}
    if ended.signal is not None:
        view["exit_status"] = wait_status(SIGNAL_BASE + ended.signal)
    elif ended.exit_code is not None:
        view["exit_status"] = wait_status(ended.exit_code)
    if ended.is_out_of_memory:
        view |= {"state": "TASK_FAILED", "reason": "REASON_CONTAINER_LIMITATION_MEMORY"}
    return view

"""What the event stream says of instances, tasks and deployments: names and fields of marathon-v2-api 11.

Framing, filters and the events that belong to one HTTP request or subscriber are the edge's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from koinon_core.tasks import TaskStatus

from .definition.path_ids import PathId
from .definition.run_specs import RunSpec
from .deployment.plan import Action, DeploymentPlan, Step
from .instance.instances import Instance
from .launch.match_statistics import RefusalReason, UnusedOffer
from .timestamps import format_seconds, format_timestamp

LAUNCH_REFUSED = "launch_refused_event"
ON_REQUEST = frozenset({LAUNCH_REFUSED})
"""Types that Marathon does not have: for subscribers who name them alone, as strict clients know no others."""


@attrs.frozen
class StreamEvent:
    """One event: its type, its fields without `eventType` and `timestamp`, and when (seconds since 1970)."""

    type: str
    fields: Mapping[str, object]
    at: float

    def body(self) -> dict[str, object]:
        """The whole JSON object."""
        return {**self.fields, "eventType": self.type, "timestamp": format_seconds(self.at)}


def status_update(instance: Instance, status: TaskStatus, now: float) -> StreamEvent:
    """`status_update_event`: a status that was taken in. `instance` as it is after it, its task still there."""
    task = instance.task
    fields: dict[str, object] = {
        "slaveId": status.agent_id or (task.agent_id if task else ""),
        "taskId": status.task_id,
        "taskStatus": status.state.name,
        "message": status.message or "",
        "appId": instance.spec_id,
        "host": task.placement.hostname if task else "",
        "ipAddresses": ip_addresses(instance),
        "ports": list(task.host_ports) if task else [],
        "version": format_timestamp(instance.version),
    }
    return StreamEvent("status_update_event", fields, now)


def instance_changed(instance: Instance, now: float) -> StreamEvent:
    """`instance_changed_event`: condition or goal are new."""
    task = instance.task
    fields: dict[str, object] = {
        "instanceId": instance.id,
        "condition": instance.condition.value,
        "runSpecId": instance.spec_id,
        "runSpecVersion": format_timestamp(instance.version),
    }
    if task is not None:
        fields |= {"agentId": task.agent_id, "host": task.placement.hostname}
    return StreamEvent("instance_changed_event", fields, now)


def instance_health_changed(instance: Instance, now: float) -> StreamEvent:
    """`instance_health_changed_event`: what the agent's checks say is new."""
    fields = {
        "instanceId": instance.id,
        "runSpecId": instance.spec_id,
        "healthy": instance.task.healthy if instance.task else None,
        "runSpecVersion": format_timestamp(instance.version),
    }
    return StreamEvent("instance_health_changed_event", fields, now)


def unknown_instance_terminated(instance_id: str, spec_id: PathId, condition: str, now: float) -> StreamEvent:
    """`unknown_instance_terminated_event`: the end of a task that nobody wanted any more."""
    fields = {"instanceId": instance_id, "runSpecId": spec_id, "condition": condition}
    return StreamEvent("unknown_instance_terminated_event", fields, now)


def app_terminated(spec_id: PathId, now: float) -> StreamEvent:
    """`app_terminated_event`: the app is removed and the last of its tasks is over."""
    return StreamEvent("app_terminated_event", {"appId": spec_id}, now)


def group_change(group_id: PathId, version: str, now: float, *, reason: str | None = None) -> StreamEvent:
    """`group_change_success`, or with a reason `group_change_failed`."""
    fields = {"groupId": group_id, "version": version}
    if reason is None:
        return StreamEvent("group_change_success", fields, now)
    return StreamEvent("group_change_failed", {**fields, "reason": reason}, now)


def launch_refused(spec: RunSpec, waiting: int, unused: Sequence[UnusedOffer], now: float) -> StreamEvent:
    """`launch_refused_event`, which is ours: what waits is refused for other reasons than before.

    Each reason with the agents that have it, the most frequent first, and with what one of these says.
    """
    counts: Counter[RefusalReason] = Counter()
    sentences: dict[RefusalReason, str] = {}
    for each in unused:
        for refusal in each.refusals:
            sentences.setdefault(refusal.reason, f"{each.offer.hostname}: {refusal.message}")
        counts.update({refusal.reason for refusal in each.refusals})
    fields = {
        "runSpecId": spec.id,
        "role": spec.role,
        "count": waiting,
        "agents": len(unused),
        "reasons": [
            {"reason": reason.value, "agents": agents, "example": sentences[reason]}
            for reason, agents in counts.most_common()
        ],
    }
    return StreamEvent(LAUNCH_REFUSED, fields, now)


def deployment_step(kind: str, plan: DeploymentPlan, step: Step, now: float) -> StreamEvent:
    """`deployment_info` before a step, `deployment_step_success` after it."""
    return StreamEvent(kind, {"plan": plan_object(plan), "currentStep": step_object(step)}, now)


def deployment_ended(kind: str, plan: DeploymentPlan, now: float, *, reason: str | None = None) -> StreamEvent:
    """`deployment_success`, or `deployment_failed` with its reason."""
    fields: dict[str, object] = {"id": plan.id, "plan": plan_object(plan)}
    if reason is not None:
        fields["reason"] = reason
    return StreamEvent(kind, fields, now)


def plan_object(plan: DeploymentPlan) -> dict[str, object]:
    """A plan in its light form: id, version and steps."""
    return {
        "id": plan.id,
        "version": format_timestamp(plan.version),
        "steps": [step_object(step) for step in plan.steps],
    }


def step_object(step: Step) -> dict[str, object]:
    """A step's actions as marathon-v2-api 7 writes them."""
    return {"actions": [action_object(action) for action in step.actions]}


def action_object(action: Action) -> dict[str, object]:
    """One action: its word, and its app or pod."""
    return {"action": action.word, "pod" if action.is_pod else "app": action.spec_id}


def ip_addresses(instance: Instance) -> list[dict[str, str]]:
    """The task's own addresses as the API writes them."""
    if instance.task is None:
        return []
    return [
        {"ipAddress": address.ip_address, "protocol": address.protocol.name}
        for address in instance.task.ip_addresses
        if address.ip_address is not None
    ]

"""What the event stream says: names and fields of marathon-v2-api 11. Filters, ids and frames are `event_stream`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import attrs

from koinon_core.ids import AgentId, ExecutorId, FrameworkId
from koinon_core.tasks import TaskStatus
from koinon_frameworks.matching.refusals import RefusalReason

from .codec import encode_app
from .definition.apps import App
from .definition.path_ids import PathId
from .definition.pods import Pod
from .definition.run_specs import RunSpec
from .deployment.plan import Action, DeploymentPlan, Step
from .instance.instances import Instance, Task
from .launch.match_statistics import UnusedOffer
from .timestamps import format_seconds, format_timestamp

LAUNCH_REFUSED = "launch_refused_event"
GAP = "event_stream_gap"
SCHEDULER_REGISTERED = "scheduler_registered_event"
SCHEDULER_REREGISTERED = "scheduler_reregistered_event"
SCHEDULER_DISCONNECTED = "scheduler_disconnected_event"
ON_REQUEST = frozenset({LAUNCH_REFUSED, GAP, SCHEDULER_REGISTERED, SCHEDULER_REREGISTERED, SCHEDULER_DISCONNECTED})
"""Types for subscribers who name them alone: those that Marathon does not have, and those at which strict clients of
Marathon stop, as they know no such word.
"""
_PLANS_AT_ONCE = 16
"""Plans whose object is kept. Each step tells the whole plan twice: of a thousand steps, each would make it anew."""


@attrs.frozen
class StreamEvent:
    """One event: its type, its fields without `eventType` and `timestamp`, and when (seconds since 1970)."""

    type: str
    fields: Mapping[str, object]
    at: float
    heavy: Mapping[str, object] = attrs.field(factory=dict)
    """Fields of which readers see more who did not ask for the light form of plans."""

    def body(self) -> dict[str, object]:
        """The whole JSON object."""
        return {**self.fields, "eventType": self.type, "timestamp": format_seconds(self.at)}

    def heavy_body(self) -> dict[str, object]:
        """The same with plans in their heavy form."""
        return {**self.body(), **self.heavy}


def status_update(instance: Instance, status: TaskStatus, now: float) -> StreamEvent:
    """`status_update_event`: a status that was taken in. `instance` as it is after it, its task still there."""
    task = next((each for each in instance.tasks if each.id == status.task_id), instance.task)
    fields: dict[str, object] = {
        "slaveId": status.agent_id or (task.agent_id if task else ""),
        "taskId": status.task_id,
        "taskStatus": status.state.name,
        "message": status.message or "",
        "appId": instance.spec_id,
        "host": task.placement.hostname if task else "",
        "ipAddresses": ip_addresses(task),
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
        "healthy": instance.healthy,
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
    fields = {"plan": plan_object(plan), "currentStep": step_object(step)}
    return StreamEvent(kind, fields, now, {"plan": heavy_plan_object(plan)})


def deployment_ended(kind: str, plan: DeploymentPlan, now: float, *, reason: str | None = None) -> StreamEvent:
    """`deployment_success`, or `deployment_failed` with its reason."""
    fields: dict[str, object] = {"id": plan.id, "plan": plan_object(plan)}
    if reason is not None:
        fields["reason"] = reason
    return StreamEvent(kind, fields, now, {"plan": heavy_plan_object(plan)})


def stream_attached(remote: str, now: float) -> StreamEvent:
    """`event_stream_attached`: somebody listens."""
    return StreamEvent("event_stream_attached", {"remoteAddress": remote}, now)


def stream_detached(remote: str, now: float) -> StreamEvent:
    """`event_stream_detached`: somebody listens no more."""
    return StreamEvent("event_stream_detached", {"remoteAddress": remote}, now)


def stream_gap(oldest_id: str, now: float) -> StreamEvent:
    """`event_stream_gap`, which is ours: events before `oldest_id` are not kept, so some were missed for good."""
    return StreamEvent(GAP, {"oldestEventId": oldest_id}, now)


def api_post(app: App, client_ip: str, uri: str, now: float) -> StreamEvent:
    """`api_post_event`: somebody created or changed one app."""
    fields = {"clientIp": client_ip, "uri": uri, "appDefinition": encode_app(app)}
    return StreamEvent("api_post_event", fields, now)


def pod_changed(kind: str, client_ip: str, uri: str, now: float) -> StreamEvent:
    """`pod_created_event`, `pod_updated_event` or `pod_deleted_event`."""
    return StreamEvent(kind, {"clientIp": client_ip, "uri": uri}, now)


def scheduler_registered(framework_id: FrameworkId, master: str, now: float) -> StreamEvent:
    """`scheduler_registered_event`: the first subscription of this leader stands."""
    return StreamEvent(SCHEDULER_REGISTERED, {"frameworkId": framework_id, "master": master}, now)


def scheduler_reregistered(master: str, now: float) -> StreamEvent:
    """`scheduler_reregistered_event`: the subscription stands again."""
    return StreamEvent(SCHEDULER_REREGISTERED, {"master": master}, now)


def scheduler_disconnected(now: float) -> StreamEvent:
    """`scheduler_disconnected_event`: the master is out of reach."""
    return StreamEvent(SCHEDULER_DISCONNECTED, {}, now)


def framework_message(executor_id: ExecutorId, agent_id: AgentId, data: bytes, now: float) -> StreamEvent:
    """`framework_message_event`: an executor says something to us, bytes as numbers."""
    fields = {"executorId": executor_id, "slaveId": agent_id, "message": list(data)}
    return StreamEvent("framework_message_event", fields, now)


@lru_cache(maxsize=_PLANS_AT_ONCE)
def plan_object(plan: DeploymentPlan) -> dict[str, object]:
    """A plan in its light form: id, version and steps. Shared by all who ask: not to be changed."""
    return {
        "id": plan.id,
        "version": format_timestamp(plan.version),
        "steps": [step_object(step) for step in plan.steps],
    }


@lru_cache(maxsize=_PLANS_AT_ONCE)
def heavy_plan_object(plan: DeploymentPlan) -> dict[str, object]:
    """A plan with what it leads from and to, which strict clients insist on: the affected definitions by id and version
    alone, as one flat group.
    """
    return {
        **plan_object(plan),
        "original": _flat_group(plan.original.values()),
        "target": {**_flat_group(plan.target.values()), "version": format_timestamp(plan.version)},
    }


def _flat_group(specs: Iterable[RunSpec]) -> dict[str, object]:
    shown: dict[str, object] = {"id": "/", "apps": [], "pods": [], "groups": [], "dependencies": []}
    for kind, members in (("apps", App), ("pods", Pod)):
        shown[kind] = [
            {"id": spec.id, "version": format_timestamp(spec.version)} for spec in specs if isinstance(spec, members)
        ]
    return shown


def step_object(step: Step) -> dict[str, object]:
    """A step's actions as marathon-v2-api 7 writes them."""
    return {"actions": [action_object(action) for action in step.actions]}


def action_object(action: Action) -> dict[str, object]:
    """One action: its word, and its app or pod."""
    return {"action": action.word, "pod" if action.is_pod else "app": action.spec_id}


def ip_addresses(task: Task | None) -> list[dict[str, str]]:
    """A task's own addresses as the API writes them."""
    if task is None:
        return []
    return [
        {"ipAddress": address.ip_address, "protocol": address.protocol.name}
        for address in task.ip_addresses
        if address.ip_address is not None
    ]

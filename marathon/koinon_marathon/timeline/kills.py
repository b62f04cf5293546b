"""Why an instance is ended, as people are told it."""

from collections.abc import Iterable

from ..deployment.plan import ActionType
from ..events import Event, KillInstances, Restored
from ..instance.instances import Condition, Goal, Instance
from ..state import State
from ..stream_events import StreamEvent


def why_killed(state: State, instance: Instance, event: Event, told: Iterable[StreamEvent]) -> str:
    """The first that holds: what came in says more than what is under way."""
    if isinstance(event, KillInstances) and instance.id in event.ids:
        return f"asked for by {event.origin}" if event.origin else "asked for"
    for each in told:
        if each.type == "unhealthy_instance_kill_event" and each.fields["instanceId"] == instance.id:
            return f"unhealthy: {each.fields['reason']}"
    if isinstance(event, Restored):
        return "it was being ended under the former leader"
    if instance.goal is Goal.RUNNING:
        return "another container of it ended" if instance.is_falling else _overdue(instance)
    return _why_unwanted(state, instance)


def _overdue(instance: Instance) -> str:
    return f"it is {instance.condition.value} for too long, another launch is tried"


def _why_unwanted(state: State, instance: Instance) -> str:
    spec = state.specs.get(instance.spec_id)
    if spec is None:
        return "its app is removed"
    if instance.config_version != spec.version_info.last_config_change_at:
        return "its version is replaced"
    deployment = state.deployment_of(instance.spec_id)
    step = None if deployment is None else deployment.step
    kinds = {each.type for each in step.actions if each.spec_id == instance.spec_id} if step else set()
    if ActionType.RESTART in kinds:
        return "a deployment replaces it"
    if instance.condition in (Condition.UNREACHABLE, Condition.UNREACHABLE_INACTIVE):
        return "its agent was out of reach for too long"
    return f"only {spec.instances} {'is' if spec.instances == 1 else 'are'} wanted"

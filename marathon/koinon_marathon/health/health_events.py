"""What the event stream says of health checks: names and fields of marathon-v2-api 11."""

from ..codec import encode_health_check
from ..definition.health_checks import HealthCheck
from ..instance.instances import Instance
from ..stream_events import StreamEvent
from ..timestamps import format_timestamp
from .book import Activation


def check_added(activation: Activation, now: float) -> StreamEvent:
    """`add_health_check_event`: a check is active for a version of an app."""
    fields: dict[str, object] = {
        "appId": activation.spec_id,
        "version": format_timestamp(activation.version),
        "healthCheck": encode_health_check(activation.check),
    }
    return StreamEvent("add_health_check_event", fields, now)


def check_removed(activation: Activation, now: float) -> StreamEvent:
    """`remove_health_check_event`: a check is active no longer."""
    return StreamEvent("remove_health_check_event", {"appId": activation.spec_id}, now)


def check_failed(instance: Instance, check: HealthCheck, now: float) -> StreamEvent:
    """`failed_health_check_event`: a failure that counts."""
    fields: dict[str, object] = {
        "appId": instance.spec_id,
        "taskId": instance.task.id if instance.task else instance.id,
        "healthCheck": encode_health_check(check),
    }
    return StreamEvent("failed_health_check_event", fields, now)


def health_status_changed(instance: Instance, now: float, *, is_alive: bool) -> StreamEvent:
    """`health_status_changed_event`: what one check says of an instance is new."""
    fields: dict[str, object] = {
        "appId": instance.spec_id,
        "instanceId": instance.id,
        "version": format_timestamp(instance.version),
        "alive": is_alive,
    }
    return StreamEvent("health_status_changed_event", fields, now)


def instance_health_changed(instance: Instance, now: float, *, healthy: bool | None) -> StreamEvent:
    """`instance_health_changed_event`: what all checks together say of an instance is new."""
    fields: dict[str, object] = {
        "instanceId": instance.id,
        "runSpecId": instance.spec_id,
        "healthy": healthy,
        "runSpecVersion": format_timestamp(instance.version),
    }
    return StreamEvent("instance_health_changed_event", fields, now)


def unhealthy_instance_killed(instance: Instance, reason: str, now: float) -> StreamEvent:
    """`unhealthy_instance_kill_event`: an instance has to go as a check failed too often."""
    task = instance.task
    fields: dict[str, object] = {
        "appId": instance.spec_id,
        "taskId": task.id if task else instance.id,
        "instanceId": instance.id,
        "version": format_timestamp(instance.version),
        "reason": reason,
    }
    if task is not None:
        fields |= {"host": task.placement.hostname, "slaveId": task.agent_id}
    return StreamEvent("unhealthy_instance_kill_event", fields, now)

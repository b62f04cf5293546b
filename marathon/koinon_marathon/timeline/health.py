"""What checks found, told to the app whose instance it is."""

from typing import Any

from koinon_core.ids import TaskId

from ..instance.instances import InstanceId
from ..stream_events import StreamEvent
from ..turn import Turn
from .entries import Entry, Kind, Tone

RECORDED = frozenset({"failed_health_check_event", "instance_health_changed_event"})


def record_health(turn: Turn, told: StreamEvent) -> None:
    """A check failed, which is counted, or an instance is well, unwell or unknown from now on."""
    fields: Any = told.fields
    if told.type == "failed_health_check_event":
        _record_failure(turn, TaskId(fields["taskId"]))
        return
    instance = turn.state.instances.get(InstanceId(fields["instanceId"]))
    task = instance.task if instance else None
    text, tone = {
        True: ("is healthy", Tone.GOOD),
        False: ("is unhealthy", Tone.BAD),
        None: ("nothing is known of its health", Tone.PLAIN),
    }[fields["healthy"]]
    host = task.placement.hostname if task else None
    entry = Entry(
        at=told.at,
        kind=Kind.HEALTH,
        text=f"an instance on {host}: {text}" if host else text,
        tone=tone,
        instance=fields["instanceId"],
        task=task.id if task else None,
        agent=task.agent_id if task else None,
        host=host,
        version=fields["runSpecVersion"],
    )
    turn.state.timeline.add(fields["runSpecId"], entry)


def _record_failure(turn: Turn, task_id: TaskId) -> None:
    instance = turn.state.instances.of_task(task_id)
    if instance is None or instance.task is None:
        return
    host = instance.task.placement.hostname
    causes = [health.last_failure_cause for health in turn.state.health.of_task(task_id).values()]
    cause = next((each for each in causes if each), "no good answer")
    entry = Entry(
        at=turn.now,
        kind=Kind.HEALTH,
        text=f"a health check on {host} failed {{times}}: {cause}",
        tone=Tone.BAD,
        instance=instance.id,
        task=task_id,
        agent=instance.task.agent_id,
        host=host,
    )
    turn.state.timeline.repeat(instance.spec_id, ("health", task_id), entry)

"""What a task's status leads to: an update, a record of failure, an acknowledgement (marathon-semantics 15).

A task that nobody knows is killed, as one that came back after it was replaced must not run beside its successor.
"""

from koinon_core.tasks import TaskStatus, TaskStatusReason

from .. import stream_events
from ..health.answers import take_status_health
from ..instructions import AcknowledgeStatus
from ..timers import Timer, TimerKind
from ..turn import Turn
from .instance_changes import apply, remember_failure
from .instance_machine import reported_condition
from .instance_update import Unchanged, Updated, apply_status, is_worth_remembering
from .instances import Condition, Instance, instance_of, spec_of


def take_status(turn: Turn, status: TaskStatus) -> None:
    """Handle one status; it is acknowledged once what it changed is stored."""
    turn.state.reconciler.note_answer(status.task_id, turn.now)
    instance = turn.state.instances.of_task(status.task_id)
    if instance is None:
        _refuse_unknown(turn, status)
    else:
        _take_known(turn, instance, status)
    if status.uuid is not None:
        turn.after(AcknowledgeStatus(status))


def _take_known(turn: Turn, instance: Instance, status: TaskStatus) -> None:
    take_status_health(turn, instance, status)
    effect = apply_status(instance, status, turn.state.strategy_of(instance), turn.now)
    if not isinstance(effect, Unchanged):
        seen = effect.after if isinstance(effect, Updated) and effect.after.task is not None else instance
        turn.publish(stream_events.status_update(seen, status, turn.now))
    is_over = not isinstance(effect, Unchanged) and reported_condition(status).is_terminal
    apply(turn, effect)
    if not is_over:
        return
    if status.reason is TaskStatusReason.REASON_AGENT_DRAINING:
        turn.state.backoff.reset(instance.spec_id)
    if is_worth_remembering(status) and instance.spec_id in turn.state.specs:
        remember_failure(turn, instance, status)


def _refuse_unknown(turn: Turn, status: TaskStatus) -> None:
    reported = reported_condition(status)
    if not (reported.is_terminal or reported is Condition.UNREACHABLE):
        if reported is not Condition.KILLING:
            turn.state.kills.add(status.task_id, status.agent_id)
        return
    turn.state.kills.discard(status.task_id)
    turn.state.timers.cancel(Timer(TimerKind.KILL, status.task_id))
    instance_id = instance_of(status.task_id)
    if instance_id is not None:
        event = stream_events.unknown_instance_terminated(instance_id, spec_of(instance_id), reported.value, turn.now)
        turn.publish(event)

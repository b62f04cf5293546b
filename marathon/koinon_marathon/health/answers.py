"""What follows from what tasks and their agents answer: health, readiness, kills, events (marathon-semantics 20, 21).

What an answer means for one check is `machine` and `readiness`; whom to ask is `rounds` and `polling`.
"""

from koinon_core.tasks import TaskState, TaskStatus

from ..definition.apps import App
from ..instance.instance_changes import kill_tasks, note_readiness, remember_failure
from ..instance.instances import Condition, Instance
from ..timers import Timer, TimerKind
from ..turn import Turn
from . import health_events
from .aggregate import agent_check
from .machine import Health, judge
from .probes import Outcome, ProbeAnswered, ProbeKey, ProbeKind
from .readiness import readiness_check, take_outcome

_ASKED = frozenset({Condition.RUNNING, Condition.UNREACHABLE, Condition.UNREACHABLE_INACTIVE})


def take_answer(turn: Turn, event: ProbeAnswered) -> None:
    """Handle one answer; one of a task that is over or about to be says nothing."""
    instance = turn.state.instances.of_task(event.key.task_id)
    if instance is None or instance.condition not in _ASKED:
        return
    if event.key.kind is ProbeKind.HEALTH:
        take_health(turn, instance, event.key, event.outcome)
    else:
        _take_readiness(turn, instance, event)


def take_health(turn: Turn, instance: Instance, key: ProbeKey, outcome: Outcome) -> None:
    """Handle what a check found, and end an instance that it found unwell too often."""
    app = turn.state.definition_of(instance)
    if not isinstance(app, App) or key.index >= len(app.health_checks):
        return
    check = app.health_checks[key.index]
    verdict = judge(check, turn.state.health.find(key.task_id, key.index), outcome, instance.since, turn.now)
    if verdict is None:
        return
    if verdict.cause is not None:
        turn.publish(health_events.check_failed(instance, check, turn.now))
    _remember(turn, instance, key, verdict.health)
    if verdict.is_fatal:
        _kill(turn, instance, verdict.cause or "")


def take_status_health(turn: Turn, instance: Instance, status: TaskStatus) -> None:
    """Handle what an agent's own check found; the agent waits out the grace period and kills by itself."""
    index = agent_check(turn.state.definition_of(instance), status.task_id)
    if index is None or status.healthy is None or status.state.is_terminal:
        return
    key = ProbeKey(status.task_id, ProbeKind.HEALTH, index)
    known = turn.state.health.find(status.task_id, index)
    found = known.succeed(turn.now) if status.healthy else known.fail(turn.now, status.message or "unwell")
    _remember(turn, instance, key, found)


def _remember(turn: Turn, instance: Instance, key: ProbeKey, found: Health) -> None:
    """Keep it, and tell whoever waits for the instance's health."""
    state = turn.state
    was_alive, health = state.health.find(key.task_id, key.index).is_alive, state.health_of(instance)
    state.health.put(key.task_id, key.index, found)
    state.instances.renew(instance.spec_id)
    if found.is_alive is not was_alive:
        turn.publish(health_events.health_status_changed(instance, turn.now, is_alive=found.is_alive))
    now_health = state.health_of(instance)
    if now_health is not health:
        turn.publish(health_events.instance_health_changed(instance, turn.now, healthy=now_health))
        note_readiness(turn, instance)


def _kill(turn: Turn, instance: Instance, cause: str) -> None:
    """End it, once. It stays wanted, so another takes its place; nobody can kill what is out of reach."""
    task = instance.task
    if task is None or instance.condition is not Condition.RUNNING or task.id in turn.state.kills:
        return
    message = f"Task was killed since health check failed. Reason: {cause}"
    if instance.spec_id in turn.state.specs:
        told = TaskStatus(task_id=task.id, state=TaskState.TASK_KILLED, agent_id=task.agent_id, message=message)
        remember_failure(turn, instance, told)
    turn.publish(health_events.unhealthy_instance_killed(instance, cause, turn.now))
    kill_tasks(turn, instance)


def _take_readiness(turn: Turn, instance: Instance, event: ProbeAnswered) -> None:
    task_id, state = event.key.task_id, turn.state
    check, known = readiness_check(state.definition_of(instance)), state.readiness.find(task_id)
    if check is None or known is None or known.is_ready:
        return
    found = take_outcome(check, event.outcome)
    if found is None:
        return
    state.readiness.put(task_id, found)
    if found.is_ready:
        state.timers.cancel(Timer(TimerKind.READINESS, task_id))
        note_readiness(turn, instance)

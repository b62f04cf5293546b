"""Asks new instances whether they are ready, while a deployment waits for it (marathon-semantics 21).

At once when the task runs, then at the check's interval until it says yes. What answers mean is `answers`.
"""

from koinon_core.ids import TaskId

from ..definition.apps import App
from ..definition.health_checks import ReadinessCheck
from ..instance.instances import Condition, Instance, Task
from ..timers import Timer, TimerKind
from ..turn import Turn
from .probes import Failed, Probe, ProbeKey, ProbeKind
from .readiness import Readiness, readiness_check, take_outcome
from .targets import NoTarget, readiness_target


def begin_readiness(turn: Turn, instance: Instance) -> None:
    """Begin to ask a running instance, if a deployment waits for its word."""
    app, task = turn.state.definition_of(instance), instance.task
    check = readiness_check(app)
    if not isinstance(app, App) or check is None or task is None or instance.condition is not Condition.RUNNING:
        return
    if turn.state.awaits_readiness(instance):
        if turn.state.readiness.find(task.id) is None:
            turn.state.readiness.put(task.id, Readiness(name=check.name))
        _ask(turn, app, check, task)


def poll_readiness(turn: Turn, task_id: TaskId) -> None:
    """It is time to ask again. Out of reach it is not asked: it will be, once it runs again."""
    instance = turn.state.instances.of_task(task_id)
    if instance is None or turn.state.deployment_of(instance.spec_id) is None:
        forget_readiness(turn, task_id)
    else:
        begin_readiness(turn, instance)


def forget_readiness(turn: Turn, task_id: TaskId) -> None:
    """Ask no more, and show nothing of it."""
    if turn.state.readiness.forget(task_id):
        turn.state.timers.cancel(Timer(TimerKind.READINESS, task_id))


def _ask(turn: Turn, app: App, check: ReadinessCheck, task: Task) -> None:
    turn.state.timers.set(Timer(TimerKind.READINESS, task.id), turn.now + check.interval_seconds)
    target = readiness_target(app, check, task)
    if not isinstance(target, NoTarget):
        key = ProbeKey(task.id, ProbeKind.READINESS)
        turn.at_once(Probe(key=key, target=target, timeout=float(check.timeout_seconds)))
        return
    found = take_outcome(check, Failed(str(target)))
    if found is not None:
        turn.state.readiness.put(task.id, found)

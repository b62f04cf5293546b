"""A round of questions: one schedule for each version and check of an app, however many instances it has.

It asks all running instances of exactly its version (marathon-semantics 20.1). Where a check becomes active is
`activation`, what answers mean `answers`.
"""

from ..definition.apps import App
from ..instance.instances import Condition
from ..timers import Timer, TimerKind
from ..turn import Turn
from .activation import deactivate, is_outlived
from .answers import take_health
from .probes import Failed, Probe, ProbeKey, ProbeKind
from .targets import NoTarget, health_target


def run_round(turn: Turn, activation_key: str) -> None:
    """Ask every running instance of a version, and set the time of the next round."""
    activation = turn.state.health.find_active(activation_key)
    if activation is None:
        return
    if is_outlived(turn, activation):
        deactivate(turn, activation)
        return
    check, timeout = activation.check, float(activation.check.timeout_seconds)
    turn.state.timers.set(Timer(TimerKind.HEALTH, activation_key), turn.now + check.interval_seconds)
    for instance in list(turn.state.instances.of_spec(activation.spec_id).values()):
        if instance.condition is not Condition.RUNNING or instance.version != activation.version:
            continue
        app, task = turn.state.definition_of(instance), instance.task
        if not isinstance(app, App) or task is None:
            continue
        key = ProbeKey(task.id, ProbeKind.HEALTH, activation.index)
        target = health_target(app, check, task)
        if isinstance(target, NoTarget):
            take_health(turn, instance, key, Failed(str(target)))
        else:
            turn.at_once(Probe(key=key, target=target, timeout=timeout))

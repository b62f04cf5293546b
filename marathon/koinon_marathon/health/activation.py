"""Which checks are active: those of each version that an app has or that still runs (marathon-semantics 20.1).

Also where instances that come, change and go make checks begin and end. Asking at the due time is `rounds` and
`polling`.
"""

from datetime import datetime

from koinon_core.ids import TaskId

from ..definition.apps import App
from ..definition.path_ids import PathId
from ..instance.instances import Condition, Instance
from ..timers import Timer, TimerKind
from ..turn import Turn
from . import health_events
from .aggregate import agent_check
from .book import Activation
from .machine import UNKNOWN
from .polling import begin_readiness, forget_readiness
from .probes import StopProbing
from .readiness import readiness_check

_FIRST_ROUND = 5.0
"""The longest that a check waits for its first round."""


def begin_action(turn: Turn, spec_id: PathId, *, is_stop: bool) -> None:
    """Before a deployment does anything to an app: its checks are active, or, where it is to be stopped, none."""
    app = turn.state.find_app(spec_id)
    if not is_stop and app is not None:
        activate(turn, app, app.version)
        for instance in turn.state.instances.of_spec(spec_id).values():
            begin_readiness(turn, instance)
    for activation in turn.state.health.active_of(spec_id):
        if is_stop or is_outlived(turn, activation):
            deactivate(turn, activation)


def end_deployment(turn: Turn, spec_id: PathId) -> None:
    """Nobody waits for the readiness of the app's instances any longer.

    Those that are not ready are remembered until they would be asked again: a deployment that supersedes this one
    still has to wait for them.
    """
    for instance in turn.state.instances.of_spec(spec_id).values():
        for task in instance.tasks:
            known = turn.state.readiness.find(task.id)
            if known is not None and known.is_ready:
                forget_readiness(turn, task.id)


def activate(turn: Turn, app: App, version: datetime) -> None:
    """Make the checks of a version of an app active, as `app` says them."""
    for index, check in enumerate(app.health_checks):
        activation = Activation(spec_id=app.id, version=version, index=index, check=check)
        if not turn.state.health.activate(activation):
            continue
        turn.publish(health_events.check_added(activation, turn.now))
        if not check.is_run_by_mesos:
            first = min(float(check.interval_seconds), _FIRST_ROUND)
            turn.state.timers.set(Timer(TimerKind.HEALTH, activation.key), turn.now + first)


def deactivate(turn: Turn, activation: Activation) -> None:
    """Ask no more."""
    turn.state.health.deactivate(activation)
    turn.state.timers.cancel(Timer(TimerKind.HEALTH, activation.key))
    turn.publish(health_events.check_removed(activation, turn.now))


def is_outlived(turn: Turn, activation: Activation) -> bool:
    """Whether the version is neither the app's present one nor that of any instance."""
    spec = turn.state.specs.get(activation.spec_id)
    if spec is not None and spec.version == activation.version:
        return False
    members = turn.state.instances.of_spec(activation.spec_id).values()
    return not any(one.version == activation.version for one in members)


def note_instance(turn: Turn, before: Instance | None, after: Instance | None) -> None:
    """An instance came (no before), changed, or went (no after)."""
    if before is not None and (after is None or before.tasks is not after.tasks):
        kept = {task.id for task in after.tasks} if after is not None else set()
        for task in before.tasks:
            if task.id not in kept:
                _forget(turn, before, task.id)
    if after is None or after.condition is not Condition.RUNNING:
        return
    if before is None or before.condition is not Condition.RUNNING:
        app = turn.state.definition_of(after)
        if isinstance(app, App) and after.is_wanted and after.spec_id in turn.state.specs:
            activate(turn, app, after.version)
            begin_readiness(turn, after)


def restore_health(turn: Turn, instance: Instance) -> None:
    """Take up an instance that a former leader left: its checks are active, what the agent said of it holds."""
    note_instance(turn, None, instance)
    spec = turn.state.definition_of(instance)
    for task in instance.tasks:
        index = agent_check(spec, task.id)
        if index is not None and task.healthy is not None:
            health = UNKNOWN.succeed(instance.since) if task.healthy else UNKNOWN.fail(instance.since, "unwell")
            turn.state.health.put(task.id, index, health)


def _forget(turn: Turn, instance: Instance, task_id: TaskId) -> None:
    """A task is over: nothing of its health counts for its successor."""
    turn.state.health.forget(task_id)
    forget_readiness(turn, task_id)
    app = turn.state.definition_of(instance)
    if not isinstance(app, App):
        return
    if readiness_check(app) is not None or any(not check.is_run_by_mesos for check in app.health_checks):
        turn.at_once(StopProbing(task_id))

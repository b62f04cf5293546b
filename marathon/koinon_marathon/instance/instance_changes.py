"""Carries the effect of an instance operation into state, store, timers and event stream.

What the effect is was decided by `instance_update`; what follows for the app is decided when the turn settles.
"""

import attrs

from koinon_core.tasks import TaskStatus
from koinon_frameworks.matching.constraints import Operator

from .. import stream_events
from ..definition.run_specs import RunSpec
from ..happenings import KillBegun
from ..health.activation import note_instance
from ..instructions import InstanceKey
from ..timers import Timer, TimerKind
from ..turn import Turn
from .instance_update import (
    Expunged,
    InstanceEffect,
    Unchanged,
    Updated,
    decommission,
    is_launch_failure,
    resume,
    stop,
)
from .instances import Condition, Goal, Instance, InstanceId, TaskFailure, make_instance_id

_UNCONFIRMED = frozenset({Condition.STAGING, Condition.STARTING})
_PROGRESS = frozenset({Condition.PROVISIONED, Condition.STAGING, Condition.STARTING, Condition.RUNNING})


def add_instances(turn: Turn, app: RunSpec, count: int) -> None:
    """So many instances more, waiting for offers: stopped ones with a reservation first, then new ones.

    More than the turn may make are left for the next one, which finds them missing still.
    """
    if count > turn.to_make:
        count = turn.to_make
        turn.state.timers.set(Timer(TimerKind.INSTANCES, app.id), turn.now)
    turn.to_make -= max(0, count)
    resumed = _resumable(turn, app)[:count]
    for stopped in resumed:
        apply(turn, resume(stopped, app, turn.now))
        turn.eager.add(app.id)
    for _ in range(count - len(resumed)):
        instance = Instance(
            id=make_instance_id(app.id, turn.now, turn.rng),
            spec_id=app.id,
            version=app.version,
            config_version=app.version_info.last_config_change_at,
            role=app.role,
            since=turn.now,
        )
        _store(turn, None, instance)
        turn.eager.add(app.id)
        turn.publish(stream_events.instance_changed(instance, turn.now))


def _resumable(turn: Turn, app: RunSpec) -> list[Instance]:
    """The app's stopped instances; one that is still ending only where it would come back unchanged."""
    if not turn.state.instances.stopped(app.id):
        return []
    config = app.version_info.last_config_change_at
    return [
        one
        for one in turn.state.instances.of_spec(app.id).values()
        if one.goal is Goal.STOPPED and (not one.tasks or one.config_version == config)
    ]


def decommission_instances(turn: Turn, ids: tuple[InstanceId, ...]) -> None:
    """Let these go; unknown ones are gone. Those with a reservation stop, as long as their app is there to resume.

    More than the turn may let go are left for the next one, which finds them still there.
    """
    for instance_id in ids:
        instance = turn.state.instances.get(instance_id)
        if instance is not None and not turn.to_give_up:
            turn.state.timers.set(Timer(TimerKind.INSTANCES, instance.spec_id), turn.now)
            return
        if instance is not None:
            turn.to_give_up -= 1
            is_kept = instance.spec_id in turn.state.specs
            apply(turn, stop(instance) if is_kept else decommission(instance))


def wipe_instances(turn: Turn, ids: tuple[InstanceId, ...]) -> None:
    """Let these go with all that they wrote."""
    for instance_id in ids:
        instance = turn.state.instances.get(instance_id)
        if instance is not None:
            apply(turn, decommission(instance))


def apply(turn: Turn, effect: InstanceEffect) -> None:
    """Make `effect` true."""
    match effect:
        case Unchanged(instance, again_at):
            _arm_loss(turn, instance, again_at)
        case Expunged():
            _expunge(turn, effect)
        case Updated():
            _update(turn, effect)


def kill_tasks(turn: Turn, instance: Instance) -> None:
    """Have all that runs of an instance ended; what is asked for already is not asked for twice."""
    if any(task.id not in turn.state.kills for task in instance.live_tasks):
        turn.happenings.append(KillBegun(instance))
    for task in instance.live_tasks:
        turn.state.kills.add(task.id, task.agent_id)
    _put_kills_off(turn, instance)
    if instance.is_wanted:
        # A deployment counts with it no longer.
        _note_deployment(turn, instance, instance)


def remember_failure(turn: Turn, instance: Instance, status: TaskStatus) -> None:
    """Keep an end that people should see as the app's last failure."""
    task = next((each for each in instance.tasks if each.id == status.task_id), instance.task)
    failure = TaskFailure(
        spec_id=instance.spec_id,
        task_id=status.task_id,
        state=status.state,
        message=status.message or "",
        host=task.placement.hostname if task else "",
        agent_id=status.agent_id or (task.agent_id if task else None),
        version=instance.version,
        at=turn.now,
        started_at=(task.started_at or task.staged_at) if task else None,
    )
    turn.state.failures[instance.spec_id] = failure
    turn.put(failure)


def note_readiness(turn: Turn, instance: Instance) -> None:
    """What is known of an instance's health or readiness is new: whoever waits for it may go on."""
    _note_deployment(turn, instance, instance)
    turn.touch(instance.spec_id)


def arm(turn: Turn, instance: Instance) -> None:
    """Set the timers that an instance's condition calls for and cancel the others."""
    timer = Timer(TimerKind.OVERDUE, instance.id)
    options = turn.state.options
    if instance.task is not None and instance.condition is Condition.PROVISIONED:
        turn.state.timers.set(timer, instance.task.staged_at + options.task_launch_confirm_timeout)
    elif instance.task is not None and instance.condition in _UNCONFIRMED:
        turn.state.timers.set(timer, instance.task.staged_at + options.task_launch_timeout)
    elif instance.reservation is not None and instance.reservation.deadline is not None:
        turn.state.timers.set(timer, instance.reservation.deadline)
    else:
        turn.state.timers.cancel(timer)


def _update(turn: Turn, effect: Updated) -> None:
    before, after = effect.before, effect.after
    _store(turn, before, after)
    _arm_loss(turn, after, effect.again_at)
    if effect.ended is not None:
        _note_end(turn, before, effect.ended)
        turn.publish(stream_events.instance_changed(attrs.evolve(before, condition=effect.ended), turn.now))
    elif after.condition in _PROGRESS and after.condition is not before.condition:
        app = turn.state.specs.get(after.spec_id)
        if app is not None:
            turn.state.backoff.note_progress(app, turn.now)
    if after.condition is Condition.RUNNING and all(task.healthy is not False for task in after.tasks):
        turn.state.tokens.give_back()
    if after.condition is not before.condition or after.goal is not before.goal:
        turn.publish(stream_events.instance_changed(after, turn.now))
    if after.is_to_be_freed and not before.is_to_be_freed:
        turn.state.demand.note_change(after.role)
    _drop_kills(turn, before, after)
    _put_kills_off(turn, after)
    if not after.is_wanted or after.is_falling:
        kill_tasks(turn, after)


def _expunge(turn: Turn, effect: Expunged) -> None:
    instance, state = effect.before, turn.state
    state.instances.remove(instance)
    state.queue.note(instance, None)
    note_instance(turn, instance, None)
    _note_deployment(turn, instance, None)
    turn.delete(InstanceKey(instance.id))
    state.timers.cancel(Timer(TimerKind.OVERDUE, instance.id))
    state.timers.cancel(Timer(TimerKind.LOSS, instance.id))
    _drop_kills(turn, instance, None)
    if effect.ended.is_terminal:
        _note_end(turn, instance, effect.ended)
    turn.eager.add(instance.spec_id)
    turn.touch(instance.spec_id)
    turn.publish(stream_events.instance_changed(attrs.evolve(instance, condition=effect.ended), turn.now))


def _note_end(turn: Turn, instance: Instance, ended: Condition) -> None:
    """The tasks are over: the next launch may have to wait, their place is free."""
    turn.eager.add(instance.spec_id)
    app = turn.state.specs.get(instance.spec_id)
    if app is None or not is_launch_failure(instance, ended) or not instance.is_wanted:
        return
    if instance.config_version == app.version_info.last_config_change_at:
        turn.state.backoff.fail(app, turn.now)


def _store(turn: Turn, before: Instance | None, after: Instance) -> None:
    turn.state.instances.put(after)
    turn.state.queue.note(before, after)
    note_instance(turn, before, after)
    _note_deployment(turn, before, after)
    turn.put(after)
    turn.touch(after.spec_id)
    arm(turn, after)
    if before is not None and _frees_others(turn, before, after):
        turn.eager.add(after.spec_id)


def _frees_others(turn: Turn, before: Instance, after: Instance) -> bool:
    """Whether agents that constraints refused may do now: a place was freed, or a launch evened groups out."""
    if after.condition.is_lost and not before.condition.is_lost:
        return True
    if before.condition is not Condition.SCHEDULED or after.condition is not Condition.PROVISIONED:
        return False
    app = turn.state.specs.get(after.spec_id)
    return app is not None and any(one.operator is Operator.GROUP_BY for one in app.constraints)


def _note_deployment(turn: Turn, before: Instance | None, after: Instance | None) -> None:
    known = after or before
    if known is None:
        return
    deployment = turn.state.deployment_of(known.spec_id)
    if deployment is not None:
        is_ready = after is not None and turn.state.is_ready(after)
        deployment.note(known.spec_id, before, after, is_ready=is_ready)


def _drop_kills(turn: Turn, before: Instance, after: Instance | None) -> None:
    """Tasks that are over, or that nobody follows any more, need no kill."""
    live = {task.id for task in after.live_tasks} if after is not None else frozenset()
    for task in before.live_tasks:
        if task.id not in live:
            turn.state.kills.discard(task.id)
            turn.state.timers.cancel(Timer(TimerKind.KILL, task.id))


def _put_kills_off(turn: Turn, instance: Instance) -> None:
    """Nobody can be killed out of reach."""
    for task in instance.live_tasks:
        if task.condition is Condition.UNREACHABLE:
            turn.state.kills.put_off(task.id)
            turn.state.timers.cancel(Timer(TimerKind.KILL, task.id))
        else:
            turn.state.kills.bring_back(task.id)


def _arm_loss(turn: Turn, instance: Instance, again_at: float | None) -> None:
    timer = Timer(TimerKind.LOSS, instance.id)
    if again_at is not None:
        turn.state.timers.set(timer, again_at)
    elif not instance.condition.is_lost:
        turn.state.timers.cancel(timer)

"""What an operation makes of an instance: one effect, and nothing else happens (marathon-semantics 15, 16).

Functions of values. Carrying an effect into state, store and event stream is `instance_changes`.
"""

import attrs

from koinon_core.containers import IpAddress
from koinon_core.tasks import TaskState, TaskStatus

from ..definition.apps import Unreachable
from ..definition.run_specs import RunSpec
from .instance_machine import Trigger, next_condition, reported_condition, trigger_of
from .instances import Condition, Goal, Instance, Task
from .reservations import Reservation, ReservationState, ReservationTrigger
from .unreachable import LossVerdict, judge_loss


@attrs.frozen(kw_only=True)
class Updated:
    """The instance changed. `ended` is how its task ended, where it did; `again_at` when to judge a loss again."""

    before: Instance
    after: Instance
    ended: Condition | None = None
    again_at: float | None = None


@attrs.frozen(kw_only=True)
class Expunged:
    """The instance is no more. `ended` is its last condition."""

    before: Instance
    ended: Condition


@attrs.frozen
class Unchanged:
    """Nothing to do."""

    instance: Instance
    again_at: float | None = None


InstanceEffect = Updated | Expunged | Unchanged


def launch(instance: Instance, task: Task, app: RunSpec) -> Updated:
    """The launch intent: the offer is about to be accepted. Raises InvalidTransition unless the instance waits."""
    condition = next_condition(instance, Trigger.LAUNCH)
    after = attrs.evolve(
        instance,
        condition=condition,
        since=task.staged_at,
        attempt=instance.attempt + 1,
        tasks=(task,),
        version=app.version,
        config_version=app.version_info.last_config_change_at,
        role=app.role,
        reservation=instance.reservation and instance.reservation.moved(ReservationTrigger.LAUNCH),
    )
    return Updated(before=instance, after=after)


def reserve(instance: Instance, reservation: Reservation, app: RunSpec) -> Updated:
    """The reservation intent: the instance goes on waiting, for an offer that carries what is set aside for it."""
    return Updated(before=instance, after=attrs.evolve(instance, reservation=reservation, role=app.role))


def decommission(instance: Instance) -> InstanceEffect:
    """The instance shall go. What nobody can kill, or has no task, is gone at once, but for its reservation."""
    if instance.task is None or instance.condition.is_lost:
        return give_up(instance)
    if instance.goal is Goal.DECOMMISSIONED:
        return Unchanged(instance)
    return Updated(before=instance, after=attrs.evolve(instance, goal=Goal.DECOMMISSIONED))


def stop(instance: Instance) -> InstanceEffect:
    """There is one instance too many: what has been somewhere is kept with what it wrote, any other goes."""
    if instance.reservation is None or instance.reservation.state is ReservationState.NEW:
        return decommission(instance)
    if not instance.is_wanted:
        return Unchanged(instance)
    return Updated(before=instance, after=attrs.evolve(instance, goal=Goal.STOPPED))


def resume(instance: Instance, app: RunSpec, now: float) -> Updated:
    """A stopped instance is wanted again; it launches where its reservation is."""
    wanted = attrs.evolve(instance, goal=Goal.RUNNING)
    if not instance.tasks:
        config = app.version_info.last_config_change_at
        wanted = attrs.evolve(wanted, version=app.version, config_version=config, since=now)
    return Updated(before=instance, after=wanted)


def expunge(instance: Instance) -> Expunged:
    """Forget the instance: what may be set aside for it belongs to nobody from now on."""
    return Expunged(before=instance, ended=instance.condition)


def give_up(instance: Instance) -> InstanceEffect:
    """Nobody waits for the instance's task any more. What is set aside for it is remembered until it is given back."""
    if instance.reservation is None:
        return Expunged(before=instance, ended=instance.condition)
    if instance.is_to_be_freed:
        return Unchanged(instance)
    after = attrs.evolve(
        instance,
        goal=Goal.DECOMMISSIONED,
        condition=Condition.SCHEDULED,
        tasks=(),
        reservation=_suspended(instance.reservation),
    )
    return Updated(before=instance, after=after, ended=instance.condition if instance.tasks else None)


def apply_status(instance: Instance, status: TaskStatus, strategy: Unreachable, now: float) -> InstanceEffect:
    """What a status of the instance's present task makes of it."""
    reported = reported_condition(status)
    if reported is Condition.UNREACHABLE:
        return _lose(instance, status, strategy, now)
    trigger = trigger_of(reported)
    condition = next_condition(instance, trigger)
    if trigger is not Trigger.END:
        return _move(instance, condition, status, now)
    is_abandoned = status.state is TaskState.TASK_GONE_BY_OPERATOR  # the agent never returns, nor do its disks
    reservation = None if is_abandoned else _suspended(instance.reservation)
    if not instance.is_wanted and reservation is None:
        return Expunged(before=instance, ended=reported)
    after = attrs.evolve(instance, condition=condition, since=now, tasks=(), reservation=reservation)
    return Updated(before=instance, after=after, ended=reported)


def review_loss(instance: Instance, strategy: Unreachable, now: float) -> InstanceEffect:
    """What time makes of an instance that is out of reach."""
    since = instance.since if instance.task is None else instance.task.unreachable_since or instance.since
    loss = judge_loss(instance, strategy, since, now)
    if loss.verdict is LossVerdict.EXPUNGE:
        return give_up(instance)
    if loss.verdict is LossVerdict.KEEP or instance.condition is Condition.UNREACHABLE_INACTIVE:
        return Unchanged(instance, loss.again_at)
    inactive = attrs.evolve(instance, condition=next_condition(instance, Trigger.INACTIVITY), since=now)
    return Updated(before=instance, after=inactive, again_at=loss.again_at)


def _lose(instance: Instance, status: TaskStatus, strategy: Unreachable, now: float) -> InstanceEffect:
    told = status.unreachable_time.nanoseconds / 1e9 if status.unreachable_time else now
    known = instance.task.unreachable_since if instance.task else None
    lost = _move(instance, next_condition(instance, Trigger.LOSS), status, now, known or told)
    before = lost.after if isinstance(lost, Updated) else instance
    reviewed = review_loss(before, strategy, now)
    if isinstance(reviewed, Unchanged):
        return attrs.evolve(lost, again_at=reviewed.again_at)
    return attrs.evolve(reviewed, before=instance)


def _move(
    instance: Instance, condition: Condition, status: TaskStatus, now: float, lost_since: float | None = None
) -> Updated | Unchanged:
    """The same task in another condition, or with something new about it."""
    task = instance.task
    if task is None:
        return Unchanged(instance)
    runs = condition is Condition.RUNNING
    heard = attrs.evolve(
        task,
        state=status.state if condition is not instance.condition or task.state is None else task.state,
        started_at=task.started_at or (_told_at(status, now) if runs else None),
        healthy=(task.healthy if status.healthy is None else status.healthy) if runs else None,
        ip_addresses=_own_addresses(status) or task.ip_addresses,
        unreachable_since=lost_since,
    )
    is_news = condition is not instance.condition or heard.healthy != task.healthy
    after = attrs.evolve(instance, condition=condition, tasks=(heard,), since=now if is_news else instance.since)
    return Unchanged(instance) if after == instance else Updated(before=instance, after=after)


def _suspended(reservation: Reservation | None) -> Reservation | None:
    """The reservation once its task is over; one that never had a task stays as it is."""
    if reservation is None or reservation.state is not ReservationState.LAUNCHED:
        return reservation
    return reservation.moved(ReservationTrigger.END)


def _told_at(status: TaskStatus, now: float) -> float:
    """When it happened; an agent's clock ahead of ours must not make a task start in the future."""
    return now if status.timestamp is None else min(status.timestamp, now)


def _own_addresses(status: TaskStatus) -> tuple[IpAddress, ...]:
    if status.container_status is None:
        return ()
    return tuple(address for info in status.container_status.network_infos for address in info.ip_addresses)


def is_launch_failure(before: Instance, ended: Condition) -> bool:
    """Whether an end delays the next launch; a finished task counts, a killed one does not (marathon-semantics 19).

    Neither does a launch that never got to an agent, as its leader died in between: that says nothing about the app,
    and a hundred of them would make the app wait for its longest delay.
    """
    never_arrived = before.condition is Condition.PROVISIONED and ended is Condition.GONE
    return ended in _DELAYING and not never_arrived


def is_worth_remembering(status: TaskStatus) -> bool:
    """Whether an end becomes the app's `lastTaskFailure` (marathon-v2-api 3.8): a kill for bad health does, too."""
    return status.state in _REMEMBERED or (status.state is TaskState.TASK_KILLED and status.healthy is False)


_DELAYING = frozenset({Condition.DROPPED, Condition.ERROR, Condition.FAILED, Condition.GONE, Condition.FINISHED})
_REMEMBERED = frozenset(
    {
        TaskState.TASK_FAILED,
        TaskState.TASK_ERROR,
        TaskState.TASK_LOST,
        TaskState.TASK_DROPPED,
        TaskState.TASK_GONE,
        TaskState.TASK_GONE_BY_OPERATOR,
        TaskState.TASK_UNKNOWN,
    }
)

"""What an operation makes of an instance: one effect, and nothing else happens (marathon-semantics 15, 16).

Functions of values. Carrying an effect into state, store and event stream is `instance_changes`.
"""

import attrs

from koinon_core.tasks import TaskState, TaskStatus

from ..definition.apps import Unreachable
from ..definition.run_specs import RunSpec
from .instance_machine import Trigger, next_condition, trigger_of
from .instances import Condition, Goal, Instance, Task
from .reservations import Reservation, ReservationState, ReservationTrigger
from .task_progress import hear, sum_up
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


def launch(instance: Instance, tasks: tuple[Task, ...], app: RunSpec) -> Updated:
    """The launch intent: the offer is about to be accepted. Raises InvalidTransition unless the instance waits."""
    condition = next_condition(instance, Trigger.LAUNCH)
    after = attrs.evolve(
        instance,
        condition=condition,
        since=tasks[0].staged_at,
        attempt=instance.attempt + 1,
        tasks=tasks,
        version=app.version,
        config_version=app.version_info.last_config_change_at,
        role=app.role if instance.reservation is None else instance.role,
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
    """What a status of one of the instance's present tasks makes of it. A task that is over has no more to say."""
    task = next((each for each in instance.live_tasks if each.id == status.task_id), None)
    if task is None:
        return Unchanged(instance)
    heard = hear(task, status, now)
    after = attrs.evolve(instance, tasks=tuple(heard if each is task else each for each in instance.tasks))
    together = sum_up(after.tasks)
    if together.is_terminal:
        return _end(instance, after, is_abandoned=status.state is TaskState.TASK_GONE_BY_OPERATOR, now=now)
    moved = _move(instance, after, together, now)
    return moved if together is not Condition.UNREACHABLE else _lose(instance, moved, strategy, now)


def review_loss(instance: Instance, strategy: Unreachable, now: float) -> InstanceEffect:
    """What time makes of an instance that is out of reach."""
    since = min((task.unreachable_since for task in instance.tasks if task.unreachable_since), default=instance.since)
    loss = judge_loss(instance, strategy, since, now)
    if loss.verdict is LossVerdict.EXPUNGE:
        return give_up(instance)
    if loss.verdict is LossVerdict.KEEP or instance.condition is Condition.UNREACHABLE_INACTIVE:
        return Unchanged(instance, loss.again_at)
    inactive = attrs.evolve(instance, condition=next_condition(instance, Trigger.INACTIVITY), since=now)
    return Updated(before=instance, after=inactive, again_at=loss.again_at)


def _end(instance: Instance, after: Instance, *, is_abandoned: bool, now: float) -> InstanceEffect:
    """All its tasks are over. An agent that never returns takes along what was set aside on its disks."""
    ended, condition = sum_up(after.tasks), next_condition(instance, Trigger.END)
    reservation = None if is_abandoned else _suspended(instance.reservation)
    if not instance.is_wanted and reservation is None:
        return Expunged(before=instance, ended=ended)
    idle = attrs.evolve(instance, condition=condition, since=now, tasks=(), reservation=reservation)
    return Updated(before=instance, after=idle, ended=ended)


def _lose(instance: Instance, moved: Updated | Unchanged, strategy: Unreachable, now: float) -> InstanceEffect:
    lost = moved.after if isinstance(moved, Updated) else instance
    reviewed = review_loss(lost, strategy, now)
    if isinstance(reviewed, Unchanged):
        return attrs.evolve(moved, again_at=reviewed.again_at)
    return attrs.evolve(reviewed, before=instance)


def _move(instance: Instance, heard: Instance, together: Condition, now: float) -> Updated | Unchanged:
    """The same tasks in another condition, or with something new about them."""
    # A task that nothing was heard of yet keeps its instance where it is, unless that is out of reach.
    trigger = Trigger.STAGING if together is Condition.PROVISIONED else trigger_of(together)
    is_unheard = together is Condition.PROVISIONED and not instance.condition.is_lost
    condition = instance.condition if is_unheard else next_condition(instance, trigger)
    moved = attrs.evolve(heard, condition=condition)
    is_news = condition is not instance.condition or moved.healthy != instance.healthy
    after = attrs.evolve(moved, since=now if is_news else instance.since)
    return Unchanged(instance) if after == instance else Updated(before=instance, after=after)


def _suspended(reservation: Reservation | None) -> Reservation | None:
    """The reservation once its task is over; one that never had a task stays as it is."""
    if reservation is None or reservation.state is not ReservationState.LAUNCHED:
        return reservation
    return reservation.moved(ReservationTrigger.END)


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

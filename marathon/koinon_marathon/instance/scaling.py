"""From an app and its instances to who dies and how many start: `kill_order` over real instances."""

from collections.abc import Iterable, Sequence, Set

from ..definition.run_specs import RunSpec
from .instances import Condition, Instance, InstanceId
from .kill_order import Candidate, KillRank, ScalingGoal, ScalingProposition, propose_scaling

_RANKS = {
    Condition.UNREACHABLE: KillRank.UNREACHABLE,
    # What waits costs nothing to give up; in Marathon it has no place in the order of its own.
    Condition.SCHEDULED: KillRank.UNREACHABLE,
    Condition.PROVISIONED: KillRank.STAGING,
    Condition.STAGING: KillRank.STAGING,
    Condition.STARTING: KillRank.STARTING,
    Condition.RUNNING: KillRank.RUNNING,
}


def propose(app: RunSpec, instances: Iterable[Instance], sentenced: Set[InstanceId]) -> ScalingProposition:
    """Whom to decommission, the first to die first, and how many to add."""
    candidates = [_candidate(one) for one in instances if one.is_counted]
    return propose_scaling(_goal(app, app.instances), candidates, frozenset(sentenced))


def shrink(app: RunSpec, instances: Sequence[Instance], count: int) -> tuple[InstanceId, ...]:
    """`count` of these, in the same order."""
    return propose_scaling(_goal(app, len(instances) - count), [_candidate(one) for one in instances]).victims


def _goal(app: RunSpec, instances: int) -> ScalingGoal:
    return ScalingGoal(instances=instances, constraints=app.constraints, kill_selection=app.kill_selection)


def _candidate(instance: Instance) -> Candidate:
    task = instance.task
    if task is None:
        return Candidate(id=instance.id, rank=_RANKS[instance.condition])
    rank = _RANKS.get(instance.condition, KillRank.OTHER)
    since = task.staged_at if rank is KillRank.STAGING else task.started_at
    return Candidate(id=instance.id, rank=rank, since=since, placement=task.placement)

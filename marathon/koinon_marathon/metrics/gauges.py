"""What the machine's state comes to in numbers, under the names of marathon-semantics 28. Pure."""

from collections import Counter
from collections.abc import Mapping

from ..definition.groups import walk
from ..instance.instances import Condition
from ..state import State

_STAGED = (Condition.PROVISIONED, Condition.STAGING, Condition.STARTING)


def state_gauges(state: State, now: float) -> Mapping[str, float]:
    """Apps, instances, deployments and kills at `now` (seconds since 1970)."""
    instances = state.instances.all().values()
    conditions = Counter(instance.condition for instance in instances)
    overdue = now - state.options.task_launch_timeout
    late = sum(one.condition in _STAGED and one.since < overdue for one in instances)
    return {
        "apps.active.gauge": len(state.apps()),
        "pods.active.gauge": len(state.pods()),
        "groups.active.gauge": sum(1 for _ in walk(state.root)),
        "instances.running.gauge": conditions[Condition.RUNNING],
        "instances.staged.gauge": sum(conditions[condition] for condition in _STAGED),
        "instances.launch-overdue.gauge": late,
        "instances.inflight-kills.gauge": len(state.kills.in_flight),
        "deployments.active.gauge": len(state.deployments),
    }

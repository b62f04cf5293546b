"""A deployment as a row: its steps, where it stands, what it waits for, how far each app is (web/src/model/rows.ts).

What a viewer may not see of it, an app that is none of theirs, is left out of all of that.
"""

from collections.abc import Callable
from itertools import islice

from ..deployment.machine import Deployment
from ..deployment.plan import Action, ActionType
from ..instance.instances import Condition
from ..queries.deployment_explanation import action_sentences
from ..state import State
from ..timestamps import format_timestamp
from .rows import Row

MOST_UNDER_WAY = 50
"""Apps of a step whose progress and reasons are told: a step may have thousands."""
MaySee = Callable[[str], bool]


def deployment_row(state: State, deployment: Deployment, now: float, may_see: MaySee) -> Row | None:
    """The deployment; None for who may see none of its apps."""
    plan = deployment.plan
    affected = [path for path in plan.affected if may_see(path)]
    if not affected:
        return None
    under_way = list(islice((each for each in deployment.current_actions if may_see(each.spec_id)), MOST_UNDER_WAY))
    return {
        "id": plan.id,
        "version": format_timestamp(plan.version),
        "began": plan.version.timestamp(),
        "apps": affected,
        "steps": [
            {"actions": [{"action": each.word, "app": each.spec_id} for each in step.actions if may_see(each.spec_id)]}
            for step in plan.steps
        ],
        "step": deployment.step_number,
        "why": [
            f"{each.spec_id}: {sentence}"
            for each in under_way
            for sentence in action_sentences(state, each, now, counts_down=False)
        ],
        "progress": [_progress(state, each) for each in under_way],
    }


def _progress(state: State, action: Action) -> Row:
    """How far one app is. All that runs is old to an action that stops it."""
    spec = None if action.type is ActionType.STOP else state.specs.get(action.spec_id)
    config = None if spec is None else spec.version_info.last_config_change_at
    running = ready = old = 0
    for one in state.instances.of_spec(action.spec_id).values():
        if one.config_version != config or not one.is_wanted:
            old += bool(one.tasks) and not one.condition.is_lost
        elif one.condition is Condition.RUNNING:
            running += 1
            ready += state.is_ready(one)
    return {
        "app": action.spec_id,
        "wanted": 0 if spec is None else spec.instances,
        "running": running,
        "ready": ready,
        "old": old,
    }

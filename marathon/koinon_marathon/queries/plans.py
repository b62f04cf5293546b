"""What a change would do, before it is made: fields that change, steps, conflicts, and where instances would land."""

from collections.abc import Iterable, Mapping, Sequence

from koinon_core.ids import AgentId
from koinon_core.offers import Offer
from koinon_frameworks.matching.refusals import Refusal

from ..codec.specs import encode_spec
from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..deployment.conflicts import find_conflicts
from ..deployment.plan import ActionType, DeploymentPlan
from ..launch.preview import Landing
from ..state import State
from ..stream_events import step_object

ITS_OWN = ("version", "versionInfo")
"""What every change changes."""


def plan_object(state: State, plan: DeploymentPlan, landings: Iterable[Landing], offers: Sequence[Offer]) -> object:
    """The whole answer. Apps that stay as they are stand in none of its lists."""
    hosts = {offer.agent_id: offer.hostname for offer in offers}
    running = (each.plan for each in state.deployments.values())
    return {
        "steps": [step_object(step) for step in plan.steps],
        "changes": [_change(path, plan) for path in plan.affected],
        "conflicts": [{"id": each} for each in find_conflicts(plan, running)],
        "placement": [_landing(landing, hosts) for landing in landings],
    }


def instances_to_place(state: State, plan: DeploymentPlan) -> list[tuple[RunSpec, int]]:
    """How many instances of each app or pod the plan starts: all of one that restarts, else those that are missing.

    Instances with volumes restart where these are.
    """
    restarts = {action.spec_id for step in plan.steps for action in step.actions if action.type is ActionType.RESTART}
    wanted = []
    for path, spec in plan.target.items():
        missing = (
            spec.instances
            if path in restarts and not spec.is_resident
            else spec.instances - state.instances.counted(path)
        )
        if missing > 0:
            wanted.append((spec, missing))
    return wanted


def _change(path: PathId, plan: DeploymentPlan) -> dict[str, object]:
    old, new = plan.original.get(path), plan.target.get(path)
    kind = "create" if old is None else "remove" if new is None else "change"
    return {"id": path, "action": kind, "fields": list(field_changes(_encode(old), _encode(new)))}


def _encode(spec: RunSpec | None) -> dict[str, object]:
    if spec is None:
        return {}
    return {name: value for name, value in encode_spec(spec).items() if name not in ITS_OWN}


def field_changes(old: object, new: object, path: str = "") -> Iterable[dict[str, object]]:
    """Each field that differs, by its path, with `from` where it was there and `to` where it will be."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in (*old, *(name for name in new if name not in old)):
            here = f"{path}/{name}"
            if name not in new:
                yield {"path": here, "from": old[name]}
            elif name not in old:
                yield {"path": here, "to": new[name]}
            else:
                yield from field_changes(old[name], new[name], here)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from field_changes(one, other, f"{path}({index})")
    elif old != new:
        yield {"path": path, "from": old, "to": new}


def _landing(landing: Landing, hosts: Mapping[AgentId, str]) -> dict[str, object]:
    return {
        "id": landing.spec.id,
        "wanted": landing.wanted,
        "placed": landing.placed,
        "agents": [
            {"agentId": agent_id, "hostname": hosts[agent_id], "instances": count}
            for agent_id, count in landing.agents.items()
        ],
        "refusals": [
            {"agentId": agent_id, "hostname": hosts[agent_id], **_refusals(refusals)}
            for agent_id, refusals in landing.refusals.items()
        ],
        **({"incomplete": True} if landing.is_cut else {}),
    }


def _refusals(refusals: Sequence[Refusal]) -> dict[str, object]:
    return {
        "reason": list(dict.fromkeys(refusal.reason.value for refusal in refusals)),
        "explanation": [refusal.message for refusal in refusals],
    }

"""Running deployments as the API shows them (marathon-v2-api 7)."""

from ..deployment.machine import Deployment
from ..state import State
from ..stream_events import action_object, step_object
from ..timestamps import format_timestamp
from .deployment_explanation import why_waits
from .health import readiness_results


def deployments_list(state: State, now: float | None = None) -> list[dict[str, object]]:
    """All of them, the oldest first; with `now`, each with the sentences that say what it waits for at that time.

    These stand under a key that Marathon's clients do not know and must ask for.
    """
    shown = []
    for deployment in state.deployments.values():
        item = _deployment_object(state, deployment)
        shown.append(item if now is None else {**item, "explanation": why_waits(state, deployment, now)})
    return shown


def _deployment_object(state: State, deployment: Deployment) -> dict[str, object]:
    plan = deployment.plan
    return {
        "id": plan.id,
        "version": format_timestamp(plan.version),
        "affectedApps": list(plan.affected_apps),
        "affectedPods": list(plan.affected_pods),
        "steps": [step_object(step) for step in plan.steps],
        "currentActions": [
            {**action_object(action), "readinessCheckResults": readiness_results(state, action.spec_id)}
            for action in deployment.current_actions
        ],
        "currentStep": deployment.step_number,
        "totalSteps": len(plan.steps),
    }

"""Carries deployments: begins steps, gives actions their instances to look at, ends what is done or cancelled.

What an action wants is `deployment.actions`; that nobody else touches a deployed app's instances is `settling`.
"""

from .. import stream_events
from ..definition.path_ids import PathId
from ..instance.instance_changes import add_instances, decommission_instances
from ..instructions import DeploymentKey
from ..turn import Turn
from .actions import AppView, Orders
from .machine import Deployment
from .plan import ActionType, DeploymentId, DeploymentPlan


def start_deployment(turn: Turn, plan: DeploymentPlan) -> None:
    """Store a plan and begin it. One without steps has succeeded already and is not stored."""
    if not plan.steps:
        turn.publish(stream_events.deployment_ended("deployment_success", plan, turn.now))
        return
    turn.put(plan)
    resume_deployment(turn, plan)


def resume_deployment(turn: Turn, plan: DeploymentPlan) -> None:
    """Begin a stored plan at its first step."""
    deployment = Deployment(plan)
    turn.state.deployments[plan.id] = deployment
    turn.state.locks |= dict.fromkeys(plan.affected, plan.id)
    _begin_step(turn, deployment)


def cancel_deployment(turn: Turn, deployment_id: DeploymentId, reason: str) -> None:
    """Stop a deployment where it is; its apps are kept at their wanted number from then on."""
    deployment = turn.state.deployments[deployment_id]
    deployment.cancel()
    _release(turn, deployment)
    turn.publish(stream_events.deployment_ended("deployment_failed", deployment.plan, turn.now, reason=reason))


def advance_deployment(turn: Turn, deployment: Deployment, spec_id: PathId) -> None:
    """Let the deployment's action on the app do what its instances call for."""
    if not deployment.is_at_work_on(spec_id):
        return
    orders = deployment.decide(spec_id, view_app(turn, spec_id))
    _obey(turn, spec_id, orders)
    if not orders.is_done:
        return
    _end_action(turn, deployment, spec_id)
    if deployment.is_step_done:
        _end_step(turn, deployment)


def view_app(turn: Turn, spec_id: PathId) -> AppView:
    """What an action sees of its app."""
    instances = turn.state.instances
    return AppView(
        app=turn.state.specs.get(spec_id),
        instances=instances.of_spec(spec_id),
        counted=instances.counted(spec_id),
        going=instances.going(spec_id),
        is_ready=turn.state.is_ready,
    )


def _obey(turn: Turn, spec_id: PathId, orders: Orders) -> None:
    decommission_instances(turn, orders.decommission)
    app = turn.state.specs.get(spec_id)
    if app is not None and orders.start > 0:
        add_instances(turn, app, orders.start)


def _begin_step(turn: Turn, deployment: Deployment) -> None:
    step = deployment.begin_step(lambda spec_id: view_app(turn, spec_id))
    for action in step.actions:
        if action.type is ActionType.RESTART:
            turn.state.backoff.reset(action.spec_id)
        turn.touch(action.spec_id)
    turn.publish(stream_events.deployment_step("deployment_info", deployment.plan, step, turn.now))


def _end_action(turn: Turn, deployment: Deployment, spec_id: PathId) -> None:
    step = deployment.step
    kinds = {action.type for action in step.actions if action.spec_id == spec_id} if step else set()
    if ActionType.STOP in kinds:
        turn.state.backoff.reset(spec_id)
        turn.publish(stream_events.app_terminated(spec_id, turn.now))


def _end_step(turn: Turn, deployment: Deployment) -> None:
    plan, step = deployment.plan, deployment.step
    if step is not None:
        turn.publish(stream_events.deployment_step("deployment_step_success", plan, step, turn.now))
    if deployment.has_more_steps:
        _begin_step(turn, deployment)
        return
    deployment.finish()
    _release(turn, deployment)
    turn.publish(stream_events.deployment_ended("deployment_success", plan, turn.now))


def _release(turn: Turn, deployment: Deployment) -> None:
    del turn.state.deployments[deployment.plan.id]
    turn.delete(DeploymentKey(deployment.plan.id))
    for spec_id in deployment.plan.affected:
        turn.state.locks.pop(spec_id, None)
        turn.touch(spec_id)

"""Carries deployments: begins steps, gives actions their instances to look at, ends what is done or cancelled.

What an action wants is `deployment.actions`; that nobody else touches a deployed app's instances is `settling`.
"""

from .. import stream_events
from ..definition.path_ids import PathId
from ..health.activation import begin_action, end_deployment
from ..instance.instance_changes import add_instances, decommission_instances
from ..instance.instances import Instance
from ..instructions import DeploymentKey, ProgressKey
from ..turn import Turn
from .machine import Deployment
from .orders import Orders, SpecView
from .plan import ActionType, DeploymentId, DeploymentPlan, DeploymentProgress


def start_deployment(turn: Turn, plan: DeploymentPlan) -> None:
    """Store a plan and begin it. One without steps has succeeded already and is not stored."""
    if not plan.steps:
        turn.publish(stream_events.deployment_ended("deployment_success", plan, turn.now))
        return
    turn.put(plan)
    resume_deployment(turn, plan)


def resume_deployment(turn: Turn, plan: DeploymentPlan, reached: int = 1) -> None:
    """Begin a stored plan at the step that was reached; what of it is done already, its actions find done."""
    deployment = Deployment(plan, reached=reached)
    turn.state.deployments[plan.id] = deployment
    turn.state.locks |= dict.fromkeys(plan.affected, plan.id)
    _begin_step(turn, deployment)


def cancel_deployment(turn: Turn, deployment_id: DeploymentId, reason: str) -> None:
    """Stop a deployment where it is; its apps are kept at their wanted number from then on."""
    deployment = turn.state.deployments[deployment_id]
    step = deployment.step
    deployment.cancel()
    _release(turn, deployment)
    if step is not None:
        turn.publish(stream_events.deployment_step("deployment_step_failure", deployment.plan, step, turn.now))
    turn.publish(stream_events.deployment_ended("deployment_failed", deployment.plan, turn.now, reason=reason))


def advance_deployment(turn: Turn, deployment: Deployment, spec_id: PathId) -> None:
    """Let the deployment's action on the app or pod do what its instances call for."""
    orders = deployment.decide(spec_id, view_spec(turn, deployment, spec_id))
    _obey(turn, spec_id, orders)
    if not orders.is_done:
        return
    _end_action(turn, deployment, spec_id)
    if deployment.is_step_done:
        _end_step(turn, deployment)


def view_spec(turn: Turn, deployment: Deployment, spec_id: PathId) -> SpecView:
    """What an action sees of its app or pod. One that is being killed is neither ready nor healthy any more."""
    state = turn.state

    def stays(instance: Instance) -> bool:
        return not any(task.id in state.kills for task in instance.tasks)

    return SpecView(
        spec=state.specs.get(spec_id),
        instances=state.instances.of_spec(spec_id),
        counted=state.instances.counted(spec_id),
        going=state.instances.going(spec_id),
        since=deployment.plan.version,
        is_ready=lambda instance: state.is_ready(instance) and stays(instance),
        is_healthy=lambda instance: state.is_healthy(instance) and stays(instance),
        is_unwell=lambda instance: instance.condition.is_lost or state.health_of(instance) is False,
    )


def _obey(turn: Turn, spec_id: PathId, orders: Orders) -> None:
    decommission_instances(turn, orders.decommission)
    spec = turn.state.specs.get(spec_id)
    if spec is not None and orders.start > 0:
        add_instances(turn, spec, orders.start)


def _begin_step(turn: Turn, deployment: Deployment) -> None:
    step = deployment.begin_step(lambda spec_id: view_spec(turn, deployment, spec_id))
    if deployment.step_number > 1:
        turn.put(DeploymentProgress(deployment.plan.id, deployment.step_number))
    for action in step.actions:
        begin_action(turn, action.spec_id, is_stop=action.type is ActionType.STOP)
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
    if deployment.step_number > 1:
        turn.delete(ProgressKey(deployment.plan.id))
    for spec_id in deployment.plan.affected:
        turn.state.locks.pop(spec_id, None)
        end_deployment(turn, spec_id)
        turn.touch(spec_id)

"""What the HTTP side asks for, each with one answer: changes of apps, kills, the end of a deployment."""

from collections.abc import Iterable
from datetime import datetime

from .. import stream_events
from ..definition.groups import Group
from ..definition.path_ids import PathId
from ..definition.problems import Rejection
from ..deployment.deploying import cancel_deployment
from ..deployment.revert import revert
from ..events import AppPost, CancelDeployment, ChangeTree, KillInstances, PodPost, Request, ResetDelay
from ..instance.instance_changes import decommission_instances, kill_tasks, wipe_instances
from ..instance.instances import Condition, Instance, InstanceId, spec_of
from ..instructions import Answer, ChangeAccepted, DeploymentCancelled, Killed, Result
from ..timestamps import format_seconds
from ..turn import Turn
from .tree_changes import Change, change_tree, scaled_down


def take_request(turn: Turn, event: Request) -> None:
    """Handle one request; it is answered once what it changed is stored. Resetting a delay needs no answer."""
    match event:
        case ChangeTree():
            turn.after(Answer(event.request_id, _change(turn, event)))
        case KillInstances():
            turn.after(Answer(event.request_id, _kill(turn, event)))
        case CancelDeployment():
            turn.after(Answer(event.request_id, _cancel(turn, event)))
        case ResetDelay(spec_id):
            turn.state.backoff.reset(spec_id)
            turn.eager.add(spec_id)


def _change(turn: Turn, event: ChangeTree) -> Result:
    """The stream hears of every change, made or refused, and of who posted an app."""
    change = Change(
        transition=event.transition,
        force=event.force,
        restarts=event.restarts,
        group=event.group,
        deploys=event.deploys,
    )
    result = change_tree(turn, change)
    if not isinstance(result, ChangeAccepted):
        at, reason = format_seconds(turn.now), str(result.body()["message"])
        turn.publish(stream_events.group_change(event.group, at, turn.now, reason=reason))
    else:
        _tell_of_post(turn, event.post)
    return result


def _tell_of_post(turn: Turn, post: AppPost | PodPost | None) -> None:
    match post:
        case AppPost(app_id=path) if (app := turn.state.find_app(path)) is not None:
            turn.publish(stream_events.api_post(app, post.client_ip, post.uri, turn.now))
        case PodPost(change=change):
            turn.publish(stream_events.pod_changed(change.value, post.client_ip, post.uri, turn.now))


def _kill(turn: Turn, event: KillInstances) -> Result:
    """Killed ones are replaced, unless their apps are scaled down by as many (marathon-v2-api 3.10)."""
    found = [one for id_ in dict.fromkeys(event.ids) if (one := turn.state.instances.get(id_)) is not None]
    if event.scale:
        unknown = _first_without_instances(turn, event.ids)
        if unknown is not None:
            return Rejection(404, f"Path '{unknown}' does not exist")
        return _kill_and_scale(turn, found, force=event.force)
    for instance in found:
        if event.wipe:
            wipe_instances(turn, (instance.id,))
        elif instance.condition.is_lost:
            # What is out of reach cannot be killed: it is given up, and killed as unknown should it return. What has
            # its data there is waited for.
            if instance.reservation is None:
                decommission_instances(turn, (instance.id,))
        else:
            kill_tasks(turn, instance)
    return Killed(tuple(found))


def _first_without_instances(turn: Turn, ids: Iterable[InstanceId]) -> PathId | None:
    """The app of the first id whose app has no instance at all (marathon-v2-api 3.10)."""
    return next((path for id_ in ids if not turn.state.instances.of_spec(path := spec_of(id_))), None)


def _kill_and_scale(turn: Turn, found: list[Instance], *, force: bool) -> Result:
    doomed: dict[PathId, list[InstanceId]] = {}
    for instance in found:
        if instance.is_counted and instance.condition is not Condition.KILLING:
            doomed.setdefault(instance.spec_id, []).append(instance.id)
    specs = turn.state.specs

    def transition(root: Group, _at: datetime) -> Group | Rejection:
        return scaled_down(root, ((specs[path], len(ids)) for path, ids in doomed.items() if path in specs))

    sentenced = {path: tuple(ids) for path, ids in doomed.items()}
    return change_tree(turn, Change(transition=transition, force=force, sentenced=sentenced))


def _cancel(turn: Turn, event: CancelDeployment) -> Result:
    deployment = turn.state.deployments.get(event.id)
    if deployment is None:
        return Rejection(404, f"DeploymentPlan {event.id} does not exist")
    if event.force:
        cancel_deployment(turn, event.id, "cancelled")
        return DeploymentCancelled(event.id)
    plan = deployment.plan
    change = Change(
        transition=lambda root, _at: revert(root, plan),
        force=True,
        as_given=frozenset(plan.original),
    )
    return change_tree(turn, change)

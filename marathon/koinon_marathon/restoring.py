"""The state as a former leader left it: read back, and taken up where it stood (marathon-semantics 23)."""

from .definition.groups import all_specs
from .deployment.deploying import resume_deployment
from .errors import FrameworkIdMissing
from .events import Restored
from .health.activation import restore_health
from .instance.instance_changes import apply, arm, kill_tasks
from .instance.instance_update import review_loss
from .instructions import ProgressKey
from .timers import Timer, TimerKind
from .turn import Turn


def restore(turn: Turn, event: Restored) -> None:
    """Take everything in. Raises FrameworkIdMissing where instances would run on unattended.

    Launch intents are kept: the reconciliation that follows says what became of them. Kills that were under way are
    asked for again, deployments go on at the step they had reached, and every app is brought to its wanted number.
    """
    launched = sum(instance.task is not None for instance in event.instances)
    if launched and event.framework_id is None:
        raise FrameworkIdMissing(launched)
    state = turn.state
    state.framework_id = event.framework_id
    if event.root is not None:
        state.root = event.root
    state.specs = all_specs(state.root)
    state.failures = {failure.spec_id: failure for failure in event.failures}
    for spec_id, app in state.specs.items():
        kept = {each.version: each for each in event.versions.get(spec_id, ())} | {app.version: app}
        state.versions[spec_id] = dict(sorted(kept.items()))
        state.demand.note_role(app.role)
    for instance in event.instances:
        state.instances.put(instance)
        state.queue.note(None, instance)
        arm(turn, instance)
        restore_health(turn, instance)
        if not instance.is_wanted or instance.is_falling:
            kill_tasks(turn, instance)
    for instance in event.instances:
        if instance.condition.is_lost:
            apply(turn, review_loss(instance, state.strategy_of(instance), turn.now))
    reached = {each.deployment_id: each.step_number for each in event.progress}
    for plan in event.deployments:
        resume_deployment(turn, plan, reached.pop(plan.id, 1))
    for orphan in reached:
        turn.delete(ProgressKey(orphan))
    for spec_id in (*state.specs, *state.instances.specs()):
        turn.touch(spec_id)
        turn.eager.add(spec_id)
    state.timers.set(Timer(TimerKind.SCALE_CHECK), turn.now + state.options.scale_apps_interval)

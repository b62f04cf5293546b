"""The state as a former leader left it: read back, and taken up where it stood (marathon-semantics 23)."""

from datetime import datetime
from itertools import pairwise

from .changes.root_versions import RootVersions
from .changes.service_ports import UsedPorts
from .changes.tree_storage import drop_surplus
from .definition.groups import all_specs
from .definition.run_specs import RunSpec
from .definition.tree_differences import spec_difference
from .deployment.conflicts import find_superseded
from .deployment.deploying import resume_deployment
from .errors import FrameworkIdMissing
from .events import Restored
from .health.activation import restore_health
from .instance.instance_changes import apply, arm, kill_tasks
from .instance.instance_update import review_loss
from .instructions import DeploymentKey, ProgressKey, record_key
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
    _restore_tree(turn, event)
    state.failures = {failure.spec_id: failure for failure in event.failures}
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
    superseded = find_superseded(event.deployments)
    for plan in event.deployments:
        if plan in superseded:
            turn.delete(DeploymentKey(plan.id))
        else:
            resume_deployment(turn, plan, reached.pop(plan.id, 1))
    for orphan in reached:
        turn.delete(ProgressKey(orphan))
    for spec_id in (*state.specs, *state.instances.specs()):
        turn.touch(spec_id)
        turn.eager.add(spec_id)
    state.timers.set(Timer(TimerKind.SCALE_CHECK), turn.now + state.options.scale_apps_interval)


def _restore_tree(turn: Turn, event: Restored) -> None:
    """The tree with its kept versions, and of each definition those that were the present one, in that order.

    What no kept tree and no present definition needs is what a change left behind that broke off: it goes.
    """
    state = turn.state
    state.root = event.history.current or state.root
    state.roots = RootVersions(state.options.zk_max_versions, event.history)
    state.specs = all_specs(state.root)
    state.service_ports = UsedPorts(state.apps().values())
    for spec_id, spec in state.specs.items():
        known = sorted(event.versions.get(spec_id, ()), key=lambda each: each.version)
        state.versions[spec_id] = {each.version: each for each in known}
        state.versions[spec_id].setdefault(spec.version, spec)
        state.demand.note_role(spec.role)
    # Which was the present one last is not told by its version: a rollback brings an old one back.
    for old, new in pairwise(event.history.roots):
        for spec in spec_difference(old, new).after.values():
            _note_latest(state.versions.get(spec.id, {}), spec)
    for spec_id in state.specs:
        drop_surplus(turn, spec_id)
    for spec_id in event.versions.keys() - state.specs.keys():
        for orphan in event.versions[spec_id]:
            if not state.roots.has_departed(orphan):
                turn.delete(record_key(orphan))


def _note_latest(kept: dict[datetime, RunSpec], spec: RunSpec) -> None:
    kept.pop(spec.version, None)
    kept[spec.version] = spec

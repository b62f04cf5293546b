"""Changes of the tree: from a wanted root to a stored one and its deployment, or to a refusal (marathon-semantics 2).

Reading and judging one app's definition is done by the transition; what holds over the whole tree is done here.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import attrs

from .. import stream_events
from ..definition.apps import App
from ..definition.groups import Group, put_spec, put_specs, replace_group, with_version
from ..definition.path_ids import ROOT, PathId
from ..definition.problems import Rejection, invalid_object
from ..definition.run_specs import RunSpec
from ..definition.tree_differences import spec_difference
from ..deployment.conflicts import Locked, find_conflicts
from ..deployment.deploying import cancel_deployment, start_deployment
from ..deployment.plan import DeploymentId, DeploymentPlan
from ..deployment.planner import Difference, Urgency, find_difference, make_plan
from ..events import Transition
from ..instance.instances import InstanceId
from ..instructions import ChangeAccepted
from ..timestamps import format_timestamp, timestamp
from ..turn import Turn
from ..validation.groups import validate_tree
from ..validation.residency import change_problems
from .service_ports import PortsExhausted, assign_service_ports
from .tree_storage import store_tree
from .versions import restarted, with_versions

_NOBODY: Mapping[PathId, tuple[InstanceId, ...]] = {}


@attrs.frozen(kw_only=True)
class Change:
    """A wanted change. `restarts` roll over though nothing differs, `sentenced` die first when their app shrinks,
    `as_given` apps keep the versions they come with. `group` is whom it is said to have changed.
    """

    transition: Transition
    force: bool = False
    restarts: frozenset[PathId] = frozenset()
    as_given: frozenset[PathId] = frozenset()
    sentenced: Mapping[PathId, tuple[InstanceId, ...]] = _NOBODY
    group: PathId = ROOT
    deploys: bool = True


@attrs.frozen(kw_only=True)
class PlannedChange:
    """The tree a change leads to, what differs, and the deployment that would bring it about."""

    root: Group
    difference: Difference
    plan: DeploymentPlan


def change_tree(turn: Turn, change: Change) -> ChangeAccepted | Locked | Rejection:
    """Apply a change and start its deployment, or say why nothing was changed."""
    planned = plan_change(turn, change)
    if isinstance(planned, Rejection):
        return planned
    plan = planned.plan
    refusal = _make_way(turn, plan, force=change.force) if change.deploys else None
    if refusal is not None:
        return refusal
    store_tree(turn, planned.root, planned.difference)
    if change.deploys:
        start_deployment(turn, plan)
    turn.publish(stream_events.group_change(change.group, format_timestamp(plan.version), turn.now))
    return ChangeAccepted(plan.id, plan.version)


def plan_change(turn: Turn, change: Change) -> PlannedChange | Rejection:
    """What a change comes to, or why it can't be made; nothing is changed by it. Who is in its way is not asked."""
    old = turn.state.root
    # A version names a definition: two changes within one millisecond must not share it.
    version = max(timestamp(turn.now), old.version + timedelta(milliseconds=1))
    wanted = change.transition(old, version)
    if isinstance(wanted, Rejection):
        return wanted
    new = _finish_tree(turn, with_version(wanted, version), change)
    if isinstance(new, Rejection):
        return new
    difference = find_difference(old, new)
    problems = list(change_problems(difference.original, difference.target, force=change.force))
    if problems:
        return invalid_object(problems)
    refused = turn.state.hooks.validate(spec for path, spec in difference.target.items() if path not in change.as_given)
    if refused is not None:
        return refused
    urgency = Urgency(sentenced=change.sentenced, outdated=_outdated(turn, difference))
    plan = make_plan(DeploymentId(turn.make_uuid()), version, difference, urgency)
    return PlannedChange(root=new, difference=difference, plan=plan)


def _finish_tree(turn: Turn, wanted: Group, change: Change) -> Group | Rejection:
    """The wanted tree with service ports and versions, if it is sound as a whole.

    What the change did not touch is not looked at: it was sound before.
    """
    old, options = turn.state.root, turn.state.options
    touched = spec_difference(old, wanted)
    numbered = assign_service_ports(
        _apps(touched.before), _apps(touched.after), options.service_ports, turn.state.service_ports
    )
    if isinstance(numbered, PortsExhausted):
        return Rejection(500, str(numbered))
    restarts = {path: turn.state.specs[path] for path in change.restarts if path in turn.state.specs}
    specs = {**restarts, **touched.after, **numbered}
    finished = (_finish_spec(turn.state.specs.get(path), spec, wanted, change) for path, spec in specs.items())
    new = put_specs(wanted, finished)
    if options.new_group_enforce_role:
        new = _enforce_roles(new, old)
    problems = validate_tree(new, old)
    return invalid_object(problems) if problems else new


def _enforce_roles(root: Group, old: Group) -> Group:
    """The apps of each new top-level group must have its role, unless it was made saying otherwise."""
    for path, group in root.groups.items():
        if group.enforce_role is None and path not in old.groups:
            root = replace_group(root, attrs.evolve(group, enforce_role=True))
    return root


def _apps(specs: Mapping[PathId, RunSpec]) -> dict[PathId, App]:
    return {path: spec for path, spec in specs.items() if isinstance(spec, App)}


def _finish_spec(old: RunSpec | None, spec: RunSpec, wanted: Group, change: Change) -> RunSpec:
    """A definition with its versions; the old one itself where nothing differs."""
    if spec.id in change.restarts:
        return restarted(spec, wanted.version)
    if spec.id in change.as_given:
        return spec
    finished = with_versions(old, spec, wanted.version)
    return old if old is not None and finished == old else finished


def _outdated(turn: Turn, difference: Difference) -> frozenset[PathId]:
    """The apps with wanted instances that run an older configuration than the present one."""
    found = set()
    for path, app in difference.target.items():
        config = app.version_info.last_config_change_at
        members = turn.state.instances.of_spec(path).values()
        if any(one.is_wanted and one.task is not None and one.config_version != config for one in members):
            found.add(path)
    return frozenset(found)


def _make_way(turn: Turn, plan: DeploymentPlan, *, force: bool) -> Locked | Rejection | None:
    """Cancel what is in the way, with `force`; else say who is, or that there are too many deployments."""
    running = turn.state.deployments
    conflicts = find_conflicts(plan, (each.plan for each in running.values()))
    if conflicts and not force:
        return Locked(conflicts)
    limit = turn.state.options.max_running_deployments
    if len(running) - len(conflicts) >= limit:
        return Rejection(
            403,
            f"Max number ({limit}) of running deployments is achieved. Wait for existing "
            "deployments to complete or cancel one using force=true parameter.",
        )
    for conflict in conflicts:
        cancel_deployment(turn, conflict, f"superseded by deployment {plan.id}")
    return None


def scaled_down(root: Group, fewer: Iterable[tuple[RunSpec, int]]) -> Group:
    """The tree with so many instances less of each app, never below none."""
    for spec, count in fewer:
        root = put_spec(root, attrs.evolve(spec, instances=max(0, spec.instances - count)))
    return root

"""Two trees become the steps that lead from one to the other (marathon-semantics 3.1)."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from ..changes.versions import is_upgrade
from ..definition.groups import Group
from ..definition.path_ids import PathId
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec
from ..definition.tree_differences import changed_groups, spec_difference
from ..instance.instances import InstanceId
from .dependencies import dependency_levels
from .plan import Action, ActionType, DeploymentId, DeploymentPlan, GroupChange, GroupShape, Step

_NOBODY: Mapping[PathId, tuple[InstanceId, ...]] = {}


@attrs.frozen(kw_only=True)
class Difference:
    """The apps, pods and groups that differ between two trees, as they were and as they shall be."""

    original: Mapping[PathId, RunSpec]
    target: Mapping[PathId, RunSpec]
    levels: tuple[tuple[PathId, ...], ...]
    """The ids of `target`, those that others wait for first."""
    groups: tuple[GroupChange, ...] = ()


def find_difference(old: Group, new: Group) -> Difference:
    """What a plan between the trees has to deal with."""
    touched = spec_difference(old, new)
    before, after = touched.before, touched.after
    target = {path: spec for path, spec in after.items() if spec != before.get(path)}
    original = {path: spec for path, spec in before.items() if path in target or path not in after}
    levels = dependency_levels(new, target) if target else []
    groups = tuple(_group_changes(old, new))
    return Difference(original=original, target=target, levels=tuple(map(tuple, levels)), groups=groups)


def _group_changes(old: Group, new: Group) -> Iterator[GroupChange]:
    for before, after in changed_groups(old, new):
        was = None if before is None else GroupShape(before.dependencies, before.enforce_role)
        becomes = None if after is None else GroupShape(after.dependencies, after.enforce_role)
        known = before or after
        if known is not None and was != becomes:
            yield GroupChange(id=known.id, original=was, target=becomes)


@attrs.frozen(kw_only=True)
class Urgency:
    """What the trees do not tell: who must die first, and which apps still run instances of an older configuration.

    The latter are rolled over even if only `instances` changed: a forced scaling must not leave half an upgrade.
    """

    sentenced: Mapping[PathId, tuple[InstanceId, ...]] = _NOBODY
    outdated: frozenset[PathId] = frozenset()


def make_plan(
    plan_id: DeploymentId, version: datetime, difference: Difference, urgency: Urgency | None = None
) -> DeploymentPlan:
    """The plan; without steps where nothing differs."""
    told = urgency or Urgency()
    removed = sorted(set(difference.original) - set(difference.target))
    added = sorted(set(difference.target) - set(difference.original))
    steps = [
        _step(ActionType.STOP, [difference.original[path] for path in removed]),
        _step(ActionType.START, [difference.target[path] for path in added]),
        *(Step(tuple(_change(path, difference, told) for path in level)) for level in difference.levels),
    ]
    return DeploymentPlan(
        id=plan_id,
        version=version,
        original=difference.original,
        target=difference.target,
        groups=difference.groups,
        steps=tuple(step for step in steps if step.actions),
    )


def _step(kind: ActionType, specs: list[RunSpec]) -> Step:
    return Step(tuple(Action(type=kind, spec_id=spec.id, is_pod=isinstance(spec, Pod)) for spec in specs))


def _change(path: PathId, difference: Difference, urgency: Urgency) -> Action:
    old, new = difference.original.get(path), difference.target[path]
    if old is None or new.instances == 0 or not (_is_new_configuration(old, new) or path in urgency.outdated):
        sentenced = urgency.sentenced.get(path, ())
        return Action(type=ActionType.SCALE, spec_id=path, is_pod=isinstance(new, Pod), sentenced=sentenced)
    return Action(type=ActionType.RESTART, spec_id=path, is_pod=isinstance(new, Pod))


def _is_new_configuration(old: RunSpec, new: RunSpec) -> bool:
    """Changed or asked to restart; either moves `lastConfigChangeAt`."""
    moved = old.version_info.last_config_change_at != new.version_info.last_config_change_at
    return moved or is_upgrade(old, new)

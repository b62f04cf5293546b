"""Undoing one deployment's changes while keeping what others did since (marathon-semantics 3.5)."""

from collections.abc import Iterable

import attrs

from ..definition.groups import Group, find_group, put_specs, remove_group, remove_specs, replace_group
from ..definition.path_ids import PathId, segments
from .plan import DeploymentPlan, GroupChange, GroupShape


def revert(root: Group, plan: DeploymentPlan) -> Group:
    """`root` with what `plan` changed as it was: what it changed or removed comes back, what it made goes.

    Definitions come back with their old versions, so that instances which still run them count as new again. A group
    that others have put something into since stays.
    """
    root = remove_specs(root, plan.target.keys() - plan.original.keys())
    root = put_specs(root, plan.original.values())
    for change in sorted(plan.groups, key=lambda each: len(segments(each.id)), reverse=True):
        root = _revert_group(root, change)
    return root


def _revert_group(root: Group, change: GroupChange) -> Group:
    group = find_group(root, change.id)
    match change:
        case GroupChange(original=None, target=GroupShape() as made):
            if group is None:
                return root
            if group.is_empty and group.dependencies == made.dependencies:
                return remove_group(root, group.id)
            return replace_group(root, _with_dependencies(group, drop=made.dependencies))
        case GroupChange(original=GroupShape() as gone, target=None):
            there = group or Group(id=change.id, version=root.version)
            if there.enforce_role is None:
                there = attrs.evolve(there, enforce_role=gone.enforce_role)
            return replace_group(root, _with_dependencies(there, add=gone.dependencies))
        case GroupChange(original=GroupShape() as before, target=GroupShape() as after):
            if group is None:
                return root
            back = _with_dependencies(group, add=before.dependencies, drop=after.dependencies)
            if group.enforce_role == after.enforce_role:
                back = attrs.evolve(back, enforce_role=before.enforce_role)
            return replace_group(root, back)
    return root


def _with_dependencies(group: Group, *, add: Iterable[PathId] = (), drop: Iterable[PathId] = ()) -> Group:
    """What is in both stays, in the order it had where nobody added to it since."""
    added = tuple(add)
    dropped = set(drop) - set(added)
    others = tuple(path for path in group.dependencies if path not in dropped and path not in added)
    return attrs.evolve(group, dependencies=(*added, *others))

"""Where two trees differ, found without looking into what they share; and the difference as a value of its own.

A `TreeDelta` names apps and pods by version only: it is what the store keeps of each version of the tree.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import compress
from operator import is_not
from typing import TypeVar

import attrs

from .groups import Group, find_group, put_specs, remove_group, remove_specs, replace_group
from .path_ids import ROOT, PathId
from .run_specs import RunSpec

T = TypeVar("T")
FindSpec = Callable[[PathId, datetime], RunSpec]


@attrs.frozen
class SpecDifference:
    """The apps and pods that are not the same object in two trees: as they were, and as they are."""

    before: Mapping[PathId, RunSpec]
    after: Mapping[PathId, RunSpec]


def changed_groups(old: Group | None, new: Group | None) -> Iterator[tuple[Group | None, Group | None]]:
    """Every group that is not the same object in both trees, parents first; None where it is not there."""
    if old is new:
        return
    yield old, new
    before = old.groups if old else {}
    after = new.groups if new else {}
    for child_before, child_after in _changed_members(before, after):
        yield from changed_groups(child_before, child_after)


def spec_difference(old: Group, new: Group) -> SpecDifference:
    """The apps and pods that differ; equal ones among them, where a change made them anew."""
    before: dict[PathId, RunSpec] = {}
    after: dict[PathId, RunSpec] = {}
    for one, other in changed_groups(old, new):
        for member_before, member_after in (
            *_changed_members(one.apps if one else {}, other.apps if other else {}),
            *_changed_members(one.pods if one else {}, other.pods if other else {}),
        ):
            if member_before is not None:
                before[member_before.id] = member_before
            if member_after is not None:
                after[member_after.id] = member_after
    return SpecDifference(before, after)


def _changed_members(before: Mapping[PathId, T], after: Mapping[PathId, T]) -> Iterator[tuple[T | None, T | None]]:
    """A group may hold thousands of apps of which one changed, so nothing but built-in functions looks at each."""
    if before is after:
        return
    new = 0
    for path in compress(after, map(is_not, map(before.get, after), after.values())):
        new += path not in before
        yield before.get(path), after[path]
    if len(before) + new > len(after):
        yield from ((member, None) for path, member in before.items() if path not in after)


@attrs.frozen(kw_only=True)
class GroupFields:
    """What a group says of itself, apart from what is in it."""

    dependencies: tuple[PathId, ...] = ()
    enforce_role: bool | None = None


@attrs.frozen(kw_only=True)
class TreeDelta:
    """From one tree to another: groups with their fields, apps and pods with their versions; None for what is gone."""

    groups: Mapping[PathId, GroupFields | None] = attrs.field(factory=dict)
    apps: Mapping[PathId, datetime | None] = attrs.field(factory=dict)
    pods: Mapping[PathId, datetime | None] = attrs.field(factory=dict)


def tree_delta(old: Group | None, new: Group) -> TreeDelta:
    """The difference of two trees; all of `new` where there was none."""
    groups: dict[PathId, GroupFields | None] = {}
    apps: dict[PathId, datetime | None] = {}
    pods: dict[PathId, datetime | None] = {}
    for before, after in changed_groups(old, new):
        if after is None:
            groups |= {before.id: None} if before else {}
        elif before is None or _fields(before) != _fields(after):
            groups[after.id] = _fields(after)
        apps |= _versions(before.apps if before else {}, after.apps if after else {})
        pods |= _versions(before.pods if before else {}, after.pods if after else {})
    return TreeDelta(groups=groups, apps=apps, pods=pods)


def _fields(group: Group) -> GroupFields:
    return GroupFields(dependencies=group.dependencies, enforce_role=group.enforce_role)


def _versions(before: Mapping[PathId, RunSpec], after: Mapping[PathId, RunSpec]) -> dict[PathId, datetime | None]:
    found: dict[PathId, datetime | None] = {}
    for known, member in _changed_members(before, after):
        if member is not None:
            found[member.id] = member.version
        elif known is not None:
            found[known.id] = None
    return found


def apply_delta(old: Group | None, delta: TreeDelta, version: datetime, find: FindSpec) -> Group:
    """The tree that `delta` leads to, at `version`; `find` gives definitions by id and version."""
    root = attrs.evolve(old or Group(version=version), version=version)
    # An id may pass from a group to an app or back: what goes makes way first.
    for path, fields in delta.groups.items():
        root = remove_group(root, path) if fields is None else root
    root = remove_specs(root, [path for each in (delta.apps, delta.pods) for path, seen in each.items() if not seen])
    for path, fields in sorted(delta.groups.items()):
        if fields is not None:
            group = find_group(root, path) or Group(id=path, version=version)
            changed = attrs.evolve(group, dependencies=fields.dependencies, enforce_role=fields.enforce_role)
            root = changed if path == ROOT else replace_group(root, changed)
    specs = [find(path, seen) for each in (delta.apps, delta.pods) for path, seen in each.items() if seen]
    return put_specs(root, specs)

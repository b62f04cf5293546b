"""What requests about groups do to the tree: the transitions that `Marathon.handle` runs (marathon-v2-api 6).

Pure. What holds for the whole tree comes after them, as it does after changes of apps.
"""

from datetime import datetime

import attrs

from ..definition.group_updates import GroupUpdate
from ..definition.groups import Group, find_app, find_group, remove_group, replace_group
from ..definition.path_ids import ROOT, PathId, path_id_problems, resolve, segments
from ..definition.problems import Problem, Rejection, invalid_object
from ..events import Transition
from ..normalization import Settings
from .group_changes import (
    ROLE_ALONE,
    GroupContext,
    mixes_role_and_services,
    new_group,
    not_top_level,
    scale_group,
    update_group,
)


def missing_group(path: PathId) -> Rejection:
    """The 404 of a change to a group that is not there."""
    return Rejection(404, f"Group '{path}' does not exist")


def group_path(base: PathId, update: GroupUpdate) -> PathId:
    """The group that an update is about: its own id, seen from the URL's group."""
    return base if update.id is None else resolve(update.id, base)


def create_group(path: PathId, change: Transition) -> Transition:
    """POST: `change`, or 409 when a group or an app of that id is there; the root always is."""

    def create(root: Group, now: datetime) -> Group | Rejection:
        if find_group(root, path) is not None:
            return Rejection(409, f"Group {path} is already created. Use PUT to change this group.")
        if find_app(root, path) is not None:
            return Rejection(409, f"An app with the path {path} already exists.")
        return change(root, now)

    return create


def change_group(path: PathId, update: GroupUpdate, settings: Settings) -> Transition:
    """PUT: changes the group, or creates it."""

    def change(root: Group, now: datetime) -> Group | Rejection:
        if update.scale_by is None:
            return _changed(root, path, update, _context(root, path, settings, now))
        group = find_group(root, path)
        if group is None:
            return missing_group(path)
        scaled = scale_group(group, update.scale_by)
        return scaled if isinstance(scaled, Rejection) else replace_group(root, scaled)

    return change


def restore_group(path: PathId, stored: Group) -> Transition:
    """PUT with a `version`: the group as it was then, whatever is there now."""

    def restore(root: Group, _now: datetime) -> Group:
        return replace_group(root, stored) if path != ROOT else attrs.evolve(stored, version=root.version)

    return restore


def enforce_role(path: PathId, *, is_enforced: bool) -> Transition:
    """PATCH: whether the apps of a top-level group must have its role, from now on."""

    def enforce(root: Group, _now: datetime) -> Group | Rejection:
        group = find_group(root, path)
        if group is None:
            return missing_group(path)
        if not group.is_top_level:
            return invalid_object([Problem("/enforceRole", not_top_level(path))])
        return replace_group(root, attrs.evolve(group, enforce_role=is_enforced))

    return enforce


def delete_group(path: PathId) -> Transition:
    """DELETE: the group and all that is in it; of the root, everything."""

    def delete(root: Group, _now: datetime) -> Group | Rejection:
        return missing_group(path) if find_group(root, path) is None else remove_group(root, path)

    return delete


def _changed(root: Group, path: PathId, update: GroupUpdate, context: GroupContext) -> Group | Rejection:
    existing = find_group(root, path)
    problems = path_id_problems(path) if existing is None else []
    if problems:
        return invalid_object(problems)
    wanted = update_group(existing or new_group(path, context), update, context)
    if isinstance(wanted, Rejection):
        return wanted
    if existing is not None and mixes_role_and_services(existing, update, wanted, context.now):
        return invalid_object([Problem("/enforceRole", ROLE_ALONE)])
    return replace_group(root, wanted)


def _context(root: Group, path: PathId, settings: Settings, now: datetime) -> GroupContext:
    """Below a top-level group that is not there yet the flag decides, as it will when the group is made."""
    context = GroupContext(settings=settings, now=now)
    if path == ROOT:
        return context
    top = resolve(segments(path)[0])
    return attrs.evolve(context, top_group=find_group(root, top) or new_group(top, context))

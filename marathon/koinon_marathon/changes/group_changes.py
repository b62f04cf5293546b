"""From a group's update to the group it means, each app in it by the way all apps go (marathon-v2-api 6).

What is said replaces what was there: the apps of `apps` are all the group has from then on, and so are its groups;
what is not said stays. Pods stay whatever is said.
"""

from collections.abc import Sequence
from datetime import datetime
from math import ceil

import attrs

from ..codec.limits import MAX_INSTANCES
from ..definition.apps import App
from ..definition.group_updates import GroupUpdate
from ..definition.groups import Group, walk
from ..definition.legacy import Submission
from ..definition.path_ids import ROOT, PathId, parent, path_id_problems, resolve
from ..definition.problems import INVALID_JSON, Problem, Rejection, invalid_object
from ..definition.tree_differences import spec_difference
from ..normalization import Settings
from ..validation import SpecRules, validate_app
from .app_changes import AppContext, define_app
from .versions import is_same


@attrs.frozen(kw_only=True)
class GroupContext:
    """Where an update is heard: settings and time, and the top-level group above, which says what roles apps have."""

    settings: Settings
    now: datetime
    top_group: Group | None = None


def update_group(existing: Group, update: GroupUpdate, context: GroupContext) -> Group | Rejection:
    """The group after an update that is neither `version` nor `scaleBy`."""
    problems = _enforcement_problems(existing, update)
    if problems:
        return invalid_object(problems)
    group = existing
    if update.enforce_role is not None:
        group = attrs.evolve(group, enforce_role=update.enforce_role)
    if group.is_top_level:
        context = attrs.evolve(context, top_group=group)
    if update.dependencies is not None:
        dependencies = tuple(dict.fromkeys(resolve(text, group.id) for text in update.dependencies))
        group = attrs.evolve(group, dependencies=dependencies)
    if update.apps is not None:
        apps = _define_apps(group, update.apps, context)
        if isinstance(apps, Rejection):
            return apps
        group = attrs.evolve(group, apps=apps)
    if update.groups is not None:
        groups = _define_groups(group, update.groups, context)
        if isinstance(groups, Rejection):
            return groups
        group = attrs.evolve(group, groups=groups)
    return group


def scale_group(group: Group, factor: float) -> Group | Rejection:
    """Every app below with so many times its instances, rounded up; pods stay as they are."""
    problems: list[Problem] = []

    def scaled(app: App) -> App:
        wanted = app.instances * factor
        if wanted > MAX_INSTANCES:
            problems.append(Problem("/scaleBy", f"{app.id} would have more than {MAX_INSTANCES} instances"))
            return app
        changed = attrs.evolve(app, instances=ceil(wanted))
        # What has been true of the app before is not the scaling's fault.
        known = validate_app(app, SpecRules())
        broken = (problem for problem in validate_app(changed, SpecRules()) if problem not in known)
        problems.extend(Problem("/scaleBy", f"{app.id}: {problem.message}") for problem in broken)
        return changed

    def below(member: Group) -> Group:
        apps = {path: scaled(app) for path, app in member.apps.items()}
        return attrs.evolve(member, apps=apps, groups={path: below(child) for path, child in member.groups.items()})

    found = below(group)
    return invalid_object(problems) if problems else found


def _enforcement_problems(existing: Group, update: GroupUpdate) -> list[Problem]:
    if update.enforce_role is None or existing.is_top_level:
        return []
    return [Problem("/enforceRole", not_top_level(existing.id))]


def not_top_level(path: PathId) -> str:
    """Why a group can't say which role its apps have."""
    return f"enforceRole can only be set for top-level groups, and {path} is not top-level"


def mixes_role_and_services(existing: Group, update: GroupUpdate, wanted: Group, now: datetime) -> bool:
    """Whether an update of a group that is there changes the role its apps must have, and apps with it.

    The one decides by which rule the other is judged.
    """
    if update.enforce_role is None or update.enforce_role == bool(existing.enforce_role):
        return False
    difference = spec_difference(existing, wanted)
    return difference.before.keys() != difference.after.keys() or not all(
        is_same(difference.before[path], spec, now) for path, spec in difference.after.items()
    )


def _define_apps(
    group: Group, submissions: Sequence[Submission], context: GroupContext
) -> dict[PathId, App] | Rejection:
    apps: dict[PathId, App] = {}
    for index, submission in enumerate(submissions):
        app = _define_app(group, submission, context)
        if isinstance(app, App) and app.id in apps:
            app = invalid_object([_given_twice(app.id)])
        if isinstance(app, Rejection):
            return app.below(f"/apps({index})")
        apps[app.id] = app
    return apps


def _define_app(group: Group, submission: Submission, context: GroupContext) -> App | Rejection:
    path = _child_path(group.id, submission.update.id)
    if isinstance(path, Rejection):
        return path
    return define_app(
        submission,
        AppContext(
            path=path,
            now=context.now,
            settings=context.settings,
            existing=group.apps.get(path),
            top_group=context.top_group,
        ),
    )


def _define_groups(
    group: Group, updates: Sequence[GroupUpdate], context: GroupContext
) -> dict[PathId, Group] | Rejection:
    groups: dict[PathId, Group] = {}
    for index, update in enumerate(updates):
        child = _define_group(group, update, context)
        if isinstance(child, Group) and child.id in groups:
            child = invalid_object([_given_twice(child.id)])
        if isinstance(child, Rejection):
            return child.below(f"/groups({index})")
        groups[child.id] = child
    kept = ((path, pods_of(child)) for path, child in group.groups.items() if path not in groups)
    return groups | {path: child for path, child in kept if not child.is_empty}


def _define_group(group: Group, update: GroupUpdate, context: GroupContext) -> Group | Rejection:
    path = _child_path(group.id, update.id)
    if isinstance(path, Rejection):
        return path
    existing = group.groups.get(path)
    found = update_group(existing or new_group(path, context), update, context)
    if isinstance(found, Rejection) or existing is None:
        return found
    if mixes_role_and_services(existing, update, found, context.now):
        return invalid_object([Problem("/enforceRole", ROLE_ALONE)])
    return found


ROLE_ALONE = "must not be changed together with services: change one after the other"


def new_group(path: PathId, context: GroupContext) -> Group:
    """An empty group. A top-level one enforces its role if the flag says so; else it does not speak of it, since
    clients of before 1.9 know no such key.
    """
    group = Group(id=path, version=context.now)
    if group.is_top_level and context.settings.new_group_enforce_role:
        return attrs.evolve(group, enforce_role=True)
    return group


def pods_of(group: Group) -> Group:
    """What stays of a group that an update leaves out: the pods below, and the groups that hold them."""
    children = {path: pods_of(child) for path, child in group.groups.items() if any(each.pods for each in walk(child))}
    return attrs.evolve(group, apps={}, groups=children)


def _child_path(group: PathId, text: str | None) -> PathId | Rejection:
    """The id of an app or a group that lies directly in `group`."""
    if text is None:
        return Rejection(422, INVALID_JSON, (Problem("/id", "error.path.missing"),))
    path = resolve(text, group)
    if path == ROOT or parent(path) != group:
        return invalid_object([Problem("/id", f"Identifier is not child of '{group}'")])
    problems = path_id_problems(path)
    return invalid_object(problems) if problems else path


def _given_twice(path: PathId) -> Problem:
    return Problem("/id", f"{path} is given twice")

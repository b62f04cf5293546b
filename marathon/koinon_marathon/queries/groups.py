"""Groups as the API shows them: what may be embedded, what was there in older versions (marathon-v2-api 6)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Flag, auto

import attrs

from ..definition.groups import Group, find_group
from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..state import State
from ..timestamps import format_timestamp
from .apps import Embeds, ShowApp, app_object, embeds_of
from .pods import pod_status

MayView = Callable[[RunSpec | Group], bool]


class GroupEmbeds(Flag):
    """Which lists of a group are filled in; the others are empty."""

    NOTHING = 0
    GROUPS = auto()
    APPS = auto()
    PODS = auto()


ALL_EMBEDS = GroupEmbeds.GROUPS | GroupEmbeds.APPS | GroupEmbeds.PODS
_NAMES = {"groups": GroupEmbeds.GROUPS, "apps": GroupEmbeds.APPS, "pods": GroupEmbeds.PODS}


@attrs.frozen(kw_only=True)
class GroupView:
    """How groups are shown to one client: what it asks to see, and what of that it may."""

    now: float
    embeds: GroupEmbeds = ALL_EMBEDS
    app_embeds: Embeds = Embeds.NOTHING
    may_view: MayView = lambda _: True
    show_app: ShowApp = app_object


def group_embeds_of(values: Iterable[str]) -> tuple[GroupEmbeds, Embeds]:
    """What a query's values ask of groups, and of the apps in them. Who asks for nothing gets groups, apps and pods."""
    asked = list(values)
    if not asked:
        return ALL_EMBEDS, Embeds.NOTHING
    found = GroupEmbeds.NOTHING
    for value in asked:
        found |= _NAMES.get(value.removeprefix("group."), GroupEmbeds.NOTHING)
    return found, embeds_of(asked)


def group_object(state: State, group: Group, version: datetime, view: GroupView) -> dict[str, object]:
    """A group of the tree at `version`, with what is in it in order of the ids."""
    shown: dict[str, object] = {
        "id": group.id,
        "apps": [],
        "pods": [],
        "groups": [],
        "dependencies": list(group.dependencies),
        "version": format_timestamp(version),
    }
    if GroupEmbeds.APPS in view.embeds:
        apps = (app for _, app in sorted(group.apps.items()) if view.may_view(app))
        shown["apps"] = [view.show_app(state, app, view.app_embeds, view.now) for app in apps]
    if GroupEmbeds.PODS in view.embeds:
        pods = (pod for _, pod in sorted(group.pods.items()) if view.may_view(pod))
        shown["pods"] = [pod_status(state, pod, view.now) for pod in pods]
    if GroupEmbeds.GROUPS in view.embeds:
        groups = (child for _, child in sorted(group.groups.items()) if view.may_view(child))
        shown["groups"] = [group_object(state, child, version, view) for child in groups]
    if group.enforce_role is not None:
        shown["enforceRole"] = group.enforce_role
    return shown


def group_versions(state: State, path: PathId) -> list[str]:
    """The kept versions of the tree that have this group, the newest first."""
    return [format_timestamp(root.version) for root in state.roots.recent() if find_group(root, path) is not None]


def group_at(state: State, path: PathId, version: datetime) -> Group | None:
    """A group as it was in a version of the tree."""
    root = state.roots.at(version)
    return None if root is None else find_group(root, path)

"""The tree of groups that holds all apps: marathon-semantics 6 and 2.

Trees are values; a change returns a new tree that shares what it did not touch. Rules are `validation.groups`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from .apps import App
from .path_ids import ROOT, PathId, ancestors, is_below, parent
from .pods import Pod
from .run_specs import RunSpec


@attrs.frozen(kw_only=True)
class Group:
    """One group: its own apps, pods and child groups by absolute id. `enforce_role` only on top-level groups."""

    id: PathId = ROOT
    apps: Mapping[PathId, App] = attrs.field(factory=dict)
    pods: Mapping[PathId, Pod] = attrs.field(factory=dict)
    groups: Mapping[PathId, "Group"] = attrs.field(factory=dict)
    dependencies: tuple[PathId, ...] = ()
    version: datetime
    enforce_role: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no app, no pod and no group in it."""
        return not self.apps and not self.pods and not self.groups


def walk(group: Group) -> Iterator[Group]:
    """`group` and every group below it, parents first."""
    yield group
    for child in group.groups.values():
        yield from walk(child)


def all_apps(group: Group) -> dict[PathId, App]:
    """Every app at any depth, by id."""
    return {path: app for member in walk(group) for path, app in member.apps.items()}


def all_specs(group: Group) -> dict[PathId, RunSpec]:
    """Every app and pod at any depth, by id."""
    found: dict[PathId, RunSpec] = {}
    for member in walk(group):
        found |= member.apps
        found |= member.pods
    return found


def find_group(root: Group, path: PathId) -> Group | None:
    """The group with this id, or None."""
    if root.id == path:
        return root
    child = next((child for child in root.groups.values() if child.id == path or is_below(path, child.id)), None)
    return None if child is None else find_group(child, path)


def find_app(root: Group, path: PathId) -> App | None:
    """The app with this id, or None."""
    holder = find_group(root, parent(path))
    return None if holder is None else holder.apps.get(path)


def find_pod(root: Group, path: PathId) -> Pod | None:
    """The pod with this id, or None."""
    holder = find_group(root, parent(path))
    return None if holder is None else holder.pods.get(path)


def find_top_group(root: Group, path: PathId) -> Group | None:
    """The top-level group that holds `path`, or None; it decides which roles its apps may have."""
    above = ancestors(path)
    return find_group(root, above[1]) if len(above) > 1 else None


def put_spec(root: Group, spec: RunSpec) -> Group:
    """The tree with an app or a pod in its place: missing groups are made, an empty group of the same id gives way."""
    holder = parent(spec.id)
    group = find_group(root, holder) or Group(id=holder, version=root.version)
    rival = group.groups.get(spec.id)
    groups = dict(group.groups)
    if rival is not None and rival.is_empty:
        del groups[spec.id]
    match spec:
        case App():
            changed = attrs.evolve(group, apps={**group.apps, spec.id: spec}, groups=groups)
        case Pod():
            changed = attrs.evolve(group, pods={**group.pods, spec.id: spec}, groups=groups)
    return replace_group(root, changed)


def remove_spec(root: Group, path: PathId) -> Group:
    """The tree without that app or pod; its group stays, even if empty. An unknown id changes nothing."""
    holder = find_group(root, parent(path))
    if holder is None or not (path in holder.apps or path in holder.pods):
        return root
    apps = {key: app for key, app in holder.apps.items() if key != path}
    pods = {key: pod for key, pod in holder.pods.items() if key != path}
    return replace_group(root, attrs.evolve(holder, apps=apps, pods=pods))


def replace_group(root: Group, group: Group) -> Group:
    """The tree with `group` in its place; missing groups above it are made."""
    if group.id == root.id:
        return group
    above = parent(group.id)
    holder = find_group(root, above) or Group(id=above, version=root.version)
    return replace_group(root, attrs.evolve(holder, groups={**holder.groups, group.id: group}))


def remove_group(root: Group, path: PathId) -> Group:
    """The tree without that group and all that is in it; removing the root empties it."""
    if path == root.id:
        return attrs.evolve(root, apps={}, pods={}, groups={})
    holder = find_group(root, parent(path))
    if holder is None or path not in holder.groups:
        return root
    groups = {key: child for key, child in holder.groups.items() if key != path}
    return replace_group(root, attrs.evolve(holder, groups=groups))


def with_version(group: Group, version: datetime) -> Group:
    """The same tree, every group at `version`: all of them get the root's new one (marathon-semantics 6)."""
    groups = {path: with_version(child, version) for path, child in group.groups.items()}
    return attrs.evolve(group, groups=groups, version=version)


def dependency_graph(root: Group) -> dict[PathId, set[PathId]]:
    """What each app and each group waits for (marathon-semantics 3.2); dependencies on what is not there are left out.

    An app waits for its own and its groups' dependencies, a group for all apps below it.
    """
    graph: dict[PathId, set[PathId]] = {}

    def visit(group: Group, inherited: frozenset[PathId]) -> set[PathId]:
        inherited |= frozenset(group.dependencies)
        below = {*group.apps, *group.pods}
        for path, app in group.apps.items():
            graph[path] = set(app.dependencies) | inherited
        for path in group.pods:
            graph[path] = set()
        for child in group.groups.values():
            below |= visit(child, inherited)
        graph[group.id] = below
        return below

    visit(root, frozenset())
    return {path: {wanted for wanted in needs if wanted in graph} for path, needs in graph.items()}

"""The tree of groups that holds all apps and pods: marathon-semantics 6 and 2.

Trees are values; a change returns a new tree that shares what it did not touch, so that two trees are compared by
looking only where they are not the same object (`tree_differences`). Rules are `validation.groups`, what waits for
what is `dependencies`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from .apps import App
from .path_ids import ROOT, PathId, ancestors, parent
from .pods import Pod
from .run_specs import RunSpec


@attrs.frozen(kw_only=True)
class Group:
    """One group: its own apps, pods and child groups by absolute id. `enforce_role` only on top-level groups.

    Every group has the version of the root it is seen under, so only the root's own counts: a new version of the tree
    copies no other group, and says nothing about what is in it.
    """

    id: PathId = ROOT
    apps: Mapping[PathId, App] = attrs.field(factory=dict)
    pods: Mapping[PathId, Pod] = attrs.field(factory=dict)
    groups: Mapping[PathId, "Group"] = attrs.field(factory=dict)
    dependencies: tuple[PathId, ...] = ()
    version: datetime = attrs.field(eq=False)
    enforce_role: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no app, no pod and no group in it."""
        return not self.apps and not self.pods and not self.groups

    @property
    def is_top_level(self) -> bool:
        """Whether it lies directly below the root: its name may be its apps' role."""
        return self.id != ROOT and parent(self.id) == ROOT


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
    found: Group | None = root
    for step in (*ancestors(path)[1:], path) if path != ROOT else ():
        found = found.groups.get(step) if found is not None else None
    return found


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
    return put_specs(root, (spec,))


def put_specs(root: Group, specs: Iterable[RunSpec]) -> Group:
    """The tree after `put_spec` of each; a group that gets many is copied once."""
    by_holder: dict[PathId, list[RunSpec]] = defaultdict(list)
    for spec in specs:
        by_holder[parent(spec.id)].append(spec)
    for holder, members in by_holder.items():
        group = find_group(root, holder) or Group(id=holder, version=root.version)
        root = replace_group(root, _with_specs(group, members))
    return root


def _with_specs(group: Group, specs: Sequence[RunSpec]) -> Group:
    """A mapping that nothing is put into stays the same object: comparing trees ends there."""
    apps = {spec.id: spec for spec in specs if isinstance(spec, App)}
    pods = {spec.id: spec for spec in specs if isinstance(spec, Pod)}
    rivals = {path for path in (*apps, *pods) if path in group.groups and group.groups[path].is_empty}
    groups = {path: child for path, child in group.groups.items() if path not in rivals} if rivals else group.groups
    return attrs.evolve(
        group,
        apps={**group.apps, **apps} if apps else group.apps,
        pods={**group.pods, **pods} if pods else group.pods,
        groups=groups,
    )


def remove_spec(root: Group, path: PathId) -> Group:
    """The tree without that app or pod; its group stays, even if empty. An unknown id changes nothing."""
    return remove_specs(root, (path,))


def remove_specs(root: Group, paths: Iterable[PathId]) -> Group:
    """The tree after `remove_spec` of each."""
    by_holder: dict[PathId, set[PathId]] = defaultdict(set)
    for path in paths:
        by_holder[parent(path)].add(path)
    for holder, gone in by_holder.items():
        group = find_group(root, holder)
        if group is None or gone.isdisjoint(group.apps.keys() | group.pods.keys()):
            continue
        apps = {path: app for path, app in group.apps.items() if path not in gone}
        pods = {path: pod for path, pod in group.pods.items() if path not in gone}
        root = replace_group(root, attrs.evolve(group, apps=apps, pods=pods))
    return root


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
        return attrs.evolve(root, apps={}, pods={}, groups={}, dependencies=())
    holder = find_group(root, parent(path))
    if holder is None or path not in holder.groups:
        return root
    groups = {key: child for key, child in holder.groups.items() if key != path}
    return replace_group(root, attrs.evolve(holder, groups=groups))


def with_version(root: Group, version: datetime) -> Group:
    """The same tree at `version`, which is that of all its groups (marathon-semantics 6)."""
    return attrs.evolve(root, version=version)

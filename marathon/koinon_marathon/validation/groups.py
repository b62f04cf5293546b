"""Rules over the whole tree, and what may stand beside what in an update of a group: marathon-v2-api 3.4 and 6."""

from collections.abc import Iterator

from ..definition.dependencies import dependency_graph, find_cycle
from ..definition.group_updates import GroupUpdate
from ..definition.groups import Group, walk
from ..definition.path_ids import PathId, path_id_problems
from ..definition.problems import Problem
from ..definition.tree_differences import changed_groups, spec_difference

_APP_IS_GROUP = "Groups and Applications may not have the same identifier."
_POD_IS_GROUP = "Groups and Pods may not have the same identifier."
_APP_IS_POD = "Applications and Pods may not share the same id"
_CYCLE = "Dependency graph has cyclic dependencies."
_NOT_ALONE = "not allowed in conjunction with other properties."


def validate_tree(root: Group, old: Group | None = None) -> list[Problem]:
    """What is wrong with the tree as a whole: two things of one id, or dependencies that run in a circle.

    Only what is new since `old`, a tree without problems, is looked at.
    """
    before = old or Group(version=root.version)
    collisions = list(dict.fromkeys(_collisions(before, root)))
    if collisions:
        return collisions
    cycle = find_cycle(dependency_graph(root, _newly_waiting(before, root)))
    if not cycle:
        return []
    # Clients know Marathon's sentence; who is in the circle is said beside it.
    return [Problem("/", _CYCLE), Problem("/", f"They wait for each other: {' -> '.join(cycle)}")]


def _collisions(old: Group, new: Group) -> Iterator[Problem]:
    for _, group in changed_groups(old, new):
        if group is None:
            continue
        if group.apps.keys() & group.groups.keys():
            yield Problem("/", _APP_IS_GROUP)
        if group.pods.keys() & group.groups.keys():
            yield Problem("/", _POD_IS_GROUP)
        if group.apps.keys() & group.pods.keys():
            yield Problem("/", _APP_IS_POD)


def _newly_waiting(old: Group, new: Group) -> Iterator[PathId]:
    """All that may wait for what it did not wait for before: a new circle goes through one of them."""
    yield from spec_difference(old, new).after
    for before, after in changed_groups(old, new):
        if after is not None and after.dependencies and (before is None or before.dependencies != after.dependencies):
            yield from (path for group in walk(after) for path in group.apps)


def update_problems(update: GroupUpdate, *, is_nested: bool = False) -> Iterator[Problem]:
    """What a group's update may not say: `version` and `scaleBy` stand alone, in the outermost group."""
    for name, value in (("version", update.version), ("scaleBy", update.scale_by)):
        if value is not None and (is_nested or not update.is_alone):
            yield Problem(f"/{name}", _NOT_ALONE)
    if update.id is not None:
        yield from (problem for problem in path_id_problems(update.id) if not _names_no_child(update.id))
    elif is_nested:
        yield Problem("/id", "not defined")
    for index, child in enumerate(update.groups or ()):
        yield from (problem.below(f"/groups({index})") for problem in update_problems(child, is_nested=True))


def _names_no_child(text: str) -> bool:
    """`/`, `.`, `..` and the like: a group that is there already, whose id needs no rule."""
    return all(word in ("", ".", "..") for word in text.split("/"))

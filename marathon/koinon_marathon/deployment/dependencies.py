"""Which apps go first: levels of the dependency graph (marathon-semantics 3.1, 3.2)."""

from collections.abc import Collection
from graphlib import TopologicalSorter

from ..definition.dependencies import dependency_graph
from ..definition.groups import Group, find_group
from ..definition.path_ids import PathId


def dependency_levels(root: Group, wanted: Collection[PathId]) -> list[list[PathId]]:
    """`wanted` by the number of apps on the longest chain each stands at the end of, shortest first, ids in order.

    The tree must be free of cycles: its rules see to that.
    """
    graph = dependency_graph(root, wanted)
    depth: dict[PathId, int] = {}
    for path in TopologicalSorter(graph).static_order():
        own = 1 if find_group(root, path) is None else 0
        depth[path] = own + max((depth[needed] for needed in graph[path]), default=0)
    levels: dict[int, list[PathId]] = {}
    for path in sorted(wanted):
        levels.setdefault(depth[path], []).append(path)
    return [levels[level] for level in sorted(levels)]

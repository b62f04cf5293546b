"""Which apps go first: levels of the dependency graph (marathon-semantics 3.1, 3.2)."""

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter

from ..definition.path_ids import PathId


def dependency_levels(graph: Mapping[PathId, Collection[PathId]], wanted: Collection[PathId]) -> list[list[PathId]]:
    """`wanted` by the length of the longest chain each stands at the end of, shortest first, ids in order.

    `graph` says what each id waits for and must be free of cycles: the rules of the tree see to that.
    """
    depth: dict[PathId, int] = {}
    for path in TopologicalSorter(graph).static_order():
        depth[path] = 1 + max((depth[needed] for needed in graph.get(path, ())), default=0)
    levels: dict[int, list[PathId]] = {}
    for path in sorted(wanted):
        levels.setdefault(depth.get(path, 1), []).append(path)
    return [levels[level] for level in sorted(levels)]

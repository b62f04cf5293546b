"""What waits for what in a tree of groups (marathon-semantics 3.2).

Edges are looked up as they are followed, from the ids that are asked about: a change of one app among ten thousand
looks at what this one waits for. What the order of a graph means for a plan is `deployment.dependencies`.
"""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from .groups import Group, find_app, find_group, find_pod
from .path_ids import PathId, ancestors

DependencyGraph = Mapping[PathId, tuple[PathId, ...]]
"""What each id waits for. A group is an id, too: it waits for all that is in it."""


def dependency_graph(root: Group, paths: Iterable[PathId]) -> DependencyGraph:
    """What each of `paths` waits for, what these wait for, and so on. Ids that are not there are left out."""
    graph: dict[PathId, tuple[PathId, ...]] = {}
    waiting = [path for path in paths if _exists(root, path)]
    while waiting:
        path = waiting.pop()
        if path not in graph:
            graph[path] = _needs(root, path)
            waiting += graph[path]
    return graph


def find_cycle(graph: DependencyGraph) -> tuple[PathId, ...]:
    """Ids that wait for each other, each for the next, the first one again at the end; empty if there are none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def _needs(root: Group, path: PathId) -> tuple[PathId, ...]:
    """An app waits for its own and its groups' dependencies, a group for all in it, a pod for nobody."""
    group = find_group(root, path)
    if group is not None:
        return (*group.apps, *group.pods, *group.groups)
    app = find_app(root, path)
    if app is None:
        return ()
    inherited = (holder.dependencies for above in ancestors(path) if (holder := find_group(root, above)) is not None)
    wanted = dict.fromkeys((*app.dependencies, *(needed for each in inherited for needed in each)))
    return tuple(needed for needed in wanted if _exists(root, needed))


def _exists(root: Group, path: PathId) -> bool:
    return any(find(root, path) is not None for find in (find_app, find_group, find_pod))

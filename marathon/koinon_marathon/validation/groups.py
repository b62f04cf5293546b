"""Rules over the whole tree: marathon-v2-api 3.4 and 6."""

from graphlib import CycleError, TopologicalSorter

from ..definition.groups import Group, dependency_graph, walk
from ..definition.problems import Problem

_SAME_ID = "Groups and Applications may not have the same identifier."
_CYCLE = "Dependency graph has cyclic dependencies."


def validate_tree(root: Group) -> list[Problem]:
    """What is wrong with the tree as a whole: two things of one id, or dependencies that run in a circle."""
    if any(group.apps.keys() & group.groups.keys() for group in walk(root)):
        return [Problem("/", _SAME_ID)]
    try:
        TopologicalSorter(dependency_graph(root)).prepare()
    except CycleError:
        return [Problem("/", _CYCLE)]
    return []

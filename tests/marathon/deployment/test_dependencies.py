"""Which apps go first (marathon-semantics 3.1, 3.2)."""

from collections.abc import Mapping
from itertools import pairwise

import attrs
import pytest

from koinon_marathon.definition.dependencies import dependency_graph, find_cycle
from koinon_marathon.definition.groups import Group, find_group, put_specs, replace_group
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.deployment.dependencies import dependency_levels
from support.marathon_world import LONG_AGO, make_app

WAITS = {
    "/db": (),
    "/cache": (),
    "/api": ("/db", "/cache"),
    "/web": ("/api",),
    "/lone": (),
    "/jobs/a": ("/db",),
    "/jobs/b": ("/jobs/a", "/nowhere"),
    "/report": ("/jobs",),
}


def make_tree(waits: Mapping[str, tuple[str, ...]]) -> Group:
    """A tree of apps that wait for others."""
    apps = [make_app(path, dependencies=tuple(map(PathId, needed))) for path, needed in waits.items()]
    return put_specs(Group(version=LONG_AGO), apps)


def levels(root: Group, *paths: str) -> list[list[str]]:
    """The levels of these apps."""
    return [[str(path) for path in level] for level in dependency_levels(root, [PathId(path) for path in paths])]


def test_apps_stand_by_their_longest_chain() -> None:
    """Apps that wait for nobody go first, mixed with whatever else; a group on the way counts for nothing."""
    found = levels(make_tree(WAITS), *WAITS)

    assert [["/cache", "/db", "/lone"], ["/api", "/jobs/a"], ["/jobs/b", "/web"], ["/report"]] == found


def test_only_what_changes_has_a_level() -> None:
    """Chains through apps that do not change still say who goes first."""
    assert [["/db"], ["/web"]] == levels(make_tree(WAITS), "/web", "/db")


def test_a_group_that_is_waited_for_is_no_link_of_the_chain() -> None:
    """Waiting for all apps of a group and waiting for one of them are the same level."""
    root = make_tree({"/g/x": (), "/a": ("/g",), "/b": ("/g/x",)})

    assert [["/g/x"], ["/a", "/b"]] == levels(root, "/g/x", "/a", "/b")


def test_a_groups_dependencies_hold_for_all_below() -> None:
    """At any depth, as if each app had named it."""
    root = make_tree({"/base/dns": (), "/shop/eu/web": (), "/other": ()})
    shop = find_group(root, PathId("/shop"))
    assert shop is not None
    root = replace_group(root, attrs.evolve(shop, dependencies=(PathId("/base"),)))

    assert [["/base/dns", "/other"], ["/shop/eu/web"]] == levels(root, "/base/dns", "/shop/eu/web", "/other")


@pytest.mark.parametrize("length", [2, 1500])
def test_circles_of_any_length_are_found(length: int) -> None:
    """Each waits for the next; no stack grows with the chain."""
    waits = {f"/a{n}": (f"/a{(n + 1) % length}",) for n in range(length)}
    root = make_tree(waits)
    circle = find_cycle(dependency_graph(root, [PathId("/a0")]))
    straight = make_tree({**waits, "/a0": ()})

    assert length + 1 == len(circle)
    assert all(waits[str(one)] == (other,) for one, other in pairwise(circle))
    assert () == find_cycle(dependency_graph(straight, [PathId("/a1")]))
    assert length == len(levels(straight, *waits))

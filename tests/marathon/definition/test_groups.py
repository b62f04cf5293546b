"""The tree of groups and the rules over it: marathon-semantics 3.2 and 6, marathon-v2-api 3.4."""

from collections.abc import Callable
from datetime import datetime, timedelta

import attrs
import pytest

from koinon_marathon.definition.apps import App
from koinon_marathon.definition.dependencies import dependency_graph
from koinon_marathon.definition.groups import (
    Group,
    all_apps,
    find_app,
    find_group,
    put_spec,
    remove_group,
    remove_spec,
    replace_group,
    walk,
    with_version,
)
from koinon_marathon.definition.path_ids import ROOT, PathId
from koinon_marathon.validation import validate_tree

MakeApp = Callable[..., App]
SHOP, DB, WEB = PathId("/shop"), PathId("/shop/db"), PathId("/shop/web")


@pytest.fixture
def root(now: datetime) -> Group:
    """An empty tree."""
    return Group(version=now)


def test_putting_an_app_makes_its_groups(root: Group, make_app: MakeApp) -> None:
    """Missing groups come with the app, and stay when it goes."""
    app = make_app("/shop/eu/web")

    tree = put_spec(root, app)
    left = remove_spec(tree, app.id)

    assert app == find_app(tree, app.id)
    assert ["/", "/shop", "/shop/eu"] == [group.id for group in walk(left)]
    assert {} == all_apps(left)
    assert root.is_empty


def test_putting_an_app_again_replaces_it_alone(root: Group, make_app: MakeApp) -> None:
    """The rest of the tree is shared, not copied."""
    tree = put_spec(put_spec(root, make_app("/a/x")), make_app("/b/x"))

    changed = put_spec(tree, make_app("/a/x", cmd="y"))

    assert "y" == all_apps(changed)[PathId("/a/x")].cmd
    assert find_group(tree, PathId("/b")) is find_group(changed, PathId("/b"))


def test_empty_group_gives_way_to_an_app(root: Group, make_app: MakeApp, now: datetime) -> None:
    """Only a group that holds something is in the way of an app of its id."""
    empty = replace_group(root, Group(id=SHOP, version=now))
    full = put_spec(root, make_app("/shop/db"))

    assert [] == validate_tree(put_spec(empty, make_app("/shop")))
    message = "Groups and Applications may not have the same identifier."
    assert [message] == [problem.message for problem in validate_tree(put_spec(full, make_app("/shop")))]


def test_unknown_ids_change_nothing(root: Group) -> None:
    """Removing what is not there gives the same tree."""
    assert root is remove_spec(root, DB)
    assert root is remove_group(root, SHOP)
    assert find_app(root, DB) is None


def test_removing_a_group_removes_what_is_in_it(root: Group, make_app: MakeApp) -> None:
    """A group goes with all its apps; the root stays and is empty."""
    tree = put_spec(put_spec(root, make_app("/shop/db")), make_app("/top"))

    assert ["/top"] == list(all_apps(remove_group(tree, SHOP)))
    assert remove_group(tree, ROOT).is_empty


def test_every_group_gets_the_new_version(root: Group, make_app: MakeApp, now: datetime) -> None:
    """A change of the tree is a version of all groups: the root alone has it, and is no other tree for it."""
    later = now + timedelta(minutes=1)
    tree = put_spec(root, make_app("/a/b/c"))
    changed = with_version(tree, later)

    assert later == changed.version
    assert tree == changed
    assert tree.groups is changed.groups


def test_dependencies_reach_through_groups(root: Group, make_app: MakeApp, now: datetime) -> None:
    """An app waits for its own and its groups' dependencies, a group for all in it; strangers are left out."""
    tree = put_spec(put_spec(root, make_app("/shop/db")), make_app("/shop/web", dependencies=(DB, PathId("/no"))))
    base = Group(id=PathId("/base"), version=now, apps={PathId("/base/dns"): make_app("/base/dns")})
    shop = find_group(tree, SHOP)
    assert shop is not None
    tree = replace_group(replace_group(tree, base), attrs.evolve(shop, dependencies=(base.id,)))

    graph = dependency_graph(tree, [WEB])

    assert (DB, "/base") == graph[WEB]
    assert ("/base",) == graph[DB]
    assert ("/base/dns",) == graph[base.id]
    assert {"/base", "/base/dns"} == set(dependency_graph(tree, [base.id]))
    assert [] == validate_tree(tree)


@pytest.mark.parametrize("wanted", ["/shop/web", "/shop/db", "/shop"])
def test_circles_are_refused(root: Group, make_app: MakeApp, wanted: str) -> None:
    """Two apps that wait for each other, an app that waits for itself or for its own group would wait for ever.

    Marathon's sentence comes first; who waits for whom is said beside it.
    """
    db = make_app("/shop/db", dependencies=(PathId(wanted),))
    tree = put_spec(put_spec(root, db), make_app("/shop/web", dependencies=(DB,)))

    sentence, circle = [problem.message for problem in validate_tree(tree)]
    assert "Dependency graph has cyclic dependencies." == sentence
    who = circle.removeprefix("They wait for each other: ").split(" -> ")
    assert who[0] == who[-1]
    assert {DB, PathId(wanted)} <= set(who)

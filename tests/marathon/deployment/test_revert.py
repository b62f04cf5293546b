"""Undoing a deployment, alone and with others about (marathon-semantics 3.5)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from hypothesis import given
from hypothesis import strategies as st

from koinon_marathon.definition.groups import (
    Group,
    all_specs,
    find_group,
    put_specs,
    remove_group,
    remove_specs,
    replace_group,
)
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.deployment.plan import DeploymentId, DeploymentPlan
from koinon_marathon.deployment.planner import find_difference, make_plan
from koinon_marathon.deployment.revert import revert
from support.marathon_world import LONG_AGO, make_app

MINE = tuple(map(PathId, ("/a", "/g/b", "/g/h/c", "/k/d")))
OTHERS = tuple(map(PathId, ("/x", "/y/z")))
GROUPS = tuple(map(PathId, ("/g", "/g/h", "/k", "/e")))


def apps(paths: tuple[PathId, ...]) -> st.SearchStrategy[Mapping[PathId, str]]:
    """Some of these apps, in one of three versions each."""
    return st.dictionaries(st.sampled_from(paths), st.sampled_from(("one", "two", "three")))


GROUP_SHAPES = st.dictionaries(st.sampled_from(GROUPS), st.lists(st.sampled_from(OTHERS), unique=True, max_size=2))


def make_tree(commands: Mapping[PathId, str], groups: Mapping[PathId, list[PathId]]) -> Group:
    """A tree of these groups with their dependencies, and of apps with their commands."""
    root = Group(version=LONG_AGO)
    for path, dependencies in groups.items():
        known = find_group(root, path) or Group(id=path, version=LONG_AGO)
        root = replace_group(root, attrs.evolve(known, dependencies=tuple(dependencies)))
    return put_specs(root, [make_app(path, cmd=command) for path, command in commands.items()])


def plan_between(old: Group, new: Group) -> DeploymentPlan:
    """The deployment that leads from one to the other."""
    return make_plan(DeploymentId("d"), LONG_AGO, find_difference(old, new))


@given(apps(MINE), GROUP_SHAPES, apps(MINE), GROUP_SHAPES)
def test_nothing_else_happened(
    before: Mapping[PathId, str],
    groups_before: Mapping[PathId, list[PathId]],
    after: Mapping[PathId, str],
    groups_after: Mapping[PathId, list[PathId]],
) -> None:
    """The original tree is back, with its groups and their dependencies."""
    old, new = make_tree(before, groups_before), make_tree(after, groups_after)

    assert old == revert(new, plan_between(old, new))


@given(apps(MINE), apps(MINE), st.lists(apps(OTHERS), max_size=3))
def test_others_keep_what_they_did(
    before: Mapping[PathId, str], after: Mapping[PathId, str], since: list[Mapping[PathId, str]]
) -> None:
    """Up to three deployments of other apps since then are left as they are."""
    old, new = make_tree(before, {}), make_tree(after, {})
    plan = plan_between(old, new)
    for others in since:
        new = remove_specs(new, OTHERS)
        new = put_specs(new, [make_app(path, cmd=command) for path, command in others.items()])

    left = {path: spec.cmd for path, spec in all_specs(revert(new, plan)).items()}  # type: ignore[union-attr]

    assert {**before, **(since[-1] if since else {})} == left


def test_group_that_others_moved_into_stays() -> None:
    """A group that the deployment made goes only when it is empty; else it loses what it was made to wait for."""
    old = make_tree({}, {})
    made = make_tree({PathId("/g/b"): "one"}, {PathId("/g"): [OTHERS[0]]})
    plan = plan_between(old, made)

    left = revert(put_specs(made, [make_app("/g/other")]), plan)

    assert [PathId("/g/other")] == list(all_specs(left))
    assert () == left.groups[PathId("/g")].dependencies


def test_dependencies_that_others_added_stay() -> None:
    """Only what this deployment added or removed is undone."""
    group, mine, theirs, lost = PathId("/g"), PathId("/mine"), PathId("/theirs"), PathId("/lost")
    plan = plan_between(make_tree({}, {group: [lost]}), make_tree({}, {group: [mine]}))

    left = revert(make_tree({}, {group: [mine, theirs]}), plan)

    assert (lost, theirs) == left.groups[group].dependencies


def test_removed_group_comes_back_beside_what_others_put_there() -> None:
    """A group of that id that others made since keeps what it has."""
    group = PathId("/g")
    old = make_tree({PathId("/g/b"): "one"}, {group: [OTHERS[0]]})
    plan = plan_between(old, remove_group(old, group))

    left = revert(make_tree({PathId("/g/other"): "two"}, {group: [OTHERS[1]]}), plan)

    assert {"/g/b", "/g/other"} == set(all_specs(left))
    assert (OTHERS[0], OTHERS[1]) == left.groups[group].dependencies

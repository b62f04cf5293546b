"""What is true of the tree whatever groups are put, scaled, deleted and brought back (marathon-v2-api 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koinon_marathon.changes.group_transitions import change_group, delete_group, restore_group
from koinon_marathon.changes.root_versions import RootRecord
from koinon_marathon.changes.tree_changes import Change, plan_change
from koinon_marathon.codec.groups import decode_group
from koinon_marathon.definition.group_updates import GroupUpdate
from koinon_marathon.definition.groups import all_specs, find_group, walk
from koinon_marathon.definition.path_ids import PathId, parent
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.events import ChangeTree, RequestId, Transition
from koinon_marathon.instructions import AppKey, ChangeAccepted
from koinon_marathon.normalization import Settings
from koinon_marathon.options import Options
from koinon_marathon.queries.groups import GroupView, group_object
from koinon_marathon.turn import Turn
from koinon_marathon.validation import validate_tree
from support.marathon_world import World

Body = dict[str, Any]
WORDS = ("a", "b", "c")
PATHS = ("/", "/a", "/b", "/a/b", "/a/b/c", "/c/a")


def some_groups(depth: int) -> st.SearchStrategy[Body]:
    """Groups with apps that wait for each other, for groups, for what is not there."""
    words = st.sampled_from(WORDS)
    waits = st.lists(st.sampled_from((*PATHS, "../a", "b", "../../c", "/nowhere")), max_size=2)
    app = st.fixed_dictionaries(
        {"id": words, "cmd": st.sampled_from(("run", "go")), "instances": st.integers(0, 3)},
        optional={"dependencies": waits},
    )
    fields: dict[str, st.SearchStrategy[Any]] = {
        "apps": st.lists(app, max_size=3, unique_by=lambda each: each["id"]),
        "dependencies": waits,
    }
    if depth:
        child = st.tuples(words, some_groups(depth - 1)).map(lambda pair: {**pair[1], "id": pair[0]})
        fields["groups"] = st.lists(child, max_size=3, unique_by=lambda each: each["id"])
    return st.fixed_dictionaries({}, optional=fields)


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(PATHS), some_groups(2)),
        st.tuples(st.just("scale"), st.sampled_from(PATHS), st.sampled_from((0, 0.5, 1, 1.5, 3))),
        st.tuples(st.just("delete"), st.sampled_from(PATHS), st.none()),
        st.tuples(st.just("restore"), st.sampled_from(PATHS), st.integers(0, 5)),
        st.tuples(st.just("fail over"), st.just("/"), st.none()),
    ),
    max_size=10,
)


def read(body: Body) -> GroupUpdate:
    """The update of a body."""
    update = decode_group(json.dumps(body).encode())
    assert isinstance(update, GroupUpdate)
    return update


def transition_of(world: World, kind: str, path: PathId, what: Any) -> Transition:
    """What a request of that kind does to the tree."""
    match kind:
        case "put":
            return change_group(path, read(what), Settings())
        case "scale":
            return change_group(path, GroupUpdate(scale_by=what), Settings())
        case "restore":
            kept = world.marathon.state.roots.recent() or [world.marathon.state.root]
            stored = find_group(kept[what % len(kept)], path)
            return delete_group(path) if stored is None else restore_group(path, stored)
        case _:
            return delete_group(path)


def check_tree(world: World) -> None:
    """The rules, judged anew over all of it; and the store, which must hold neither too little nor too much."""
    root, state = world.marathon.state.root, world.marathon.state
    assert [] == validate_tree(root)
    for group in walk(root):
        assert all(parent(path) == group.id for path in (*group.apps, *group.groups) if path != "/")
        assert all(child.id == path for path, child in group.groups.items())
    kept = [record for record in world.store.values() if isinstance(record, RootRecord)]
    assert len(kept) <= 2 * state.options.zk_max_versions
    named = {(spec.id, spec.version) for tree in state.roots.recent() for spec in all_specs(tree).values()}
    stored = {(key.id, key.version) for key in world.store if isinstance(key, AppKey)}
    own = {(path, version) for path, versions in state.versions.items() for version in versions}
    assert named | own <= stored
    ports = {port for app in state.apps().values() for port in app.service_ports}
    assert ports == {port for port in range(10000, 10200) if port in state.service_ports}


def without_versions(group: Body) -> Body:
    """What may be put back: `version` asks for an older tree."""
    said = {key: value for key, value in group.items() if key != "version"}
    return said | {"groups": [without_versions(child) for child in group["groups"]]}


def check_own_answer(world: World) -> None:
    """What GET shows, put back, changes nothing."""
    state = world.marathon.state
    shown: Body = dict(group_object(state, state.root, state.root.version, GroupView(now=world.now)))
    update = read(json.loads(json.dumps(without_versions(shown))))
    planned = plan_change(
        Turn(state, world.now, world.rng), Change(transition=change_group(PathId("/"), update, Settings()))
    )
    assert not isinstance(planned, Rejection), planned
    assert () == planned.plan.steps
    assert state.root == planned.root


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=CHANGES)
def test_random_trees_keep_the_rules(changes: list[tuple[str, str, Any]]) -> None:
    """Accepted or refused, the tree is sound; a new leader finds the same one with the same past."""
    world = World(agents=0, options=Options(zk_max_versions=3))
    for kind, path, what in changes:
        before, past = world.marathon.state.root, world.marathon.state.roots.recent()
        if kind == "fail over":
            world.fail_over()
            assert (before, past) == (world.marathon.state.root, world.marathon.state.roots.recent())
        else:
            transition = transition_of(world, kind, PathId(path), what)
            world.send(ChangeTree(request_id=RequestId(1), transition=transition, force=True))
            is_taken = isinstance(world.answers[-1], ChangeAccepted)
            assert is_taken or before is world.marathon.state.root
        check_tree(world)
        check_own_answer(world)

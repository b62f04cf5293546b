"""Kept versions of the tree, their records, and the definitions that are kept for them (marathon-semantics 23)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from koinon_marathon.changes.root_versions import RootHistory, RootRecord, RootVersions, replay
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.groups import Group, all_specs, find_app, put_specs, remove_spec, with_version
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.tree_differences import TreeDelta
from koinon_marathon.errors import BrokenRootHistory
from koinon_marathon.instructions import AppKey, RootKey
from koinon_marathon.options import Options
from support.marathon_world import World, make_app

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
Find = Callable[[PathId, datetime], App]


def at(minutes: int) -> datetime:
    """So many minutes after the beginning."""
    return BEGIN + timedelta(minutes=minutes)


def app_at(path: str, minutes: int) -> App:
    """An app whose version is that time."""
    return attrs.evolve(make_app(path, instances=0), version=at(minutes))


def tree(minutes: int, *apps: App) -> Group:
    """A tree of that time."""
    return put_specs(Group(version=at(minutes)), apps)


def find_in(apps: tuple[App, ...]) -> Find:
    """Where bodies are found."""
    known = {(app.id, app.version): app for app in apps}
    return lambda path, version: known[path, version]


def test_a_record_names_what_changed_and_no_more() -> None:
    """One app of a thousand is one entry, whatever else there is."""
    versions = RootVersions(50)
    first = tree(0, *(app_at(f"/a{n}", 0) for n in range(1000)))
    versions.add(first)
    added = versions.add(with_version(put_specs(first, [app_at("/a7", 1)]), at(1)))

    assert TreeDelta(apps={PathId("/a7"): at(1)}) == added.record.delta
    assert (at(0), None) == (added.record.follows, added.record.whole)


def test_every_so_many_versions_a_record_stands_alone_and_older_ones_go() -> None:
    """Between the limit and twice as many are kept, and what is asked for is the limit."""
    versions = RootVersions(3)
    stale: list[datetime] = []
    alone: list[datetime] = []
    for minute in range(8):
        added = versions.add(tree(minute, app_at("/a", minute)))
        stale += added.stale
        alone += [added.record.version] if added.record.stands_alone else []

    assert [at(0), at(3), at(6)] == alone
    assert [at(0), at(1), at(2)] == stale
    assert [at(7), at(6), at(5)] == [root.version for root in versions.recent()]
    assert versions.at(at(3)) is not None
    assert versions.at(at(2)) is None


def test_records_tell_the_same_trees_again() -> None:
    """All kept trees come back, and share what they have in common; leftovers before the first are passed over."""
    apps = [app_at("/shop/a", 0), app_at("/shop/b", 0), app_at("/c", 1), app_at("/shop/a", 2)]
    roots = [tree(0, *apps[:2]), tree(1, *apps[:3]), tree(2, apps[3], *apps[1:3])]
    roots.append(with_version(remove_spec(roots[2], PathId("/c")), at(3)))
    versions = RootVersions(2)
    records = [versions.add(root).record for root in roots]

    history = replay(reversed(records), find_in(tuple(apps)))
    later = replay(records[1:], find_in(tuple(apps)))

    assert (tuple(roots), (at(0), at(2))) == (history.roots, history.bases)
    assert history.roots[2].groups is history.roots[3].groups
    assert tuple(roots[2:]) == later.roots
    assert RootHistory() == replay([], find_in(()))


@pytest.mark.parametrize(("missing", "told"), [(1, "the version it follows"), (0, "no record before it")])
def test_a_record_that_is_missing_is_named(missing: int, told: str) -> None:
    """Nothing is made up: what a record follows must be there."""
    versions = RootVersions(50)
    records: list[RootRecord] = [versions.add(tree(n, app_at("/a", n))).record for n in range(3)]
    del records[missing]

    with pytest.raises(BrokenRootHistory, match=told):
        replay(records, find_in(tuple(app_at("/a", n) for n in range(3))))


def test_a_definition_is_let_go_with_the_last_tree_that_names_it() -> None:
    """Not before, and not if it came back meanwhile."""
    versions, old, new = RootVersions(2), app_at("/a", 0), app_at("/a", 1)
    steps = [tree(0, old), tree(1, new), tree(2, old), tree(3, old), tree(4, old), tree(5, old), tree(6, old)]
    let_go = [versions.add(root).unnamed for root in steps]

    assert [(), (), (), (), (new,), (), ()] == let_go
    assert not versions.has_departed(new)


def stored_apps(world: World) -> set[tuple[str, datetime]]:
    """The definitions in the store."""
    return {(key.id, key.version) for key in world.store if isinstance(key, AppKey)}


def test_the_store_holds_what_kept_trees_name_and_no_more() -> None:
    """Apps come, change and go; the records of trees and definitions stay bounded, and a new leader finds them all."""
    world = World(options=Options(zk_max_versions=4))
    for number in range(40):
        world.post(make_app("/a", instances=0, cmd=f"run {number}"), force=True)
        world.post(make_app(f"/g/b{number}", instances=0), force=True)
        world.delete(f"/g/b{number - 3}" if number >= 3 else "/a")
        world.sleep(1)
    roots = [record for record in world.store.values() if isinstance(record, RootRecord)]
    before, kept = world.marathon.state.root, world.marathon.state.roots.recent()
    named = {(spec.id, spec.version) for root in kept for spec in all_specs(root).values()}
    world.fail_over()

    assert 4 <= len(roots) <= 8
    assert named <= stored_apps(world)
    assert len(stored_apps(world)) < 20
    assert before == world.marathon.state.root
    assert kept == world.marathon.state.roots.recent()


def test_versions_of_an_app_are_bounded_while_it_lives() -> None:
    """The latest ones, in the order in which they were the present one, before a failover and after it."""
    world = World(options=Options(zk_max_versions=3))
    for number in range(6):
        world.post(make_app("/a", instances=0, cmd=f"run {number}"))
        world.sleep(1)
    known = list(world.marathon.state.versions[PathId("/a")])
    world.fail_over()

    assert 3 == len(known)
    assert known == list(world.marathon.state.versions[PathId("/a")])


def test_what_a_broken_change_left_behind_is_cleaned_up() -> None:
    """A definition that neither the tree nor a kept version of it names goes when a new leader reads the store."""
    world = World()
    world.post(make_app("/a", instances=0))
    orphan = app_at("/nobody", 0)
    world.store[AppKey(orphan.id, orphan.version)] = orphan
    world.fail_over()

    assert {"/a"} == {path for path, _ in stored_apps(world)}
    assert find_app(world.marathon.state.root, orphan.id) is None
    assert all(isinstance(key, RootKey) for key, record in world.store.items() if isinstance(record, RootRecord))

"""Where trees differ, and that what they share is not looked at."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import attrs

from koinon_marathon.definition.apps import App
from koinon_marathon.definition.groups import (
    Group,
    find_group,
    put_spec,
    put_specs,
    remove_group,
    remove_spec,
    replace_group,
)
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.tree_differences import (
    GroupFields,
    TreeDelta,
    apply_delta,
    changed_groups,
    spec_difference,
    tree_delta,
)

MakeApp = Callable[..., App]


class Unread(dict[Any, Any]):
    """A mapping that nobody may look into."""

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("looked into what did not change")

    items = values = keys = __iter__  # type: ignore[assignment]


def test_only_changed_groups_are_looked_at(make_app: MakeApp, now: datetime) -> None:
    """A change in one group opens that group and those above it."""
    quiet = Group(id=PathId("/quiet"), version=now, apps=Unread())
    old = replace_group(put_spec(Group(version=now), make_app("/busy/a")), quiet)
    new = put_spec(old, make_app("/busy/b"))

    difference = spec_difference(old, new)
    assert ["/", "/busy"] == [after.id for _, after in changed_groups(old, new) if after is not None]
    assert ([], ["/busy/b"]) == (list(difference.before), list(difference.after))


def test_what_came_changed_and_went_is_told_apart(make_app: MakeApp, now: datetime) -> None:
    """Also when as many went as came."""
    old = put_specs(Group(version=now), [make_app("/a"), make_app("/b"), make_app("/c")])
    new = put_specs(remove_spec(old, PathId("/a")), [make_app("/b", cmd="other"), make_app("/d")])

    difference = spec_difference(old, new)
    assert {"/a", "/b"} == set(difference.before)
    assert {"/b", "/d"} == set(difference.after)
    assert "other" == getattr(difference.after[PathId("/b")], "cmd", None)


def test_a_delta_leads_from_one_tree_to_the_other(make_app: MakeApp, now: datetime) -> None:
    """Apps, groups with what they say of themselves, removals, and a group that became an app."""
    old = put_specs(Group(version=now), [make_app("/x/a"), make_app("/gone/deep/b"), make_app("/top")])
    old = replace_group(old, Group(id=PathId("/empty"), version=now, dependencies=(PathId("/x"),)))
    new = put_specs(remove_group(remove_group(old, PathId("/gone")), PathId("/empty")), [make_app("/empty")])
    x = find_group(new, PathId("/x"))
    assert x is not None
    new = replace_group(new, attrs.evolve(x, enforce_role=True))

    delta = tree_delta(old, new)

    assert new == apply_delta(old, delta, now, lambda path, _version: make_app(path))
    assert GroupFields(enforce_role=True) == delta.groups[PathId("/x")]
    assert delta.groups[PathId("/gone/deep")] is None
    assert {"/gone/deep/b": None, "/empty": now} == delta.apps
    assert new == apply_delta(None, tree_delta(None, new), now, lambda path, _version: make_app(path))
    assert TreeDelta() == tree_delta(new, new)

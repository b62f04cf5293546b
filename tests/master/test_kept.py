"""What views keep with a thing lives exactly until the thing changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define

from koinon_master.kept import Kept, held_dict, held_set, holders_field, kept_field, renew, renew_with_holders


@define(eq=False, on_setattr=renew_with_holders)
class Part:
    """Lies in an owner."""

    name: str
    holders: tuple[object, ...] = holders_field()
    kept: Kept = kept_field()


@define(eq=False, on_setattr=renew)
class Owner:
    """Has a field and two parts."""

    name: str = "o"
    parts: dict[str, Part] = held_dict()
    marks: set[int] = held_set()
    kept: Kept = kept_field()


CHANGES: list[Callable[[Owner], Any]] = [
    lambda owner: setattr(owner, "name", "p"),
    lambda owner: owner.parts.update(b=Part("b")),
    lambda owner: owner.parts.__setitem__("a", Part("c")),
    lambda owner: owner.parts.__delitem__("a"),
    lambda owner: owner.parts.pop("a"),
    lambda owner: owner.parts.popitem(),
    lambda owner: owner.parts.clear(),
    lambda owner: owner.parts.setdefault("b", Part("b")),
    lambda owner: owner.parts.__ior__({"b": Part("b")}),
    lambda owner: setattr(owner.parts["a"], "name", "d"),
    lambda owner: owner.marks.add(2),
    lambda owner: owner.marks.discard(1),
    lambda owner: owner.marks.remove(1),
    lambda owner: owner.marks.pop(),
    lambda owner: owner.marks.clear(),
    lambda owner: owner.marks.update({3}),
    lambda owner: owner.marks.__ior__({3}),
    lambda owner: owner.marks.__isub__({1}),
    lambda owner: owner.marks.__iand__({3}),
    lambda owner: owner.marks.__ixor__({3}),
    lambda owner: owner.marks.difference_update({1}),
    lambda owner: owner.marks.intersection_update({3}),
    lambda owner: owner.marks.symmetric_difference_update({3}),
]


def _owner() -> Owner:
    owner = Owner()
    owner.parts["a"] = Part("a")
    owner.marks.add(1)
    return owner


@pytest.mark.parametrize("change", CHANGES)
def test_every_way_to_change_a_thing_drops_what_was_kept(change: Callable[[Owner], Any]) -> None:
    """Assignments, all that dicts and sets can do, and assignments to what lies inside."""
    owner = _owner()
    owner.kept["view"] = 1

    change(owner)

    assert {} == dict(owner.kept)


@pytest.mark.parametrize(
    "look",
    [lambda owner: owner.parts["a"], lambda owner: list(owner.parts.items()), lambda owner: 1 in owner.marks],
)
def test_looking_drops_nothing(look: Callable[[Owner], Any]) -> None:
    """What was kept is there after any number of looks."""
    owner = _owner()
    owner.kept["view"] = 1

    look(owner)

    assert {"view": 1} == dict(owner.kept)


def test_what_was_taken_out_counts_no_longer() -> None:
    """A thing that left its owner changes without it, and holds it no more."""
    owner = _owner()
    part = owner.parts.pop("a")
    owner.kept["view"] = 1

    part.name = "z"

    assert ({"view": 1}, ()) == (dict(owner.kept), part.holders)


def test_versions_are_equal_to_themselves_alone() -> None:
    """Two that hold the same are not the same version."""
    first, second = Kept(), Kept()

    assert (True, False, True) == (first == first, first == second, first != second)

"""What views keep with a thing lives exactly until the thing changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from koinon_master.kept import (
    CHUNK_SIZE,
    Chunk,
    HeldDict,
    HeldSet,
    Kept,
    held_dict,
    held_set,
    holders_field,
    kept_field,
    renew,
    renew_with_holders,
)


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


IN_PARTS: list[Callable[[Owner], Any]] = [
    lambda owner: owner.parts.update(b=Part("b")),
    lambda owner: owner.parts.__setitem__("a", Part("c")),
    lambda owner: owner.parts.__delitem__("a"),
    lambda owner: owner.parts.pop("a"),
    lambda owner: owner.parts.popitem(),
    lambda owner: owner.parts.clear(),
    lambda owner: owner.parts.setdefault("b", Part("b")),
    lambda owner: owner.parts.__ior__({"b": Part("b")}),
    lambda owner: setattr(owner.parts["a"], "name", "d"),
]
IN_MARKS: list[Callable[[Owner], Any]] = [
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


def _keep(owner: Owner) -> list[Kept]:
    assert isinstance(owner.parts, HeldDict)
    assert isinstance(owner.marks, HeldSet)
    owner.kept["view"] = owner.parts.kept["view"] = owner.marks.kept["view"] = 1
    return [owner.kept, owner.parts.kept, owner.marks.kept]


def _renewed(owner: Owner, before: list[Kept]) -> list[bool]:
    assert isinstance(owner.parts, HeldDict)
    assert isinstance(owner.marks, HeldSet)
    now = [owner.kept, owner.parts.kept, owner.marks.kept]
    return [not one and one != other for one, other in zip(now, before, strict=True)]


@pytest.mark.parametrize("change", IN_PARTS)
def test_every_way_to_change_a_dict_or_what_lies_in_it_drops_what_was_kept(change: Callable[[Owner], Any]) -> None:
    """All that dicts can do, and assignments to what lies inside; what its owner says itself stays."""
    owner = _owner()
    before = _keep(owner)

    change(owner)

    assert [False, True, False] == _renewed(owner, before)


@pytest.mark.parametrize("change", IN_MARKS)
def test_every_way_to_change_a_set_drops_what_was_kept(change: Callable[[Owner], Any]) -> None:
    """All that sets can do; what its owner says itself stays."""
    owner = _owner()
    before = _keep(owner)

    change(owner)

    assert [False, False, True] == _renewed(owner, before)


def test_an_assignment_drops_what_was_kept() -> None:
    """What lies in its parts stays as it is."""
    owner = _owner()
    before = _keep(owner)

    owner.name = "p"

    assert [True, False, False] == _renewed(owner, before)


@pytest.mark.parametrize(
    "look",
    [lambda owner: owner.parts["a"], lambda owner: list(owner.parts.items()), lambda owner: 1 in owner.marks],
)
def test_looking_drops_nothing(look: Callable[[Owner], Any]) -> None:
    """What was kept is there after any number of looks."""
    owner = _owner()
    before = _keep(owner)

    look(owner)

    assert [False, False, False] == _renewed(owner, before)


def _many(count: int) -> HeldDict[int, Part]:
    parts: HeldDict[int, Part] = HeldDict()
    parts.update({number: Part(str(number)) for number in range(count)})
    return parts


def test_a_change_renews_the_chunk_where_it_happened_alone() -> None:
    """Whatever is kept with the other chunks stays."""
    parts = _many(3 * CHUNK_SIZE)
    before = [chunk.kept for chunk in parts.chunks]

    parts[CHUNK_SIZE].name = "changed"

    assert [True, False, True] == [old == chunk.kept for old, chunk in zip(before, parts.chunks, strict=True)]


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["put", "take", "change", "first", "clear"]))))
def test_chunks_have_what_the_dict_has_in_its_order(steps: list[tuple[int, str]]) -> None:
    """Whatever comes and goes, no chunk is empty or too long, and whoever changed a thing finds its chunk renewed."""
    parts = _many(40)
    for key, what in steps:
        before = {id(chunk): chunk.kept for chunk in parts.chunks}
        if what == "put":
            parts[key] = Part("new")
        elif what == "take":
            parts.pop(key, None)
        elif what == "first" and parts:
            parts.popitem(last=False)
        elif what == "clear" and key == 0:
            parts.clear()
        elif what == "change" and key in parts:
            parts[key].name = "changed"
            chunk = parts[key].holders[0]

            assert isinstance(chunk, Chunk)
            assert before[id(chunk)] != chunk.kept

    assert list(parts.values()) == [thing for chunk in parts.chunks for thing in chunk.things]
    assert all(1 <= len(chunk.things) <= CHUNK_SIZE for chunk in parts.chunks)
    assert all((chunk,) == thing.holders for chunk in parts.chunks for thing in chunk.things)


def test_what_was_taken_out_counts_no_longer() -> None:
    """A thing that left its owner changes without it, and holds it no more."""
    owner = _owner()
    part = owner.parts.pop("a")
    before = _keep(owner)

    part.name = "z"

    assert ([False] * 3, ()) == (_renewed(owner, before), part.holders)


def test_versions_are_equal_to_themselves_alone() -> None:
    """Two that hold the same are not the same version."""
    first, second = Kept(), Kept()

    assert (True, False, True) == (first == first, first == second, first != second)

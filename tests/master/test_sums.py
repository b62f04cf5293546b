"""Sums that are kept up are what adding up anew gives."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.resources import NOTHING, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_master.views.sums import RunningSum, add_up

SHARED = Resources(tuple(Resource(evolve(item.kind, shared=True), item.value) for item in parse_resources("disk:64")))
PARTS = st.sampled_from(
    [
        parse_resources("cpus:0.1;mem:32"),
        parse_resources("cpus(web):2;ports:[31000-31002]"),
        parse_resources("ports:[31001-31001, 31005-31007];zones:{a,b}"),
        parse_resources("zones:{b,c};gpus:1"),
        SHARED,
        NOTHING,
    ]
)


@given(st.lists(PARTS), st.data())
def test_what_came_and_went_leaves_the_sum_of_what_stayed(parts: list[Resources], data: st.DataObject) -> None:
    """However many hold the same ports, items or shared volume, in whatever order they go."""
    stays = data.draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    total = RunningSum()
    for part in parts:
        total.change(part, 1)
    for part, does_stay in zip(parts, stays, strict=True):
        if not does_stay:
            total.change(part, -1)
    left = [part for part, does_stay in zip(parts, stays, strict=True) if does_stay]

    assert sum(left, NOTHING) == total.value == add_up(left)
    assert any(left) == bool(total)


def test_the_sum_is_the_same_object_until_something_comes_or_goes() -> None:
    """Views compare it by one look."""
    total = RunningSum()
    total.change(parse_resources("cpus:1"), 1)
    before = total.value

    assert total.value is before

    total.change(parse_resources("mem:1"), 1)

    assert total.value is not before

"""The arithmetic of operations: nothing comes from nothing, and what was done can be undone."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from fakes.volumes import create, destroy, grow, reserve, reserved, shrink, unreserve, volume
from koinon_core.conversions import (
    Conversion,
    allocate_operation,
    apply_converted,
    find_origin,
    is_converted,
    plan_conversion,
)
from koinon_core.offers import Launch, Operation, OperationType
from koinon_core.quantities import Quantities
from koinon_core.resources import Resource, Resources
from koinon_core.resources_text import parse_resources

SIZES = st.integers(min_value=1, max_value=500)
STACKS = st.sampled_from([("r",), ("r", "r/s"), ("r", "r/s", "r/s/t")])


def plan(operation: Operation) -> Conversion:
    """The conversion, which is there."""
    conversion = plan_conversion(operation)
    assert conversion is not None
    return conversion


def test_a_refinement_comes_from_the_reservation_beneath() -> None:
    """RESERVE puts one on the stack, UNRESERVE takes it off."""
    outer, inner = reserved("cpus:1", "r"), reserved("cpus:1", "r", "r/s")

    assert Conversion(outer, inner) == plan(reserve(inner))
    assert Conversion(inner, outer) == plan(unreserve(inner))


def test_a_static_reservation_can_be_refined() -> None:
    """And what flags reserved comes back when the refinement goes."""
    static = parse_resources("cpus(r):1")
    (flags,), (item,) = static, reserved("cpus:1", "r/s")
    stack = (*flags.kind.reservations, *item.kind.reservations)
    refined = Resources((Resource(evolve(item.kind, reservations=stack), item.value),))

    assert Conversion(refined, static) == plan(unreserve(refined))
    assert static == find_origin(refined)


def test_a_shared_volume_is_made_of_disk_that_is_not() -> None:
    """Sharing is the volume's, not the disk's."""
    kept = volume(10, shared=True)

    assert Conversion(reserved("disk:10", "r"), Resources((kept,))) == plan(create(kept))


def test_a_launch_converts_nothing() -> None:
    """It uses."""
    assert plan_conversion(Operation(type=OperationType.LAUNCH, launch=Launch())) is None


@given(size=SIZES, by=SIZES, stack=STACKS)
def test_no_operation_changes_amounts(size: int, by: int, stack: tuple[str, ...]) -> None:
    """Of each resource there is as much after as before, and nothing is negative."""
    kept = volume(size)
    operations = [
        reserve(reserved(f"cpus:{size};mem:{by}", *stack)),
        unreserve(reserved(f"cpus:{size};ports:[1-{by}]", *stack)),
        create(kept),
        destroy(kept),
        grow(kept, by),
        shrink(volume(size + by), by),
    ]
    for operation in operations:
        conversion = plan(operation)
        assert Quantities.of(conversion.consumed) == Quantities.of(conversion.converted)
        assert conversion.consumed.ranges("ports") == conversion.converted.ranges("ports")


@given(size=SIZES, stack=STACKS)
def test_what_was_converted_is_found_again(size: int, stack: tuple[str, ...]) -> None:
    """An agent that remembers only what was converted comes to the same total from its flags."""
    flags = parse_resources("cpus:1000;disk:1000;ports:[1-500]")
    made = reserved(f"cpus:{size};disk:{size};ports:[1-{size}]", *stack) + Resources((volume(size / 2),))
    total = apply_converted(flags, made)

    assert made == total.filter(is_converted)
    assert flags == total.without(made) + find_origin(made)


def test_the_mark_of_a_role_is_put_on_and_disregarded() -> None:
    """An operation does the same with the mark and without it."""
    for operation in (reserve(reserved("cpus:1", "r")), create(volume(5)), grow(volume(5), 1), shrink(volume(5), 1)):
        marked = allocate_operation(operation, "r")

        assert operation != marked
        assert plan(operation) == plan(marked)

"""Dominant-share order of siblings, their order by chance, and the tree of roles made of such orders."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from koinon_core.scalars import Scalar
from koinon_master.allocator.role_tree import RoleTree
from koinon_master.allocator.sorter import Claimant, DrfSorter, RandomSorter, Sorter, Yardstick

TOTAL = {"cpus": 10_000, "mem": 1_000_000, "gpus": 1_000}


def _amount(**amounts: float) -> dict[str, int]:
    return {name: Scalar.of(value).thousandths for name, value in amounts.items()}


def _yardstick(*excluded: str) -> Yardstick:
    yardstick = Yardstick(excluded)
    yardstick.set_total(TOTAL)
    return yardstick


def _sorter(*names: str, excluded: tuple[str, ...] = ()) -> tuple[DrfSorter[Claimant], list[Claimant]]:
    sorter: DrfSorter[Claimant] = DrfSorter(_yardstick(*excluded))
    claimants = [Claimant(name) for name in names]
    for claimant in claimants:
        sorter.enlist(claimant, True)
    return sorter, claimants


def _names(sorter: Sorter[Claimant]) -> list[str]:
    return [claimant.name for claimant in sorter.order()]


def _tree(*roles: str) -> RoleTree:
    yardstick = _yardstick()
    tree = RoleTree(yardstick, lambda: DrfSorter(yardstick), lambda: DrfSorter(yardstick))
    for role in roles:
        tree.set_active(tree.enter(role), True)
    return tree


def _roles(tree: RoleTree) -> list[str]:
    return [role.name for role in tree.order()]


def test_equal_claimants_are_ordered_by_name() -> None:
    """With nothing allocated the name decides."""
    sorter, _ = _sorter("c", "a", "b")

    assert ["a", "b", "c"] == _names(sorter)


def test_dominant_share_decides() -> None:
    """Half of the memory outweighs three tenths of the cpus."""
    sorter, (a, b) = _sorter("a", "b")

    sorter.allocate(a, _amount(cpus=1, mem=500))
    sorter.allocate(b, _amount(cpus=3, mem=1))

    assert ["b", "a"] == _names(sorter)


def test_share_counts_by_weight() -> None:
    """Who has weight 3 may hold three times as much before its turn is over."""
    sorter, (a, b) = _sorter("a", "b")
    sorter.weigh(a, 3.0)

    sorter.allocate(a, _amount(cpus=2))
    sorter.allocate(b, _amount(cpus=1))

    assert ["a", "b"] == _names(sorter)


def test_release_restores_the_share_and_turns_break_the_tie() -> None:
    """Who had more turns comes later, at the same share."""
    sorter, (a, _) = _sorter("a", "b")

    sorter.allocate(a, _amount(cpus=1))
    sorter.release(a, _amount(cpus=1))

    assert {} == a.amounts
    assert ["b", "a"] == _names(sorter)


def test_whoever_takes_no_part_is_still_counted() -> None:
    """A suppressed role is not in the order, and its share is what it was when it is back."""
    sorter, (a, _) = _sorter("a", "b")
    sorter.allocate(a, _amount(cpus=1))

    sorter.enlist(a, False)
    without = _names(sorter)
    sorter.enlist(a, True)

    assert ["b"] == without
    assert ["b", "a"] == _names(sorter)


def test_excluded_names_do_not_count() -> None:
    """A resource that is left out of fair sharing makes no share."""
    sorter, (a, b) = _sorter("a", "b", excluded=("gpus",))

    sorter.allocate(a, _amount(gpus=1))
    sorter.allocate(b, _amount(cpus=1))

    assert ["a", "b"] == _names(sorter)


def test_shares_are_measured_anew_when_the_cluster_changes() -> None:
    """A tenth of the cpus is more than a fifth of the memory once most of the cpus are gone."""
    yardstick = _yardstick()
    sorter: DrfSorter[Claimant] = DrfSorter(yardstick)
    a, b = Claimant("a"), Claimant("b")
    for claimant, amount in ((a, _amount(cpus=1)), (b, _amount(mem=200))):
        sorter.enlist(claimant, True)
        sorter.allocate(claimant, amount)
    before = _names(sorter)

    yardstick.set_total({"cpus": 2_000, "mem": 1_000_000})

    assert ["a", "b"] == before
    assert ["b", "a"] == _names(sorter)


@pytest.mark.parametrize("seed", range(20))
def test_kept_order_is_the_sorted_order(seed: int) -> None:
    """However allocations come and go, the kept order is what sorting everybody anew would give."""
    rng = Random(seed)
    sorter, claimants = _sorter(*(f"c{number:02}" for number in range(12)))
    for _ in range(200):
        one = rng.choice(claimants)
        if rng.random() < 0.6:
            sorter.allocate(one, _amount(cpus=rng.randint(1, 3), mem=rng.randint(1, 300)))
        elif rng.random() < 0.5:
            sorter.release(one, dict(one.amounts))
        else:
            sorter.enlist(one, not one.is_listed)
        if rng.random() < 0.3:
            expected = sorted((c for c in claimants if c.is_listed), key=_yardstick().rank)

            assert [c.name for c in expected] == _names(sorter)


@pytest.mark.parametrize("weight", [1.0, 4.0])
def test_chance_follows_the_weights(weight: float) -> None:
    """By chance, who has four times the weight is first four times as often; everybody is in each order once."""
    sorter: RandomSorter[Claimant] = RandomSorter(_yardstick(), Random(7))
    heavy, light = Claimant("heavy"), Claimant("light")
    for claimant in (heavy, light):
        sorter.enlist(claimant, True)
    sorter.weigh(heavy, weight)

    orders = Counter(tuple(_names(sorter)) for _ in range(4000))

    assert {("heavy", "light"), ("light", "heavy")} == set(orders)
    assert weight == pytest.approx(orders["heavy", "light"] / orders["light", "heavy"], rel=0.15)


def test_every_order_by_chance_is_as_likely() -> None:
    """Drawing one by one is a fair shuffle."""
    sorter: RandomSorter[Claimant] = RandomSorter(_yardstick(), Random(7))
    for name in "abc":
        sorter.enlist(Claimant(name), True)

    orders = Counter("".join(_names(sorter)) for _ in range(6000))

    assert 6 == len(orders)
    assert all(850 < count < 1150 for count in orders.values())


def test_siblings_are_compared_at_each_level() -> None:
    """Children share their parent's fortune: a busy tree comes after an idle role, however idle its leaf."""
    tree = _tree("eng/web", "eng/db", "ops")

    tree.allocate(tree.roles["eng/web"], _amount(cpus=4))
    tree.allocate(tree.roles["ops"], _amount(cpus=1))

    assert ["ops", "eng/db", "eng/web"] == _roles(tree)


def test_frameworks_of_an_inner_role_are_one_more_child() -> None:
    """What ``eng`` holds itself competes with its child roles."""
    tree = _tree("eng", "eng/web")

    tree.allocate(tree.roles["eng"], _amount(cpus=1))

    assert ["eng/web", "eng"] == _roles(tree)


def test_weights_count_within_the_parent_alone() -> None:
    """A child's weight gives it more of its parent's share, not of others'."""
    tree = _tree("eng/web", "eng/db", "ops")
    tree.set_weights({"eng/web": 10.0})

    tree.allocate(tree.roles["eng/web"], _amount(cpus=2))
    tree.allocate(tree.roles["eng/db"], _amount(cpus=1))
    tree.allocate(tree.roles["ops"], _amount(cpus=2))

    assert ["ops", "eng/web", "eng/db"] == _roles(tree)


def test_role_keeps_what_it_holds_when_it_gets_children_and_loses_them() -> None:
    """A leaf that becomes an inner role, and a leaf again, is counted the same all the time."""
    tree = _tree("eng")
    tree.allocate(tree.roles["eng"], _amount(cpus=1))

    child = tree.enter("eng/web")
    tree.set_active(child, True)
    with_child = _roles(tree)
    tree.leave(child)

    assert ["eng/web", "eng"] == with_child
    assert ["eng"] == _roles(tree)
    assert {"eng": 0.1} == tree.shares()


def test_left_role_leaves_its_siblings_alone() -> None:
    """The tree keeps what others still need of the path."""
    tree = _tree("eng/web", "eng/db")
    tree.allocate(tree.roles["eng/db"], _amount(cpus=1))

    tree.leave(tree.roles["eng/web"])

    assert ["eng/db"] == _roles(tree)
    assert _amount(cpus=1) == tree.allocated("eng")


def test_inner_role_without_frameworks_takes_no_part() -> None:
    """Once nobody beneath it wants offers, an inner role is out of the order, and back with the first."""
    tree = _tree("eng/web", "ops")

    tree.set_active(tree.roles["eng/web"], False)
    without = _roles(tree)
    tree.set_active(tree.roles["eng/web"], True)

    assert ["ops"] == without
    assert ["eng/web", "ops"] == _roles(tree)

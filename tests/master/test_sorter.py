"""Dominant-share order of roles and frameworks."""

from __future__ import annotations

from koinon_core.quantities import Quantities
from koinon_core.scalars import Scalar
from koinon_master.allocator.sorter import DrfSorter


def _amount(**amounts: float) -> Quantities:
    return Quantities({name: Scalar.of(value) for name, value in amounts.items()})


def _sorter(*clients: str, excluded: tuple[str, ...] = ()) -> DrfSorter:
    sorter = DrfSorter(excluded)
    sorter.set_total(_amount(cpus=10, mem=1000, gpus=1))
    for client in clients:
        sorter.add(client)
        sorter.set_active(client, True)
    return sorter


def test_equal_clients_are_ordered_by_name() -> None:
    """With nothing allocated the name decides."""
    assert ["a", "b", "c"] == _sorter("c", "a", "b").order()


def test_dominant_share_decides() -> None:
    """Half of the memory outweighs three tenths of the cpus."""
    sorter = _sorter("a", "b")

    sorter.allocate("a", _amount(cpus=1, mem=500))
    sorter.allocate("b", _amount(cpus=3, mem=1))

    assert ["b", "a"] == sorter.order()
    assert 0.5 == sorter.share("a")


def test_release_restores_the_share_and_turns_break_the_tie() -> None:
    """Who had more turns comes later, at the same share."""
    sorter = _sorter("a", "b")

    sorter.allocate("a", _amount(cpus=1))
    sorter.release("a", _amount(cpus=1))

    assert 0.0 == sorter.share("a")
    assert ["b", "a"] == sorter.order()


def test_inactive_clients_are_left_out_but_still_counted() -> None:
    """A suppressed role is not in the order, and its share is what it was when it is back."""
    sorter = _sorter("a", "b")
    sorter.allocate("a", _amount(cpus=1))

    sorter.set_active("a", False)
    without = sorter.order()
    sorter.set_active("a", True)

    assert ["b"] == without
    assert ["b", "a"] == sorter.order()


def test_siblings_are_compared_at_each_level() -> None:
    """Children share their parent's fortune: a busy tree comes after an idle role, however idle its leaf."""
    sorter = _sorter("eng/web", "eng/db", "ops")

    sorter.allocate("eng/web", _amount(cpus=4))
    sorter.allocate("ops", _amount(cpus=1))

    assert ["ops", "eng/db", "eng/web"] == sorter.order()


def test_clients_of_an_inner_role_are_one_more_child() -> None:
    """What ``eng`` holds itself competes with its child roles."""
    sorter = _sorter("eng", "eng/web")

    sorter.allocate("eng", _amount(cpus=1))

    assert ["eng/web", "eng"] == sorter.order()


def test_excluded_names_do_not_count() -> None:
    """A resource that is left out of fair sharing makes no share."""
    sorter = _sorter("a", "b", excluded=("gpus",))

    sorter.allocate("a", _amount(gpus=1))
    sorter.allocate("b", _amount(cpus=1))

    assert ["a", "b"] == sorter.order()


def test_removed_client_leaves_its_siblings_alone() -> None:
    """The tree keeps what others still need of the path."""
    sorter = _sorter("eng/web", "eng/db")
    sorter.allocate("eng/db", _amount(cpus=1))

    sorter.remove("eng/web")

    assert ["eng/db"] == sorter.order()
    assert 0.1 == sorter.share("eng/db")

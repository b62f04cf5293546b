"""Who dies when an app shrinks: marathon-semantics 5 and 12.4."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.attributes import Attribute
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_frameworks.matching.placement import Placement
from koinon_marathon.definition.apps import KillSelection
from koinon_marathon.instance.instances import InstanceId
from koinon_marathon.instance.kill_order import (
    Candidate,
    KillRank,
    ScalingGoal,
    ScalingProposition,
    kill_order,
    propose_scaling,
)

BY_RACK = (Constraint("rack", Operator.GROUP_BY),)


def running(name: str, since: float = 0.0, rack: str = "r1") -> Candidate:
    """A running instance on a rack."""
    placement = Placement(hostname="h", attributes=(Attribute("rack", rack),))
    return Candidate(id=InstanceId(name), rank=KillRank.RUNNING, since=since, placement=placement)


@pytest.mark.parametrize(
    ("target", "sentenced", "victims", "to_start"),
    [
        (3, set(), (), 0),
        (5, set(), (), 2),
        (1, set(), ("c", "b"), 0),
        (0, set(), ("c", "b", "a"), 0),
        (3, {"a"}, ("a",), 1),
        (2, {"a"}, ("a",), 0),
        (1, {"a"}, ("a", "c"), 0),
        (2, {"a", "b"}, ("a", "b"), 1),
        (2, {"gone"}, ("c",), 0),
    ],
)
def test_proposition(target: int, sentenced: set[InstanceId], victims: tuple[InstanceId, ...], to_start: int) -> None:
    """Sentenced instances go first and are replaced if that leaves too few; the rest by age."""
    three = [running("a", 1.0), running("b", 2.0), running("c", 3.0)]

    assert ScalingProposition(victims=victims, to_start=to_start) == propose_scaling(
        ScalingGoal(instances=target), three, frozenset(sentenced)
    )


def test_rank_goes_before_age() -> None:
    """The less an instance does, the sooner it goes; one that never started goes before its equals."""
    ranks = list(KillRank)
    candidates = [Candidate(id=InstanceId(rank.name), rank=rank, since=5.0) for rank in reversed(ranks)]
    unborn = Candidate(id=InstanceId("unborn"), rank=KillRank.RUNNING)

    order = kill_order([*candidates, unborn], KillSelection.YOUNGEST_FIRST)

    assert ["UNREACHABLE", "STAGING", "STARTING", "unborn", "RUNNING", "OTHER"] == [one.id for one in order]


def test_selection_decides_between_equals() -> None:
    """Youngest first is the default; oldest first turns it round."""
    two = [running("old", 1.0), running("young", 2.0)]

    assert ["young", "old"] == [one.id for one in kill_order(two, KillSelection.YOUNGEST_FIRST)]
    assert ["old", "young"] == [one.id for one in kill_order(two, KillSelection.OLDEST_FIRST)]


def test_of_one_age_the_last_made_is_the_youngest() -> None:
    """Tasks that started in one instant, as a burst does."""
    twins = [running("first", 1.0), running("second", 1.0)]

    assert ["second", "first"] == [one.id for one in kill_order(twins, KillSelection.YOUNGEST_FIRST)]
    assert ["first", "second"] == [one.id for one in kill_order(twins, KillSelection.OLDEST_FIRST)]


def test_balance_goes_before_age() -> None:
    """With GROUP_BY the largest group shrinks first, though the youngest instance is elsewhere."""
    candidates = [running("a", 1.0), running("b", 2.0), running("c", 3.0, rack="r2")]

    assert ("b",) == propose_scaling(ScalingGoal(instances=2, constraints=BY_RACK), candidates).victims


def test_several_largest_groups_shrink_in_turn() -> None:
    """No single loss evens 3, 3, 1 out; four do."""
    candidates = [
        running(f"{rack}{index}", 1.0, rack)
        for rack, size in (("r1", 3), ("r2", 3), ("r3", 1))
        for index in range(size)
    ]

    victims = propose_scaling(ScalingGoal(instances=3, constraints=BY_RACK), candidates).victims

    assert {"r1": 2, "r2": 2} == Counter(victim[:2] for victim in victims)


def test_what_was_never_placed_goes_before_anybody_is_chosen_for_balance() -> None:
    """It stands in no group, and costs nothing."""
    waiting = Candidate(id=InstanceId("waiting"), rank=KillRank.UNREACHABLE)
    candidates = [running("a"), running("b"), running("c", rack="r2"), waiting]

    assert ("waiting",) == propose_scaling(ScalingGoal(instances=3, constraints=BY_RACK), candidates).victims


@given(st.lists(st.sampled_from(["r1", "r2", "r3"]), max_size=20), st.integers(0, 20))
def test_shrinking_never_makes_groups_less_even(racks: list[str], target: int) -> None:
    """Groups that differ by at most one still do after shrinking; others differ by no more than before."""
    candidates = [running(str(index), float(index), rack) for index, rack in enumerate(racks)]

    proposition = propose_scaling(ScalingGoal(instances=target, constraints=BY_RACK), candidates)

    assert max(len(racks) - target, 0) == len(proposition.victims) == len(set(proposition.victims))
    before = Counter(racks)
    left = Counter(rack for index, rack in enumerate(racks) if str(index) not in proposition.victims)
    sizes = [left[rack] for rack in before]
    allowed = max(1, max(before.values(), default=0) - min(before.values(), default=0))
    assert max(sizes, default=0) - min(sizes, default=0) <= allowed

"""The seven operators over where instances already run: marathon-semantics 12, GROUP_BY as in ADR 0003."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.attributes import Attribute, parse_attributes
from koinon_frameworks.matching.constraints import Constraint, Operator, check
from koinon_frameworks.matching.placement import Placement, comparable_text

RACKS = ("r1", "r2", "r3", "r4")


def place(attributes: str = "", hostname: str = "a1") -> Placement:
    """An agent with attributes as an operator writes them."""
    return Placement(hostname=hostname, attributes=parse_attributes(attributes))


def racks(*names: str) -> list[Placement]:
    """Instances on these racks, oldest first."""
    return [place(f"rack:{name}") for name in names]


def why_not(field: str, operator: str, value: str, here: Placement, placed: list[Placement]) -> str | None:
    """The sentence of the refusal, or None."""
    refusal = check([Constraint(field, Operator(operator), value)], here, placed)
    return None if refusal is None else str(refusal)


@pytest.mark.parametrize(
    ("operator", "value", "here", "placed", "expected"),
    [
        ("UNIQUE", "", "r1", [], None),
        ("UNIQUE", "", "r2", ["r1"], None),
        ("UNIQUE", "", "r1", ["r1"], "rack UNIQUE: an instance already runs on r1, r1 has 1"),
        ("CLUSTER", "r1", "r1", ["r2"], None),
        ("CLUSTER", "r1", "r2", [], "rack CLUSTER r1: the agent has r2"),
        ("CLUSTER", "", "r2", [], None),
        ("CLUSTER", "", "r2", ["r1"], "rack CLUSTER: the first instance runs on r1, the agent has r2"),
        ("LIKE", "r[12]", "r1", [], None),
        ("LIKE", "r", "r1", [], "rack LIKE r: the agent has r1, which does not match"),
        ("LIKE", "(?<letter>r)[0-9]", "r1", [], None),
        ("UNLIKE", "r[12]", "r3", [], None),
        ("UNLIKE", "r[12]", "r1", [], "rack UNLIKE r[12]: the agent has r1, which matches"),
        ("MAX_PER", "2", "r1", ["r1"], None),
        ("MAX_PER", "2", "r1", ["r1", "r1", "r2"], "rack MAX_PER 2: r1 already holds 2 of 3: r1 has 2, r2 has 1"),
        (
            "MAX_PER",
            "1",
            "r1",
            ["r3", "r1", "r2"],
            "rack MAX_PER 1: r1 already holds 1 of 3: r1 has 1, r2 has 1, r3 has 1",
        ),
        ("IS", "r1", "r1", [], None),
        ("IS", "r1", "r2", [], "rack IS r1: the agent has r2"),
    ],
)
def test_operator(operator: str, value: str, here: str, placed: list[str], expected: str | None) -> None:
    """Each operator accepts what it should, and says in one sentence why it refuses the rest."""
    assert expected == why_not("rack", operator, value, place(f"rack:{here}"), racks(*placed))


@pytest.mark.parametrize("pattern", ["(x+x+)+y", "(a|aa)+$", "(.*)*x"])
def test_no_pattern_takes_long(pattern: str) -> None:
    """What other engines try out for years is answered at once."""
    here = Placement(hostname="a" * 2000 + "x" * 2000 + "!")

    assert why_not("hostname", "LIKE", pattern, here, []) is not None


@pytest.mark.parametrize(
    ("value", "here", "placed", "expected"),
    [
        ("3", "r1", [], None),
        ("3", "r1", ["r1"], "rack GROUP_BY 3: r1 already holds 1 of 1; only 1 of 3 groups are in use"),
        ("3", "r2", ["r1"], None),
        ("3", "r1", ["r1", "r2", "r3"], None),
        ("3", "r4", ["r1", "r2", "r3"], None),
        ("2", "r1", ["r1", "r1", "r2", "r3", "r3"], "rack GROUP_BY 2: r1 already holds 2 of 5; r2 has 1"),
        ("2", "r2", ["r1", "r1", "r2", "r3", "r3"], None),
        ("", "r1", ["r1"], None),
        ("", "r1", ["r1", "r1", "r2"], "rack GROUP_BY: r1 already holds 2 of 3; r2 has 1"),
    ],
)
def test_group_by_keeps_groups_balanced(value: str, here: str, placed: list[str], expected: str | None) -> None:
    """New groups first until there are enough, then only the smallest groups grow."""
    assert expected == why_not("rack", "GROUP_BY", value, place(f"rack:{here}"), racks(*placed))


@pytest.mark.parametrize("operator", ["UNIQUE", "CLUSTER", "GROUP_BY", "LIKE", "MAX_PER", "IS"])
def test_missing_attribute_refuses(operator: str) -> None:
    """An agent without the attribute is no place for anything but UNLIKE."""
    value = {"LIKE": ".*", "MAX_PER": "9"}.get(operator, "")

    assert f"rack {operator} {value}".rstrip() + ": the agent has no rack" == why_not(
        "rack", operator, value, place(), []
    )
    assert why_not("rack", "UNLIKE", ".*", place(), []) is None


def test_fields_that_are_no_attributes() -> None:
    """The hostname and the fault domain are fields of their own; of two attributes of one name the first counts."""
    here = Placement(hostname="a1", attributes=parse_attributes("rack:r1;rack:r2;hostname:z"), region="eu", zone="e1")

    for field, value in {"hostname": "a1", "@hostname": "a1", "@region": "eu", "@zone": "e1", "rack": "r1"}.items():
        assert why_not(field, "CLUSTER", value, here, []) is None
    assert "@zone IS x: the agent has no @zone" == why_not("@zone", "IS", "x", place(), [])


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [("n:0.80", "0.8"), ("n:1", "1"), ("p:[5-9,1-2]", "[1-2,5-9]"), ("s:{b,a}", "{a,b}"), ("t:Rack_1", "Rack_1")],
)
def test_values_are_compared_as_text(attribute: str, expected: str) -> None:
    """Scalars lose trailing zeros, ranges and sets are sorted."""
    assert expected == comparable_text(parse_attributes(attribute)[0])


@pytest.mark.parametrize(("value", "fits"), [("0.80", True), ("0.8001", True), ("0.81", False), ("x", False)])
def test_is_compares_numbers_as_numbers(value: str, fits: bool) -> None:
    """A number may be written in several ways."""
    assert fits is (why_not("cores", "IS", value, place("cores:0.8"), []) is None)


def test_first_refusal_of_several_is_told() -> None:
    """All constraints must hold; the first that does not explains."""
    both = [Constraint("hostname", Operator.UNIQUE), Constraint("rack", Operator.IS, "r1")]

    refusal = check(both, place("rack:r2", hostname="b"), [place(hostname="a")])

    assert refusal is not None
    assert both[1] == refusal.constraint


def fill(constraint: Constraint, offers: list[str]) -> Counter[str]:
    """Launch on every offer that the constraint accepts, one after the other."""
    placed: list[Placement] = []
    for rack in offers:
        if check([constraint], place(f"rack:{rack}"), placed) is None:
            placed.append(place(f"rack:{rack}"))
    return Counter(text for one in placed if (text := one.text_of("rack")))


offers_from_racks = st.lists(st.sampled_from(RACKS), max_size=60)


@given(offers_from_racks)
def test_unique_never_doubles(offers: list[str]) -> None:
    """However offers come, no value holds two instances, and every value offered holds one."""
    assert dict.fromkeys(offers, 1) == fill(Constraint("rack", Operator.UNIQUE), offers)


@given(offers_from_racks, st.integers(1, 5))
def test_max_per_is_never_exceeded(offers: list[str], most: int) -> None:
    """However offers come, no value holds more than the maximum, and none less than it could."""
    expected = {rack: min(count, most) for rack, count in Counter(offers).items()}

    assert expected == fill(Constraint("rack", Operator.MAX_PER, str(most)), offers)


@given(offers_from_racks)
def test_cluster_stays_together(offers: list[str]) -> None:
    """All instances are where the first one is."""
    expected = {offers[0]: offers.count(offers[0])} if offers else {}

    assert expected == fill(Constraint("rack", Operator.CLUSTER), offers)


@pytest.mark.slow
@given(st.lists(st.permutations(RACKS), max_size=12), st.integers(1, len(RACKS)))
def test_group_by_differs_by_at_most_one_while_all_groups_offer(rounds: list[list[str]], wanted: int) -> None:
    """As long as offers keep coming from every group, no two groups differ by more than one instance."""
    counts = fill(Constraint("rack", Operator.GROUP_BY, str(wanted)), [rack for offers in rounds for rack in offers])

    sizes = [counts[rack] for rack in RACKS]
    assert max(sizes) - min(sizes) <= 1


@given(offers_from_racks, st.integers(1, len(RACKS)))
def test_group_by_never_doubles_before_enough_groups(offers: list[str], wanted: int) -> None:
    """No group holds a second instance while fewer groups are in use than were asked for."""
    counts = fill(Constraint("rack", Operator.GROUP_BY, str(wanted)), offers)

    assert len(counts) >= wanted or set(counts.values()) <= {1}


@given(st.text(), st.text())
def test_text_attributes_are_compared_exactly(here: str, other: str) -> None:
    """Texts are never taken apart or trimmed."""
    candidate = Placement(hostname="h", attributes=(Attribute("t", here),))
    placed = [Placement(hostname="h", attributes=(Attribute("t", other),))]

    assert (here == other) is (check([Constraint("t", Operator.UNIQUE)], candidate, placed) is not None)

"""Offer constraints: which are valid, which agents pass, and what is said of those that don't."""

from __future__ import annotations

import pytest

from koinon_core.agents import AgentInfo, DomainInfo, FaultDomain, RegionInfo, ZoneInfo
from koinon_core.attributes import parse_attributes
from koinon_core.offer_constraints import (
    AttributeConstraint,
    ConstraintGroup,
    Exists,
    NotExists,
    OfferConstraints,
    Predicate,
    PseudoattributeType,
    RoleConstraints,
    Selector,
    TextEquals,
    TextMatches,
    TextNotEquals,
    TextNotMatches,
)
from koinon_master.allocator.offer_constraints import AgentConstraints, ConstraintLimits, find_constraints_problem

RACK = Selector(attribute_name="rack")
HOSTNAME, REGION, ZONE = (
    Selector(pseudoattribute_type=PseudoattributeType[name]) for name in ("HOSTNAME", "REGION", "ZONE")
)
EXISTS = Predicate(exists=Exists())
INVALID = "A role r has an invalid 'AttributeConstraint': "
LIMITS = ConstraintLimits()


def _group(*conditions: tuple[Selector, Predicate]) -> ConstraintGroup:
    return ConstraintGroup(tuple(AttributeConstraint(selector=one, predicate=two) for one, two in conditions))


def _for_role(*groups: ConstraintGroup) -> OfferConstraints:
    return OfferConstraints({"r": RoleConstraints(groups)})


def _problem(selector: Selector, predicate: Predicate) -> str | None:
    return find_constraints_problem(_for_role(_group((selector, predicate))), LIMITS)


def _regex_problem(regex: str) -> str | None:
    return _problem(RACK, Predicate(text_matches=TextMatches(regex)))


def test_role_without_groups_is_refused() -> None:
    """An empty list of alternatives can't be meant."""
    expected = "'OfferConstraints::role_constraints' has an empty 'RoleConstraints::groups' for role r"

    assert expected == find_constraints_problem(_for_role(), LIMITS)


def test_empty_group_is_refused() -> None:
    """A group without conditions can't be meant."""
    expected = "'OfferConstraints::RoleConstraints::groups' for role rcontains an empty RoleConstraints::Group"

    assert expected == find_constraints_problem(_for_role(_group((RACK, EXISTS)), _group()), LIMITS)


@pytest.mark.parametrize(
    "selector", [Selector(), Selector(attribute_name="a", pseudoattribute_type=PseudoattributeType.ZONE)]
)
def test_selector_names_one_thing(selector: Selector) -> None:
    """Exactly one of the two ways to select is used."""
    expected = (
        f"{INVALID}Exactly one of 'AttributeConstraint::Selector::name' or"
        " 'AttributeConstraint::Selector::pseudoattribute_type' must be set"
    )

    assert expected == _problem(selector, EXISTS)


def test_unknown_pseudoattribute_is_refused() -> None:
    """UNKNOWN selects nothing."""
    selector = Selector(pseudoattribute_type=PseudoattributeType.UNKNOWN)

    assert f"{INVALID}Unknown pseudoattribute type" == _problem(selector, EXISTS)


def test_constraint_has_one_predicate() -> None:
    """None says nothing, two contradict each other."""
    both = Predicate(exists=Exists(), not_exists=NotExists())

    assert f"{INVALID}Unknown predicate type" == _problem(RACK, Predicate())
    assert f"{INVALID}Exactly one predicate must be set, not exists and not_exists" == _problem(RACK, both)


@pytest.mark.parametrize(
    ("regex", "why"),
    [
        ("(", "missing ): ("),
        ("a(?=b)", "invalid perl operator: (?="),
        ("a{1000}", "pattern too large - compile failed"),
        ("a**", "bad repetition operator: **"),
        ("\\p{Greek}{10}", "pattern too large - compile failed"),
    ],
)
def test_bad_expressions_are_refused_in_the_words_of_re2(regex: str, why: str) -> None:
    """What RE2 can't read, or not in the memory it is given, is named with the pattern."""
    assert f"{INVALID}Failed to construct regex from pattern '{regex}': {why}" == _regex_problem(regex)


def test_costly_expressions_are_refused() -> None:
    """The program of an expression has at most 100 instructions."""
    too_long = "a" * 97
    expected = f"{INVALID}Regex '{too_long}' is too complex: program size of 101 is larger than maximum of 100 allowed"

    assert expected == _regex_problem(too_long)
    assert _regex_problem("a" * 96) is None


AGENT = AgentInfo(
    hostname="h1",
    attributes=parse_attributes("rack:r1;rack:r2;zone:7"),
    domain=DomainInfo(FaultDomain(region=RegionInfo("eu"), zone=ZoneInfo("eu-1"))),
)


@pytest.mark.parametrize(
    ("selector", "predicate", "passes"),
    [
        (RACK, EXISTS, True),
        (RACK, Predicate(not_exists=NotExists()), False),
        (RACK, Predicate(text_equals=TextEquals("r1")), True),
        (RACK, Predicate(text_equals=TextEquals("r2")), False),  # only the first of a name is looked at
        (RACK, Predicate(text_not_equals=TextNotEquals("r1")), False),
        (RACK, Predicate(text_matches=TextMatches("r[0-9]")), True),
        (RACK, Predicate(text_matches=TextMatches("r")), False),  # the whole text must match
        (RACK, Predicate(text_not_matches=TextNotMatches("r[0-9]")), False),
        (Selector(attribute_name="zone"), Predicate(text_equals=TextEquals("x")), True),  # no text: let through
        (Selector(attribute_name="zone"), Predicate(text_not_matches=TextNotMatches(".*")), True),
        (Selector(attribute_name="none"), EXISTS, False),
        (Selector(attribute_name="none"), Predicate(not_exists=NotExists()), True),
        (Selector(attribute_name="none"), Predicate(text_equals=TextEquals("")), False),
        (Selector(attribute_name="none"), Predicate(text_matches=TextMatches(".*")), False),
        (Selector(attribute_name="none"), Predicate(text_not_equals=TextNotEquals("a")), True),
        (Selector(attribute_name="none"), Predicate(text_not_matches=TextNotMatches(".*")), True),
        (HOSTNAME, Predicate(text_equals=TextEquals("h1")), True),
        (REGION, Predicate(text_equals=TextEquals("us")), False),
        (ZONE, Predicate(text_matches=TextMatches("eu-.*")), True),
    ],
)
def test_predicates(selector: Selector, predicate: Predicate, passes: bool) -> None:
    """Each predicate on texts, numbers, missing attributes and what an agent has besides attributes."""
    constraints = AgentConstraints(RoleConstraints((_group((selector, predicate)),)), LIMITS)

    assert passes is constraints.passes(AGENT)


def test_agent_without_domain_has_no_region() -> None:
    """A pseudo attribute may be missing like any other."""
    wanted = RoleConstraints((_group((REGION, Predicate(not_exists=NotExists()))),))

    assert AgentConstraints(wanted, LIMITS).passes(AgentInfo(hostname="h"))


def test_any_group_with_all_its_conditions_will_do() -> None:
    """Groups are alternatives, the conditions of one must all hold; a refusal says what fails of each."""
    r2 = (RACK, Predicate(text_equals=TextEquals("r2")))
    here = (HOSTNAME, Predicate(text_equals=TextEquals("h1")))
    abroad = (REGION, Predicate(text_not_equals=TextNotEquals("eu")))

    one_fails = AgentConstraints(RoleConstraints((_group(here, r2), _group(here))), LIMITS)
    both_fail = AgentConstraints(RoleConstraints((_group(here, r2), _group(abroad))), LIMITS)

    assert one_fails.passes(AGENT)
    assert not both_fail.passes(AGENT)
    expected = "attribute rack must be 'r2', and the agent has r1, or the region must not be 'eu', and the agent has eu"
    assert expected == both_fail.explain(AGENT)

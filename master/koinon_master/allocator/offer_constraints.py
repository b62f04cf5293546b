"""What agents a framework wants to be offered at all (mesos-v1-api 2.9): are its constraints valid, does an agent pass.

The values are ``koinon_core.offer_constraints``'; whether a refused SUBSCRIBE ends the stream is the front's.
Expressions are RE2's, as no text of a framework can make RE2 take long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import re2
from attrs import frozen

from koinon_core.agents import AgentInfo
from koinon_core.attributes import Attribute, format_value
from koinon_core.offer_constraints import (
    AttributeConstraint,
    ConstraintGroup,
    OfferConstraints,
    Predicate,
    PseudoattributeType,
    RoleConstraints,
    Selector,
)

_EITHER_SELECTOR = (
    "Exactly one of 'AttributeConstraint::Selector::name' or"
    " 'AttributeConstraint::Selector::pseudoattribute_type' must be set"
)
_PREDICATES = ("exists", "not_exists", "text_equals", "text_not_equals", "text_matches", "text_not_matches")


@frozen(kw_only=True)
class ConstraintLimits:
    """How much one expression may cost: bytes of memory, and instructions of its program."""

    max_mem: int = 4096
    max_program_size: int = 100


def find_constraints_problem(constraints: OfferConstraints, limits: ConstraintLimits) -> str | None:
    """Say what is wrong with constraints, in Mesos's words, or None. Roles nobody subscribes to are no mistake."""
    for role, wanted in constraints.role_constraints.items():
        if not wanted.groups:
            return f"'OfferConstraints::role_constraints' has an empty 'RoleConstraints::groups' for role {role}"
        for group in wanted.groups:
            if not group.attribute_constraints:
                # The blank is missing in Mesos, too: people search for the text as it is.
                where = f"'OfferConstraints::RoleConstraints::groups' for role {role}"
                return f"{where}contains an empty RoleConstraints::Group"
            for constraint in group.attribute_constraints:
                if (problem := _find_problem(constraint, limits)) is not None:
                    return f"A role {role} has an invalid 'AttributeConstraint': {problem}"
    return None


def _find_problem(constraint: AttributeConstraint, limits: ConstraintLimits) -> str | None:
    selector, predicate = constraint.selector, constraint.predicate
    if (selector.attribute_name is None) is (selector.pseudoattribute_type is None):
        return _EITHER_SELECTOR
    if selector.pseudoattribute_type is PseudoattributeType.UNKNOWN:
        return "Unknown pseudoattribute type"
    named = [name for name in _PREDICATES if getattr(predicate, name) is not None]
    if not named:
        return "Unknown predicate type"
    if len(named) > 1:
        return f"Exactly one predicate must be set, not {' and '.join(named)}"
    expression = predicate.text_matches or predicate.text_not_matches
    return None if expression is None else _find_regex_problem(expression.regex, limits)


def _find_regex_problem(pattern: str, limits: ConstraintLimits) -> str | None:
    try:
        size = _compile(pattern, limits.max_mem).programsize
    except re2.error as error:
        (why,) = error.args or ("unknown",)
        text = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        return f"Failed to construct regex from pattern '{pattern}': {text}"
    except UnicodeEncodeError as error:
        return f"Failed to construct regex from pattern {pattern!r}: {error.reason}"
    if size > limits.max_program_size:
        allowed = f"maximum of {limits.max_program_size} allowed"
        return f"Regex '{pattern}' is too complex: program size of {size} is larger than {allowed}"
    return None


def _compile(pattern: str, max_mem: int) -> Any:
    options = re2.Options()
    options.max_mem, options.log_errors = max_mem, False
    return re2.compile(pattern, options)


@frozen
class _Condition:
    """One constraint, ready to be asked, and how a person would say it."""

    select: Callable[[AgentInfo], Attribute | None]
    holds: Callable[[Attribute | None], bool]
    wanted: str

    def passes(self, agent: AgentInfo) -> bool:
        return self.holds(self.select(agent))

    def explain(self, agent: AgentInfo) -> str:
        found = self.select(agent)
        return f"{self.wanted}, and the agent has {'none' if found is None else format_value(found.value)}"


class AgentConstraints:
    """The constraints of one role of a framework, which must be valid."""

    def __init__(self, wanted: RoleConstraints, limits: ConstraintLimits) -> None:
        self._groups = tuple(tuple(_conditions(group, limits)) for group in wanted.groups)

    def passes(self, agent: AgentInfo) -> bool:
        """Whether the role takes offers of this agent: all conditions of any group hold."""
        return any(all(condition.passes(agent) for condition in group) for group in self._groups)

    def explain(self, agent: AgentInfo) -> str:
        """Why the agent does not pass: what fails of each group."""
        return ", or ".join(
            next(condition.explain(agent) for condition in group if not condition.passes(agent))
            for group in self._groups
        )


def _conditions(group: ConstraintGroup, limits: ConstraintLimits) -> Iterator[_Condition]:
    for constraint in group.attribute_constraints:
        name, select = _selector(constraint.selector)
        wanted, holds = _predicate(constraint.predicate, limits)
        yield _Condition(select, holds, f"{name} must {wanted}")


def _selector(selector: Selector) -> tuple[str, Callable[[AgentInfo], Attribute | None]]:
    name = selector.attribute_name
    if name is not None:
        return f"attribute {name}", lambda agent: next((one for one in agent.attributes if one.name == name), None)
    match selector.pseudoattribute_type:
        case PseudoattributeType.HOSTNAME:
            return "the hostname", lambda agent: Attribute("hostname", agent.hostname)
        case PseudoattributeType.REGION:
            return "the region", _region_of
        case PseudoattributeType.ZONE:
            return "the zone", _zone_of
    raise ValueError(f"{selector} selects nothing")


def _region_of(agent: AgentInfo) -> Attribute | None:
    domain = None if agent.domain is None else agent.domain.fault_domain
    return None if domain is None else Attribute("region", domain.region.name)


def _zone_of(agent: AgentInfo) -> Attribute | None:
    domain = None if agent.domain is None else agent.domain.fault_domain
    return None if domain is None else Attribute("zone", domain.zone.name)


def _predicate(predicate: Predicate, limits: ConstraintLimits) -> tuple[str, Callable[[Attribute | None], bool]]:
    """How a person says it, and the test. A value that is no text passes every test of texts: the scheduler looks
    for itself.
    """
    if predicate.exists is not None:
        return "exist", lambda found: found is not None
    if predicate.not_exists is not None:
        return "not exist", lambda found: found is None
    if predicate.text_equals is not None:
        text = predicate.text_equals.value
        return f"be {text!r}", _test(lambda value: value == text, if_missing=False)
    if predicate.text_not_equals is not None:
        unwanted = predicate.text_not_equals.value
        return f"not be {unwanted!r}", _test(lambda value: value != unwanted, if_missing=True)
    if predicate.text_matches is not None:
        regex = _compile(predicate.text_matches.regex, limits.max_mem)
        wanted = f"match {predicate.text_matches.regex!r}"
        return wanted, _test(lambda value: regex.fullmatch(value) is not None, if_missing=False)
    if predicate.text_not_matches is not None:
        shunned = _compile(predicate.text_not_matches.regex, limits.max_mem)
        wanted = f"not match {predicate.text_not_matches.regex!r}"
        return wanted, _test(lambda value: shunned.fullmatch(value) is None, if_missing=True)
    raise ValueError(f"{predicate} says nothing")


def _test(holds: Callable[[str], bool], *, if_missing: bool) -> Callable[[Attribute | None], bool]:
    def test(found: Attribute | None) -> bool:
        if found is None:
            return if_missing
        return not isinstance(found.value, str) or holds(found.value)

    return test

"""What agents a framework wants to be offered at all, by their attributes (mesos-v1-api 2.9). Values only.

Whether an agent passes is decided by the master's allocator; whether constraints are valid, by its validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen


class PseudoattributeType(Enum):
    """What an agent has besides its attributes."""

    UNKNOWN = 0
    HOSTNAME = 1
    REGION = 2
    ZONE = 3


@frozen(kw_only=True)
class Selector:
    """Which attribute is looked at: exactly one of the two is set."""

    pseudoattribute_type: PseudoattributeType | None = None
    attribute_name: str | None = None


@frozen
class Exists:
    """The attribute must be there."""


@frozen
class NotExists:
    """The attribute must not be there."""


@frozen
class TextEquals:
    """Its text must be this."""

    value: str


@frozen
class TextNotEquals:
    """Its text must not be this."""

    value: str


@frozen
class TextMatches:
    """Its whole text must match this RE2 expression."""

    regex: str


@frozen
class TextNotMatches:
    """Its whole text must not match this RE2 expression."""

    regex: str


@frozen(kw_only=True)
class Predicate:
    """What must hold of the attribute: exactly one is set."""

    exists: Exists | None = None
    not_exists: NotExists | None = None
    text_equals: TextEquals | None = None
    text_not_equals: TextNotEquals | None = None
    text_matches: TextMatches | None = None
    text_not_matches: TextNotMatches | None = None


@frozen(kw_only=True)
class AttributeConstraint:
    """One condition on one attribute."""

    selector: Selector
    predicate: Predicate


@frozen
class ConstraintGroup:
    """Conditions that must all hold."""

    attribute_constraints: tuple[AttributeConstraint, ...] = ()


@frozen
class RoleConstraints:
    """Alternatives: an agent passes if one group holds."""

    groups: tuple[ConstraintGroup, ...] = ()


@frozen
class OfferConstraints:
    """Constraints by role; a role without an entry takes any agent."""

    role_constraints: Mapping[str, RoleConstraints] = field(factory=dict)

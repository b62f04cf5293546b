"""Placement constraints: the seven operators of marathon-v2-api 5, judged over where instances already run.

Owns the rule for one candidate place. Which instances count as placed (marathon-semantics 12.2) is the caller's choice,
syntax is `validation.constraints`. GROUP_BY keeps groups balanced; the choice is docs/adr/0003-balanced-group-by.md.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum
from heapq import nsmallest

import attrs

from koinon_core.attributes import Attribute
from koinon_core.errors import InvalidValue
from koinon_core.scalars import Scalar

from .patterns import BadPattern, compile_pattern, matches
from .placement import Placement, comparable_text
from .tally import Tally

_MOST_SHOWN = 5


class Operator(Enum):
    """What a constraint asks of its field."""

    UNIQUE = "UNIQUE"
    CLUSTER = "CLUSTER"
    GROUP_BY = "GROUP_BY"
    LIKE = "LIKE"
    UNLIKE = "UNLIKE"
    MAX_PER = "MAX_PER"
    IS = "IS"


_PATTERNS = (Operator.LIKE, Operator.UNLIKE)
_NUMBERS = (Operator.MAX_PER, Operator.GROUP_BY)
_NUMBER = re.compile(r"0*[1-9][0-9]{0,8}")


@attrs.frozen
class Constraint:
    """One demand on placement. `value` is empty where none was given; numbers are kept as text."""

    field: str
    operator: Operator
    value: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The list form of marathon-v2-api 5: two elements where there is no value."""
        return (self.field, self.operator.value, *([self.value] if self.value else []))

    def __str__(self) -> str:
        return " ".join(filter(None, self.words))


@attrs.frozen
class Unfulfilled:
    """Which constraint refused a place and why; `str()` is the sentence that people read."""

    constraint: Constraint
    why: str

    def __str__(self) -> str:
        return f"{self.constraint}: {self.why}"


def check(constraints: Sequence[Constraint], candidate: Placement, placed: Sequence[Placement]) -> Unfulfilled | None:
    """The first constraint that refuses `candidate` while instances run at `placed` (oldest first), or None."""
    tally = placed if isinstance(placed, Tally) else Tally(placed)
    for constraint in constraints:
        why = _why_not(constraint, candidate, tally)
        if why is not None:
            return Unfulfilled(constraint, why)
    return None


def find_constraint_problem(constraint: Constraint) -> str | None:
    """What is wrong with a constraint whatever the agents are, in words that follow its name; None: nothing.

    Marathon's apps are judged by its own rules and sentences (marathon-v2-api 5).
    """
    operator, value = constraint.operator, constraint.value
    if not constraint.field:
        return "names no attribute"
    if operator is Operator.UNIQUE and value:
        return "UNIQUE takes no value"
    if operator in (*_PATTERNS, Operator.IS, Operator.MAX_PER) and not value:
        return f"{operator.value} needs a value"
    if operator in _NUMBERS and value and not _NUMBER.fullmatch(value):
        return f"{operator.value} needs a whole number above 0, has {value!r}"
    try:
        if operator in _PATTERNS:
            compile_pattern(value)
    except BadPattern as error:
        return f"{value}: {error}"
    return None


def _why_not(constraint: Constraint, candidate: Placement, placed: Tally) -> str | None:
    attribute = candidate.value_of(constraint.field)
    if attribute is None:
        return None if constraint.operator is Operator.UNLIKE else f"the agent has no {constraint.field}"
    if constraint.operator is Operator.IS:
        return _refuse_is(constraint.value, attribute)
    if constraint.operator in _PATTERNS:
        return refuse_pattern(constraint, comparable_text(attribute))
    return _RULES[constraint.operator](constraint.value, comparable_text(attribute), placed.counts(constraint.field))


def refuse_pattern(constraint: Constraint, here: str) -> str | None:
    """Why a LIKE or UNLIKE refuses a text; also one that was stored before its expression was refused."""
    try:
        is_match = matches(constraint.value, here)
    except BadPattern as error:
        return f"{constraint.value}: {error}"
    if is_match is (constraint.operator is Operator.LIKE):
        return None
    return f"the agent has {here}, which {'matches' if is_match else 'does not match'}"


def _refuse_unique(_value: str, here: str, counts: Counter[str]) -> str | None:
    return f"an instance already runs on {here}, {_held(counts)}" if here in counts else None


def _refuse_cluster(value: str, here: str, counts: Counter[str]) -> str | None:
    if value:
        return None if here == value else f"the agent has {here}"
    first = next(iter(counts), here)
    return None if first == here else f"the first instance runs on {first}, the agent has {here}"


def _refuse_max_per(value: str, here: str, counts: Counter[str]) -> str | None:
    held = counts[here]
    return f"{here} already holds {held} of {counts.total()}: {_held(counts)}" if held >= int(value) else None


def _held(counts: Counter[str]) -> str:
    """Who holds how many, the most first, equals by name, and no more of them than people read."""
    most = nsmallest(_MOST_SHOWN, counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{value} has {count}" for value, count in most]
    rest = len(counts) - len(shown)
    return ", ".join([*shown, *([f"{rest} more"] if rest else [])])


def _refuse_group_by(value: str, here: str, counts: Counter[str]) -> str | None:
    """A new group is welcome; a known one once there are enough groups and none is smaller."""
    held = counts[here]
    if held == 0:
        return None
    wanted = int(value) if value else 0
    if len(counts) < wanted:
        return f"{here} already holds {held} of {counts.total()}; only {len(counts)} of {wanted} groups are in use"
    smallest = min(sorted(counts), key=lambda group: counts[group])
    if held == counts[smallest]:
        return None
    return f"{here} already holds {held} of {counts.total()}; {smallest} has {counts[smallest]}"


def _refuse_is(value: str, attribute: Attribute) -> str | None:
    here = comparable_text(attribute)
    if isinstance(attribute.value, Scalar):
        value = _scalar_text(value)
    return None if here == value else f"the agent has {here}"


def _scalar_text(text: str) -> str:
    try:
        return str(Scalar.parse(text))
    except InvalidValue:
        return text


_RULES: dict[Operator, Callable[[str, str, Counter[str]], str | None]] = {
    Operator.UNIQUE: _refuse_unique,
    Operator.CLUSTER: _refuse_cluster,
    Operator.GROUP_BY: _refuse_group_by,
    Operator.MAX_PER: _refuse_max_per,
}

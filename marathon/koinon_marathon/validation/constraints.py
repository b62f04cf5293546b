"""Constraints as people write them, into values: marathon-v2-api 5, with its error texts."""

import re
from collections.abc import Sequence

from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_frameworks.matching.patterns import BadPattern, compile_pattern

from ..definition.problems import Problem

_WRONG_LENGTH = "Each constraint must have either 2 or 3 fields"
_ILLEGAL = "illegal constraint specification"
_UNKNOWN = "operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"
_NO_PATTERN = "LIKE and UNLIKE require a non-empty, regular expression value"
_BAD_IS = "IS only supports Mesos text and float values (see http://mesos.apache.org/documentation/latest/attributes-resources/)"
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_IS_VALUE = re.compile(r"[a-zA-Z0-9_/.-]*")


def read_constraints(specs: Sequence[Sequence[str]]) -> tuple[tuple[Constraint, ...], list[Problem]]:
    """The constraints that can be read, and what is wrong with the others, at `/constraints(n)`."""
    constraints, problems = [], []
    for index, spec in enumerate(specs):
        read = read_constraint(spec)
        if isinstance(read, Constraint):
            constraints.append(read)
        else:
            problems.append(Problem(f"/constraints({index})", read))
    return tuple(constraints), problems


def read_constraint(spec: Sequence[str]) -> Constraint | str:
    """One constraint, or the message that refuses it. The operator may be written in any case."""
    if not 2 <= len(spec) <= 3:
        return _WRONG_LENGTH
    field, word, *rest = spec
    value = rest[0] if rest else ""
    if not field or not word:
        return _ILLEGAL
    try:
        operator = Operator(word.upper())
    except ValueError:
        return _UNKNOWN
    return _value_problem(operator, value) or Constraint(field, operator, value)


def _value_problem(operator: Operator, value: str) -> str | None:
    match operator:
        case Operator.UNIQUE:
            return "UNIQUE does not accept a value" if value else None
        case Operator.GROUP_BY:
            bad = value and not _INTEGER.fullmatch(value)
            return "GROUP BY must define an integer value or else no value at all" if bad else None
        case Operator.MAX_PER:
            return None if _INTEGER.fullmatch(value) else "MAX_PER requires an integer value"
        case Operator.LIKE | Operator.UNLIKE:
            return _pattern_problem(value)
        case Operator.IS:
            return None if _IS_VALUE.fullmatch(value) else _BAD_IS
        case Operator.CLUSTER:
            return None


def _pattern_problem(value: str) -> str | None:
    if not value:
        return _NO_PATTERN
    try:
        compile_pattern(value)
    except BadPattern as error:
        return str(error)
    return None

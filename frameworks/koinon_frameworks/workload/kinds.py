"""Whether the fields of a form are of the kind that they should be: what a type checker would say, told by field.

People write ``mem="128MB"`` or ``depends_on="db"``. All other checks take the kinds for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from koinon_core.backoff import Backoff
from koinon_core.containers import CommandUri, Volume
from koinon_core.tasks import ExecutorInfo, HealthCheck

from ..matching.constraints import Constraint, Operator
from .spec import DependencyFailure, Outcome, Retry, TaskPort, TaskSpec

Found = tuple[str, str]
"""A field and what is wrong with it."""
_Check = Callable[[Any], str | None]


def find_wrong_kinds(spec: TaskSpec) -> tuple[Found, ...]:
    """Every field of a task, and of what it holds, that is of another kind than it must be."""
    return tuple(_of_fields(spec, _TASK))


def _of_fields(form: object, checks: Mapping[str, _Check], prefix: str = "") -> Iterator[Found]:
    for field, check in checks.items():
        value = getattr(form, field)
        why = check(value)
        if why is not None:
            yield prefix + field, why
        elif field in _FORMS and value is not None:
            yield from _within(value, _FORMS[field], prefix + field)


def _within(value: Any, checks: Mapping[str, _Check], name: str) -> Iterator[Found]:
    if isinstance(value, tuple | list):
        for number, each in enumerate(value):
            yield from _of_fields(each, checks, f"{name}[{number}].")
    else:
        yield from _of_fields(value, checks, f"{name}.")


def show_kind(value: object) -> str:
    """A value in the words of a complaint."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:60] + '...'} ({type(value).__name__})"


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"must be a text, is {show_kind(value)}"
    if "\0" in value:
        return "holds a zero byte, which no system call takes"
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return f"is no Unicode text: {error.reason} at {error.start}"
    return None


def _number(value: Any) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return None if is_number else f"must be a number, is {show_kind(value)}"


def _whole(value: Any) -> str | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return None if is_whole else f"must be a whole number, is {show_kind(value)}"


def _a(*types: type) -> _Check:
    names = " or ".join(each.__name__ for each in types)
    return lambda value: None if isinstance(value, types) else f"must be of type {names}, is {show_kind(value)}"


def _maybe(check: _Check) -> _Check:
    return lambda value: None if value is None else check(value)


def _many(check: _Check) -> _Check:
    def look(value: Any) -> str | None:
        if not isinstance(value, tuple | list):
            return f"must be a tuple, is {show_kind(value)}"
        wrong = ((number, check(each)) for number, each in enumerate(value))
        return next((f"[{number}] {why}" for number, why in wrong if why is not None), None)

    return look


def _texts_by_text(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return f"must be a dict, is {show_kind(value)}"
    for name, text in value.items():
        if (why := _text(name)) is not None:
            return f"a name {why}"
        if (why := _text(text)) is not None:
            return f"[{name!r}] {why}"
    return None


def _outcomes(value: Any) -> str | None:
    is_right = isinstance(value, frozenset | set) and all(isinstance(each, Outcome) for each in value)
    return None if is_right else f"must be a set of Outcome, is {show_kind(value)}"


_TASK: Mapping[str, _Check] = {
    **dict.fromkeys(("name",), _text),
    **dict.fromkeys(("command", "image", "user", "health_port"), _maybe(_text)),
    **dict.fromkeys(("args", "depends_on"), _many(_text)),
    **dict.fromkeys(("env", "labels"), _texts_by_text),
    **dict.fromkeys(("count", "priority"), _whole),
    **dict.fromkeys(("cpus", "mem", "disk", "gpus", "lost_after"), _number),
    **dict.fromkeys(("kill_grace", "max_wait", "max_run"), _maybe(_number)),
    "is_service": _a(bool),
    "data": _maybe(_a(bytes)),
    "executor": _maybe(_a(ExecutorInfo)),
    "health_check": _maybe(_a(HealthCheck)),
    "uris": _many(_a(CommandUri)),
    "volumes": _many(_a(Volume)),
    "ports": _many(_a(TaskPort)),
    "constraints": _many(_a(Constraint)),
    "roles": _maybe(_many(_text)),
    "on_dependency_failure": _a(DependencyFailure),
    "retry": _maybe(_a(Retry)),
}
_FORMS: Mapping[str, Mapping[str, _Check]] = {
    "ports": {"name": _text, "number": _maybe(_whole), "container_port": _maybe(_whole), "protocol": _text},
    "constraints": {"field": _text, "operator": _a(Operator), "value": _text},
    "retry": {"attempts": _maybe(_whole), "outcomes": _outcomes, "backoff": _a(Backoff)},
    "backoff": dict.fromkeys(("initial", "maximum", "factor", "jitter"), _number),
}

"""How the legacy endpoints show values (mesos-operator-api 3.1): sums by name, ranges and sets as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..attributes import Attribute
from ..resources import Resources
from ..scalars import Limit, Scalar

_ALWAYS = ("cpus", "gpus", "mem", "disk")


def show_resources(resources: Resources) -> dict[str, Any]:
    """Name to sum. The four names that clients count on are always there; revocable ones are told apart by name."""
    shown: dict[str, Any] = dict.fromkeys(_ALWAYS, 0)
    unions: dict[str, Any] = {}
    for item in resources:
        kind, value = item.kind, item.value
        name = f"{kind.name}_revocable" if kind.revocable else kind.name
        if isinstance(value, Scalar):
            shown[name] = shown.get(name, 0) + float(value)
        else:
            unions[name] = unions[name] | value if name in unions else value
    for name, union in unions.items():
        shown[name] = _show_set(union) if isinstance(union, frozenset) else str(union)
    return shown


def show_limit(limit: Limit) -> float | str:
    """How much of a resource a task may take; no limit is a word, as JSON has no number for it."""
    return float(limit) if isinstance(limit, Scalar) else "Infinity"


def show_attributes(attributes: Iterable[Attribute]) -> dict[str, float | str]:
    """Name to number or text; of two of one name the later."""
    return {attribute.name: _show_value(attribute) for attribute in attributes}


def _show_value(attribute: Attribute) -> float | str:
    value = attribute.value
    if isinstance(value, Scalar):
        return float(value)
    return _show_set(value) if isinstance(value, frozenset) else str(value)


def _show_set(items: frozenset[str]) -> str:
    return "{" + ", ".join(sorted(items)) + "}"

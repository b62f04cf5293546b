"""How the legacy endpoints show values (mesos-operator-api 3.1): sums by name, ranges and sets as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..attributes import Attribute
from ..resources import Resources
from ..scalars import Scalar

_ALWAYS = ("cpus", "gpus", "mem", "disk")


def show_resources(resources: Resources) -> dict[str, Any]:
    """Name to sum. The four names that clients count on are always there; revocable ones are told apart by name."""
    shown: dict[str, Any] = dict.fromkeys(_ALWAYS, 0)
    for item in resources:
        name = f"{item.name}_revocable" if item.kind.revocable else item.name
        if isinstance(item.value, Scalar):
            shown[name] = shown.get(name, 0) + float(item.value)
        elif isinstance(item.value, frozenset):
            shown[name] = _show_set(item.value)
        else:
            shown[name] = str(resources.ranges(item.name))
    return shown


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

"""Amounts of resources as rows show them: sums by name, of ranges and sets how many there are, rounded as APIs do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from koinon_core.quantities import Quantities
from koinon_core.resources import Resources
from koinon_core.scalars import Scalar

_PER_UNIT = 1000
Thousandths = Mapping[str, int]


def count_up(resources: Resources) -> dict[str, int]:
    """Thousandths by name; revocable ones are told apart by name."""
    amounts: dict[str, int] = {}
    for item in resources:
        kind, value = item.kind, item.value
        name = f"{kind.name}_revocable" if kind.revocable else kind.name
        amount = value.thousandths if isinstance(value, Scalar) else len(value) * _PER_UNIT
        amounts[name] = amounts.get(name, 0) + amount
    return amounts


def add_up(parts: Iterable[Thousandths]) -> dict[str, int]:
    """The sum of many."""
    total: dict[str, int] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, 0) + amount
    return total


def show(amounts: Thousandths) -> dict[str, float]:
    """As a row has them: what is nothing is left out."""
    return {name: amount / _PER_UNIT for name, amount in amounts.items() if amount > 0}


def show_resources(resources: Resources) -> dict[str, float]:
    """The same of resources."""
    return show(count_up(resources))


def show_quantities(quantities: Quantities) -> dict[str, float]:
    """The same of quantities."""
    return {name: float(amount) for name, amount in quantities if amount}

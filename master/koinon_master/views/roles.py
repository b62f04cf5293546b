"""What each role holds, is offered and has set aside, its parents included (mesos-operator-api 3.6).

Amounts are sums by name; of ports and other ranges it is how many there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from attrs import define, field

from koinon_core.ids import FrameworkId
from koinon_core.quota import QuotaConfig
from koinon_core.resources import Kind, Resource
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.scalars import Scalar

from ..state import ClusterState
from .legacy import View
from .sums import Sums

_PER_UNIT = 1000


@define
class _Book:
    """One role's amounts, those of the roles beneath it included, in thousandths by name."""

    allocated: Counter[str] = field(factory=Counter)
    offered: Counter[str] = field(factory=Counter)
    reserved: Counter[str] = field(factory=Counter)
    reserved_and_allocated: Counter[str] = field(factory=Counter)
    frameworks: list[FrameworkId] = field(factory=list)


class Roles:
    """The roles of one moment: those that frameworks are subscribed to, that hold or are to have something, that have
    weight or quota, and the parents of all of them.
    """

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._sums = Sums(state)

    @cached_property
    def _books(self) -> Mapping[str, _Book]:
        state = self._state
        books: dict[str, _Book] = {}
        for name in (*state.weights, *state.quotas):
            _book_of(books, name)
        for framework in state.frameworks.values():
            for role in framework.info.all_roles():
                _book_of(books, role).frameworks.append(framework.id)
        agents = state.agents.values()
        used = [item for agent in agents for item in self._sums.used_of(agent)]
        had = [item for agent in agents for item in agent.info.resources]
        offered = [item for agent in agents for item in self._sums.offered(agent)]
        for what, amounts in (
            ("allocated", _add(used, _allocated_to)),
            ("offered", _add(offered, _allocated_to)),
            ("reserved", _add(had, _reserved_for)),
            ("reserved_and_allocated", _add(used, _reserved_for)),
        ):
            for (role, name), amount in amounts.items():
                _book_of(books, role)
                for one in _line(role):
                    getattr(books[one], what)[name] += amount
        return {name: books[name] for name in sorted(books) if state.seen_by.shows_role(name)}

    def show_legacy(self) -> View:
        """``/roles``."""
        return {"roles": [self._show_legacy(name, book) for name, book in self._books.items()]}

    def _show_legacy(self, name: str, book: _Book) -> View:
        quota = self._state.quotas.get(name, QuotaConfig(role=name))
        consumed = book.allocated + book.reserved
        consumed.subtract(book.reserved_and_allocated)
        return {
            "name": name,
            "weight": self._weight(name),
            "quota": {
                "role": name,
                "guarantee": _floats(quota.guarantees),
                "limit": _floats(quota.limits),
                "consumed": _show(consumed),
            },
            "resources": _show(book.allocated + book.offered),
            "allocated": _show(book.allocated),
            "offered": _show(book.offered),
            "reserved": _show(book.reserved),
            "frameworks": list(book.frameworks),
        }

    def show_messages(self) -> list[View]:
        """The messages ``Role`` of GET_ROLES."""
        held = self._held()
        return [
            {
                "name": name,
                "weight": self._weight(name),
            }
            | ({"frameworks": [{"value": one} for one in book.frameworks]} if book.frameworks else {})
            | ({"resources": _as_resources(held[name])} if name in held else {})
            for name, book in self._books.items()
        ]

    def _held(self) -> Mapping[str, Counter[str]]:
        """The scalars that are allocated or offered to each role and to those beneath it, however reserved."""
        held: dict[str, Counter[str]] = defaultdict(Counter)
        parts = [self._sums.used_of(agent) for agent in self._state.agents.values()]
        parts += [self._sums.offered(agent) for agent in self._state.agents.values()]
        for item in (item for part in parts for item in part):
            if isinstance(item.value, Scalar):
                for role in _line(item.kind.allocation_role or DEFAULT_ROLE):
                    held[role][item.name] += item.value.thousandths
        return held

    def _weight(self, name: str) -> float:
        return self._state.weights.get(name, 1.0)


def _line(role: str) -> Iterable[str]:
    """A role and its parents, the outermost first."""
    parts = role.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


def _book_of(books: dict[str, _Book], role: str) -> _Book:
    for name in _line(role):
        books.setdefault(name, _Book())
    return books[role]


def _allocated_to(kind: Kind) -> str | None:
    return kind.allocation_role or DEFAULT_ROLE


def _reserved_for(kind: Kind) -> str | None:
    return kind.reserved_role if kind.reservations else None


def _add(items: Iterable[Resource], role_of: Callable[[Kind], str | None]) -> Mapping[tuple[str, str], int]:
    """The amounts by role and name; what is of no role does not count."""
    by_kind: dict[Kind, int] = defaultdict(int)
    for item in items:
        value = item.value
        by_kind[item.kind] += value.thousandths if isinstance(value, Scalar) else len(value) * _PER_UNIT
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    for kind, amount in by_kind.items():
        role = role_of(kind)
        if role is not None:
            amounts[role, kind.name] += amount
    return amounts


def _show(amounts: Mapping[str, int]) -> dict[str, float]:
    return {name: amount / _PER_UNIT for name, amount in sorted(amounts.items()) if amount > 0}


def _as_resources(amounts: Mapping[str, int]) -> list[View]:
    return [{"name": name, "type": "SCALAR", "scalar": {"value": amount}} for name, amount in _show(amounts).items()]


def _floats(amounts: Mapping[str, Scalar]) -> dict[str, Any]:
    return {name: float(amount) for name, amount in sorted(amounts.items())}

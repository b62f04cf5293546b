"""What each role holds, is offered and has set aside, its parents included (mesos-operator-api 3.6).

Amounts are sums by name; of ports and other ranges it is how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from attrs import define, field

from koinon_core.ids import FrameworkId
from koinon_core.quota import QuotaConfig
from koinon_core.resources import Resource, Resources
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.scalars import Scalar
from koinon_core.wire import endpoint_json

from ..state import ClusterState
from .legacy import View
from .sums import Sums, add_up

_PER_UNIT = 1000


@define
class _Book:
    """One role's amounts, in thousandths by name."""

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
        for agent in state.agents.values():
            for item in self._sums.used_of(agent).total:
                role = item.kind.allocation_role or DEFAULT_ROLE
                _count(books, role, "allocated", item)
                if item.kind.reservations:
                    _count(books, item.kind.reserved_role, "reserved_and_allocated", item)
            for item in agent.info.resources:
                if item.kind.reservations:
                    _count(books, item.kind.reserved_role, "reserved", item)
        for held in state.offers.values():
            for item in held.grant.resources:
                _count(books, held.grant.role, "offered", item)
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
                "frameworks": [{"value": framework_id} for framework_id in book.frameworks],
                "resources": endpoint_json.to_plain(add_up(held.get(name, ()))),
            }
            for name, book in self._books.items()
        ]

    def _held(self) -> Mapping[str, list[Resources]]:
        """What is allocated or offered to each role and to those beneath it, without the marks of roles."""
        held: dict[str, list[Resources]] = {}
        parts = [self._sums.used_of(agent).total for agent in self._state.agents.values()]
        parts += [self._sums.offered(agent) for agent in self._state.agents.values()]
        for item in (item for part in parts for item in part):
            for role in _line(item.kind.allocation_role or DEFAULT_ROLE):
                held.setdefault(role, []).append(Resources((item,)).allocated_to(None))
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


def _count(books: dict[str, _Book], role: str, what: str, item: Resource) -> None:
    """Count an amount for a role and for its parents."""
    _book_of(books, role)
    amount = _amount(item)
    for name in _line(role):
        getattr(books[name], what)[item.name] += amount


def _amount(item: Resource) -> int:
    return item.value.thousandths if isinstance(item.value, Scalar) else len(item.value) * _PER_UNIT


def _show(amounts: Mapping[str, int]) -> dict[str, float]:
    return {name: amount / _PER_UNIT for name, amount in sorted(amounts.items()) if amount > 0}


def _floats(amounts: Mapping[str, Scalar]) -> dict[str, Any]:
    return {name: float(amount) for name, amount in sorted(amounts.items())}

"""One allocation: which agent's free resources become whose offers (mesos-semantics 5.3).

Owns the two stages and the checks on a portion. Which agents and subscriptions are worth a look is ``hierarchical``'s.
An agent's round goes by the order at its beginning; who is first takes all of the agent that it may have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import filterfalse

from attrs import define, evolve, field, frozen

from koinon_core.quantities import Quantities
from koinon_core.resources import Resources

from .accounts import NO_PORTION, AgentAccount, Portion
from .books import Books
from .clients import ABLE_TO_ALL, Amounts, Subscription
from .filters import Lot, RefusalFilters
from .fitness import AgentFilter
from .interface import Grant
from .role_tree import Role

Visit = tuple[AgentAccount, Collection[Subscription] | None]
"""An agent to look at, and for whom; None: for everybody."""

_FEW = 16
"""Up to how many subscriptions are put in order by themselves rather than found in the order of all."""


@frozen
class _Stage:
    """How much of a portion a top-level role may have now, and which roles are looked at."""

    cut: Callable[[Portion, str], Portion]
    is_served: Callable[[str], bool]
    notes_short: bool


@define(eq=False)
class _Round:
    """One agent being shared out in one stage, and what was worked out for it already."""

    account: AgentAccount
    stage: _Stage
    whole: Portion | None
    """What everybody saw of a plain agent at the beginning."""
    lots: dict[Portion, list[Lot]] = field(factory=dict)


class Cycle:
    """Grants what is free. ``short`` has the top-level roles that quotas kept from more, and of which names."""

    def __init__(
        self, books: Books, refusals: RefusalFilters, fitness: Sequence[AgentFilter], least: Sequence[Quantities]
    ) -> None:
        self._books = books
        self._refusals = refusals
        self._fitness = tuple(fitness)
        self.least = tuple(thousandths_of(one) for one in least)
        self.short: dict[str, frozenset[str]] = {}
        self._found: list[Grant] = []
        quotas = books.quotas
        self._first = _Stage(quotas.cut_to_guarantee, quotas.is_unmet, notes_short=False)
        self._second = _Stage(quotas.cut, lambda _: True, notes_short=True)

    def run(self, visits: Sequence[Visit], idle: Collection[AgentAccount] = ()) -> list[Grant]:
        """Grant what the visited agents have free, and what ``idle`` agents have to roles that were short and are no
        longer: first to meet guarantees, then to everybody.
        """
        self._found = []
        has_guarantees = self._books.quotas.has_guarantees
        if has_guarantees:
            self._serve_all(visits, self._first)
            self._serve_reopened(idle, self._first)
        self._serve_all(visits, self._second)
        self._serve_reopened(idle, self._second)
        return _join(self._found) if has_guarantees else self._found

    def _serve_all(self, visits: Sequence[Visit], stage: _Stage) -> None:
        for account, only in visits:
            if stage is self._first and self._books.quotas.are_met:
                return
            self._serve(account, only, stage)

    def _serve_reopened(self, idle: Iterable[AgentAccount], stage: _Stage) -> None:
        """Let roles that were short look at all agents, until they are short again."""
        reopened = self._find_reopened(stage)
        were_short = {top: self.short.pop(top) for top in reopened}
        narrowed = evolve(stage, is_served=reopened.__contains__)
        for account in idle:
            if not reopened:
                break
            count = len(self._found)
            self._serve(account, None, narrowed)
            if len(self._found) > count:
                for top in [one for one in reopened if not self._is_open(one, were_short[one], stage)]:
                    reopened.discard(top)
                    self._note_short(top, were_short[top])
        if stage is self._first:
            for top in reopened:
                self._note_short(top, were_short[top])

    def _find_reopened(self, stage: _Stage) -> set[str]:
        return {top for top, names in self.short.items() if self._is_open(top, names, stage)}

    def _is_open(self, top: str, names: frozenset[str], stage: _Stage) -> bool:
        return stage.is_served(top) and bool(names - self._books.quotas.closed_names(top))

    def _note_short(self, top: str, names: frozenset[str]) -> None:
        self.short[top] = self.short.get(top, frozenset()) | names

    def is_worth_it(self, subscription: Subscription, portion: Portion) -> bool:
        """Whether a portion reaches the least that is worth an offer."""
        if subscription.least is not None:
            return reaches(portion.amounts, subscription.least)
        return self._reaches_default(portion)

    def _reaches_default(self, portion: Portion) -> bool:
        if portion.is_worth_it is None:
            portion.is_worth_it = reaches(portion.amounts, self.least)
        return portion.is_worth_it

    def _serve(self, account: AgentAccount, only: Collection[Subscription] | None, stage: _Stage) -> None:
        """Grant one agent's free resources."""
        if account.is_spent:
            return
        whole = account.whole if account.is_plain else None
        current = _Round(account, stage, whole)
        # Who refused all of a plain agent refuses any part of it, too: passed over without a look.
        refusers = [] if whole is None else [lot.refusers for lot in self._covering(current, whole)]
        for role, listed in self._order(only):
            if not stage.is_served(role.top):
                continue
            if not self._is_for_anybody(current, role):
                continue
            for subscription in _passing_over(listed, refusers) if refusers else listed:
                portion = self._portion(current, subscription)
                if portion is not NO_PORTION:
                    self._grant(subscription, account, portion.resources)
                    if account.is_spent:
                        return

    def _is_for_anybody(self, current: _Round, role: Role) -> bool:
        """Whether what a role may have of an agent can be worth an offer to any of its frameworks, however able."""
        portion = current.account.portion(role.name, ABLE_TO_ALL)
        if self._books.quotas:
            portion = self._cut(current, portion, role.top)
        return portion is not NO_PORTION and (role.has_own_minima or self._reaches_default(portion))

    def _cut(self, current: _Round, uncut: Portion, top: str) -> Portion:
        """What quotas leave a role of a portion."""
        portion = current.stage.cut(uncut, top)
        if portion is not uncut and current.stage.notes_short:
            less = [name for name, amount in uncut.amounts.items() if portion.amounts.get(name, 0) < amount]
            self._note_short(top, frozenset(less))
        return portion

    def _covering(self, current: _Round, portion: Portion) -> list[Lot]:
        lots = current.lots.get(portion)
        if lots is None:
            lots = current.lots[portion] = self._refusals.covering(current.account.id, portion.resources)
        return lots

    def _order(self, only: Collection[Subscription] | None) -> Iterable[tuple[Role, Iterable[Subscription]]]:
        """Roles, and who is in them, in the fair order."""
        if only is None:
            return ((role, role.frameworks.order()) for role in self._books.tree.order())
        if len(only) <= _FEW and (ranked := self._books.rank(only)) is not None:
            return ((one.role, (one,)) for one in ranked)
        return ((role, filter(only.__contains__, role.frameworks.order())) for role in self._books.tree.order())

    def _portion(self, current: _Round, subscription: Subscription) -> Portion:
        """What of an agent a framework is offered in a role; NO_PORTION if it won't have it."""
        account, role = current.account, subscription.role
        if account.is_special or subscription.constraints is not None:
            for one in self._fitness:
                if not one.passes(subscription, account):
                    return NO_PORTION
        portion = account.portion(role.name, subscription.client.abilities)
        if self._books.quotas:
            portion = self._cut(current, portion, role.top)
        if portion is NO_PORTION or not self.is_worth_it(subscription, portion):
            return NO_PORTION
        if portion is current.whole:
            return portion  # who refused it was passed over
        for lot in self._covering(current, portion):
            if subscription in lot.refusers:
                return NO_PORTION
        return portion

    def _grant(self, subscription: Subscription, account: AgentAccount, resources: Resources) -> None:
        self._books.grant(subscription, account, resources)
        self._found.append(
            Grant(
                framework_id=subscription.client.id,
                role=subscription.role.name,
                agent_id=account.id,
                resources=resources,
            )
        )


def _passing_over(
    listed: Iterable[Subscription], refusers: Sequence[Collection[Subscription]]
) -> Iterable[Subscription]:
    for refused in refusers:
        listed = filterfalse(refused.__contains__, listed)
    return listed


def reaches(amounts: Amounts, alternatives: Sequence[Amounts]) -> bool:
    """Whether there is as much as one of the alternatives asks for."""
    if not alternatives:
        return True
    return any(all(amounts.get(name, 0) >= least for name, least in one.items()) for one in alternatives)


def thousandths_of(quantities: Quantities) -> Amounts:
    """Quantities as whole thousandths."""
    return {name: amount.thousandths for name, amount in quantities}


def _join(grants: list[Grant]) -> list[Grant]:
    """Both stages' grants of an agent to the same taker as one."""
    joined: dict[tuple[str, str, str], Grant] = {}
    for grant in grants:
        key = (grant.framework_id, grant.role, grant.agent_id)
        before = joined.get(key)
        joined[key] = grant if before is None else _add(before, grant)
    return list(joined.values())


def _add(one: Grant, other: Grant) -> Grant:
    return Grant(
        framework_id=one.framework_id,
        role=one.role,
        agent_id=one.agent_id,
        resources=one.resources + other.resources,
    )

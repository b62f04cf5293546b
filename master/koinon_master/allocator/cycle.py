"""One allocation: which agent's free resources become whose offers (mesos-semantics 5.3).

Owns the two stages and the checks on a portion. Which agents and subscriptions are worth a look is ``hierarchical``'s.
An agent's round goes by the order at its beginning; who is first takes all of the agent that it may have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import filterfalse

from attrs import frozen

from koinon_core.quantities import Quantities
from koinon_core.resources import Resources

from .accounts import NO_PORTION, AgentAccount, Portion
from .books import Books
from .clients import Amounts, Subscription
from .filters import RefusalFilters
from .fitness import AgentFilter
from .interface import Grant
from .role_tree import Role

Visit = tuple[AgentAccount, Collection[Subscription] | None]
"""An agent to look at, and for whom; None: for everybody."""

_FEW = 16
"""Up to how many subscriptions are put in order by themselves rather than found in the order of all."""


@frozen
class _Stage:
    """How much of a portion a top-level role may have now, and which roles are looked at; None: all."""

    cut: Callable[[Portion, str], Portion]
    is_owed: Callable[[str], bool] | None = None


class Cycle:
    """Grants what is free. ``short`` has, by top-level role, who could have used more of which names but for quotas."""

    def __init__(
        self, books: Books, refusals: RefusalFilters, fitness: Sequence[AgentFilter], least: Sequence[Quantities]
    ) -> None:
        self._books = books
        self._refusals = refusals
        self._fitness = tuple(fitness)
        self.least = tuple(thousandths_of(one) for one in least)
        self.short: dict[str, dict[Subscription, frozenset[str]]] = {}
        self._found: list[Grant] = []

    def run(self, visits: Sequence[Visit], idle: Iterable[AgentAccount] = ()) -> list[Grant]:
        """Grant what the visited agents have free: first to meet guarantees, then to everybody. Then what ``idle``
        agents have, to those who were short and are no longer.
        """
        self._found = []
        quotas = self._books.quotas
        first, second = _Stage(quotas.cut_to_guarantee, quotas.is_unmet), _Stage(quotas.cut)
        if quotas.has_guarantees:
            for account, only in visits:
                if not quotas.are_met:
                    self._serve(account, only, first)
        for account, only in visits:
            self._serve(account, only, second)
        reopened = self._reopen()
        for account in idle:
            if not reopened:
                break
            count = len(self._found)
            self._serve(account, reopened, first)
            self._serve(account, reopened, second)
            if len(self._found) > count:
                self._close(reopened)
        return _join(self._found) if quotas.has_guarantees else self._found

    def _reopen(self) -> dict[Subscription, frozenset[str]]:
        """Take out who was short of something that there is again."""
        reopened = {}
        for top, short in self.short.items():
            closed = self._books.quotas.closed_names(top)
            for subscription in [one for one, names in short.items() if names - closed]:
                reopened[subscription] = short.pop(subscription)
        return reopened

    def _close(self, reopened: dict[Subscription, frozenset[str]]) -> None:
        """Put back who is short again."""
        for top in {one.role.top for one in reopened}:
            closed = self._books.quotas.closed_names(top)
            short = self.short.setdefault(top, {})
            for subscription, names in list(reopened.items()):
                if subscription.role.top == top and not names - closed:
                    short[subscription] = short.get(subscription, frozenset()) | reopened.pop(subscription)

    @property
    def is_anybody_short(self) -> bool:
        """Whether quotas kept anybody from what it could have used."""
        return any(self.short.values())

    def drop_short(self, subscription: Subscription) -> None:
        """Forget that somebody was short: it wants nothing now, or will be looked at everywhere."""
        self.short.get(subscription.role.top, {}).pop(subscription, None)

    def is_worth_it(self, subscription: Subscription, portion: Portion) -> bool:
        """Whether a portion reaches the least that is worth an offer."""
        if subscription.least is not None:
            return reaches(portion.amounts, subscription.least)
        if portion.is_worth_it is None:
            portion.is_worth_it = reaches(portion.amounts, self.least)
        return portion.is_worth_it

    def is_refused(self, subscription: Subscription, account: AgentAccount, resources: Resources) -> bool:
        """Whether the framework refused as much, or more, of the agent."""
        return any(subscription in lot.refusers for lot in self._refusals.covering(account.id, resources))

    def _serve(self, account: AgentAccount, only: Collection[Subscription] | None, stage: _Stage) -> None:
        """Grant one agent's free resources."""
        whole = account.free
        if not whole or not account.is_open:
            return
        # Who refused all of a plain agent refuses any part of it, too: passed over without a look.
        refusers = [lot.refusers for lot in self._refusals.covering(account.id, whole)] if account.is_plain else []
        for role, listed in self._order(only):
            if stage.is_owed is not None and not stage.is_owed(role.top):
                continue
            for subscription in _passing_over(listed, refusers):
                portion = self._portion(subscription, account, whole, stage)
                if portion is not NO_PORTION:
                    self._grant(subscription, account, portion.resources)
                    if not account.free:
                        return

    def _order(self, only: Collection[Subscription] | None) -> Iterable[tuple[Role, Iterable[Subscription]]]:
        """Roles, and who is in them, in the fair order."""
        if only is None:
            return ((role, role.frameworks.order()) for role in self._books.tree.order())
        if len(only) <= _FEW and (ranked := self._books.rank(only)) is not None:
            return ((one.role, (one,)) for one in ranked)
        return ((role, filter(only.__contains__, role.frameworks.order())) for role in self._books.tree.order())

    def _portion(self, subscription: Subscription, account: AgentAccount, whole: Resources, stage: _Stage) -> Portion:
        """What of an agent a framework is offered in a role; NO_PORTION if it won't have it."""
        for one in self._fitness:
            if not one.passes(subscription, account):
                return NO_PORTION
        role = subscription.role
        portion = account.portion(role.name, subscription.client.abilities)
        if self._books.quotas:
            uncut = portion
            portion = stage.cut(portion, role.top)
            if portion is not uncut and stage.is_owed is None:
                self._note_short(subscription, uncut, portion)
        if not portion.resources or not self.is_worth_it(subscription, portion):
            return NO_PORTION
        is_looked_up = account.is_plain and portion.resources is whole
        if not is_looked_up and self.is_refused(subscription, account, portion.resources):
            return NO_PORTION
        return portion

    def _note_short(self, subscription: Subscription, uncut: Portion, portion: Portion) -> None:
        names = frozenset(name for name, amount in uncut.amounts.items() if portion.amounts.get(name, 0) < amount)
        short = self.short.setdefault(subscription.role.top, {})
        short[subscription] = short.get(subscription, frozenset()) | names

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

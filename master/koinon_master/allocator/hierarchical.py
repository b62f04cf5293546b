"""The allocator of Mesos: fair between roles, then between the frameworks of a role (mesos-semantics 5.3).

Owns what each verb changes, and what must be looked at again for it; the cost of an event does not depend on the size
of the cluster. The sums are ``books``', the decisions ``cycle``'s, refusals ``filters``', reasons ``explain``'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from random import Random

from koinon_core.agents import AgentInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.offer_constraints import OfferConstraints
from koinon_core.quantities import Quantities
from koinon_core.quota import QuotaConfig
from koinon_core.resources import NOTHING, Resources

from ..config import MasterConfig
from .accounts import AgentAccount, region_of
from .agenda import Agenda
from .books import Books
from .clients import Client, Subscription
from .cycle import Cycle, thousandths_of
from .explain import Explanation
from .filters import RefusalFilters
from .fitness import AgentFilter, ConstraintFilter, GpuFilter, RegionFilter
from .interface import Grant, Refusal
from .offer_constraints import AgentConstraints, ConstraintLimits
from .sorter import DrfSorter, RandomSorter, Yardstick
from .standing import Standing, find_standing


class HierarchicalAllocator:
    """See ``interface.Allocator`` for what each verb promises."""

    def __init__(self, config: MasterConfig, rng: Random | None = None) -> None:
        """Without an ``rng`` agents are looked at in the order in which they changed."""
        self._rng = rng
        self._limits = ConstraintLimits(
            max_mem=config.offer_constraints_re2_max_mem,
            max_program_size=config.offer_constraints_re2_max_program_size,
        )
        self._books = _make_books(config, rng)
        self._refusals = RefusalFilters()
        self._fitness: tuple[AgentFilter, ...] = (
            GpuFilter(config.filter_gpu_resources),
            RegionFilter(region_of(config.domain)),
            ConstraintFilter(),
        )
        self._cycle = Cycle(self._books, self._refusals, self._fitness, config.min_allocatable_resources.alternatives)
        self._whitelist: frozenset[str] | None = None
        self._paused: str | None = None
        self._agenda = Agenda()

    # Frameworks

    def add_framework(
        self,
        framework_id: FrameworkId,
        info: FrameworkInfo,
        suppressed: Collection[str],
        constraints: OfferConstraints | None = None,
    ) -> None:
        books = self._books
        client = books.clients.get(framework_id)
        if client is None:
            client = books.clients[framework_id] = Client(framework_id, info, constraints)
        client.describe(info, constraints)
        client.is_active, client.suppressed = True, set(suppressed)
        roles = info.all_roles()
        for role in dict.fromkeys([*client.subscriptions, *roles]):
            subscription = books.subscribe(client, role)
            subscription.is_subscribed = role in roles
            if subscription.is_subscribed:
                self._describe(subscription)
            else:
                self._refusals.clear(subscription)
            self._wake(subscription)

    def _describe(self, subscription: Subscription) -> None:
        """Take what the framework says of a role: the least it wants to be offered, and of what agents."""
        client, role = subscription.client, subscription.role.name
        own = (client.info.offer_filters or {}).get(role)
        wanted = None if client.constraints is None else client.constraints.role_constraints.get(role)
        least = None if own is None else own.min_allocatable_resources
        subscription.role.has_own_minima = subscription.role.has_own_minima or least is not None
        subscription.constraints = None if wanted is None else AgentConstraints(wanted, self._limits)
        subscription.least = (
            None if least is None else tuple(thousandths_of(Quantities(one.quantities)) for one in least.quantities)
        )

    def deactivate_framework(self, framework_id: FrameworkId) -> None:
        client = self._books.clients.get(framework_id)
        if client is None:
            return
        client.is_active = False
        for subscription in tuple(client.subscriptions.values()):
            self._refusals.clear(subscription)
            self._wake(subscription)

    def remove_framework(self, framework_id: FrameworkId) -> None:
        self.deactivate_framework(framework_id)
        client = self._books.clients.pop(framework_id, None)
        for subscription in () if client is None else tuple(client.subscriptions.values()):
            self._agenda.forget(subscription)
            self._books.forget(subscription)

    def revive(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        client = self._books.clients[framework_id]
        client.suppressed -= set(roles)
        for role in roles:
            subscription = self._books.subscribe(client, role)
            self._refusals.clear(subscription)
            self._wake(subscription)

    def suppress(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        client = self._books.clients[framework_id]
        client.suppressed |= set(roles)
        for role in roles:
            self._wake(self._books.subscribe(client, role))

    def _wake(self, subscription: Subscription) -> None:
        """Have a subscription looked at on all agents if it wants offers, and left alone if not."""
        if subscription.wants_offers:
            self._agenda.woken[subscription] = None
        else:
            self._agenda.forget(subscription)
        self._books.refresh(subscription)

    def refuse(self, grant: Grant, until: float) -> None:
        client = self._books.clients.get(grant.framework_id)
        subscription = None if client is None else client.subscriptions.get(grant.role)
        if subscription is not None and grant.resources:
            self._refusals.refuse(subscription, grant.agent_id, grant.resources, until)

    def expire(self, now: float) -> None:
        for subscription, agent_id in self._refusals.expire(now):
            account = self._books.agents.get(agent_id)
            if account is not None and subscription.is_listed:
                self._agenda.end_refusal(subscription, account)

    # Agents

    def add_agent(self, agent_id: AgentId, info: AgentInfo) -> None:
        account = self._books.agents.get(agent_id)
        if account is None:
            account = self._books.add_agent(agent_id, info)
        else:
            if (account.info.resources, account.info.attributes) != (info.resources, info.attributes):
                self._refusals.clear_agent(agent_id)
            self._books.change_agent(account, info)
        self._books.open_agent(account, is_active=True, is_listed=self._is_listed(account))
        self._note(account)

    def change_agent(self, agent_id: AgentId, info: AgentInfo) -> None:
        account = self._books.agents[agent_id]
        self._refusals.clear_agent(agent_id)
        self._books.change_agent(account, info)
        self._note(account)

    def deactivate_agent(self, agent_id: AgentId) -> None:
        account = self._books.agents.get(agent_id)
        if account is not None:
            self._books.open_agent(account, is_active=False)
            self._note(account)

    def remove_agent(self, agent_id: AgentId) -> None:
        account = self._books.agents.get(agent_id)
        if account is None:
            return
        self._refusals.clear_agent(agent_id)
        self._books.remove_agent(account)
        self._agenda.drop(account)
        self._agenda.ended.pop(account, None)
        self._agenda.is_reopened = bool(self._cycle.short)

    def set_whitelist(self, hostnames: Collection[str] | None) -> None:
        self._whitelist = None if hostnames is None else frozenset(hostnames)
        for account in self._books.agents.values():
            is_listed = self._is_listed(account)
            if account.is_listed is not is_listed:
                self._books.open_agent(account, is_listed=is_listed)
                self._note(account)

    def _is_listed(self, account: AgentAccount) -> bool:
        return self._whitelist is None or account.info.hostname in self._whitelist

    def _note(self, account: AgentAccount) -> None:
        """An agent has something else to give now."""
        self._agenda.note(account)
        self._agenda.is_reopened = bool(self._cycle.short)

    # Weights, quotas, pauses

    def set_weights(self, weights: Mapping[str, float]) -> None:
        self._books.tree.set_weights(weights)

    def set_quotas(self, quotas: Mapping[str, QuotaConfig]) -> None:
        self._books.set_quotas(quotas)
        self._cycle.short.clear()
        self._agenda.touched.update(self._agenda.idle)

    def pause(self, why: str | None) -> None:
        self._paused = why

    # Grants

    def charge(self, grant: Grant) -> None:
        subscription, account = self._parties(grant)
        self._books.grant(subscription, account, grant.resources)
        self._agenda.note(account, is_new=False)

    def recover(self, grant: Grant) -> None:
        client = self._books.clients[grant.framework_id]
        subscription, account = client.subscriptions[grant.role], self._books.agents.get(grant.agent_id)
        self._books.recover(subscription, account, grant.resources)
        if account is not None:
            self._note(account)
        if not subscription.is_subscribed:
            self._books.refresh(subscription)

    def convert(self, grant: Grant, into: Resources) -> None:
        subscription, account = self._parties(grant)
        self._books.convert(subscription, account, grant.resources, into)

    def _parties(self, grant: Grant) -> tuple[Subscription, AgentAccount]:
        client = self._books.clients[grant.framework_id]
        return self._books.subscribe(client, grant.role), self._books.agents[grant.agent_id]

    def has_work(self) -> bool:
        return self._paused is None and bool(self._agenda)

    def allocate(self) -> list[Grant]:
        if not self.has_work():
            return []
        agenda = self._agenda
        count = self._books.count_listed() if agenda.woken else 0
        idle = agenda.idle if agenda.is_reopened else ()
        grants = self._cycle.run(agenda.take(count, self._rng), idle)
        for grant in grants:
            account = self._books.agents[grant.agent_id]
            if account.is_spent:
                agenda.drop(account)
        return grants

    # What others may ask

    def explain(
        self,
        framework_id: FrameworkId | None = None,
        role: str | None = None,
        offers: Collection[Grant] = (),
    ) -> list[Refusal]:
        offered: dict[AgentId, set[tuple[FrameworkId, str]]] = {}
        for offer in offers:
            offered.setdefault(offer.agent_id, set()).add((offer.framework_id, offer.role))
        explanation = Explanation(
            books=self._books,
            refusals=self._refusals,
            cycle=self._cycle,
            fitness=self._fitness,
            paused=self._paused,
            offered=offered,
        )
        subscriptions = self._books.find_subscriptions(framework_id, role)
        with self._rehearsal() as granted:
            return list(explanation.refusals_of(subscriptions, granted))

    @contextmanager
    def _rehearsal(self) -> Iterator[set[tuple[FrameworkId, str, AgentId]]]:
        """See things as they are after the next allocation; gives who gets something of which agent."""
        agenda = self._agenda.copy()
        short = dict(self._cycle.short)
        dice = None if self._rng is None else self._rng.getstate()
        grants = self.allocate()
        try:
            yield {(grant.framework_id, grant.role, grant.agent_id) for grant in grants}
        finally:
            for grant in reversed(grants):
                subscription, account = self._parties(grant)
                self._books.take_back(subscription, account, grant.resources)
                agenda.note(account, is_new=False)
            self._agenda, self._cycle.short = agenda, short
            if self._rng is not None and dice is not None:
                self._rng.setstate(dice)

    def next_expiry(self) -> float | None:
        return self._refusals.next_expiry()

    def total(self) -> Quantities:
        return self._books.total()

    def granted(self) -> Quantities:
        """What all frameworks hold together, in tasks and in offers."""
        return self._books.granted()

    def free(self, agent_id: AgentId) -> Resources:
        """What nobody holds of an agent."""
        account = self._books.agents.get(agent_id)
        return NOTHING if account is None else account.free_and_unlent

    def quota_consumed(self, role: str) -> Quantities:
        return Quantities.of_thousandths(self._books.quotas.consumed(role))

    def active_filters(self) -> Mapping[str, int]:
        return {role: self._refusals.count(role) for role in self._books.tree.roles}

    def standings(self, framework_id: FrameworkId) -> list[Standing]:
        books = self._books
        subscriptions = books.find_subscriptions(framework_id, None)
        return [find_standing(one, books.tree, books.yardstick, self._refusals) for one in subscriptions]

    def shares(self) -> Mapping[str, float]:
        return self._books.tree.shares()

    def check(self) -> None:
        """State the invariants; raises AssertionError when one is broken."""
        self._books.check()


def _make_books(config: MasterConfig, rng: Random | None) -> Books:
    yardstick = Yardstick(config.fair_sharing_excluded_resource_names)
    roles_by_chance, frameworks_by_chance = (
        _find_chance(one, rng) for one in (config.role_sorter, config.framework_sorter)
    )
    return Books(
        yardstick,
        lambda: RandomSorter(yardstick, roles_by_chance) if roles_by_chance else DrfSorter(yardstick),
        lambda: RandomSorter(yardstick, frameworks_by_chance) if frameworks_by_chance else DrfSorter(yardstick),
        is_ranked=roles_by_chance is None and frameworks_by_chance is None,
    )


def _find_chance(sorter: str, rng: Random | None) -> Random | None:
    """What a sorter draws from; None for one that leaves nothing to chance."""
    if sorter != "random":
        return None
    if rng is None:
        raise ValueError("a random sorter needs an rng")
    return rng

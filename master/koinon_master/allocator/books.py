"""Who holds what, counted wherever it must be: with the agent, the framework, the role and all above it, the quota.

Owns that these sums always agree. What is offered to whom is ``cycle``'s, what wakes it ``hierarchical``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from attrs import evolve

from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.quantities import Quantities
from koinon_core.quota import QuotaConfig
from koinon_core.resources import NOTHING, Resources

from .accounts import AgentAccount, Holder
from .clients import Client, Subscription
from .quota import Quotas
from .role_tree import RoleNode, RoleTree
from .sorter import RankKey, Sorter, Yardstick


class Books:
    """All agents, frameworks and roles, and what is granted of the ones to the others."""

    def __init__(
        self,
        yardstick: Yardstick,
        make_role_sorter: Callable[[], Sorter[RoleNode]],
        make_framework_sorter: Callable[[], Sorter[Subscription]],
        *,
        is_ranked: bool = True,
    ) -> None:
        self.is_ranked = is_ranked
        self.yardstick = yardstick
        self.tree = RoleTree(yardstick, make_role_sorter, make_framework_sorter)
        self.quotas = Quotas(self.tree.allocated)
        self.agents: dict[AgentId, AgentAccount] = {}
        self.clients: dict[FrameworkId, Client] = {}
        self._total: dict[str, int] = {}
        self._holds_back = False

    # Frameworks

    def subscribe(self, client: Client, role_name: str) -> Subscription:
        """A framework's place in a role, made if need be."""
        found = client.subscriptions.get(role_name)
        if found is None:
            role = self.tree.enter(role_name)
            found = Subscription(client.id, client=client, role=role)
            client.subscriptions[role_name] = found
            role.subscriptions.add(found)
        return found

    def refresh(self, subscription: Subscription) -> None:
        """Let the orders know whether a subscription takes part, and forget it once it neither does nor holds."""
        role = subscription.role
        role.frameworks.enlist(subscription, subscription.wants_offers)
        self.tree.set_active(role, len(role.frameworks) > 0)
        if not subscription.is_subscribed and not subscription.amounts:
            self.forget(subscription)

    def forget(self, subscription: Subscription) -> None:
        """Take a subscription out of everything."""
        role = subscription.role
        role.frameworks.enlist(subscription, False)
        subscription.client.subscriptions.pop(role.name, None)
        role.subscriptions.discard(subscription)
        if role.subscriptions:
            self.tree.set_active(role, len(role.frameworks) > 0)
        else:
            self.tree.leave(role)

    def rank(self, subscriptions: Collection[Subscription]) -> list[Subscription] | None:
        """Those of them who take part, in the fair order; None where chance decides."""
        if not self.is_ranked:
            return None
        listed = [one for one in subscriptions if one.is_listed]
        return sorted(listed, key=self._rank_of) if len(listed) > 1 else listed

    def _rank_of(self, subscription: Subscription) -> tuple[tuple[RankKey, ...], RankKey]:
        return self.tree.rank_of(subscription.role), self.yardstick.rank(subscription)

    def count_listed(self) -> int:
        """How many subscriptions want offers."""
        return sum(len(role.frameworks) for role in self.tree.roles.values())

    def find_subscriptions(self, framework_id: FrameworkId | None, role: str | None) -> list[Subscription]:
        """The subscriptions of a framework, in a role, or all; without those that merely hold something still."""
        return [
            subscription
            for client in self.clients.values()
            for subscription in client.subscriptions.values()
            if subscription.is_subscribed
            and framework_id in (None, client.id)
            and role in (None, subscription.role.name)
        ]

    # Agents

    def add_agent(self, agent_id: AgentId, info: AgentInfo) -> AgentAccount:
        """An agent that was not there."""
        account = self.agents[agent_id] = AgentAccount(agent_id, info)
        self._note_total(NOTHING, info.resources)
        self._note_available(account, {})
        return account

    def change_agent(self, account: AgentAccount, info: AgentInfo) -> None:
        """An agent describes itself anew; what is granted of it stays."""
        before, resources = self._available_of(account), account.info.resources
        account.change(info)
        self._note_total(resources, info.resources)
        self._note_available(account, before)

    def remove_agent(self, account: AgentAccount) -> None:
        """Forget an agent."""
        del self.agents[account.id]
        self._note_total(account.info.resources, NOTHING)
        if self._holds_back:
            self.quotas.note_available(self._available_of(account), -1)

    def open_agent(
        self, account: AgentAccount, *, is_active: bool | None = None, is_listed: bool | None = None
    ) -> None:
        """Whether anything may be offered of an agent; None leaves it as it is."""
        before = self._available_of(account)
        account.is_active = account.is_active if is_active is None else is_active
        account.is_listed = account.is_listed if is_listed is None else is_listed
        self._note_available(account, before)

    # Grants

    def grant(self, subscription: Subscription, account: AgentAccount, resources: Resources) -> None:
        """Count resources of an agent as a framework's."""
        before = self._available_of(account) if self._holds_back else None
        counted = self._counted(subscription, account, resources) if account.shared else (resources, resources)
        account.take((subscription.client.id, subscription.role.name), resources)
        role = subscription.role
        role.frameworks.allocate(subscription, counted[0].thousandths)
        self.tree.allocate(role, counted[1].thousandths)
        if not account.is_plain:
            self.quotas.note_granted(role.top, counted[1], 1)
        if before is not None:
            self._note_available(account, before)
        if self.quotas:
            self.quotas.refresh(role.top)

    def recover(self, subscription: Subscription, account: AgentAccount | None, resources: Resources) -> None:
        """Count resources as a framework's no more. The agent may be gone already."""
        role, counted, before = subscription.role, (resources, resources), None
        if account is not None:
            before = self._available_of(account) if self._holds_back else None
            account.give_back((subscription.client.id, role.name), resources)
            if account.shared or account.lent:
                counted = self._counted(subscription, account, resources)
        role.frameworks.release(subscription, counted[0].thousandths)
        self.tree.release(role, counted[1].thousandths)
        if account is None or not account.is_plain:
            self.quotas.note_granted(role.top, counted[1], -1)
        if account is not None and before is not None:
            self._note_available(account, before)
        if self.quotas:
            self.quotas.refresh(role.top)

    def take_back(self, subscription: Subscription, account: AgentAccount, resources: Resources) -> None:
        """Undo a grant as if it had never been: its turn does not count either."""
        self.recover(subscription, account, resources)
        subscription.role.frameworks.allocate(subscription, {}, -1)
        self.tree.allocate(subscription.role, {}, -1)

    def convert(self, subscription: Subscription, account: AgentAccount, before: Resources, after: Resources) -> None:
        """What a framework holds of an agent became something else, and with it what the agent has."""
        self.take_back(subscription, account, before)
        changed = account.info.resources.without(before) + after
        self.change_agent(account, evolve(account.info, resources=changed))
        self.grant(subscription, account, after)

    def _counted(
        self, subscription: Subscription, account: AgentAccount, resources: Resources
    ) -> tuple[Resources, Resources]:
        """What of a grant counts for the framework, and for its role: a shared volume counts once with each, however
        many copies they hold. To be asked while the grant is not in the account.
        """
        mine = (subscription.client.id, subscription.role.name)
        holders = {kind: set(copies) for kind, copies in account.lent.items()}
        of_role = {kind: {name for _, name in lent_to} for kind, lent_to in holders.items()}
        return (
            resources.filter(lambda kind: mine not in holders.get(kind, ())),
            resources.filter(lambda kind: mine[1] not in of_role.get(kind, ())),
        )

    # Quota

    def set_quotas(self, quotas: Mapping[str, QuotaConfig]) -> None:
        """All roles' guarantees and limits."""
        self.quotas.set_quotas(quotas)
        self._holds_back = self.quotas.has_guarantees
        self.quotas.available.clear()
        if self._holds_back:
            for account in self.agents.values():
                self.quotas.note_available(self._available_of(account), 1)

    def _available_of(self, account: AgentAccount) -> Mapping[str, int]:
        """What of an agent may serve a guarantee."""
        return account.open_amounts if self._holds_back and account.is_open else {}

    def _note_available(self, account: AgentAccount, before: Mapping[str, int]) -> None:
        if self._holds_back:
            self.quotas.note_available(before, -1)
            self.quotas.note_available(self._available_of(account), 1)

    # Sums

    def total(self) -> Quantities:
        """What all agents have."""
        return Quantities.of_thousandths(self._total)

    def granted(self) -> Quantities:
        """What all frameworks hold."""
        together: dict[str, int] = {}
        for amounts in self.tree.top_allocations():
            for name, amount in amounts.items():
                together[name] = together.get(name, 0) + amount
        return Quantities.of_thousandths(together)

    def _note_total(self, before: Resources, after: Resources) -> None:
        for resources, sign in ((before, -1), (after, 1)):
            for name, amount in resources.thousandths.items():
                self._total[name] = self._total.get(name, 0) + sign * amount
            self.quotas.note_reserved(resources, sign)
        if before.thousandths != after.thousandths:
            self.yardstick.set_total(self._total)

    def check(self) -> None:
        """State the invariants; raises AssertionError when one is broken."""
        held: dict[Holder, dict[str, int]] = {}
        for account in self.agents.values():
            if account.free != account.exclusive.without(account.taken):
                raise AssertionError(f"{account.id}: {account.free} is free besides {account.taken}")
            for holder, resources in account.holdings():
                sums = held.setdefault(holder, {})
                for name, amount in resources.thousandths.items():
                    sums[name] = sums.get(name, 0) + amount
        for client in self.clients.values():
            for subscription in client.subscriptions.values():
                if held.get((client.id, subscription.role.name), {}) != subscription.amounts:
                    raise AssertionError(f"{client.id} in {subscription.role.name} holds {subscription.amounts}")

"""Why nothing of an agent is offered to a role of a framework: the checks of an allocation, with their reasons.

Goes through the same filters, portions and quotas as ``cycle``, in the same order, and says which one was the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from attrs import frozen

from koinon_core.ids import AgentId, FrameworkId
from koinon_core.scalars import Scalar

from .accounts import AgentAccount, Holder, Portion, describe_part, find_blindness
from .books import Books
from .clients import Amounts, Subscription
from .cycle import Cycle
from .filters import RefusalFilters
from .fitness import AgentFilter
from .interface import Refusal

_Reason = tuple[str, str]
"""The name of a filter, and the sentence."""


@frozen(kw_only=True)
class Explanation:
    """What the allocator knows at one moment. ``offered`` are the holders of an agent whose offers wait for answers."""

    books: Books
    refusals: RefusalFilters
    cycle: Cycle
    fitness: Sequence[AgentFilter]
    paused: str | None
    offered: dict[AgentId, set[Holder]]

    def refusals_of(
        self, subscriptions: Collection[Subscription], granted: Collection[tuple[FrameworkId, str, AgentId]]
    ) -> Iterator[Refusal]:
        """One line a subscription and agent, but for those that are ``granted`` something of it now."""
        for subscription in subscriptions:
            client_id, role = subscription.client.id, subscription.role.name
            for account in self.books.agents.values():
                if (client_id, role, account.id) in granted:
                    continue
                found = self.find(subscription, account)
                if found is not None:
                    yield Refusal(
                        framework_id=client_id, role=role, agent_id=account.id, filter=found[0], reason=found[1]
                    )

    def find(self, subscription: Subscription, account: AgentAccount) -> _Reason | None:
        """Why a subscription is offered nothing of an agent, or None if nothing is in the way."""
        found = self._of_subscription(subscription) or self._of_agent(account)
        if found is not None:
            return found
        for one in self.fitness:
            if not one.passes(subscription, account):
                return one.name, one.explain(subscription, account)
        return self._of_resources(subscription, account)

    def _of_subscription(self, subscription: Subscription) -> _Reason | None:
        if self.paused is not None:
            return "paused", f"nothing is allocated now: {self.paused}"
        if not subscription.client.is_active:
            return "inactive", "the framework is not connected"
        if subscription.is_suppressed:
            return "suppressed", f"the framework suppressed role {subscription.role.name}, and did not revive it since"
        return None

    def _of_agent(self, account: AgentAccount) -> _Reason | None:
        if not account.is_active:
            return "agent", "the agent is not connected, or is deactivated"
        if not account.is_listed:
            return "whitelist", f"the agent's hostname {account.info.hostname} is not on the master's whitelist"
        if not account.exclusive:
            return "empty", "the agent has no resources"
        if not account.free:
            return "allocated", f"everything is allocated: {self._holders(account)}"
        return None

    def _of_resources(self, subscription: Subscription, account: AgentAccount) -> _Reason | None:
        role = subscription.role
        whole = account.portion(role.name, subscription.client.abilities)
        if not whole.resources:
            return "reserved", self._invisible(subscription, account)
        if not self.cycle.is_worth_it(subscription, whole):
            least = subscription.least if subscription.least is not None else self.cycle.least
            wanted = " or ".join(_amounts(one) for one in least)
            return "too little", f"{whole.resources} is free, less than the least to offer: {wanted}"
        portion = self.books.quotas.allowed(whole, role.top)
        if not portion.resources or not self.cycle.is_worth_it(subscription, portion):
            return self._of_quota(role.top, whole, portion)
        for lot in self.refusals.covering(account.id, portion.resources):
            until = lot.refusers.get(subscription)
            if until is not None:
                return "refused", f"the framework refused {lot.resources} until {_time(until)}"
        return None

    def _of_quota(self, top: str, whole: Portion, portion: Portion) -> _Reason:
        quotas = self.books.quotas
        names = {name for name, amount in whole.amounts.items() if portion.amounts.get(name, 0) < amount}
        full = [name for name, amount in quotas.room(top).items() if name in names and not amount]
        kept_for = quotas.unmet_roles(names)
        if not full and kept_for:
            roles = ", ".join(sorted(kept_for))
            return "headroom", f"what is free is kept for the guarantee of role {roles}"
        consumed = _amounts(quotas.consumed(top))
        limits = _amounts(quotas.limits(top))
        return "limit", f"role {top} has no room for an offer: its limits are {limits}, and it consumes {consumed}"

    def _invisible(self, subscription: Subscription, account: AgentAccount) -> str:
        role, abilities = subscription.role.name, subscription.client.abilities
        parts = [f"{describe_part(item)} {find_blindness(item.kind, role, abilities)}" for item in account.free]
        held = self._holders(account)
        return "; ".join([*parts, f"the rest is allocated: {held}"] if held else parts)

    def _holders(self, account: AgentAccount) -> str:
        offered = self.offered.get(account.id, ())
        return ", ".join(
            f"{resources} to framework {holder[0]} (role {holder[1]})"
            + (", which has an offer to answer" if holder in offered else "")
            for holder, resources in account.held.items()
        )


def _amounts(amounts: Amounts) -> str:
    return "; ".join(f"{name}:{Scalar(amount)}" for name, amount in sorted(amounts.items())) or "nothing"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

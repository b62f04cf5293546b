"""The allocator of Mesos: fair between roles, then between the frameworks of a role (mesos-semantics 5.3).

It looks only at agents where something changed since the last time, so that the cost of an event does not depend on
the size of the cluster. The order is ``sorter``'s, refusals are ``filters``', sums are ``accounts``'.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import define, evolve, field

from koinon_core.agents import AgentInfo
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.offer_constraints import OfferConstraints
from koinon_core.quantities import Quantities
from koinon_core.quota import QuotaConfig
from koinon_core.resources import NOTHING, Kind, Resources
from koinon_core.roles import is_within

from ..config import MasterConfig
from .accounts import AgentAccount
from .filters import RefusalFilters
from .interface import Grant, Refusal
from .sorter import DrfSorter


@define(eq=False)
class _Client:
    """A framework as the allocator sees it."""

    id: FrameworkId
    info: FrameworkInfo
    is_active: bool = True
    suppressed: set[str] = field(factory=set)
    sorted_in: set[str] = field(factory=set)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles it subscribes to."""
        return self.info.all_roles()


class HierarchicalAllocator:
    """See ``interface.Allocator`` for what each verb promises."""

    def __init__(self, config: MasterConfig) -> None:
        self._config = config
        self._roles = self._make_sorter()
        self._frameworks_of: dict[str, DrfSorter] = {}
        self._clients: dict[FrameworkId, _Client] = {}
        self._agents: dict[AgentId, AgentAccount] = {}
        self._total = Quantities()
        self._filters = RefusalFilters()
        self._touched: dict[AgentId, None] = {}
        self._idle: dict[AgentId, None] = {}

    # Frameworks

    def add_framework(
        self,
        framework_id: FrameworkId,
        info: FrameworkInfo,
        suppressed: Collection[str],
        constraints: OfferConstraints | None = None,
    ) -> None:
        client = self._clients.setdefault(framework_id, _Client(framework_id, info))
        left_roles = set(client.roles) - set(info.all_roles())
        client.info, client.is_active, client.suppressed = info, True, set(suppressed)
        for role in left_roles:
            self._filters.clear((framework_id, role))
        for role in left_roles | set(client.roles):
            self._refresh(client, role)
        self._touched.update(self._idle)

    def deactivate_framework(self, framework_id: FrameworkId) -> None:
        client = self._clients.get(framework_id)
        if client is None:
            return
        client.is_active = False
        for role in client.roles:
            self._filters.clear((framework_id, role))
            self._refresh(client, role)

    def remove_framework(self, framework_id: FrameworkId) -> None:
        self.deactivate_framework(framework_id)
        client = self._clients.pop(framework_id, None)
        if client is None:
            return
        for role in client.sorted_in:
            frameworks = self._frameworks_of[role]
            frameworks.remove(framework_id)
            if not len(frameworks):
                del self._frameworks_of[role]
                self._roles.remove(role)

    def revive(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        client = self._clients[framework_id]
        client.suppressed -= set(roles)
        for role in roles:
            self._filters.clear((framework_id, role))
            self._refresh(client, role)
        self._touched.update(self._idle)

    def suppress(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        client = self._clients[framework_id]
        client.suppressed |= set(roles)
        for role in roles:
            self._refresh(client, role)

    def refuse(self, grant: Grant, until: float) -> None:
        if grant.resources:
            self._filters.refuse((grant.framework_id, grant.role), grant.agent_id, grant.resources, until)

    def expire(self, now: float) -> None:
        self._touched.update(dict.fromkeys(self._filters.expire(now)))

    # Agents

    def add_agent(self, agent_id: AgentId, info: AgentInfo) -> None:
        account = self._agents.get(agent_id)
        if account is None:
            self._agents[agent_id] = AgentAccount(agent_id, info)
            self._set_total(self._total + Quantities.of(info.resources))
        else:
            self._change_agent(account, info)
        self._note_free(self._agents[agent_id])

    def deactivate_agent(self, agent_id: AgentId) -> None:
        account = self._agents.get(agent_id)
        if account is not None:
            account.is_active = False
            self._note_free(account)

    def remove_agent(self, agent_id: AgentId) -> None:
        account = self._agents.pop(agent_id, None)
        if account is None:
            return
        self._filters.clear_agent(agent_id)
        self._set_total(self._total - Quantities.of(account.info.resources))
        self._idle.pop(agent_id, None)

    def _change_agent(self, account: AgentAccount, info: AgentInfo) -> None:
        account.is_active = True
        before = account.info
        if before.resources == info.resources and before.attributes == info.attributes:
            return
        self._set_total(self._total - Quantities.of(before.resources) + Quantities.of(info.resources))
        account.change(info)
        self._filters.clear_agent(account.id)

    def change_agent(self, agent_id: AgentId, info: AgentInfo) -> None:
        account = self._agents[agent_id]
        self._set_total(self._total - Quantities.of(account.info.resources) + Quantities.of(info.resources))
        account.change(info)
        self._note_free(account)

    def convert(self, grant: Grant, into: Resources) -> None:
        account = self._agents[grant.agent_id]
        self.recover(grant)
        changed = evolve(account.info, resources=account.info.resources.without(grant.resources) + into)
        self.change_agent(grant.agent_id, changed)
        self.charge(evolve(grant, resources=into))

    def set_weights(self, weights: Mapping[str, float]) -> None:
        pass

    def set_quotas(self, quotas: Mapping[str, QuotaConfig]) -> None:
        pass

    def pause(self, why: str | None) -> None:
        pass

    def quota_consumed(self, role: str) -> Quantities:
        return Quantities()

    def active_filters(self) -> Mapping[str, int]:
        return {role: self._filters.count(role) for role in self._frameworks_of}

    def explain(self, framework_id: FrameworkId | None = None, role: str | None = None) -> list[Refusal]:
        return []

    # Grants

    def charge(self, grant: Grant) -> None:
        self._count(grant)
        account = self._agents[grant.agent_id]
        account.take(grant.resources)
        if not account.free:
            self._idle.pop(account.id, None)

    def recover(self, grant: Grant) -> None:
        amount = Quantities.of(grant.resources)
        self._roles.release(grant.role, amount)
        self._frameworks_of[grant.role].release(grant.framework_id, amount)
        account = self._agents.get(grant.agent_id)
        if account is not None:
            account.give_back(grant.resources)
            self._note_free(account)

    def has_work(self) -> bool:
        return bool(self._touched)

    def allocate(self) -> list[Grant]:
        touched, self._touched = self._touched, {}
        grants: list[Grant] = []
        for agent_id in touched:
            account = self._agents.get(agent_id)
            if account is not None and account.is_active:
                self._allocate_agent(account, grants)
        return grants

    def _allocate_agent(self, account: AgentAccount, grants: list[Grant]) -> None:
        for role in self._roles.order():
            for framework_id in self._frameworks_of[role].order():
                if not account.free:
                    return
                client = self._clients[FrameworkId(framework_id)]
                portion = self._portion_for(client, role, account)
                if portion:
                    grant = Grant(framework_id=client.id, role=role, agent_id=account.id, resources=portion)
                    self.charge(grant)
                    grants.append(grant)

    def _portion_for(self, client: _Client, role: str, account: AgentAccount) -> Resources:
        """What of an agent's free resources a framework may be offered in a role; nothing, if it won't have it."""
        info = client.info
        gpus_matter = self._config.filter_gpu_resources and account.has_gpus
        if gpus_matter and not info.has(FrameworkCapabilityType.GPU_RESOURCES):
            return NOTHING
        portion = account.free.filter(lambda kind: _may_see(kind, role, info))
        if not portion or not self._is_allocatable(info, role, portion):
            return NOTHING
        if self._filters.is_refused((client.id, role), account.id, portion):
            return NOTHING
        return portion

    def _is_allocatable(self, info: FrameworkInfo, role: str, portion: Resources) -> bool:
        least = self._config.min_allocatable_resources.alternatives
        own = (info.offer_filters or {}).get(role)
        if own is not None and own.min_allocatable_resources is not None:
            least = tuple(Quantities(one.quantities) for one in own.min_allocatable_resources.quantities)
        amounts = Quantities.of(portion)
        return not least or any(amounts >= alternative for alternative in least)

    # What others may ask

    def next_expiry(self) -> float | None:
        return self._filters.next_expiry()

    def total(self) -> Quantities:
        return self._total

    def granted(self) -> Quantities:
        """What all frameworks hold together, in tasks and in offers."""
        amount = Quantities()
        for role in self._frameworks_of:
            amount = amount + self._roles.allocated(role)
        return amount

    def free(self, agent_id: AgentId) -> Resources:
        """What nobody holds of an agent."""
        account = self._agents.get(agent_id)
        return NOTHING if account is None else account.free

    def shares(self) -> Mapping[str, float]:
        return {role: self._roles.share(role) for role in self._frameworks_of}

    # Books

    def _make_sorter(self) -> DrfSorter:
        return DrfSorter(self._config.fair_sharing_excluded_resource_names)

    def _set_total(self, total: Quantities) -> None:
        self._total = total
        self._roles.set_total(total)
        for frameworks in self._frameworks_of.values():
            frameworks.set_total(total)

    def _note_free(self, account: AgentAccount) -> None:
        """Have the agent looked at next time if it has something to give, and know it for those who revive."""
        if account.is_active and account.free:
            self._idle[account.id] = None
            self._touched[account.id] = None
        else:
            self._idle.pop(account.id, None)

    def _count(self, grant: Grant) -> None:
        client = self._clients[grant.framework_id]
        frameworks = self._join(client, grant.role)
        amount = Quantities.of(grant.resources)
        self._roles.allocate(grant.role, amount)
        frameworks.allocate(client.id, amount)

    def _join(self, client: _Client, role: str) -> DrfSorter:
        frameworks = self._frameworks_of.get(role)
        if frameworks is None:
            frameworks = self._frameworks_of[role] = self._make_sorter()
            frameworks.set_total(self._total)
            self._roles.add(role)
        frameworks.add(client.id)
        client.sorted_in.add(role)
        return frameworks

    def _refresh(self, client: _Client, role: str) -> None:
        """Let the sorters know whether a framework takes part in a role, and the role in the whole."""
        frameworks = self._join(client, role)
        wants = client.is_active and role in client.roles and role not in client.suppressed
        frameworks.set_active(client.id, wants)
        self._roles.set_active(role, frameworks.has_active())


def _may_see(kind: Kind, role: str, info: FrameworkInfo) -> bool:
    """Whether a role of a framework may be offered a kind of resources (mesos-semantics 5.3, 5.5)."""
    if kind.reservations and not is_within(role, kind.reserved_role):
        return False
    if kind.revocable and not info.has(FrameworkCapabilityType.REVOCABLE_RESOURCES):
        return False
    if kind.shared and not info.has(FrameworkCapabilityType.SHARED_RESOURCES):
        return False
    return len(kind.reservations) < 2 or info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT)

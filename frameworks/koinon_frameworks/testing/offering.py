"""Offers of the fake master: made, declined, filtered, rescinded (mesos-semantics 5.1 to 5.3). Pure.

One framework is there, so that nothing is to be shared out: whatever is free on an agent goes to one of its roles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from attrs import define, field, frozen

from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import AgentId, OfferId, make_offer_id
from koinon_core.offers import DEFAULT_REFUSE_SECONDS, AllocationInfo, Filters, Offer
from koinon_core.resources import Resources
from koinon_core.roles import DEFAULT_ROLE
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Offers, Rescind

from .world import FakeAgent, FakeFramework, World

ALLOCATION_INTERVAL = 1.0
MAX_REFUSE_SECONDS = 365 * 86400.0
_LEAST = (("cpus", Scalar.of(0.01)), ("mem", Scalar.of(32)))


@frozen(kw_only=True)
class HeldOffer:
    """An offer that waits for its answer, and what it holds without any mark of a role."""

    offer: Offer
    role: str
    resources: Resources


@frozen(kw_only=True)
class RefusedResources:
    """Resources of an agent that a role does not want to see for a while."""

    role: str
    agent_id: AgentId
    resources: Resources
    until: float


@define
class OfferBook:
    """Offers and refusals."""

    world: World
    is_automatic: bool = True
    """Whether what is free is offered; else offers are made by hand."""
    held: dict[OfferId, HeldOffer] = field(factory=dict)
    refusals: list[RefusedResources] = field(factory=list)
    grants: Counter[str] = field(factory=Counter)

    def allocate(self, now: float) -> None:
        """Offer what is free and wanted."""
        framework = self.world.framework
        if framework is None or framework.stream_id is None or not self.is_automatic:
            return
        self.refusals = [refusal for refusal in self.refusals if refusal.until > now]
        made = [
            self._make(framework, agent, role, resources)
            for agent in self.world.agents.values()
            if agent.is_there
            for role in sorted(framework.info.all_roles(), key=lambda role: (self.grants[role], role))
            if (resources := self._wanted(framework, agent, role))
        ]
        if made:
            self.world.tell(Offers(tuple(made)))

    def offer(self, agent: FakeAgent, resources: Resources, role: str) -> Offer:
        """Make an offer by hand and send it."""
        if self.world.framework is None:
            raise RuntimeError("nobody is subscribed")
        offer = self._make(self.world.framework, agent, role, resources)
        self.world.tell(Offers((offer,)))
        return offer

    def _wanted(self, framework: FakeFramework, agent: FakeAgent, role: str) -> Resources | None:
        """What of an agent is to be offered to a role now; None: nothing."""
        if role in framework.suppressed:
            return None
        free = agent.free.filter(lambda kind: _is_for(kind.reserved_role, role))
        is_enough = any(free.scalar(name) >= least for name, least in _LEAST)
        is_refused = any(
            refusal.role == role and refusal.agent_id == agent.id and free in refusal.resources
            for refusal in self.refusals
        )
        return None if is_refused or not is_enough else free

    def _make(self, framework: FakeFramework, agent: FakeAgent, role: str, resources: Resources) -> Offer:
        number = self.world.next_number("offer")
        is_multi_role = framework.has(FrameworkCapabilityType.MULTI_ROLE)
        offer = Offer(
            id=make_offer_id(self.world.master_id, number),
            framework_id=framework.id,
            agent_id=agent.id,
            hostname=agent.hostname,
            resources=resources.allocated_to(role) if is_multi_role else resources,
            attributes=agent.attributes,
            executor_ids=tuple(agent.executors),
            allocation_info=AllocationInfo(role) if is_multi_role else None,
        )
        self.held[offer.id] = HeldOffer(offer=offer, role=role, resources=resources)
        self.grants[role] += 1
        agent.offered = agent.offered + resources
        return offer

    def take(self, offer_id: OfferId) -> HeldOffer | None:
        """Strike an offer out; what it held is free again."""
        held = self.held.pop(offer_id, None)
        if held is not None:
            agent = self.world.agents[held.offer.agent_id]
            agent.offered = agent.offered.without(held.resources)
        return held

    def decline(self, offer_ids: Iterable[OfferId], filters: Filters | None, now: float) -> None:
        """Give offers back, and hold them from the framework for a while."""
        for offer_id in offer_ids:
            held = self.take(offer_id)
            if held is not None:
                self.refuse(held, held.resources, filters, now)

    def refuse(self, held: HeldOffer, resources: Resources, filters: Filters | None, now: float) -> None:
        """Do not offer these again before the refusal ends."""
        until = _end_of_refusal(None if filters is None else filters.refuse_seconds, now)
        if resources:
            agent_id = held.offer.agent_id
            self.refusals.append(RefusedResources(role=held.role, agent_id=agent_id, resources=resources, until=until))
            self.world.agenda.at(until, lambda _: None)

    def revive(self, roles: Iterable[str]) -> None:
        """Forget what these roles refused."""
        wanted = set(roles)
        self.refusals = [refusal for refusal in self.refusals if refusal.role not in wanted]

    def forget_refusals(self, agent_id: AgentId | None = None) -> None:
        """Of an agent that changed, or all."""
        self.refusals = [one for one in self.refusals if agent_id is not None and one.agent_id != agent_id]

    def rescind(self, offer_ids: Iterable[OfferId]) -> None:
        """Take offers back, and say so."""
        for offer_id in tuple(offer_ids):
            if self.take(offer_id) is not None:
                self.world.tell(Rescind(offer_id))

    def rescind_of(self, agent_id: AgentId) -> None:
        """Take back what is offered of an agent."""
        self.rescind([offer_id for offer_id, held in self.held.items() if held.offer.agent_id == agent_id])

    def discard(self) -> None:
        """Take all offers back without a word."""
        for offer_id in tuple(self.held):
            self.take(offer_id)


def _is_for(reserved_role: str, role: str) -> bool:
    """Whether what is set aside for one role may be offered to another: to itself and to those below it."""
    return reserved_role in (DEFAULT_ROLE, role) or role.startswith(f"{reserved_role}/")


def _end_of_refusal(refuse_seconds: float | None, now: float) -> float:
    """Nonsense counts as the default, more than a year as a year; 0 lasts to the next round."""
    seconds = DEFAULT_REFUSE_SECONDS if refuse_seconds is None else refuse_seconds
    if not seconds >= 0:  # true of NaN, too
        seconds = DEFAULT_REFUSE_SECONDS
    if not seconds:
        return (now // ALLOCATION_INTERVAL + 1) * ALLOCATION_INTERVAL
    return now + max(ALLOCATION_INTERVAL, min(seconds, MAX_REFUSE_SECONDS))

"""Outstanding offers: made from grants, answered, rescinded, timed out (mesos-semantics 5.1).

Whatever an offer holds is granted in the allocator's books until it is given back here or used by what ``operations``
does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from koinon_core.agents import Unavailability
from koinon_core.ids import AgentId, OfferId, make_offer_id
from koinon_core.offers import AllocationInfo, Filters, Offer, Operation
from koinon_core.resources import Resources
from koinon_core.scheduler_api import Offers, Rescind

from .allocator.filters import end_of_refusal
from .allocator.interface import Grant
from .entities import Agent, Framework, HeldOffer
from .maintenance.inverse_offers import forget_inverse_offers
from .offer_history import EndedOffer, OfferOutcome, describe_operation, find_users
from .state import ClusterState, OfferEnds


class OfferBook:
    """All offers that wait for an answer."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state

    def offer_what_is_free(self, now: float) -> list[AgentId]:
        """Let the allocator decide, and send each framework its new offers in one event. Returns whose they are."""
        state = self._state
        state.tallies["allocation_runs"] += 1
        offers: dict[Framework, list[Offer]] = defaultdict(list)
        for grant in state.allocator.allocate():
            framework, agent = state.frameworks[grant.framework_id], state.agents[grant.agent_id]
            offers[framework].append(self._make(grant, framework, agent, now))
        for framework, made in offers.items():
            framework.tallies["offers/sent"] += len(made)
            state.tell(framework, Offers(tuple(made)))
        return [offer.agent_id for made in offers.values() for offer in made]

    def _make(self, grant: Grant, framework: Framework, agent: Agent, now: float) -> Offer:
        state = self._state
        offer_id = make_offer_id(state.info.id, state.next_number("offer"))
        offer = _describe(offer_id, grant, framework, agent, state.unavailable.get(agent.id))
        state.offers[offer_id] = HeldOffer(offer=offer, grant=grant, made=now)
        framework.offers.add(offer_id)
        agent.offers.add(offer_id)
        if state.config.offer_timeout is not None:
            state.timers.set(OfferEnds(offer_id), now + state.config.offer_timeout)
        return offer

    def take(self, offer_id: OfferId, framework: Framework) -> HeldOffer | None:
        """Strike out an offer of a framework, which then answers for its grant; None if it is none of its."""
        state = self._state
        held = state.offers.get(offer_id)
        if held is None or held.grant.framework_id != framework.id:
            return None
        del state.offers[offer_id]
        framework.offers.discard(offer_id)
        agent = state.agents.get(held.grant.agent_id)
        if agent is not None:
            agent.offers.discard(offer_id)
        state.timers.cancel(OfferEnds(offer_id))
        return held

    def decline(self, framework: Framework, offer_ids: Iterable[OfferId], filters: Filters | None, now: float) -> None:
        """Give offers back and hold them from the framework for a while."""
        for offer_id in offer_ids:
            held = self.take(offer_id, framework)
            if held is None:
                self._state.note("declined_offer_unknown", offer_id=offer_id, framework_id=framework.id)
            else:
                framework.tallies["offers/declined"] += 1
                until = self.give_back(held.grant, filters, now)
                self._state.offer_history.note(EndedOffer(held, now, OfferOutcome.DECLINED, (), until))

    def give_back(self, grant: Grant, filters: Filters | None, now: float) -> float:
        """Free what a framework did not want, and do not offer it the same again before its refusal ends: when, is
        returned.
        """
        seconds = None if filters is None else filters.refuse_seconds
        until = end_of_refusal(seconds, self._state.config.allocation_interval, now)
        self._state.allocator.refuse(grant, until)
        self._state.allocator.recover(grant)
        return until

    def expire(self, offer_id: OfferId) -> None:
        """Take an offer back that was not answered in time."""
        why = f"it was not answered within --offer_timeout, {self._state.config.offer_timeout:g} seconds"
        self.rescind([offer_id], why, OfferOutcome.EXPIRED)

    def rescind(self, offer_ids: Iterable[OfferId], why: str, outcome: OfferOutcome = OfferOutcome.RESCINDED) -> None:
        """Take offers back, and tell the framework that holds them; ``why`` is for people."""
        for offer_id in tuple(offer_ids):
            held = self._state.offers.get(offer_id)
            if held is None:
                continue
            framework = self._state.frameworks[held.grant.framework_id]
            self.take(offer_id, framework)
            self._state.allocator.recover(held.grant)
            framework.tallies["offers/rescinded"] += 1
            self._note_end(held, outcome, why)
            self._state.tell(framework, Rescind(offer_id))

    def rescind_sharers(self, agent: Agent, volumes: Resources) -> None:
        """Take back the offers of an agent that hold these volumes, which are to be something else: shared ones."""
        kinds = {item.kind for item in volumes if item.kind.shared}
        if kinds:
            held = {offer_id: self._state.offers[offer_id].grant.resources for offer_id in agent.offers}
            chosen = [one for one, resources in held.items() if kinds & {item.kind for item in resources}]
            self.rescind(chosen, "a shared volume that it held is to be something else")

    def discard(self, framework: Framework, why: str) -> None:
        """Take all offers of a framework back without a word to it: it is not there, or starts anew."""
        for offer_id in tuple(framework.offers):
            held = self.take(offer_id, framework)
            if held is not None:
                self._state.allocator.recover(held.grant)
                self._note_end(held, OfferOutcome.WITHDRAWN, why)
        forget_inverse_offers(self._state, framework)

    def _note_end(self, held: HeldOffer, outcome: OfferOutcome, why: str) -> None:
        history = self._state.offer_history
        history.note(EndedOffer(held, history.now, outcome, why=why))

    def note_acceptance(
        self, taken: Iterable[HeldOffer], operations: Iterable[Operation], until: float | None, why: str | None = None
    ) -> None:
        """Offers were taken for these operations; of what was left nothing is offered again before ``until``. ``why``
        nothing came of it, if that is so.
        """
        history, done = self._state.offer_history, tuple(operations)
        words = tuple(map(describe_operation, done))
        for held in taken:
            users = find_users(done, self._state.frameworks[held.grant.framework_id].info)
            history.note(EndedOffer(held, history.now, OfferOutcome.ACCEPTED, words, until, why, users))


def _describe(
    offer_id: OfferId, grant: Grant, framework: Framework, agent: Agent, unavailability: Unavailability | None
) -> Offer:
    """The offer as the framework sees it (mesos-v1-api 2.7, 2.8)."""
    is_multi_role = framework.is_multi_role
    return Offer(
        id=offer_id,
        framework_id=framework.id,
        agent_id=agent.id,
        hostname=agent.info.hostname,
        url=agent.url,
        domain=agent.info.domain,
        resources=grant.resources.allocated_to(grant.role) if is_multi_role else grant.resources,
        attributes=agent.info.attributes,
        unavailability=unavailability,
        executor_ids=tuple(executor_id for owner, executor_id in agent.executors if owner == framework.id),
        allocation_info=AllocationInfo(grant.role) if is_multi_role else None,
    )

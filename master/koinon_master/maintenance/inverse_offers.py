"""Asks frameworks to leave agents that are to be away, and remembers what they say (mesos-semantics 5.3, 10).

Who holds something on such an agent is asked, once until it answers, and again when its refusal is over. When agents
are to be away is ``schedule``'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from koinon_core.agents import Unavailability
from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId, FrameworkId, OfferId, make_offer_id
from koinon_core.maintenance import InverseOfferAnswer, InverseOfferStatus
from koinon_core.offers import InverseOffer
from koinon_core.scheduler_api import (
    AcceptInverseOffers,
    DeclineInverseOffers,
    RescindInverseOffer,
)
from koinon_core.scheduler_api import InverseOffers as InverseOffersEvent

from ..allocator.filters import end_of_refusal
from ..entities import Agent, Framework
from ..state import ClusterState, InverseRefusalEnds


class InverseOffers:
    """All inverse offers."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state

    def make(self, agent_ids: Iterable[AgentId]) -> None:
        """Ask whoever should leave these agents, as far as they are to be away, and was not asked yet."""
        state = self._state
        if not state.unavailable:
            return
        made: dict[Framework, list[InverseOffer]] = defaultdict(list)
        for agent_id in dict.fromkeys(agent_ids):
            agent, unavailability = state.agents.get(agent_id), state.unavailable.get(agent_id)
            if agent is None or unavailability is None or not agent.is_connected:
                continue
            for framework in self._to_be_asked(agent):
                made[framework].append(self._make(framework, agent, unavailability))
        for framework, offers in made.items():
            state.tell(framework, InverseOffersEvent(tuple(offers)))

    def _to_be_asked(self, agent: Agent) -> Iterator[Framework]:
        state = self._state
        for framework_id in _holders(state, agent):
            framework = state.frameworks.get(framework_id)
            refusal = InverseRefusalEnds(agent_id=agent.id, framework_id=framework_id)
            if framework is None or not framework.is_connected or refusal in state.timers:
                continue
            if agent.id not in framework.inverse_offers:
                yield framework

    def _make(self, framework: Framework, agent: Agent, unavailability: Unavailability) -> InverseOffer:
        state = self._state
        offer = InverseOffer(
            id=make_offer_id(state.info.id, state.next_number("offer")),
            framework_id=framework.id,
            agent_id=agent.id,
            unavailability=unavailability,
            url=agent.url,
        )
        state.inverse_offers[offer.id] = offer
        framework.inverse_offers[agent.id] = offer.id
        return offer

    def accept(self, framework: Framework, call: AcceptInverseOffers, now: float) -> None:
        """The framework will leave these agents in time."""
        refuse_seconds = None if call.filters is None else call.filters.refuse_seconds
        self._answer(framework, call.inverse_offer_ids, InverseOfferAnswer.ACCEPT, refuse_seconds, now)

    def decline(self, framework: Framework, call: DeclineInverseOffers, now: float) -> None:
        """The framework can't leave these agents in time."""
        refuse_seconds = None if call.filters is None else call.filters.refuse_seconds
        self._answer(framework, call.inverse_offer_ids, InverseOfferAnswer.DECLINE, refuse_seconds, now)

    def _answer(
        self,
        framework: Framework,
        offer_ids: Iterable[OfferId],
        answer: InverseOfferAnswer,
        refuse_seconds: float | None,
        now: float,
    ) -> None:
        state = self._state
        until = end_of_refusal(refuse_seconds, state.config.allocation_interval, now)
        for offer_id in dict.fromkeys(offer_ids):
            offer = state.inverse_offers.get(offer_id)
            if offer is None or offer.framework_id != framework.id or offer.agent_id is None:
                state.note("inverse_offer_unknown", offer_id=offer_id, framework_id=framework.id)
                continue
            del state.inverse_offers[offer_id]
            del framework.inverse_offers[offer.agent_id]
            said = InverseOfferStatus(status=answer, framework_id=framework.id, timestamp=TimeInfo.of_seconds(now))
            state.inverse_answers.setdefault(offer.agent_id, {})[framework.id] = said
            state.timers.set(InverseRefusalEnds(agent_id=offer.agent_id, framework_id=framework.id), until)

    def revive(self, framework: Framework) -> None:
        """Forget what the framework refused, whatever its roles, and ask again (mesos-v1-api 2.4)."""
        for agent_id in self._state.unavailable:
            self._state.timers.cancel(InverseRefusalEnds(agent_id=agent_id, framework_id=framework.id))
        self.ask(framework)

    def ask(self, framework: Framework) -> None:
        """Ask a framework to leave whatever it has on agents that are to be away."""
        offered = (self._state.offers[offer_id].grant.agent_id for offer_id in sorted(framework.offers))
        self.make((*sorted(framework.agent_ids), *offered))


def rescind_inverse_offers(state: ClusterState, agent_id: AgentId) -> None:
    """Nobody need leave an agent any more, or not at the time that was said; what was answered to that is void."""
    state.inverse_answers.pop(agent_id, None)
    for framework in state.frameworks.values():
        state.timers.cancel(InverseRefusalEnds(agent_id=agent_id, framework_id=framework.id))
        offer_id = framework.inverse_offers.pop(agent_id, None)
        if offer_id is not None:
            del state.inverse_offers[offer_id]
            state.tell(framework, RescindInverseOffer(offer_id))


def forget_inverse_offers(state: ClusterState, framework: Framework) -> None:
    """Drop what a framework that is not there was asked; it is asked anew when it is back."""
    for offer_id in framework.inverse_offers.values():
        del state.inverse_offers[offer_id]
    framework.inverse_offers.clear()
    for agent_id in state.unavailable:
        state.timers.cancel(InverseRefusalEnds(agent_id=agent_id, framework_id=framework.id))


def _holders(state: ClusterState, agent: Agent) -> dict[FrameworkId, None]:
    """The frameworks that have something on an agent, in tasks or in offers; in the order in which they came."""
    tasks = (task.framework_id for task in agent.tasks.values() if task.is_live)
    offers = (state.offers[offer_id].grant.framework_id for offer_id in sorted(agent.offers))
    return dict.fromkeys((*tasks, *(framework_id for framework_id, _ in agent.executors), *offers))

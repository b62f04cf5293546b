"""Operators' calls that reserve resources and make volumes: on what is free, or can be taken back from offers.

mesos-operator-api 1.1. What makes an operation invalid is in ``validation``, what it does to resources in
``koinon_core.conversions``; frameworks' own operations are ``accept``'s.
"""

from __future__ import annotations

from attrs import evolve

from koinon_core.conversions import exclusive_part, is_volume, plan_conversion, shared_part
from koinon_core.ids import OfferId
from koinon_core.offers import (
    Create,
    Destroy,
    GrowVolume,
    Operation,
    OperationType,
    Reserve,
    ShrinkVolume,
    Unreserve,
)
from koinon_core.operator_api import (
    CreateVolumes,
    DestroyVolumes,
    ReserveResources,
    UnreserveResources,
)
from koinon_core.operator_api import GrowVolume as GrowVolumeCall
from koinon_core.operator_api import ShrinkVolume as ShrinkVolumeCall
from koinon_core.resources import Resources

from ..entities import Agent
from ..events import OperatorCallReceived
from ..offer_book import OfferBook
from ..state import ClusterState
from ..validation.operations import find_operation_problem
from ..validation.reservations import Proposal
from .ledger import OperationLedger

ResourceCall = (
    ReserveResources | UnreserveResources | CreateVolumes | DestroyVolumes | GrowVolumeCall | ShrinkVolumeCall
)
NO_AGENT = "No agent found with specified ID"
AGENT_MISSING = (
    "Failed to validate master::Call: Expecting 'agent_id' to be present; only agent default resources are supported "
    "right now"
)
_UNNAMED = (OperationType.UNRESERVE, OperationType.DESTROY)
"""Mesos does not name the agent where it refuses these."""


class ResourceCalls:
    """Carries them out."""

    def __init__(self, state: ClusterState, offers: OfferBook, ledger: OperationLedger) -> None:
        self._state = state
        self._offers = offers
        self._ledger = ledger

    def handle(self, event: OperatorCallReceived, call: ResourceCall, _now: float) -> None:
        """Do one, and answer: 202, 400 for what is wrong by itself, 409 for what is not free."""
        agent = None if call.agent_id is None else self._state.agents.get(call.agent_id)
        if agent is None:
            self._state.answer(event.request, 400, NO_AGENT if call.agent_id is not None else AGENT_MISSING)
            return
        operation = _as_operation(call)
        problem = find_operation_problem(Proposal(operation=operation, agent=agent, principal=event.principal))
        conversion = plan_conversion(operation)
        if problem is not None or conversion is None:
            name = "" if operation.type is None else operation.type.name
            where = "" if operation.type in _UNNAMED else f" on agent {agent.title}"
            self._state.answer(event.request, 400, f"Invalid {name} operation{where}: {problem}")
            return
        problem = self._find_shortage(agent, conversion.consumed)
        if problem is not None:
            self._state.answer(event.request, 409, problem)
            return
        why = f"an operator's {'call' if operation.type is None else operation.type.name} needed what it held"
        self._offers.rescind(self._choose_offers(agent, conversion.consumed), why)
        self._offers.rescind_sharers(agent, conversion.consumed.filter(is_volume))
        agent.info = evolve(agent.info, resources=conversion.apply_to(agent.info.resources))
        self._state.allocator.change_agent(agent.id, agent.info)
        self._ledger.enter(agent, operation, None)
        self._state.answer(event.request, 202)

    def _find_shortage(self, agent: Agent, needed: Resources) -> str | None:
        """Why the resources can't be had, or None. What is offered can be taken back."""
        if not agent.is_connected:
            return f"Agent {agent.title} is not connected"
        # A shared volume may be in many offers, and nobody has it; whether tasks use it was asked already.
        unused = exclusive_part(self._state.allocator.free(agent.id)) + shared_part(agent.info.resources)
        for offer_id in agent.offers:
            unused = unused + exclusive_part(self._state.offers[offer_id].grant.resources)
        return None if needed in unused else f"{unused} does not contain {needed}"

    def _choose_offers(self, agent: Agent, needed: Resources) -> list[OfferId]:
        """As few offers as will do: one that frees all that is missing, else the next one that frees most kinds."""
        missing = exclusive_part(needed).without(self._state.allocator.free(agent.id))
        held = {offer_id: self._state.offers[offer_id].grant.resources for offer_id in sorted(agent.offers)}
        chosen: list[OfferId] = []
        while missing and held:
            still = {offer_id: missing.without(resources) for offer_id, resources in held.items()}
            best = min(still, key=lambda offer_id: _weigh(still[offer_id]))
            if still[best] != missing:
                chosen.append(best)
            missing = still[best]
            del held[best]
        return chosen


def _weigh(missing: Resources) -> tuple[int, int]:
    """How much is missing still: kinds first, then amounts."""
    return len(missing.items), sum(missing.scalar(item.name).thousandths for item in missing)


def _as_operation(call: ResourceCall) -> Operation:
    match call:
        case ReserveResources(resources=resources, source=source):
            return Operation(type=OperationType.RESERVE, reserve=Reserve(resources=resources, source=source))
        case UnreserveResources(resources=resources):
            return Operation(type=OperationType.UNRESERVE, unreserve=Unreserve(resources))
        case CreateVolumes(volumes=volumes):
            return Operation(type=OperationType.CREATE, create=Create(volumes))
        case DestroyVolumes(volumes=volumes):
            return Operation(type=OperationType.DESTROY, destroy=Destroy(volumes))
        case GrowVolumeCall():
            grow = GrowVolume(volume=call.volume, addition=call.addition)
            return Operation(type=OperationType.GROW_VOLUME, grow_volume=grow)
        case ShrinkVolumeCall():
            shrink = ShrinkVolume(volume=call.volume, subtract=call.subtract)
            return Operation(type=OperationType.SHRINK_VOLUME, shrink_volume=shrink)

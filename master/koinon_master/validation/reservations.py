"""What makes a RESERVE or an UNRESERVE invalid (mesos-semantics 5.5), and what any resource must be. Mesos's texts."""

from __future__ import annotations

from attrs import frozen

from koinon_core.agents import AgentCapabilityType
from koinon_core.conversions import is_volume
from koinon_core.offers import Operation, Reserve, Unreserve
from koinon_core.quantities import Quantities
from koinon_core.resources import Reservation, ReservationType, Resource, Resources
from koinon_core.roles import DEFAULT_ROLE, find_role_problem, is_within
from koinon_core.scalars import ZERO, Scalar

from ..entities import Agent, Framework


@frozen(kw_only=True)
class Proposal:
    """An operation that is to be carried out on an agent.

    ``framework`` is whose offer it uses, and ``role`` whom that was allocated to; None both for an operator's wish.
    ``principal`` is who asks, as far as that is known.
    """

    operation: Operation
    agent: Agent
    framework: Framework | None = None
    role: str | None = None
    principal: str | None = None

    def agent_can(self, capability: AgentCapabilityType) -> bool:
        """Whether the agent says that it can do this."""
        return any(one.type is capability for one in self.agent.capabilities)


def find_reserve_problem(proposal: Proposal, reserve: Reserve) -> str | None:
    """What is wrong with a RESERVE, or None."""
    for item in reserve.resources:
        problem = (
            find_resource_problem(item)
            or _find_dynamic_problem(item)
            or _find_capability_problem(proposal, item)
            or _find_principal_problem(proposal, item.kind.reservations[-1])
            or _find_role_problem(proposal, item)
        )
        if problem is not None:
            return problem
    return _find_source_problem(reserve)


def _find_dynamic_problem(item: Resource) -> str | None:
    if not item.kind.reservations or item.kind.reservations[-1].type is not ReservationType.DYNAMIC:
        return f"Resource {item} is not dynamically reserved"
    if item.kind.revocable:
        return (
            f"Invalid resources: Invalid ReservationInfo: Dynamically reserved resource {item} cannot be created from "
            "revocable resources"
        )
    return None


def _find_capability_problem(proposal: Proposal, item: Resource) -> str | None:
    role = item.kind.reserved_role
    if "/" in role and not proposal.agent_can(AgentCapabilityType.HIERARCHICAL_ROLE):
        return (
            f"Resource {item} with reservation for hierarchical role '{role}' cannot be reserved on an agent without "
            "HIERARCHICAL_ROLE capability"
        )
    if len(item.kind.reservations) > 1 and not proposal.agent_can(AgentCapabilityType.RESERVATION_REFINEMENT):
        return (
            f"Resource {item} with reservation refinement cannot be reserved on an agent without "
            "RESERVATION_REFINEMENT capability"
        )
    return None


def _find_principal_problem(proposal: Proposal, reservation: Reservation) -> str | None:
    principal = proposal.principal
    if principal is None or reservation.principal == principal:
        return None
    if reservation.principal is None:
        return (
            f"A reserve operation was attempted by principal '{principal}', but there is a reserved resource in the "
            "request with no principal set"
        )
    return (
        f"A reserve operation was attempted by authenticated principal '{principal}', which does not match a reserved "
        f"resource in the request with principal '{reservation.principal}'"
    )


def _find_role_problem(proposal: Proposal, item: Resource) -> str | None:
    """A framework reserves for the role of its offer alone, an operator for any."""
    allocated = item.kind.allocation_role
    if proposal.role is None:
        if allocated is None:
            return None
        return (
            "A reserve operation was attempted with an allocated resource, but the operator API only allows "
            "reservations to be made to unallocated resources"
        )
    role = item.kind.reserved_role
    if role == proposal.role and allocated in (None, proposal.role):
        return None
    return (
        f"A reserve operation was attempted for a resource with role '{role}', but the resource was allocated to role "
        f"'{allocated or proposal.role}'"
    )


def _find_source_problem(reserve: Reserve) -> str | None:
    if not reserve.resources:
        return "Invalid resources: none are named"
    if not reserve.source:
        return None
    for item in reserve.source:
        problem = find_resource_problem(item)
        if problem is not None:
            return problem
    if _amounts(reserve.source) != _amounts(reserve.resources):
        return (
            f"Source and target resources should refer to identical resource quantities: {reserve.source} vs. "
            f"{reserve.resources}"
        )
    return None


def _amounts(resources: Resources) -> dict[str, object]:
    """Amounts by name, ranges and sets as they are."""
    amounts: dict[str, object] = dict(Quantities.of(resources))
    return amounts | {item.name: item.value for item in resources if not isinstance(item.value, Scalar)}


def find_unreserve_problem(proposal: Proposal, unreserve: Unreserve) -> str | None:
    """What is wrong with an UNRESERVE, or None."""
    if not unreserve.resources:
        return "Invalid resources: none are named"
    for item in unreserve.resources:
        if not item.kind.reservations or item.kind.reservations[-1].type is not ReservationType.DYNAMIC:
            return f"Resource {item} is not dynamically reserved"
        if is_volume(item.kind):
            return (
                f"A dynamically reserved persistent volume {item} cannot be unreserved directly. Please destroy the "
                "persistent volume first then unreserve the resource"
            )
        problem = find_allocation_problem(proposal, item)
        if problem is not None:
            return problem
    return None


def find_allocation_problem(proposal: Proposal, item: Resource) -> str | None:
    """Why a resource does not bear the role its offer was allocated to, or None. A framework may leave it out."""
    allocated = item.kind.allocation_role
    if allocated is None or allocated == proposal.role:
        return None
    return f"{item} is allocated to role '{allocated}', the offer to '{proposal.role}'"


def find_resource_problem(item: Resource) -> str | None:
    """What is wrong with a resource by itself, or None."""
    problem = _find_value_problem(item) or _find_stack_problem(item.kind.reservations)
    return None if problem is None else f"Resource '{item}' is invalid: {problem}"


def _find_value_problem(item: Resource) -> str | None:
    if isinstance(item.value, Scalar) and item.value <= ZERO:
        return "Invalid scalar resource: value <= 0"
    if item.kind.disk is not None and item.name != "disk":
        return f"DiskInfo should not be set for {item.name} resource"
    return None


def _find_stack_problem(reservations: tuple[Reservation, ...]) -> str | None:
    above: Reservation | None = None
    for reservation in reservations:
        if reservation.role == DEFAULT_ROLE:
            return 'Invalid reservation: role "*" cannot be reserved'
        problem = find_role_problem(reservation.role)
        if problem is not None:
            return problem
        if above is not None and reservation.type is not ReservationType.DYNAMIC:
            return "Invalid refined reservation: a refined reservation cannot be STATIC"
        if above is not None and not (reservation.role != above.role and is_within(reservation.role, above.role)):
            return f"Invalid refined reservation: role '{reservation.role}' is not a refinement of '{above.role}'"
        above = reservation
    return None

"""What makes an operation on offered or free resources invalid (mesos-v1-api 2.5, mesos-semantics 5.5).

The texts are Mesos's; operators, and frameworks that asked for feedback, read them. Routes each type to its rule in
``reservations`` or ``volumes``. What makes launches invalid is in ``tasks`` and ``groups``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from koinon_core.agents import AgentCapabilityType
from koinon_core.offers import Operation, OperationType

from .reservations import Proposal, find_reserve_problem, find_unreserve_problem
from .volumes import (
    find_create_problem,
    find_destroy_problem,
    find_disk_problem,
    find_grow_problem,
    find_shrink_problem,
)

FIELDS: Final = {
    OperationType.LAUNCH: "launch",
    OperationType.LAUNCH_GROUP: "launch_group",
    OperationType.RESERVE: "reserve",
    OperationType.UNRESERVE: "unreserve",
    OperationType.CREATE: "create",
    OperationType.DESTROY: "destroy",
    OperationType.GROW_VOLUME: "grow_volume",
    OperationType.SHRINK_VOLUME: "shrink_volume",
    OperationType.CREATE_DISK: "create_disk",
    OperationType.DESTROY_DISK: "destroy_disk",
}
"""Where the body of each type stands."""

_RULES: Final[dict[OperationType, Callable[[Proposal, Any], str | None]]] = {
    OperationType.RESERVE: find_reserve_problem,
    OperationType.UNRESERVE: find_unreserve_problem,
    OperationType.CREATE: find_create_problem,
    OperationType.DESTROY: find_destroy_problem,
    OperationType.GROW_VOLUME: find_grow_problem,
    OperationType.SHRINK_VOLUME: find_shrink_problem,
    OperationType.CREATE_DISK: find_disk_problem,
    OperationType.DESTROY_DISK: find_disk_problem,
}


def find_form_problem(operation: Operation) -> str | None:
    """What is wrong with an operation by itself, whatever it is meant for, or None."""
    name = FIELDS.get(operation.type or OperationType.UNKNOWN)
    if operation.type is None or name is None:
        return "Unknown offer operation"
    if getattr(operation, name) is None:
        return f"A {operation.type.name} offer operation must have the Offer.Operation.{name} field set."
    if operation.reserve is not None and operation.reserve.source:
        return "Reservation updates are not yet implemented for the scheduler API."
    return None


def find_operation_problem(proposal: Proposal) -> str | None:
    """What is wrong with an operation that is no launch and whose form is right, or None."""
    operation = proposal.operation
    if operation.type is None:
        return "Unknown offer operation"
    problem = _find_feedback_problem(proposal)
    return problem or _RULES[operation.type](proposal, getattr(operation, FIELDS[operation.type]))


def _find_feedback_problem(proposal: Proposal) -> str | None:
    """Why nobody can be told what becomes of an operation though its framework asks for that by an id, or None."""
    if proposal.operation.id is None or proposal.agent_can(AgentCapabilityType.AGENT_OPERATION_FEEDBACK):
        return None
    return (
        f"Operation '{proposal.operation.id}' requested feedback, but agent {proposal.agent.id} does not have the "
        "required AGENT_OPERATION_FEEDBACK capability"
    )

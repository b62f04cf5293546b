"""Why an offer does not do for a task: reasons that can be counted, and sentences that people read.

The reasons and their order are those of Marathon's queue (marathon-v2-api 9); who finds them is ``fitting``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum

from attrs import frozen


class RefusalReason(Enum):
    """Why an offer does not do, in the order of the funnel: who is refused for two reasons counts for the first."""

    UNFULFILLED_ROLE = "UnfulfilledRole"
    UNFULFILLED_CONSTRAINT = "UnfulfilledConstraint"
    NO_CORRESPONDING_RESERVATION_FOUND = "NoCorrespondingReservationFound"
    AGENT_MAINTENANCE = "AgentMaintenance"
    INSUFFICIENT_CPUS = "InsufficientCpus"
    INSUFFICIENT_MEMORY = "InsufficientMemory"
    INSUFFICIENT_DISK = "InsufficientDisk"
    INSUFFICIENT_GPUS = "InsufficientGpus"
    INSUFFICIENT_PORTS = "InsufficientPorts"
    DECLINED_SCARCE_RESOURCES = "DeclinedScarceResources"


FUNNEL = tuple(RefusalReason)
REASON_OF_SCALAR = {
    "cpus": RefusalReason.INSUFFICIENT_CPUS,
    "mem": RefusalReason.INSUFFICIENT_MEMORY,
    "disk": RefusalReason.INSUFFICIENT_DISK,
    "gpus": RefusalReason.INSUFFICIENT_GPUS,
}
"""The scalars a task may ask for, and what it is called when there is too little."""
RANK = {reason: rank for rank, reason in enumerate(FUNNEL)}
"""Of each reason: how far an offer came that is refused for it."""


@frozen
class Refusal:
    """One reason, and the sentence that says it with names and numbers."""

    reason: RefusalReason
    message: str

    def __str__(self) -> str:
        return self.message


def in_funnel_order(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """The same, the first reason of the funnel first."""
    return tuple(sorted(refusals, key=lambda refusal: RANK[refusal.reason]))


def count_first_reasons(refusals: Iterable[tuple[Refusal, ...]]) -> Counter[RefusalReason]:
    """How many offers refuse for which first reason; each item is one offer's refusals in funnel order."""
    return Counter(each[0].reason for each in refusals if each)

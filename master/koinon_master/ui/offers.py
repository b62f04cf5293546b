"""Rows of outstanding offers, and of those that ended."""

from __future__ import annotations

from typing import Any

from ..entities import HeldOffer
from ..offer_history import EndedOffer
from .amounts import show_resources


def show_offer(held: HeldOffer) -> dict[str, Any]:
    """One offer as ``OfferRow``."""
    grant = held.grant
    return {
        "id": held.offer.id,
        "framework": grant.framework_id,
        "agent": grant.agent_id,
        "host": held.offer.hostname,
        "role": grant.role,
        "resources": show_resources(grant.resources),
        "text": str(grant.resources),
        "made": held.made,
    }


def show_answer(ended: EndedOffer, *, names_tasks: bool) -> dict[str, Any]:
    """One offer that ended as ``AnswerRow``. Who may not see its tasks is told of operations without what they name."""
    words = ended.operations if names_tasks else tuple(one.partition(" ")[0] for one in ended.operations)
    row = show_offer(ended.held) | {
        "ended": ended.ended,
        "outcome": ended.outcome.value,
        "operations": words,
    }
    until, why = ended.refused_until, ended.why
    if until is not None and until > ended.ended:
        row["refused_until"] = until
    return row if why is None else row | {"why": why}

"""Rows of outstanding offers."""

from __future__ import annotations

from typing import Any

from ..entities import HeldOffer
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

"""The simple face of the matcher: tasks on one offer, the first first. Several offers are ``placing``'s."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from koinon_core.offers import Offer
from koinon_core.resources import Resources
from koinon_core.tasks import TaskInfo

from .placing import place
from .wanted import WantedTask


@frozen
class Unmatched:
    """A task the offer does not do for, and why."""

    wanted: WantedTask
    reasons: tuple[str, ...]


@frozen(kw_only=True)
class Match:
    """What one offer can start, in the order it was asked for, and what it keeps."""

    tasks: tuple[TaskInfo, ...]
    unmatched: tuple[Unmatched, ...]
    leftover: Resources


def match_tasks(offer: Offer, wanted: Sequence[WantedTask]) -> Match:
    """Place each task that still fits, the first first. Constraints count the tasks of this match alone."""
    plan = place(wanted, (offer,))
    (filled,) = plan.offers
    unmatched = (Unmatched(each.wanted, tuple(map(str, each.refusals[offer.id]))) for each in plan.unplaced)
    return Match(tasks=filled.tasks, unmatched=tuple(unmatched), leftover=filled.leftover)

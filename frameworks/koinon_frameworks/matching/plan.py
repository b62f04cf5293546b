"""Several tasks on several offers: what ``place`` answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import frozen

from koinon_core.ids import OfferId
from koinon_core.offers import Offer
from koinon_core.resources import Resources
from koinon_core.tasks import TaskInfo

from .placement import Placement
from .refusals import Refusal, RefusalReason, count_first_reasons
from .wanted import WantedTask

_MOST_SHOWN = 3


@frozen(kw_only=True)
class PlacedTask:
    """One task on its offer. ``ports`` are its host ports: those it named, then those it asked a number of."""

    wanted: WantedTask
    task: TaskInfo
    placement: Placement
    ports: tuple[int, ...] = ()


@frozen(kw_only=True)
class FilledOffer:
    """What an offer is to start, in the order it was asked for, and what stays of it. No launches: decline it."""

    offer: Offer
    launches: tuple[PlacedTask, ...]
    leftover: Resources

    @property
    def tasks(self) -> tuple[TaskInfo, ...]:
        """What ``driver.launch(offer, tasks)`` takes."""
        return tuple(launch.task for launch in self.launches)


@frozen
class Unplaced:
    """A task that found no place, and every reason of each offer, in funnel order. `str()` says it in one line."""

    wanted: WantedTask
    refusals: Mapping[OfferId, tuple[Refusal, ...]]

    def counts(self) -> list[tuple[RefusalReason, int]]:
        """How many offers refused it, by their first reason, the most frequent first."""
        return count_first_reasons(self.refusals.values()).most_common()

    def __str__(self) -> str:
        if not self.refusals:
            return "nothing is offered"
        sentences = Counter(refusals[0].message for refusals in self.refusals.values()).most_common()
        shown = [f"{count} of {len(self.refusals)} offers: {text}" for text, count in sentences[:_MOST_SHOWN]]
        rest = sum(count for _, count in sentences[_MOST_SHOWN:])
        return "; ".join([*shown, *([f"{rest} more for other reasons"] if rest else [])])


@frozen(kw_only=True)
class PlacementPlan:
    """Where tasks go. ``offers`` are all that were given, in their order."""

    offers: tuple[FilledOffer, ...]
    unplaced: tuple[Unplaced, ...]

    @property
    def launches(self) -> tuple[PlacedTask, ...]:
        """All of them, offer by offer."""
        return tuple(launch for offer in self.offers for launch in offer.launches)

    @property
    def unused(self) -> tuple[OfferId, ...]:
        """Offers that start nothing: to be declined."""
        return tuple(each.offer.id for each in self.offers if not each.launches)

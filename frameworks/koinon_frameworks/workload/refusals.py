"""Why tasks wait: what offers lacked for each kind of need, counted, and the agent that came nearest."""

from __future__ import annotations

from collections import Counter

from attrs import Factory, define

from koinon_core.ids import OfferId

from ..matching import Refusal, RefusalReason, Unplaced
from ..matching.refusals import RANK


@define
class Refusals:
    """What offers lacked for one shape since it last was launched."""

    offers: int = 0
    counts: Counter[RefusalReason] = Factory(Counter)
    nearest: str = ""
    """The agent that lacked least, the latest of equals, and what it lacked."""
    _lack: tuple[int, int] | None = None

    def note(self, unplaced: Unplaced, hostnames: dict[OfferId, str]) -> None:
        """An answer of the matcher."""
        for offer_id, refusals in unplaced.refusals.items():
            if refusals:
                self._note_one(hostnames[offer_id], refusals)

    def _note_one(self, hostname: str, refusals: tuple[Refusal, ...]) -> None:
        self.offers += 1
        self.counts[refusals[0].reason] += 1
        lack = (len(refusals), -RANK[refusals[0].reason])
        if self._lack is None or lack <= self._lack:
            self._lack = lack
            self.nearest = f"{hostname}: {'; '.join(map(str, refusals))}"

    def __str__(self) -> str:
        if not self.offers:
            return "no offer has come yet"
        counted = ", ".join(f"{reason.value} {number}" for reason, number in self.counts.most_common())
        return f"{self.offers} offers refused ({counted}); nearest {self.nearest}"

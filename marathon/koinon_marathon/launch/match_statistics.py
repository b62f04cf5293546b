"""Why nothing launched: what each waiting app was offered and refused, agent by agent (marathon-v2-api 9).

Bounded: of each app the latest refusal of up to `MAX_AGENTS` agents is kept, the longest unseen go first.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Set

import attrs

from koinon_core.ids import AgentId
from koinon_core.offers import Offer
from koinon_frameworks.matching.refusals import FUNNEL, Refusal, RefusalReason, count_first_reasons

from ..definition.path_ids import PathId

MAX_AGENTS = 1000
TELL_INTERVAL = 5.0
"""Least seconds between two times that one app's reasons are news."""


@attrs.frozen
class UnusedOffer:
    """The last offer of an agent that an app or a pod refused, all its reasons in funnel order, and when."""

    offer: Offer
    refusals: tuple[Refusal, ...]
    at: float


@attrs.define
class SpecStatistics:
    """The offers of one app or pod since it began to wait. Times are seconds since 1970."""

    processed: int = 0
    unused: int = 0
    last_unused_at: float | None = None
    last_used_at: float | None = None
    refused_first: Counter[RefusalReason] = attrs.field(factory=Counter)
    last_unused: dict[AgentId, UnusedOffer] = attrs.field(factory=dict)
    told: frozenset[RefusalReason] = frozenset()
    """The reasons that were news last."""
    told_at: float = float("-inf")


class MatchStatistics:
    """The statistics of all that waits."""

    def __init__(self) -> None:
        self._by_spec: dict[PathId, SpecStatistics] = {}

    def specs(self) -> Set[PathId]:
        """Those of whom there are figures."""
        return self._by_spec.keys()

    def of(self, spec_id: PathId) -> SpecStatistics:
        """The app's figures; all nothing where no offer was looked at."""
        return self._by_spec.get(spec_id) or SpecStatistics()

    def processed(self, spec_id: PathId) -> int:
        """How many offers the app has looked at since it began to wait."""
        figures = self._by_spec.get(spec_id)
        return 0 if figures is None else figures.processed

    def note_refused(self, spec_id: PathId, offer: Offer, refusals: tuple[Refusal, ...], now: float) -> None:
        """The app could not use an offer."""
        figures = self._by_spec.setdefault(spec_id, SpecStatistics())
        figures.processed += 1
        figures.unused += 1
        figures.last_unused_at = now
        figures.refused_first[refusals[0].reason] += 1
        figures.last_unused.pop(offer.agent_id, None)
        figures.last_unused[offer.agent_id] = UnusedOffer(offer, refusals, now)
        if len(figures.last_unused) > MAX_AGENTS:
            del figures.last_unused[next(iter(figures.last_unused))]

    def note_used(self, spec_id: PathId, offer: Offer, now: float) -> None:
        """The app launched on an offer."""
        figures = self._by_spec.setdefault(spec_id, SpecStatistics())
        figures.processed += 1
        figures.last_used_at = now
        figures.last_unused.pop(offer.agent_id, None)

    def take_news(self, spec_id: PathId, now: float) -> Sequence[UnusedOffer]:
        """The last refusals of each agent, if they are for other reasons than those last taken; none too soon."""
        figures = self._by_spec.get(spec_id)
        if figures is None or now < figures.told_at + TELL_INTERVAL:
            return ()
        reasons = frozenset(refusal.reason for each in figures.last_unused.values() for refusal in each.refusals)
        if reasons == figures.told:
            return ()
        figures.told, figures.told_at = reasons, now
        return tuple(figures.last_unused.values())

    def forget_spec(self, spec_id: PathId) -> None:
        """The app waits for nothing any more."""
        self._by_spec.pop(spec_id, None)

    def forget_agent(self, agent_id: AgentId) -> None:
        """The agent is gone: what it could not do explains nothing now."""
        for figures in self._by_spec.values():
            figures.last_unused.pop(agent_id, None)


def funnel(firsts: Counter[RefusalReason]) -> list[tuple[RefusalReason, int, int]]:
    """Reason, declined and processed, in funnel order: each offer counts once, under its first reason."""
    rows: list[tuple[RefusalReason, int, int]] = []
    left = firsts.total()
    for reason in FUNNEL:
        rows.append((reason, firsts[reason], left))
        left -= firsts[reason]
    return rows


def first_reasons(unused: Iterable[UnusedOffer]) -> Counter[RefusalReason]:
    """How many agents refuse for which first reason now."""
    return count_first_reasons(each.refusals for each in unused)

"""Where instances would land on what agents have left now, by the same matcher that launches them.

A look ahead that launches nothing: apps and pods are tried one after the other, agents in turns. What ends in the
meantime, older instances of a rolling upgrade among it, makes room that is not counted here.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from random import Random

import attrs

from koinon_core.ids import AgentId
from koinon_core.offers import Offer
from koinon_frameworks.matching.refusals import Refusal

from ..definition.run_specs import RunSpec
from ..state import State
from .matcher import Match, MatchRules, OpenOffer
from .placements import Placements

MATCHES_PER_PREVIEW = 20_000
"""About a second of them."""


@attrs.frozen(kw_only=True)
class Landing:
    """How many instances of an app or pod to place, how many of them each agent would take, and why others take none.

    `is_cut` tells that not all was tried.
    """

    spec: RunSpec
    wanted: int
    agents: Mapping[AgentId, int]
    refusals: Mapping[AgentId, tuple[Refusal, ...]]
    is_cut: bool = False

    @property
    def placed(self) -> int:
        """How many would run."""
        return sum(self.agents.values())


class Preview:
    """Offers that are filled as if instances were launched."""

    def __init__(self, state: State, offers: Iterable[Offer], now: float, rng: Random) -> None:
        rules = MatchRules(options=state.options, home_region=state.home_region, now=now, hooks=state.hooks)
        self._open = [OpenOffer.of(offer, rules) for offer in offers]
        self._placements = Placements(state)
        self._rng = rng
        self._left = MATCHES_PER_PREVIEW

    def place(self, spec: RunSpec, wanted: int) -> Landing:
        """Place so many instances, a launch an agent and round, for as long as one fits."""
        agents: dict[AgentId, int] = {}
        refusals: dict[AgentId, tuple[Refusal, ...]] = {}
        line, refused_in_a_row, placed = deque(self._open), 0, 0
        while placed < wanted and refused_in_a_row < len(line) and self._left > 0:
            self._left -= 1
            one = line[0]
            line.rotate(-1)
            match = one.match(spec, self._placements.of(spec), self._rng)
            if isinstance(match, Match):
                one.take(match)
                self._placements.add(spec, one.placement)
                agents[one.offer.agent_id] = agents.get(one.offer.agent_id, 0) + 1
                placed, refused_in_a_row = placed + 1, 0
            else:
                refusals[one.offer.agent_id] = match
                refused_in_a_row += 1
        is_cut = placed < wanted and refused_in_a_row < len(line)
        return Landing(
            spec=spec, wanted=wanted, agents=agents, refusals=refusals if placed < wanted else {}, is_cut=is_cut
        )

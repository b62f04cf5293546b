"""Why frameworks that want offers have none: what the allocator says of each agent, counted.

Asked now and then, and of a bounded number of agents and frameworks at a time: it is answered on the master's loop.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from attrs import frozen

from koinon_core.ids import FrameworkId

from ..allocator.interface import Refusal
from ..state import ClusterState
from ..views.agent_states import with_states

MAX_PAIRS = 2000
"""How many pairs of a framework's role and an agent are looked at in one go; one of them in any case."""
Wish = tuple[FrameworkId, str]
"""A framework, and the role in which it wants offers."""
_SENTENCES: Mapping[str, str] = {
    "allocated": "everything is allocated",
    "agent": "the agent is not connected, or is deactivated",
    "reserved": "what is free is reserved for others",
    "refused": "the framework refused what is free for a while",
    "too little": "less is free than the least to offer",
    "limit": "the role has no room within its limits",
    "offer constraint": "the framework's offer constraints exclude the agent",
    "gpus": "the agent has GPUs, which the framework does not ask for",
    "region": "the agent is in another region than the master",
    "whitelist": "the agent is not on the master's whitelist",
}
_UNSAID = "the agent is not offered"


@frozen
class Cause:
    """A reason as a sentence, and for how many agents it holds."""

    reason: str
    agents: int


class Starvation:
    """What is known of those that starve. Each round asks about those that were asked about longest ago."""

    def __init__(self, max_pairs: int = MAX_PAIRS) -> None:
        self._max_pairs = max_pairs
        self._known: dict[Wish, list[Refusal]] = {}

    def look(self, state: ClusterState, wishes: Collection[Wish]) -> None:
        """Ask about some of those that want offers and have none."""
        for wish in self._known.keys() - set(wishes):
            del self._known[wish]
        order = [wish for wish in wishes if wish not in self._known] + [one for one in self._known if one in wishes]
        offers = [held.grant for held in state.offers.values()]
        pairs = 0
        for wish in order:
            if pairs and pairs + len(state.agents) > self._max_pairs:
                return
            pairs += len(state.agents)
            self._known.pop(wish, None)
            self._known[wish] = list(with_states(state.allocator.explain(wish[0], wish[1], offers), state.agents))

    def causes_of(self, wishes: Iterable[Wish]) -> list[Cause]:
        """Why these get nothing, the most frequent reason first."""
        return count_causes(refusal for wish in wishes for refusal in self._known.get(wish, ()))


def find_wishes(state: ClusterState) -> list[Wish]:
    """Who wants offers and has none that waits for an answer."""
    having = {(held.grant.framework_id, held.grant.role) for held in state.offers.values()}
    return [
        (framework.id, role)
        for framework in state.frameworks.values()
        if framework.is_connected
        for role in sorted(set(framework.info.all_roles()) - framework.suppressed)
        if (framework.id, role) not in having
    ]


def count_causes(refusals: Iterable[Refusal]) -> list[Cause]:
    """By filter: the allocator's own sentence where it is the same of all agents, else what they have in common."""
    agents: dict[str, set[str]] = defaultdict(set)
    sentences: dict[str, Counter[str]] = defaultdict(Counter)
    for one in refusals:
        agents[one.filter].add(one.agent_id)
        sentences[one.filter][one.reason] += 1
    causes = [Cause(_say(name, sentences[name]), len(found)) for name, found in agents.items()]
    return sorted(causes, key=lambda cause: (-cause.agents, cause.reason))


def _say(name: str, sentences: Counter[str]) -> str:
    ((first, _),) = sentences.most_common(1)
    if len(sentences) == 1:
        return first
    common = _SENTENCES.get(name, _UNSAID)
    return f"for example, {first}" if first.startswith(common) else f"{common}; for example, {first}"

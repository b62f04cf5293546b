"""Refusals: what a framework does not want to see again for a while (mesos-semantics 5.2).

Owns their scope (framework, role, agent), their match and their end. Suppressed roles are ``clients``'.

Many frameworks refuse the same resources of the same agent, so that these are kept once, as a ``Lot`` with all who
refuse it; and a framework refuses many agents at once, so that ends are kept by the tenth of a second: a refusal holds
for up to that much longer. A million refusals take some 60 MB.
"""

from __future__ import annotations

import heapq
from collections import Counter

from attrs import define, field

from koinon_core.ids import AgentId
from koinon_core.offers import DEFAULT_REFUSE_SECONDS
from koinon_core.resources import Resources

from .clients import Subscription

MAX_REFUSE_SECONDS = 365 * 86400.0
_ENDS_PER_SECOND = 10


def end_of_refusal(refuse_seconds: float | None, allocation_interval: float, now: float) -> float:
    """Until when a refusal of this moment holds.

    Nonsense counts as the default, more than a year as a year. 0 asks for no filter: there the resources come back at
    the next full ``allocation_interval``, as with Mesos's next round, so that no framework is asked in a tight loop.
    """
    seconds = DEFAULT_REFUSE_SECONDS if refuse_seconds is None else refuse_seconds
    if not seconds >= 0:  # true of NaN, too
        seconds = DEFAULT_REFUSE_SECONDS
    if not seconds:
        return (now // allocation_interval + 1) * allocation_interval
    return now + max(allocation_interval, min(seconds, MAX_REFUSE_SECONDS))


@define(eq=False)
class Lot:
    """Resources of an agent, and who won't have them until when."""

    agent_id: AgentId
    resources: Resources
    refusers: dict[Subscription, float] = field(factory=dict)


@define(eq=False)
class _Ending:
    """Refusals that end at about the same time."""

    at: float
    lots: dict[Subscription, list[Lot]] = field(factory=dict)


class RefusalFilters:
    """All refusals that still hold."""

    def __init__(self) -> None:
        self._lots: dict[AgentId, list[Lot]] = {}
        self._endings: dict[int, _Ending] = {}
        self._queue: list[int] = []
        self._endings_of: dict[Subscription, set[int]] = {}
        self._counts: Counter[str] = Counter()
        self._latest = 0.0

    def refuse(self, refuser: Subscription, agent_id: AgentId, resources: Resources, until: float) -> None:
        """Hold back offers of that agent that hold no more than ``resources``, until then."""
        if until == self._latest:
            until = self._latest  # one number for all refusals of a call, not one each
        self._latest = until
        lot = self._lot(agent_id, resources)
        if lot.refusers.get(refuser, 0.0) >= until:
            return
        if refuser not in lot.refusers:
            self._counts[refuser.role.name] += 1
        lot.refusers[refuser] = until
        number = int(until * _ENDS_PER_SECOND)
        ending = self._endings.get(number)
        if ending is None:
            ending = self._endings[number] = _Ending(until)
            heapq.heappush(self._queue, number)
        ending.at = max(ending.at, until)
        ending.lots.setdefault(refuser, []).append(lot)
        self._endings_of.setdefault(refuser, set()).add(number)

    def covering(self, agent_id: AgentId, offered: Resources) -> list[Lot]:
        """The refused resources that hold all of ``offered``: whoever refused one of them would refuse this."""
        lots = self._lots.get(agent_id)
        if lots is None:
            return []
        return [lot for lot in lots if offered is lot.resources or offered in lot.resources]

    def count(self, role: str) -> int:
        """How many refusals of a role hold."""
        return self._counts[role]

    def of(self, refuser: Subscription) -> list[Lot]:
        """What a framework refuses in a role: each lot once, those that run out first first."""
        lots = {
            id(lot): lot
            for number in sorted(self._endings_of.get(refuser, ()))
            for lot in self._endings[number].lots.get(refuser, ())
            if refuser in lot.refusers
        }
        return list(lots.values())

    def clear(self, refuser: Subscription) -> None:
        """Forget what a framework refused in a role."""
        for number in self._endings_of.pop(refuser, ()):
            for lot in self._endings[number].lots.pop(refuser):
                self._drop(lot, refuser)

    def clear_agent(self, agent_id: AgentId) -> None:
        """Forget every refusal of an agent: it is gone, or has changed."""
        for lot in self._lots.pop(agent_id, ()):
            for refuser in lot.refusers:
                self._counts[refuser.role.name] -= 1
            lot.refusers.clear()

    def expire(self, now: float) -> list[tuple[Subscription, AgentId]]:
        """Drop what has run out; returns whom it concerned, and which agent."""
        concerned = []
        while self._queue and self._endings[self._queue[0]].at <= now:
            number = heapq.heappop(self._queue)
            for refuser, lots in self._endings.pop(number).lots.items():
                self._endings_of[refuser].discard(number)
                for lot in lots:
                    if lot.refusers.get(refuser, now + 1) <= now:
                        self._drop(lot, refuser)
                        concerned.append((refuser, lot.agent_id))
        return concerned

    def next_expiry(self) -> float | None:
        """When the next refusal runs out, or None."""
        while self._queue and not self._endings[self._queue[0]].lots:
            del self._endings[heapq.heappop(self._queue)]
        return self._endings[self._queue[0]].at if self._queue else None

    def _lot(self, agent_id: AgentId, resources: Resources) -> Lot:
        lots = self._lots.setdefault(agent_id, [])
        for lot in lots:
            if lot.resources is resources or lot.resources == resources:
                return lot
        lot = Lot(agent_id, resources)
        lots.append(lot)
        return lot

    def _drop(self, lot: Lot, refuser: Subscription) -> None:
        if lot.refusers.pop(refuser, None) is None:
            return
        self._counts[refuser.role.name] -= 1
        lots = self._lots.get(lot.agent_id)
        if not lot.refusers and lots is not None and lot in lots:
            lots.remove(lot)
            if not lots:
                del self._lots[lot.agent_id]

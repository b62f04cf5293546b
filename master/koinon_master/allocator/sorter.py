"""Who is next among siblings: roles beside roles, frameworks within a role (mesos-semantics 5.3).

Owns the order alone, in two kinds: by dominant share, and by chance. How roles form a tree is ``role_tree``'s; who a
claimant is, what an agent has and whether an offer is welcome belong to the allocator.

The order by share is kept sorted rather than made anew: a change moves one claimant, however many there are. Changes
take effect when somebody next asks for the order, so that one agent's round goes by the order at its beginning.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from math import log
from operator import attrgetter
from random import Random
from typing import Generic, Protocol, TypeVar

from attrs import define, field

RankKey = tuple[float, int, str]
"""Share by weight, turns, name."""


class Yardstick:
    """What the whole cluster has, which shares are parts of. In thousandths by name, without what does not count."""

    def __init__(self, excluded: Collection[str] = ()) -> None:
        self._excluded = frozenset(excluded)
        self.total: Mapping[str, int] = {}
        self.version = 0

    def set_total(self, total: Mapping[str, int]) -> None:
        """The cluster has so much now."""
        self.total = {name: amount for name, amount in total.items() if amount > 0 and name not in self._excluded}
        self.version += 1

    def share(self, amounts: Mapping[str, int]) -> float:
        """The largest part of any one resource that is held, between 0 and 1."""
        share, total = 0.0, self.total
        for name, amount in amounts.items():
            if name in total and amount / total[name] > share:
                share = amount / total[name]
        return share

    def rank(self, claimant: Claimant) -> RankKey:
        """Where a claimant stands: the smaller, the sooner it is its turn."""
        amounts = claimant.amounts
        return (self.share(amounts) / claimant.weight if amounts else 0.0, claimant.turns, claimant.name)


@define(eq=False)
class Claimant:
    """One that competes with its siblings: what it holds, how many turns it had, and where it stands."""

    name: str
    amounts: dict[str, int] = field(factory=dict)
    turns: int = 0
    weight: float = 1.0
    key: RankKey = (0.0, 0, "")
    is_listed: bool = False
    is_moved: bool = False


ClaimantT = TypeVar("ClaimantT", bound=Claimant)


class Sorter(Protocol[ClaimantT]):
    """What the allocator asks of an order of siblings."""

    def __len__(self) -> int:
        """How many take part."""

    def order(self) -> Iterable[ClaimantT]:
        """Those who take part, the next one first. Valid until it is asked for again."""

    def enlist(self, claimant: ClaimantT, takes_part: bool) -> None:
        """Whether a claimant takes part."""

    def allocate(self, claimant: ClaimantT, amounts: Mapping[str, int], turns: int = 1) -> None:
        """Count an allocation of a claimant, which may or may not take part."""

    def release(self, claimant: ClaimantT, amounts: Mapping[str, int]) -> None:
        """Take back what was allocated, or a part of it. The number of turns stays: it says who had them."""

    def weigh(self, claimant: ClaimantT, weight: float) -> None:
        """How much of its siblings' share a claimant is to have, beside those of weight 1."""


class _Books(Generic[ClaimantT]):
    """The sums that both kinds of order keep."""

    def __init__(self, yardstick: Yardstick) -> None:
        self._yardstick = yardstick

    def allocate(self, claimant: ClaimantT, amounts: Mapping[str, int], turns: int = 1) -> None:
        """Count an allocation of a claimant, which may or may not take part."""
        held = claimant.amounts
        for name, amount in amounts.items():
            held[name] = held.get(name, 0) + amount
        claimant.turns += turns
        self._moved(claimant)

    def release(self, claimant: ClaimantT, amounts: Mapping[str, int]) -> None:
        """Take back what was allocated, or a part of it. The number of turns stays: it says who had them."""
        held = claimant.amounts
        for name, amount in amounts.items():
            left = held.get(name, 0) - amount
            if left > 0:
                held[name] = left
            else:
                held.pop(name, None)
        self._moved(claimant)

    def weigh(self, claimant: ClaimantT, weight: float) -> None:
        """How much of its siblings' share a claimant is to have, beside those of weight 1."""
        if claimant.weight != weight:
            claimant.weight = weight
            self._moved(claimant)

    def _moved(self, claimant: ClaimantT) -> None:
        """The claimant may stand elsewhere now."""


class DrfSorter(_Books[ClaimantT]):
    """Smallest dominant share, divided by weight, first. Ties: fewer turns, then the name."""

    def __init__(self, yardstick: Yardstick) -> None:
        super().__init__(yardstick)
        self._version = yardstick.version
        self._keys: list[RankKey] = []
        self._listed: list[ClaimantT] = []
        self._to_move: list[ClaimantT] = []

    def __len__(self) -> int:
        return len(self._listed)

    def order(self) -> list[ClaimantT]:
        """Those who take part, the next one first. Valid until it is asked for again, and not to be changed."""
        if self._version != self._yardstick.version:
            self._version = self._yardstick.version
            self._sort()
        elif self._to_move and len(self._listed) > 1:
            self._settle()
        return self._listed

    def enlist(self, claimant: ClaimantT, takes_part: bool) -> None:
        """Whether a claimant takes part."""
        if claimant.is_listed is takes_part:
            return
        self._settle()
        claimant.is_listed = takes_part
        if takes_part:
            key = claimant.key = self._yardstick.rank(claimant)
            place = bisect_left(self._keys, key)
            self._keys.insert(place, key)
            self._listed.insert(place, claimant)
        else:
            place = bisect_left(self._keys, claimant.key)
            del self._keys[place], self._listed[place]

    def _moved(self, claimant: ClaimantT) -> None:
        if claimant.is_listed and not claimant.is_moved:
            claimant.is_moved = True
            self._to_move.append(claimant)

    def _settle(self) -> None:
        if len(self._to_move) * 4 > len(self._listed):
            self._sort()
            return
        keys, listed, rank = self._keys, self._listed, self._yardstick.rank
        for claimant in self._to_move:
            claimant.is_moved = False
            place = bisect_left(keys, claimant.key)
            del keys[place], listed[place]
            key = claimant.key = rank(claimant)
            place = bisect_left(keys, key)
            keys.insert(place, key)
            listed.insert(place, claimant)
        self._to_move.clear()

    def _sort(self) -> None:
        for claimant in self._to_move:
            claimant.is_moved = False
        self._to_move.clear()
        rank = self._yardstick.rank
        for claimant in self._listed:
            claimant.key = rank(claimant)
        self._listed.sort(key=attrgetter("key"))
        self._keys = [claimant.key for claimant in self._listed]


class RandomSorter(_Books[ClaimantT]):
    """A new order by chance each time; who has twice the weight is twice as likely to be first."""

    def __init__(self, yardstick: Yardstick, rng: Random) -> None:
        super().__init__(yardstick)
        self._rng = rng
        self._listed: list[ClaimantT] = []

    def __len__(self) -> int:
        return len(self._listed)

    def order(self) -> Iterator[ClaimantT]:
        """Those who take part, the next one first; drawn one by one, as most who ask stop early."""
        if len({claimant.weight for claimant in self._listed}) > 1:
            return self._draw_by_weight()
        return self._draw()

    def enlist(self, claimant: ClaimantT, takes_part: bool) -> None:
        """Whether a claimant takes part."""
        if claimant.is_listed is not takes_part:
            claimant.is_listed = takes_part
            others = [one for one in self._listed if one is not claimant]
            self._listed = [*others, claimant] if takes_part else others

    def _draw(self) -> Iterator[ClaimantT]:
        listed, displaced = self._listed, dict[int, int]()
        for last in range(len(listed) - 1, -1, -1):
            place = self._rng.randrange(last + 1)
            yield listed[displaced.get(place, place)]
            displaced[place] = displaced.get(last, last)

    def _draw_by_weight(self) -> Iterator[ClaimantT]:
        # The smallest of exponential waiting times, whose rates are the weights: Efraimidis and Spirakis.
        waits = [(-log(1.0 - self._rng.random()) / one.weight, number) for number, one in enumerate(self._listed)]
        listed = self._listed
        return iter([listed[number] for _, number in sorted(waits)])

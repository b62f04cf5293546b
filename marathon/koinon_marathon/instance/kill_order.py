"""Which instances die when an app shrinks, and how many must start when it grows: marathon-semantics 5 and 12.4.

Two things are not Marathon's. It stops looking for balance where no single loss evens groups out (3, 3, 1: a second
loss would) and goes on by age; we go on as long as no loss makes them less even. And what was never placed is in no
group: it dies before anybody is chosen for balance.

Works on small values: what an instance becomes in them is `scaling`, how one is killed `kill_queue`.
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import chain
from operator import itemgetter

import attrs

from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_frameworks.matching.placement import Placement

from ..definition.apps import KillSelection
from .instances import InstanceId


class KillRank(IntEnum):
    """How readily an instance is given up: the lower, the sooner."""

    UNREACHABLE = 1
    STAGING = 2
    STARTING = 3
    RUNNING = 4
    OTHER = 5


@attrs.frozen(kw_only=True)
class Candidate:
    """An instance that is wanted running and not inactive.

    `since` is when it was staged (rank STAGING) or started, in seconds since 1970; None where it never was.
    """

    id: InstanceId
    rank: KillRank
    since: float | None = None
    placement: Placement | None = None


@attrs.frozen(kw_only=True)
class ScalingProposition:
    """What brings an app to its target: these die, in this order, and so many are started."""

    victims: tuple[InstanceId, ...] = ()
    to_start: int = 0


@attrs.frozen(kw_only=True)
class ScalingGoal:
    """What the app asks for: how many instances, how they are spread, who goes first."""

    instances: int
    constraints: tuple[Constraint, ...] = ()
    kill_selection: KillSelection = KillSelection.YOUNGEST_FIRST


def propose_scaling(
    goal: ScalingGoal, candidates: Sequence[Candidate], sentenced: frozenset[InstanceId] = frozenset()
) -> ScalingProposition:
    """Choose victims: the `sentenced` first, then those whose loss keeps GROUP_BY groups even, then by rank and age."""
    doomed = [candidate for candidate in candidates if candidate.id in sentenced]
    kills = max(len(candidates) - goal.instances, len(doomed))
    rest = kill_order([one for one in candidates if one.id not in sentenced], goal.kill_selection)
    homeless = [one for one in rest if one.placement is None]
    placed = [one for one in rest if one.placement is not None]
    balanced = pick_for_balance(placed, goal.constraints, kills - len(doomed) - len(homeless))
    chosen = {candidate.id for candidate in balanced}
    if balanced:
        rest = [*homeless, *balanced, *(one for one in placed if one.id not in chosen)]
    order = [*doomed, *rest]
    return ScalingProposition(
        victims=tuple(candidate.id for candidate in order[:kills]),
        to_start=goal.instances - len(candidates) + kills,
    )


def kill_order(candidates: Iterable[Candidate], selection: KillSelection) -> list[Candidate]:
    """Victims first: by rank, within one by age as `selection` says, those that never started before all others.

    `candidates` come in the order in which they were made, which decides between those of one age.
    """
    is_youngest_first = selection is KillSelection.YOUNGEST_FIRST
    sign = -1 if is_youngest_first else 1

    def key(candidate: Candidate) -> tuple[int, bool, float]:
        return candidate.rank, candidate.since is not None, sign * (candidate.since or 0.0)

    return sorted(reversed(list(candidates)) if is_youngest_first else candidates, key=key)


def pick_for_balance(ordered: Sequence[Candidate], constraints: Sequence[Constraint], count: int) -> list[Candidate]:
    """Up to `count` of `ordered` whose removal leaves every GROUP_BY constraint no less even than it was, or than one
    apart."""
    fields = [constraint.field for constraint in constraints if constraint.operator is Operator.GROUP_BY]
    spreads = [_Spread(field, ordered) for field in fields]
    if not spreads:
        return []
    if count >= len(ordered):
        return list(ordered)
    # Those of the same groups are alike but for their order: looking at the first of each kind is enough.
    kinds: dict[tuple[str | None, ...], deque[tuple[int, Candidate]]] = {}
    for place, candidate in enumerate(ordered):
        kinds.setdefault(_kind(candidate, spreads), deque()).append((place, candidate))
    picked: list[Candidate] = []
    while len(picked) < count:
        victim = _next_for_balance(
            [first for _, first in sorted((kind[0] for kind in kinds.values()), key=itemgetter(0))], spreads
        )
        if victim is None:
            break
        alike = kinds[_kind(victim, spreads)]
        alike.popleft()
        if not alike:
            del kinds[_kind(victim, spreads)]
        for spread in spreads:
            spread.remove(victim)
        picked.append(victim)
    return picked


def _kind(candidate: Candidate, spreads: Sequence["_Spread"]) -> tuple[str | None, ...]:
    return tuple(spread.group_of(candidate) for spread in spreads)


class _Spread:
    """How many instances each value of one GROUP_BY field holds, while victims are taken away one by one."""

    def __init__(self, field: str, candidates: Iterable[Candidate]) -> None:
        self._field = field
        self._counts = Counter(self.group_of(candidate) for candidate in candidates)
        self._original = self.difference

    @property
    def difference(self) -> int:
        """Between the largest and the smallest group."""
        return max(self._counts.values(), default=0) - min(self._counts.values(), default=0)

    def is_in_largest(self, candidate: Candidate) -> bool:
        """Whether groups differ in size and this one belongs to a largest."""
        return self.difference > 0 and self._counts[self.group_of(candidate)] == max(self._counts.values())

    def allows_removal(self, candidate: Candidate) -> bool:
        """Whether the groups would still differ by at most one, or by less than at first."""
        after = self._difference_without(candidate)
        return after <= 1 or after < self._original

    def bears_removal(self, candidate: Candidate) -> bool:
        """Whether the groups would still differ by at most one, or by no more than they do now."""
        return self._difference_without(candidate) <= max(1, self.difference)

    def _difference_without(self, candidate: Candidate) -> int:
        self.remove(candidate)
        after = self.difference
        self._counts[self.group_of(candidate)] += 1
        return after

    def remove(self, candidate: Candidate) -> None:
        """Take one instance away; a group that is empty stays known."""
        self._counts[self.group_of(candidate)] -= 1

    def group_of(self, candidate: Candidate) -> str | None:
        """The candidate's value."""
        return None if candidate.placement is None else candidate.placement.text_of(self._field)


def _next_for_balance(heads: Sequence[Candidate], spreads: Sequence[_Spread]) -> Candidate | None:
    by_urgency = sorted(spreads, key=lambda spread: spread.difference, reverse=True)
    from_largest = [one for spread in by_urgency for one in heads if spread.is_in_largest(one)]
    better = (one for one in chain(from_largest, heads) if all(spread.allows_removal(one) for spread in spreads))
    no_worse = (one for one in chain(from_largest, heads) if all(spread.bears_removal(one) for spread in spreads))
    return next(chain(better, no_worse), None)

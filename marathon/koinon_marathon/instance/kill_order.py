"""Which instances die when an app shrinks, and how many must start when it grows: marathon-semantics 5 and 12.4.

Works on small values: what an instance becomes in them is `scaling`, how one is killed `kill_queue`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import chain

import attrs

from ..definition.apps import KillSelection
from ..definition.constraints import Constraint, Operator, Placement
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
    balanced = pick_for_balance(rest, goal.constraints, kills - len(doomed))
    chosen = {candidate.id for candidate in balanced}
    order = [*doomed, *balanced, *(one for one in rest if one.id not in chosen)]
    return ScalingProposition(
        victims=tuple(candidate.id for candidate in order[:kills]),
        to_start=goal.instances - len(candidates) + kills,
    )


def kill_order(candidates: Iterable[Candidate], selection: KillSelection) -> list[Candidate]:
    """Victims first: by rank, within one by age as `selection` says, those that never started before all others."""
    sign = -1 if selection is KillSelection.YOUNGEST_FIRST else 1

    def key(candidate: Candidate) -> tuple[int, bool, float]:
        return candidate.rank, candidate.since is not None, sign * (candidate.since or 0.0)

    return sorted(candidates, key=key)


def pick_for_balance(ordered: Sequence[Candidate], constraints: Sequence[Constraint], count: int) -> list[Candidate]:
    """Up to `count` of `ordered` whose removal leaves every GROUP_BY constraint as even as before, or within one."""
    fields = [constraint.field for constraint in constraints if constraint.operator is Operator.GROUP_BY]
    spreads = [_Spread(field, ordered) for field in fields]
    if not spreads:
        return []
    if count >= len(ordered):
        return list(ordered)
    picked: list[Candidate] = []
    remaining = list(ordered)
    while len(picked) < count:
        victim = _next_for_balance(remaining, spreads)
        if victim is None:
            break
        remaining.remove(victim)
        for spread in spreads:
            spread.remove(victim)
        picked.append(victim)
    return picked


class _Spread:
    """How many instances each value of one GROUP_BY field holds, while victims are taken away one by one."""

    def __init__(self, field: str, candidates: Iterable[Candidate]) -> None:
        self._field = field
        self._counts = Counter(self._group_of(candidate) for candidate in candidates)
        self._original = self.difference

    @property
    def difference(self) -> int:
        """Between the largest and the smallest group."""
        return max(self._counts.values(), default=0) - min(self._counts.values(), default=0)

    def is_in_largest(self, candidate: Candidate) -> bool:
        """Whether groups differ in size and this one belongs to a largest."""
        return self.difference > 0 and self._counts[self._group_of(candidate)] == max(self._counts.values())

    def allows_removal(self, candidate: Candidate) -> bool:
        """Whether the groups would still differ by at most one, or by less than at first."""
        self.remove(candidate)
        after = self.difference
        self._counts[self._group_of(candidate)] += 1
        return after <= 1 or after < self._original

    def remove(self, candidate: Candidate) -> None:
        """Take one instance away; a group that is empty stays known."""
        self._counts[self._group_of(candidate)] -= 1

    def _group_of(self, candidate: Candidate) -> str | None:
        return None if candidate.placement is None else candidate.placement.text_of(self._field)


def _next_for_balance(remaining: Sequence[Candidate], spreads: Sequence[_Spread]) -> Candidate | None:
    by_urgency = sorted(spreads, key=lambda spread: spread.difference, reverse=True)
    from_largest = (one for spread in by_urgency for one in remaining if spread.is_in_largest(one))
    allowed = (one for one in chain(from_largest, remaining) if all(spread.allows_removal(one) for spread in spreads))
    return next(allowed, None)

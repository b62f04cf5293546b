"""In which order a task is tried on offers: the first that comes, the fullest that holds it, or the least crowded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from .fitting import Room
from .placement import Placement
from .tally import Tally
from .wanted import WantedTask


class Strategy(Protocol):
    """Who chooses among offers. It decides on order alone: whether an offer does, the matcher finds out."""

    def rank(self, wanted: WantedTask, rooms: Sequence[Room], placed: Sequence[Placement], /) -> Sequence[Room]:
        """The offers to try, the best first. A room left out is not tried, and the refusal says so.

        `placed` is where others of its group run, those of this very plan at the end.
        """
        ...


@frozen
class FirstFit:
    """The offers as they came: quick, and right where all agents are alike."""

    def rank(self, _wanted: WantedTask, rooms: Sequence[Room], _placed: Sequence[Placement], /) -> Sequence[Room]:
        """As they are."""
        return rooms


@frozen
class BestFit:
    """The offer of which least is left over: small tasks fill what has been begun, large offers stay whole.

    What is left over is measured as a dominant share (mesos-semantics 5.3): the part of any one scalar of all that is
    left of these offers together that this one would keep.
    """

    def rank(self, wanted: WantedTask, rooms: Sequence[Room], _placed: Sequence[Placement], /) -> Sequence[Room]:
        """The smallest leftover first; between equals, as they are."""
        total: Counter[str] = Counter()
        for room in rooms:
            total.update(room.left.thousandths)
        needs = {name: round(amount * 1000) for name, amount in wanted.scalars()}
        return sorted(rooms, key=lambda room: _leftover(room, needs, total))


@frozen
class Spread:
    """Where fewest of the task's group run: over agents, or over any field of a constraint such as ``@zone``."""

    field: str = "hostname"

    def rank(self, _wanted: WantedTask, rooms: Sequence[Room], placed: Sequence[Placement], /) -> Sequence[Room]:
        """The least crowded first; between equals, the agent with fewest; agents without the field last."""
        tally = placed if isinstance(placed, Tally) else Tally(placed)
        held, on_host = tally.counts(self.field), tally.counts("hostname")

        def crowd(room: Room) -> tuple[bool, int, int]:
            text = room.placement.text_of(self.field)
            return text is None, 0 if text is None else held[text], on_host[room.placement.hostname]

        return sorted(rooms, key=crowd)


def _leftover(room: Room, needs: dict[str, int], total: Counter[str]) -> float:
    left = room.left.thousandths
    return max(((left[name] - needs.get(name, 0)) / total[name] for name in left if total[name]), default=0.0)

"""When to ask the master for offers and when to want none (marathon-semantics 9).

A role without apps that could use an offer is suppressed; a change that makes an app want one, or makes an agent
acceptable that was refused, revives it, as what was declined would else stay away for `decline_offer_duration`.
Revives are at least `min_revive_offers_interval` apart: the first goes out at once, a later one when it may.
"""

from collections.abc import Set

from ..instructions import Revive, Suppress


class OfferDemand:
    """What the master was told, by role."""

    def __init__(self, min_interval: float, *, suppresses: bool = True) -> None:
        self.deadline: float | None = None
        """When a postponed revive may go out."""
        self._min_interval = min_interval
        self._suppresses = suppresses
        self._last_revive = float("-inf")
        self._suppressed: set[str] = set()
        self._changed: set[str] = set()
        self._known: set[str] = set()

    def note_role(self, role: str) -> None:
        """The framework subscribes to this role."""
        self._known.add(role)

    def note_change(self, role: str) -> None:
        """Offers of this role that were refused may be welcome now."""
        self._changed.add(role)

    def forget_master(self) -> None:
        """Another master, or a new session with the same: it was told nothing yet."""
        self._suppressed.clear()
        self._changed = set(self._known)
        self._last_revive = float("-inf")

    def settle(self, wanted: Set[str], now: float) -> list[Revive | Suppress]:
        """What to tell the master, given the roles that want offers."""
        self._changed |= wanted - self._known  # a role that the master may never have heard of
        self._known |= wanted
        instructions: list[Revive | Suppress] = []
        unwanted = sorted(self._known - wanted - self._suppressed)
        if unwanted and self._suppresses:
            self._suppressed.update(unwanted)
            instructions.append(Suppress(tuple(unwanted)))
        self._changed &= wanted
        due = sorted(self._changed | (self._suppressed & wanted))
        self.deadline = None
        if due and now < self._last_revive + self._min_interval:
            self.deadline = self._last_revive + self._min_interval
        elif due:
            self._suppressed.difference_update(due)
            self._changed.clear()
            self._last_revive = now
            instructions.append(Revive(tuple(due)))
        return instructions

"""When to ask the master for offers and when to want none (mesos-v1-api 2.4, REVIVE and SUPPRESS). Pure.

A role that nothing waits for is suppressed. A change that makes offers welcome again revives it, as what was declined
would else stay away until its filter lapses. Revives are spaced out: the first goes out at once, a later one when it
may. ``OfferDemand`` is that rule for one who knows at every moment which roles want offers, as Marathon does;
``RoleDemand`` holds what a scheduler said, over all its subscriptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from koinon_core.scheduler_api import CallBody, Revive, Suppress

from ..errors import UnknownRoleError


class OfferDemand:
    """What the master was told, by role."""

    def __init__(self, min_interval: float, *, suppresses: bool = True) -> None:
        """``min_interval``: seconds between two revives. ``suppresses``: whether roles are suppressed at all."""
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

    def note_told(self, roles: Iterable[str], suppressed: Set[str]) -> None:
        """The master hears of these roles as if for the first time, and that some of them want no offers."""
        self._known = set(roles)
        self._suppressed = set(suppressed)
        self._changed.clear()

    def note_revived(self, roles: Iterable[str], now: float) -> None:
        """The master was asked to offer to these roles, past this rule."""
        self._suppressed.difference_update(roles)
        self._changed.difference_update(roles)
        self._last_revive = now

    def note_suppressed(self, roles: Iterable[str]) -> None:
        """The master was asked to offer nothing to these roles, past this rule."""
        self._suppressed.update(roles)

    def settle(self, wanted: Set[str], now: float) -> list[Revive | Suppress]:
        """What to tell the master, given the roles that want offers."""
        self._changed |= wanted - self._known  # a role that the master may never have heard of
        self._known |= wanted
        calls: list[Revive | Suppress] = []
        unwanted = sorted(self._known - wanted - self._suppressed)
        if unwanted and self._suppresses:
            self._suppressed.update(unwanted)
            calls.append(Suppress(tuple(unwanted)))
        self._changed &= wanted
        due = sorted(self._changed | (self._suppressed & wanted))
        self.deadline = None
        if due and now < self._last_revive + self._min_interval:
            self.deadline = self._last_revive + self._min_interval
        elif due:
            self._suppressed.difference_update(due)
            self._changed.clear()
            self._last_revive = now
            calls.append(Revive(tuple(due)))
        return calls


class RoleDemand:
    """Which roles of a framework want offers, as its scheduler said; what SUBSCRIBE and other calls make of it."""

    def __init__(self, roles: Sequence[str], suppressed: Iterable[str], min_interval: float) -> None:
        """All the roles it subscribes to, and those that want nothing at first. ``min_interval`` as in OfferDemand.

        Raises UnknownRoleError.
        """
        self._roles = tuple(roles)
        self._wanted = set(roles) - set(self._checked(suppressed))
        self._told = OfferDemand(min_interval)

    @property
    def deadline(self) -> float | None:
        """When ``due`` is to be asked again; None: not before something changes."""
        return self._told.deadline

    @property
    def suppressed(self) -> tuple[str, ...]:
        """The roles that want no offers, as SUBSCRIBE names them."""
        return tuple(sorted(set(self._roles) - self._wanted))

    def want(self, roles: Iterable[str], *, wanted: bool) -> None:
        """The scheduler has something to place for these roles (none named: all), or has not. Raises UnknownRoleError.

        Said of a role that is offered to, it means that what was refused may be welcome now.
        """
        named = self._checked(roles) or self._roles
        if not wanted:
            self._wanted.difference_update(named)
            return
        self._wanted.update(named)
        for role in named:
            self._told.note_change(role)

    def note_subscribing(self) -> tuple[str, ...]:
        """A SUBSCRIBE goes out: the roles it suppresses. Filters of the session before are void with it."""
        suppressed = self.suppressed
        self._told.note_told(self._roles, set(suppressed))
        return suppressed

    def note_roles(self, roles: Sequence[str], suppressed: Iterable[str]) -> None:
        """The framework was described anew."""
        self._roles = tuple(roles)
        self._wanted = set(roles) - set(suppressed)
        self._told.note_told(roles, set(suppressed) & set(roles))

    def note_call(self, body: CallBody, now: float) -> None:
        """The scheduler calls by itself: its REVIVE and SUPPRESS hold as if it had said what it wants."""
        match body:
            case Revive(roles):
                named = set(roles or self._roles) & set(self._roles)
                self._wanted |= named
                self._told.note_revived(named, now)
            case Suppress(roles):
                named = set(roles or self._roles) & set(self._roles)
                self._wanted -= named
                self._told.note_suppressed(named)

    def note_lost(self, body: Revive | Suppress) -> None:
        """A call of ``due`` may not have arrived: a REVIVE is made again in its time, as nothing else would bring
        offers; an unwanted offer is merely declined.
        """
        if isinstance(body, Revive):
            for role in set(body.roles) & self._wanted:
                self._told.note_change(role)

    def due(self, now: float) -> list[Revive | Suppress]:
        """The calls to make now."""
        return self._told.settle(self._wanted, now)

    def _checked(self, roles: Iterable[str]) -> tuple[str, ...]:
        named = tuple(roles)
        for role in named:
            if role not in self._roles:
                raise UnknownRoleError(role, self._roles)
        return named

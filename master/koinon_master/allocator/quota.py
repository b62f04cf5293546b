"""What roles are sure to get and may have at most (mesos-semantics 5.4), and how much of an agent that leaves them.

Owns guarantees, limits and headroom: what is free for everyone must always cover the guarantees that are not met yet.
Amounts are thousandths by name. Only top-level roles have quota; what a role and all beneath it consume is what is
granted to them or reserved for them, and not revocable. Who is asked first is the sorters'.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from attrs import frozen

from koinon_core.quota import QuotaConfig
from koinon_core.resources import DiskSourceType, Resource, Resources
from koinon_core.scalars import Scalar

from .accounts import NO_PORTION, Portion, is_open_kind
from .clients import Amounts

_WHOLE_ONLY = {DiskSourceType.MOUNT, DiskSourceType.BLOCK, DiskSourceType.RAW}
"""Disks of which nobody can have a part."""


@frozen
class _Quota:
    guarantees: Amounts
    limits: Amounts


class Quotas:
    """Every top-level role's quota, and what it consumes."""

    def __init__(self, allocated: Callable[[str], Amounts]) -> None:
        self._allocated = allocated
        self._quotas: dict[str, _Quota] = {}
        self._corrections: dict[str, dict[str, int]] = defaultdict(dict)
        self._unmet: dict[str, Amounts] = {}
        self._memo: dict[tuple[Portion, str, bool], Portion] = {}
        self.required: dict[str, int] = {}
        self.available: dict[str, int] = {}

    # What changes

    def set_quotas(self, quotas: Mapping[str, QuotaConfig]) -> None:
        """All roles' guarantees and limits."""
        self._quotas = {
            role: _Quota(_thousandths(quota.guarantees, 1), _thousandths(quota.limits))
            for role, quota in quotas.items()
            if not quota.is_default
        }
        self._unmet, self.required = {}, {}
        self._memo.clear()
        for role in self._quotas:
            self.refresh(role)

    def note_reserved(self, resources: Resources, sign: int) -> None:
        """An agent came (1) or went (-1): its reservations count, used or not."""
        for item in resources:
            if item.kind.reservations and not item.kind.revocable and isinstance(item.value, Scalar):
                top = _top(item.kind.reserved_role)
                self._correct(top, item, sign)
                self.refresh(top)

    def note_granted(self, top: str, resources: Resources, sign: int) -> None:
        """A role got (1) or gave back (-1) resources. What is reserved for it counted before, what is revocable never
        does.
        """
        for item in resources:
            if (item.kind.reservations or item.kind.revocable) and isinstance(item.value, Scalar):
                self._correct(top, item, -sign)

    def note_available(self, amounts: Amounts, sign: int) -> None:
        """So much more (1) or less (-1) is free for everyone."""
        self._memo.clear()
        available = self.available
        for name, amount in amounts.items():
            available[name] = available.get(name, 0) + sign * amount

    def refresh(self, top: str) -> None:
        """What a role consumes has changed."""
        self._memo.clear()
        quota = self._quotas.get(top)
        if quota is None or not quota.guarantees:
            return
        consumed = self.consumed(top)
        unmet = {name: least - consumed.get(name, 0) for name, least in quota.guarantees.items()}
        unmet = {name: amount for name, amount in unmet.items() if amount > 0}
        before = self._unmet.get(top, {})
        for name in {*before, *unmet}:
            self.required[name] = self.required.get(name, 0) + unmet.get(name, 0) - before.get(name, 0)
        self._unmet[top] = unmet

    def _correct(self, top: str, item: Resource, sign: int) -> None:
        self._memo.clear()
        corrections = self._corrections[top]
        if isinstance(item.value, Scalar):
            corrections[item.name] = corrections.get(item.name, 0) + sign * item.value.thousandths

    # What may be asked

    def __contains__(self, top: str) -> bool:
        return top in self._quotas

    def __bool__(self) -> bool:
        return bool(self._quotas)

    @property
    def has_guarantees(self) -> bool:
        """Whether anything must be held back for anybody."""
        return any(quota.guarantees for quota in self._quotas.values())

    def is_unmet(self, top: str) -> bool:
        """Whether a role has less than it is sure to get."""
        return bool(self._unmet.get(top))

    @property
    def are_met(self) -> bool:
        """Whether every role has what it is sure to get."""
        return not any(self._unmet.values())

    def unmet_roles(self, names: Collection[str]) -> list[str]:
        """The roles that have less of any of these names than they are sure to get."""
        return [role for role, unmet in self._unmet.items() if any(name in unmet for name in names)]

    def consumed(self, top: str) -> Amounts:
        """What counts against a role's quota."""
        amounts = dict(self._allocated(top))
        for name, amount in self._corrections.get(top, {}).items():
            amounts[name] = amounts.get(name, 0) + amount
        return {name: amount for name, amount in amounts.items() if amount > 0}

    def room(self, top: str) -> Amounts:
        """How much more a role may have, of each name that it has a limit for."""
        quota = self._quotas.get(top)
        if quota is None or not quota.limits:
            return {}
        consumed = self.consumed(top)
        return {name: max(0, most - consumed.get(name, 0)) for name, most in quota.limits.items()}

    def limits(self, top: str) -> Amounts:
        """How much a role may have at most."""
        quota = self._quotas.get(top)
        return {} if quota is None else quota.limits

    def slack(self) -> Amounts:
        """How much may go to anybody, of each name that must be held back for a guarantee."""
        return {
            name: max(0, self.available.get(name, 0) - amount) for name, amount in self.required.items() if amount > 0
        }

    def closed_names(self, top: str) -> frozenset[str]:
        """What a role can have no more of, by its limits or for the sake of guarantees that are not its own."""
        unmet = self._unmet.get(top, {})
        full = {name for name, amount in self.room(top).items() if not amount}
        kept = {name for name, amount in self.slack().items() if not amount and name not in unmet}
        return frozenset(full | kept)

    # What it leaves of an agent

    def cut(self, portion: Portion, top: str) -> Portion:
        """What a role may have by its limits, with the headroom left whole."""
        found = self._memo.get((portion, top, False))
        if found is None:
            found = self._memo[portion, top, False] = _cut(portion, _least(self.room(top), self.slack()))
        return found

    def allowed(self, portion: Portion, top: str) -> Portion:
        """What a role would get of a portion by both stages."""
        if not self.is_unmet(top):
            return self.cut(portion, top)
        owed = self.cut_to_guarantee(portion, top)
        return owed if owed.resources else self.cut(portion, top)

    def cut_to_guarantee(self, portion: Portion, top: str) -> Portion:
        """What a role with an unmet guarantee may have to meet it: that much of what is guaranteed, all of the rest
        that limits and headroom allow; nothing if none of it helps.
        """
        found = self._memo.get((portion, top, True))
        if found is None:
            found = self._memo[portion, top, True] = self._cut_to_guarantee(portion, top)
        return found

    def _cut_to_guarantee(self, portion: Portion, top: str) -> Portion:
        unmet, guarantees = self._unmet.get(top, {}), self._quotas[top].guarantees
        owed = {name: unmet.get(name, 0) for name in guarantees}
        spare = {name: amount for name, amount in self.slack().items() if name not in guarantees}
        found = _cut(portion, _least(_least(self.room(top), spare), owed))
        helps = any(is_open_kind(item.kind) and unmet.get(item.name) for item in found.resources)
        is_reserved = any(item.kind.reservations and not item.kind.shared for item in found.resources)
        return found if helps or is_reserved else NO_PORTION


def _least(one: Amounts, other: Amounts) -> Amounts:
    return {**one, **{name: min(amount, one.get(name, amount)) for name, amount in other.items()}}


def _cut(portion: Portion, most: Amounts) -> Portion:
    """As much of a portion as leaves no more than ``most`` of what is open; the portion itself if that is all of it."""
    if all(amount <= most.get(name, amount) for name, amount in portion.amounts.items()):
        return portion
    left, kept, is_whole = dict(most), [], True
    for item in portion.resources:
        if item.name not in left or not is_open_kind(item.kind) or not isinstance(item.value, Scalar):
            kept.append(item)
            continue
        amount = _fit(item, item.value.thousandths, left[item.name])
        left[item.name] -= amount
        is_whole = is_whole and amount == item.value.thousandths
        if amount:
            kept.append(Resource(item.kind, Scalar(amount)))
    if is_whole:
        return portion
    resources = Resources(tuple(kept))
    return Portion(resources, resources.thousandths) if resources else NO_PORTION


def _fit(item: Resource, wanted: int, room: int) -> int:
    disk = item.kind.disk
    if disk is not None and disk.source is not None and disk.source.type in _WHOLE_ONLY:
        return wanted if wanted <= room else 0
    return min(wanted, room)


def _top(role: str) -> str:
    return role.partition("/")[0]


def _thousandths(amounts: Mapping[str, Scalar], least: int = 0) -> Amounts:
    return {name: amount.thousandths for name, amount in amounts.items() if amount.thousandths >= least}

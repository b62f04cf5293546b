"""What would feed a framework that starves: one sentence, made of what holds most agents back from it.

Rules over the master's answers alone; who prints them is ``framework_why``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from .amounts import show_nonzero

Json = Mapping[str, Any]
_NOTHING_ELSE = "nothing more: what is free is about to be offered to it"


@frozen(kw_only=True)
class RoleView:
    """One role of one framework, as the master tells it: ``standing`` and ``refusals`` of ``/koinon/explain``."""

    standing: Json
    refusals: Sequence[Json]
    quota: Json | None
    """Of the outermost role, as ``/roles`` has it."""
    agents: int
    """How many agents there are."""

    @property
    def role(self) -> str:
        """Its name."""
        return str(self.standing["role"])

    @property
    def top(self) -> str:
        """The outermost role, which quota and most of the competition is about."""
        return self.role.partition("/")[0]

    @property
    def full(self) -> list[str]:
        """The resources of which quota leaves it no more."""
        if self.quota is None:
            return []
        consumed = self.quota["consumed"]
        return [name for name, limit in self.quota["limit"].items() if consumed.get(name, 0) >= limit]

    @property
    def most_free(self) -> dict[str, float]:
        """The most of each resource that is free on any one of the agents that are not offered."""
        return _most(each["free"] for each in self.refusals)

    @property
    def cause(self) -> str | None:
        """The filter to begin with: what holds for the whole role, else what holds most agents back."""
        counts = Counter(each["filter"] for each in self.refusals)
        whole = next((name for name in ("paused", "inactive", "suppressed", "limit") if name in counts), None)
        if whole is None and self.full and any(name in counts for name in ("refused", "too little")):
            return "limit"  # what is offered up to a limit lacks what is wanted, and is refused
        return whole or next((name for name, _ in counts.most_common()), None)


def advise(view: RoleView) -> str:
    """What would feed it in this role, after the words "would be fed by"."""
    if view.cause is None:
        return _NOTHING_ELSE if view.agents else "an agent: none is registered"
    rule = _RULES.get(view.cause)
    return view.refusals[0]["reason"] if rule is None else rule(view)


def rivals_ahead(view: RoleView) -> Iterator[tuple[Json, Json]]:
    """Itself and who is asked before it, at each level where somebody is."""
    for level in view.standing["levels"]:
        own = next(one for one in level if one["is_own"])
        ahead = next((one for one in level if one["wants_offers"] and one["rank"] < own["rank"]), None)
        if ahead is not None:
            yield own, ahead


def _after_limit(view: RoleView) -> str:
    limit, consumed = (show_nonzero_or_zero(view.quota, name) for name in ("limit", "consumed"))
    names = ",".join(f"{name}=..." for name in view.full) or "..."
    return (
        f"a higher limit of role {view.top}, which may have {limit} and has {consumed}: "
        f"koinon quota set {view.top} --limit {names}"
    )


def show_nonzero_or_zero(quota: Json | None, name: str) -> str:
    """The amounts of a quota: limits of nothing are shown, as they say the most."""
    amounts = {} if quota is None else quota[name]
    return " ".join(f"{key}:{amount:g}" for key, amount in amounts.items() if not isinstance(amount, str)) or "nothing"


def _after_refusals(view: RoleView) -> str:
    least = view.standing["least"]
    if least:
        wanted = " or ".join(show_nonzero(one) for one in least)
    else:
        refused = _most(each["amounts"] for each in view.standing["refused"])
        wanted = f"more than it refused, which was up to {show_nonzero(refused)}"
    free = show_nonzero(view.most_free)
    return (
        f"an agent with {wanted} ({free} is the most that is free now); "
        f"or a REVIVE, which ends its refusals, if it can use what is there after all"
    )


def _after_too_little(view: RoleView) -> str:
    least = " or ".join(show_nonzero(one) for one in view.standing["least"]) or "the least that the master offers"
    return f"an agent with {least} free: at most {show_nonzero(view.most_free)} is free on one"


def _after_allocation(view: RoleView) -> str:
    """Somebody has everything: who has most of it by his weight, and what it would take to come before him."""
    biggest = _biggest_rival(view)
    if biggest is None:
        return "another agent, or tasks of its own that end: it has all that there is"
    frees = f"tasks of {biggest['kind']} {biggest['name']} that end (its share is {biggest['share']:.0%})"
    found = next(rivals_ahead(view), None)
    if found is None:
        return f"{frees}, or another agent: it is next in line for whatever comes free"
    own, ahead = found
    asked_before = f"{ahead['kind']} {ahead['name']} is asked before it"
    if own["kind"] == "role" and ahead["rank"] > 0:
        weight = own["share"] / ahead["rank"]
        return f"{frees}, and a weight of more than {weight:.3g} (koinon role weight {own['name']} ...): {asked_before}"
    return f"{frees}, or another agent; {asked_before}, as that one has less by its weight"


def _biggest_rival(view: RoleView) -> Json | None:
    """Of the first level at which others hold anything, the one with most by its weight."""
    for level in view.standing["levels"]:
        rivals = [one for one in level if not one["is_own"] and one["share"] > 0]
        if rivals:
            biggest: Json = max(rivals, key=lambda one: float(one["rank"]))
            return biggest
    return None


def _most(amounts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The most of each name."""
    most: dict[str, float] = {}
    for each in amounts:
        for name, amount in each.items():
            most[name] = max(amount, most.get(name, 0.0))
    return dict(sorted(most.items()))


_RULES: dict[str, Callable[[RoleView], str]] = {
    "inactive": lambda _: "coming back: the master has no connection to it",
    "suppressed": lambda view: f"a REVIVE of role {view.role}: it asked to be offered nothing until then",
    "limit": _after_limit,
    "headroom": lambda _: "lower guarantees of other roles, for which what is free is kept: koinon quota list",
    "refused": _after_refusals,
    "too little": _after_too_little,
    "allocated": _after_allocation,
    "reserved": lambda _: (
        "resources that are reserved for its role or for nobody, or a role that they are reserved for"
    ),
    "gpus": lambda _: "the capability GPU_RESOURCES: without it agents with GPUs are not offered",
    "region": lambda _: "the capability REGION_AWARE, or agents in the masters' own region",
    "offer constraint": lambda _: "offer constraints of its own that admit an agent",
    "agent": lambda _: "agents that are connected and active: koinon agent list, koinon agent reactivate",
    "whitelist": lambda _: "a whitelist of the master's that names more agents",
    "empty": lambda _: "agents that have resources",
}
"""What to do about each filter; the others say it in their reason."""

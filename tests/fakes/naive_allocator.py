"""An allocator written straight from mesos-semantics 5.2 to 5.5: slow, without memory of what it looked at before.

It works everything out anew from what is held and refused, and looks at every agent each time. What the real one, which
looks only where something changed, grants must be exactly this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from attrs import define, field

from koinon_core.agents import AgentInfo
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.quota import QuotaConfig
from koinon_core.resources import NOTHING, Kind, Resource, Resources
from koinon_core.scalars import Scalar
from koinon_master.allocator.interface import Grant

LEAST = {"cpus": 10, "mem": 32000}
"""Either is enough for an offer; in thousandths, as all amounts here."""


@define
class NaiveFramework:
    """A framework and what it wants."""

    info: FrameworkInfo
    suppressed: set[str]
    is_active: bool = True

    def sees(self, kind: Kind, role: str) -> bool:
        """Whether a role of it may be offered a kind."""
        reserved = kind.reserved_role
        return (
            (not kind.reservations or role == reserved or role.startswith(f"{reserved}/"))
            and (not kind.revocable or self.info.has(FrameworkCapabilityType.REVOCABLE_RESOURCES))
            and (len(kind.reservations) < 2 or self.info.has(FrameworkCapabilityType.RESERVATION_REFINEMENT))
        )


@define
class NaiveAgent:
    """An agent and whether it may be offered."""

    info: AgentInfo
    is_active: bool = True


def _is_open(kind: Kind) -> bool:
    return not kind.reservations and not kind.revocable


@define
class NaiveAllocator:
    """Everything it knows, as plain as can be."""

    frameworks: dict[FrameworkId, NaiveFramework] = field(factory=dict)
    agents: dict[AgentId, NaiveAgent] = field(factory=dict)
    held: list[Grant] = field(factory=list)
    refused: list[tuple[Grant, float]] = field(factory=list)
    turns: Counter[str] = field(factory=Counter)
    weights: Mapping[str, float] = field(factory=dict)
    quotas: Mapping[str, QuotaConfig] = field(factory=dict)

    # Sums

    def free(self, agent_id: AgentId) -> Resources:
        """What nobody holds of an agent."""
        left = self.agents[agent_id].info.resources
        for grant in self.held:
            if grant.agent_id == agent_id:
                left = left.without(grant.resources)
        return left

    def consumed(self, top: str) -> Counter[str]:
        """What counts against a role's quota: reservations, used or not, and what is granted besides."""
        found: Counter[str] = Counter()
        for agent in self.agents.values():
            mine = agent.info.resources.filter(lambda kind: kind.reserved_role.partition("/")[0] == top)
            found.update(mine.filter(lambda kind: bool(kind.reservations)).thousandths)
        for grant in self.held:
            if grant.role.partition("/")[0] == top:
                found.update(grant.resources.filter(_is_open).thousandths)
        return found

    def unmet(self, top: str) -> dict[str, int]:
        """What a role lacks of its guarantee."""
        quota = self.quotas.get(top)
        consumed = self.consumed(top)
        least = {} if quota is None else quota.guarantees
        return {n: s.thousandths - consumed[n] for n, s in least.items() if s.thousandths > consumed[n]}

    def room(self, top: str) -> dict[str, int]:
        """What a role may have still, of what it has a limit for."""
        quota = self.quotas.get(top)
        consumed = self.consumed(top)
        most = {} if quota is None else quota.limits
        return {name: max(0, limit.thousandths - consumed[name]) for name, limit in most.items()}

    def slack(self) -> dict[str, int]:
        """What may go to anybody, of what is guaranteed to somebody and not met."""
        required: Counter[str] = Counter()
        for top in self.quotas:
            required.update(self.unmet(top))
        available: Counter[str] = Counter()
        for agent_id, agent in self.agents.items():
            if agent.is_active:
                available.update(self.free(agent_id).filter(_is_open).thousandths)
        return {name: max(0, available[name] - amount) for name, amount in required.items() if amount}

    # Order

    def order(self) -> Iterator[tuple[str, FrameworkId]]:
        """Roles, and the frameworks of each, who is next first."""
        members: dict[str, list[FrameworkId]] = {}
        for framework_id, framework in self.frameworks.items():
            for role in framework.info.all_roles() if framework.is_active else ():
                if role not in framework.suppressed:
                    members.setdefault(role, []).append(framework_id)
        for role in sorted(members, key=lambda role: [self._node_key(node) for node in _path(role)]):
            for framework_id in sorted(members[role], key=partial(self._framework_key, role)):
                yield role, framework_id

    def _node_key(self, node: str) -> tuple[float, int, str]:
        share = self._share([grant for grant in self.held if node in _path(grant.role)])
        return share / self.weights.get(node, 1.0), self.turns[node], node

    def _framework_key(self, role: str, framework_id: FrameworkId) -> tuple[float, int, str]:
        mine = [grant for grant in self.held if (grant.framework_id, grant.role) == (framework_id, role)]
        return self._share(mine), self.turns[f"{role}|{framework_id}"], framework_id

    def _share(self, grants: Sequence[Grant]) -> float:
        total: Counter[str] = Counter()
        for agent in self.agents.values():
            total.update(agent.info.resources.thousandths)
        mine: Counter[str] = Counter()
        for grant in grants:
            mine.update(grant.resources.thousandths)
        return max((amount / total[name] for name, amount in mine.items() if total[name]), default=0.0)

    # Allocation

    def allocate(self, order: Sequence[AgentId]) -> list[Grant]:
        """Share every agent out, in this order."""
        made: dict[tuple[FrameworkId, str, AgentId], Grant] = {}
        for is_first in (True, False):
            for agent_id in order:
                if self.agents[agent_id].is_active:
                    self._share_out(agent_id, is_first, made)
        return list(made.values())

    def _share_out(
        self, agent_id: AgentId, is_first: bool, made: dict[tuple[FrameworkId, str, AgentId], Grant]
    ) -> None:
        skipped: set[str] = set()
        entered: set[str] = set()
        for role, framework_id in list(self.order()):
            if role not in entered:
                entered.add(role)
                if is_first and not self.unmet(role.partition("/")[0]):
                    skipped.add(role)
            if role in skipped:
                continue
            portion = self._portion(framework_id, role, agent_id, is_first)
            if not portion:
                continue
            grant = Grant(framework_id=framework_id, role=role, agent_id=agent_id, resources=portion)
            self.take(grant)
            key = (framework_id, role, agent_id)
            before = made[key].resources if key in made else NOTHING
            made[key] = Grant(framework_id=framework_id, role=role, agent_id=agent_id, resources=before + portion)

    def _portion(self, framework_id: FrameworkId, role: str, agent_id: AgentId, is_first: bool) -> Resources:
        framework = self.frameworks[framework_id]
        top = role.partition("/")[0]
        portion = _cut(self.free(agent_id).filter(lambda kind: framework.sees(kind, role)), self._most(top, is_first))
        if is_first:
            helps = any(_is_open(item.kind) and item.name in self.unmet(top) for item in portion)
            if not helps and not any(item.kind.reservations for item in portion):
                return NOTHING
        amounts = portion.thousandths
        if not any(amounts.get(name, 0) >= least for name, least in LEAST.items()):
            return NOTHING
        for refused, _ in self.refused:
            mine = (refused.framework_id, refused.role, refused.agent_id) == (framework_id, role, agent_id)
            if mine and portion in refused.resources:
                return NOTHING
        return portion

    def _most(self, top: str, is_first: bool) -> dict[str, int]:
        """How much of each name a role may have now; names without a bound are absent."""
        most, unmet = self.room(top), self.unmet(top)
        guarantees = self.quotas[top].guarantees if top in self.quotas else {}
        bounds = {name: amount for name, amount in self.slack().items() if not (is_first and name in guarantees)}
        if is_first:
            bounds |= {name: unmet.get(name, 0) for name, amount in guarantees.items() if amount}
        return most | {name: min(amount, most.get(name, amount)) for name, amount in bounds.items()}

    # What others change

    def take(self, grant: Grant) -> None:
        """Count a grant, and its turn."""
        self.held.append(grant)
        self.turns.update([*_path(grant.role), f"{grant.role}|{grant.framework_id}"])

    def recover(self, grant: Grant) -> None:
        """Take a grant back."""
        self.held.remove(grant)

    def clear(self, framework_id: FrameworkId, role: str) -> None:
        """Forget what a framework refused in a role."""
        self.refused = [
            (one, until) for one, until in self.refused if (one.framework_id, one.role) != (framework_id, role)
        ]

    def clear_agent(self, agent_id: AgentId) -> None:
        """Forget what was refused of an agent."""
        self.refused = [(one, until) for one, until in self.refused if one.agent_id != agent_id]


def _path(role: str) -> list[str]:
    parts = role.split("/")
    return [*("/".join(parts[: depth + 1]) for depth in range(len(parts))), f"{role}/."]


def _cut(portion: Resources, most: Mapping[str, int]) -> Resources:
    left, kept = dict(most), []
    for item in portion:
        if item.name in left and _is_open(item.kind) and isinstance(item.value, Scalar):
            amount = min(item.value.thousandths, left[item.name])
            left[item.name] -= amount
            kept.append(Resource(item.kind, Scalar(amount)))
        else:
            kept.append(item)
    return Resources(tuple(kept))

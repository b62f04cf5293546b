"""The allocator against a naive one written from the spec, and what must hold of it whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fakes.master_bench import make_framework
from fakes.naive_allocator import NaiveAgent, NaiveAllocator, NaiveFramework
from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.quota import QuotaConfig
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_master.allocator.accounts import AgentAccount
from koinon_master.allocator.cycle import Cycle, Visit
from koinon_master.allocator.hierarchical import HierarchicalAllocator
from koinon_master.allocator.interface import Grant
from koinon_master.config import MasterConfig

ROLES = ("a", "a/x", "a/y", "b")
TOTALS = (
    "cpus:4;mem:4096",
    "cpus:2;mem:8192;ports:[1-10]",
    "cpus(a):2;cpus:2;mem:1024",
    "cpus(b):1;mem(b):512;cpus:3;mem:2048",
    "cpus(a/x):2;mem(a):2048;cpus:1;mem:100",
    "cpus:0.005;mem:10",
)
CHOICE = st.integers(min_value=0, max_value=100)
AMOUNTS = st.dictionaries(st.sampled_from(["cpus", "mem"]), st.integers(min_value=0, max_value=12), max_size=2)


def _scaled(amounts: dict[str, int]) -> dict[str, Scalar]:
    return {name: Scalar.of(amount * (1 if name == "cpus" else 1024)) for name, amount in amounts.items()}


class AllocatorUnderFire(RuleBasedStateMachine):
    """Both allocators are told the same; after every event both allocate, and must have granted the same."""

    def __init__(self) -> None:
        super().__init__()
        self.real = HierarchicalAllocator(MasterConfig(registry="in_memory"))
        self.naive = NaiveAllocator()
        self.now = 0.0
        self.serial = 0
        for role in ROLES:  # somebody is in each role all the time, so that its turns are remembered
            self.framework_comes(role, is_capable=False)
            self.framework_suppresses(len(self.naive.frameworks) - 1)

    # Events

    @rule(role=st.sampled_from(ROLES), is_capable=st.booleans())
    def framework_comes(self, role: str, is_capable: bool) -> None:
        """A framework subscribes."""
        self.serial += 1
        framework_id = FrameworkId(f"f{self.serial:03}")
        info = make_framework("f", role, capabilities="RESERVATION_REFINEMENT" if is_capable else "")
        self.naive.frameworks[framework_id] = NaiveFramework(info, set())
        self.real.add_framework(framework_id, info, ())

    @rule(total=st.sampled_from(TOTALS))
    def agent_comes(self, total: str) -> None:
        """An agent registers."""
        if len(self.naive.agents) < 6:
            self.serial += 1
            agent_id = AgentId(f"s{self.serial:03}")
            info = AgentInfo(hostname=agent_id, resources=parse_resources(total))
            self.naive.agents[agent_id] = NaiveAgent(info)
            self.real.add_agent(agent_id, info)

    @precondition(lambda self: self.naive.agents)
    @rule(choice=CHOICE, total=st.sampled_from(TOTALS))
    def agent_changes(self, choice: int, total: str) -> None:
        """An agent of which nothing is held has something else."""
        agent_id = list(self.naive.agents)[choice % len(self.naive.agents)]
        if not any(grant.agent_id == agent_id for grant in self.naive.held):
            info = AgentInfo(hostname=agent_id, resources=parse_resources(total))
            self.naive.agents[agent_id].info = info
            self.naive.clear_agent(agent_id)
            self.real.change_agent(agent_id, info)

    @precondition(lambda self: self.naive.agents)
    @rule(choice=CHOICE)
    def agent_goes_or_returns(self, choice: int) -> None:
        """An agent's link breaks, or is back."""
        agent_id = list(self.naive.agents)[choice % len(self.naive.agents)]
        agent = self.naive.agents[agent_id]
        agent.is_active = not agent.is_active
        if agent.is_active:
            self.real.add_agent(agent_id, agent.info)
        else:
            self.real.deactivate_agent(agent_id)

    @precondition(lambda self: self.naive.held)
    @rule(choice=CHOICE, count=st.integers(min_value=1, max_value=3), seconds=st.sampled_from([None, 0.5, 5.0]))
    def resources_come_back(self, choice: int, count: int, seconds: float | None) -> None:
        """Grants are recovered, refused or not."""
        for grant in [self.naive.held[(choice + each) % len(self.naive.held)] for each in range(count)]:
            if grant not in self.naive.held:
                continue
            if seconds is not None:
                self.naive.refused.append((grant, self.now + seconds))
                self.real.refuse(grant, self.now + seconds)
            self.naive.recover(grant)
            self.real.recover(grant)

    @rule(seconds=st.sampled_from([0.5, 5.0]))
    def time_passes(self, seconds: float) -> None:
        """Refusals end."""
        self.now += seconds
        self.naive.refused = [(grant, until) for grant, until in self.naive.refused if until > self.now]
        self.real.expire(self.now)

    @rule(choice=CHOICE)
    def framework_revives(self, choice: int) -> None:
        """A framework forgets its refusals and wants offers."""
        framework_id = list(self.naive.frameworks)[choice % len(self.naive.frameworks)]
        framework = self.naive.frameworks[framework_id]
        if framework.is_active:
            (role,) = framework.info.all_roles()
            framework.suppressed.clear()
            self.naive.clear(framework_id, role)
            self.real.revive(framework_id, [role])

    @rule(choice=CHOICE)
    def framework_suppresses(self, choice: int) -> None:
        """A framework wants no offers."""
        framework_id = list(self.naive.frameworks)[choice % len(self.naive.frameworks)]
        (role,) = self.naive.frameworks[framework_id].info.all_roles()
        self.naive.frameworks[framework_id].suppressed.add(role)
        self.real.suppress(framework_id, [role])

    @rule(choice=CHOICE, returns=st.booleans())
    def framework_fails_over(self, choice: int, returns: bool) -> None:
        """A framework goes, and may be back at once with what it holds."""
        framework_id = list(self.naive.frameworks)[choice % len(self.naive.frameworks)]
        framework = self.naive.frameworks[framework_id]
        (role,) = framework.info.all_roles()
        framework.is_active = returns
        framework.suppressed.clear()
        self.naive.clear(framework_id, role)
        self.real.deactivate_framework(framework_id)
        if returns:
            self.real.add_framework(framework_id, framework.info, ())

    @rule(weights=st.dictionaries(st.sampled_from(ROLES), st.sampled_from([0.5, 2.0, 3.0])))
    def weights_change(self, weights: dict[str, float]) -> None:
        """An operator sets weights."""
        self.naive.weights = weights
        self.real.set_weights(weights)

    @rule(role=st.sampled_from(["a", "b"]), guarantees=AMOUNTS, more=AMOUNTS)
    def quota_changes(self, role: str, guarantees: dict[str, int], more: dict[str, int]) -> None:
        """An operator sets a quota."""
        limits = {name: guarantees.get(name, 0) + amount for name, amount in more.items()}
        config = QuotaConfig(role=role, guarantees=_scaled(guarantees), limits=_scaled(limits))
        self.naive.quotas = {**self.naive.quotas, role: config}
        self.real.set_quotas(self.naive.quotas)

    # What must hold

    @invariant()
    def both_grant_the_same(self) -> None:
        """After each event the real one grants what the naive one would, and explains all it does not grant."""
        unexplained = self._unexplained()
        granted, order = self._allocate()
        expected = self.naive.allocate(order)
        self._check_promises(expected)
        pairs = {(grant.framework_id, grant.role, grant.agent_id) for grant in granted}

        assert _shown(expected) == _shown(granted)
        assert pairs == unexplained
        self.real.check()

    def _unexplained(self) -> set[tuple[FrameworkId, str, AgentId]]:
        explained = {(one.framework_id, one.role, one.agent_id) for one in self.real.explain()}
        everybody = {(one, role) for one, known in self.naive.frameworks.items() for role in known.info.all_roles()}
        return {(*who, agent_id) for who in everybody for agent_id in self.naive.agents} - explained

    def _allocate(self) -> tuple[list[Grant], list[AgentId]]:
        """What the real one grants, and all agents: those it looked at first, as it looked at them."""
        visited: list[AgentId] = []
        self.real._cycle.__class__ = _spy_on(visited)
        granted = self.real.allocate()
        self.real._cycle.__class__ = Cycle
        return granted, list(dict.fromkeys([*visited, *self.naive.agents]))

    def _check_promises(self, granted: list[Grant]) -> None:
        for top in self.naive.quotas:
            consumed = self.naive.consumed(top)
            mine = {name for grant in granted if grant.role.split("/")[0] == top for name in _open_names(grant)}
            for name, limit in self.naive.quotas[top].limits.items():
                assert name not in mine or consumed[name] <= limit.thousandths
        for grant in granted:
            for item in grant.resources:
                assert not item.kind.reservations or f"{grant.role}/".startswith(f"{item.kind.reserved_role}/")


def _open_names(grant: Grant) -> set[str]:
    return {item.name for item in grant.resources if not item.kind.reservations}


def _spy_on(visited: list[AgentId]) -> type[Cycle]:
    class Spy(Cycle):
        def run(self, visits: list[Visit], idle: dict[AgentAccount, None] | tuple[()] = ()) -> list[Grant]:  # type: ignore[override]
            visited.extend(account.id for account, _ in visits)
            visited.extend(account.id for account in idle)
            return super().run(visits, idle)

    return Spy


def _shown(grants: list[Grant]) -> set[tuple[str, str, str, str]]:
    return {(one.framework_id, one.role, one.agent_id, _sorted(str(one.resources))) for one in grants}


def _sorted(text: str) -> str:
    return "; ".join(sorted(text.split("; ")))


AllocatorUnderFire.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAllocatorUnderFire = pytest.mark.slow(AllocatorUnderFire.TestCase)

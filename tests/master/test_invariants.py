"""Whatever happens, in whatever order: nothing is promised twice, nothing gets lost."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fakes.master_bench import MasterBench, make_framework
from koinon_core.agent_link import AgentTask
from koinon_core.agents import AgentInfo, Unavailability
from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId, FrameworkId, OfferId, Uuid
from koinon_core.maintenance import MachineId, Schedule, Window
from koinon_core.offers import Filters
from koinon_core.operator_api import (
    DeactivateAgent,
    DrainAgent,
    MarkAgentGone,
    ReactivateAgent,
    UpdateMaintenanceSchedule,
    UpdateQuota,
    UpdateWeights,
)
from koinon_core.quota import QuotaConfig, WeightInfo
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import (
    AcceptInverseOffers,
    Acknowledge,
    Decline,
    DeclineInverseOffers,
    Revive,
    Suppress,
)
from koinon_core.tasks import TaskInfo, TaskState
from koinon_master.gauges import TALLIES
from koinon_master.views.sums import Sums
from support.views import show_all, show_anew, used

CHOICE = st.integers(min_value=0, max_value=1000)
STATES = st.sampled_from(
    [TaskState.TASK_RUNNING, TaskState.TASK_FINISHED, TaskState.TASK_FAILED, TaskState.TASK_KILLED]
)


class MasterUnderFire(RuleBasedStateMachine):
    """The bench checks after every event that what is taken and what is free make up each agent."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = MasterBench()
        self.agents: dict[AgentId, AgentInfo] = {}
        self.away: set[AgentId] = set()
        self.running: dict[str, tuple[FrameworkId, TaskInfo]] = {}
        self.used: set[OfferId] = set()
        self.launched = 0
        for role, cpus in (("a", 4), ("a/b", 2)):
            self.framework_comes(role)
            self.agent_comes(cpus)

    @invariant()
    def what_is_counted_is_shown(self) -> None:
        """Every tally has its gauge from the start; only the reasons of ends come as they happen."""
        counted = {name for name in self.bench.master.state.tallies if "/reason_" not in name or name in TALLIES}

        assert set() == counted - {*TALLIES, "allocation_runs"}

    @invariant()
    def what_is_kept_is_true(self) -> None:
        """Documents made of parts that were kept say what they say when made anew."""
        state = self.bench.master.state
        anew = show_anew(state)

        assert anew == show_all(state)

    @invariant()
    def sums_are_true(self) -> None:
        """What is used of an agent, and by a framework, is what its tasks and executors hold together."""
        state = self.bench.master.state
        sums = Sums(state)

        for agent in state.agents.values():
            assert used(state, agent) == sums.used_of(agent).allocated_to(None)
        for framework in state.frameworks.values():
            assert used(state, framework) == sums.used_by(framework).allocated_to(None)

    @rule(cpus=st.integers(min_value=1, max_value=4))
    def agent_comes(self, cpus: int) -> None:
        """A new agent registers."""
        if len(self.agents) < 4:
            agent_id = self.bench.add_agent(f"cpus:{cpus};mem:{cpus * 256}")
            self.agents[agent_id] = self.bench.agent_info(agent_id)

    @rule(role=st.sampled_from(["a", "a/b", "c"]))
    def framework_comes(self, role: str) -> None:
        """A new framework subscribes."""
        if len(self.bench.master.state.frameworks) < 4:
            self.bench.add_framework(make_framework("f", role, failover_timeout=50, capabilities="PARTITION_AWARE"))

    def _framework(self, choice: int) -> FrameworkId | None:
        connected = [one.id for one in self.bench.master.state.frameworks.values() if one.is_connected]
        return connected[choice % len(connected)] if connected else None

    @rule(choice=CHOICE, count=st.integers(min_value=1, max_value=3), is_greedy=st.booleans())
    def framework_launches(self, choice: int, count: int, is_greedy: bool) -> None:
        """A framework uses an offer, sometimes for more than it holds."""
        framework_id = self._framework(choice)
        if framework_id is None or not self.bench.offers(framework_id):
            return
        offer = self.bench.offers(framework_id)[0]
        if offer.id in self.used:
            raise AssertionError(f"{offer.id} is on the table twice")
        self.used.add(offer.id)
        names = [f"t{self.launched + index}" for index in range(count)]
        self.launched += count
        tasks = self.bench.launch(framework_id, *names, resources="cpus:3;mem:64" if is_greedy else "cpus:0.5;mem:64")
        known = self.bench.master.state.frameworks[framework_id].tasks
        self.running |= {task.task_id: (framework_id, task) for task in tasks if task.task_id in known}

    @rule(choice=CHOICE, seconds=st.floats(min_value=0, max_value=30))
    def framework_declines(self, choice: int, seconds: float) -> None:
        """A framework gives all its offers back."""
        framework_id = self._framework(choice)
        if framework_id is not None:
            ids = tuple(offer.id for offer in self.bench.offers(framework_id))
            self.bench.call(framework_id, Decline(offer_ids=ids, filters=Filters(seconds)))

    @rule(choice=CHOICE, revives=st.booleans())
    def framework_changes_its_mind(self, choice: int, revives: bool) -> None:
        """A framework revives or suppresses."""
        framework_id = self._framework(choice)
        if framework_id is not None:
            self.bench.call(framework_id, Revive() if revives else Suppress())

    @rule(choice=CHOICE, returns=st.booleans())
    def framework_fails_over(self, choice: int, returns: bool) -> None:
        """A framework loses its stream, and may be back at once."""
        framework_id = self._framework(choice)
        if framework_id is None:
            return
        info = self.bench.master.state.frameworks[framework_id].info
        self.bench.leave(framework_id)
        if returns:
            self.bench.subscribe(info)

    @precondition(lambda self: self.running)
    @rule(choice=CHOICE, state=STATES, is_acknowledged=st.booleans())
    def task_reports(self, choice: int, state: TaskState, is_acknowledged: bool) -> None:
        """An agent reports a task, which may be known no more, and the framework may acknowledge it."""
        name = list(self.running)[choice % len(self.running)]
        framework_id, task = self.running[name]
        if task.agent_id in self.away or task.agent_id not in self.bench.master.state.agents:
            return
        self.bench.update(framework_id, task, state)
        framework = self.bench.master.state.frameworks.get(framework_id)
        if is_acknowledged and framework is not None and framework.is_connected:
            call = Acknowledge(agent_id=task.agent_id, task_id=task.task_id, uuid=Uuid(b"u" * 16))
            self.bench.call(framework_id, call)
        if state.is_terminal:
            del self.running[name]

    @rule(choice=CHOICE)
    def agent_breaks(self, choice: int) -> None:
        """An agent's link breaks."""
        present = [one for one in self.agents if one not in self.away]
        if present:
            agent_id = present[choice % len(present)]
            self.away.add(agent_id)
            self.bench.break_link(agent_id)

    @precondition(lambda self: self.away)
    @rule(choice=CHOICE)
    def agent_returns(self, choice: int) -> None:
        """An agent is back with what it runs."""
        agent_id = sorted(self.away)[choice % len(self.away)]
        self.away.discard(agent_id)
        mine = [
            AgentTask(framework_id=framework_id, task=evolve(task, resources=task.resources.allocated_to("a")))
            for framework_id, task in self.running.values()
            if task.agent_id == agent_id
        ]
        self.bench.return_agent(self.agents[agent_id], *mine)

    def _agent(self, choice: int) -> AgentId | None:
        known = sorted(self.agents)
        return known[choice % len(known)] if known else None

    @rule(choice=CHOICE, mark_gone=st.booleans())
    def operator_drains(self, choice: int, mark_gone: bool) -> None:
        """An operator wants an agent empty, connected or not, perhaps for good."""
        agent_id = self._agent(choice)
        if agent_id is not None:
            self.bench.ask(DrainAgent(agent_id=agent_id, mark_gone=mark_gone))

    @rule(choice=CHOICE, call=st.sampled_from([DeactivateAgent, ReactivateAgent, ReactivateAgent, MarkAgentGone]))
    def operator_changes_an_agent(self, choice: int, call: type[Any]) -> None:
        """Or not to be offered, or back, or gone."""
        agent_id = self._agent(choice)
        if agent_id is not None:
            self.bench.ask(call(agent_id))

    @rule(choice=CHOICE, start=st.integers(min_value=1, max_value=3))
    def operator_schedules(self, choice: int, start: int) -> None:
        """Some machines are to be away at some time; or none."""
        names = [info.hostname for number, info in enumerate(self.agents.values()) if choice >> number & 1]
        window = Window(
            unavailability=Unavailability(start=TimeInfo(start)),
            machine_ids=tuple(MachineId(hostname=name) for name in names),
        )
        self.bench.ask(UpdateMaintenanceSchedule(Schedule((window,) if names else ())))

    @rule(choice=CHOICE, is_accepted=st.booleans())
    def framework_answers_inverse_offers(self, choice: int, is_accepted: bool) -> None:
        """A framework says whether it will leave."""
        framework_id = self._framework(choice)
        if framework_id is not None:
            ids = tuple(self.bench.master.state.frameworks[framework_id].inverse_offers.values())
            call = AcceptInverseOffers if is_accepted else DeclineInverseOffers
            self.bench.call(framework_id, call(inverse_offer_ids=ids))

    @rule(role=st.sampled_from(["a", "c"]), cpus=st.integers(min_value=0, max_value=4), weight=st.floats(0.5, 4))
    def operator_shares_anew(self, role: str, cpus: int, weight: float) -> None:
        """A role gets a limit, or is free of it (0), and a weight."""
        limits = {"cpus": Scalar.of(cpus)} if cpus else {}
        self.bench.ask(UpdateQuota(force=True, quota_configs=(QuotaConfig(role=role, limits=limits),)))
        self.bench.ask(UpdateWeights((WeightInfo(weight, role),)))

    @invariant()
    def what_operators_want_holds(self) -> None:
        """Nothing of a deactivated agent is offered, who was asked is known on both sides, and nothing waits."""
        state = self.bench.master.state
        asked = {offer_id for one in state.frameworks.values() for offer_id in one.inverse_offers.values()}
        for agent_id in tuple(self.agents):
            if agent_id in state.gone:
                self._forget(agent_id)

        assert set(state.inverse_offers) == asked
        assert not [one.id for one in state.agents.values() if one.is_deactivated and one.offers]
        assert set() == set(state.unavailable) - set(state.agents)
        assert not state.steps

    def _forget(self, agent_id: AgentId) -> None:
        del self.agents[agent_id]
        self.away.discard(agent_id)
        self.running = {name: one for name, one in self.running.items() if one[1].agent_id != agent_id}

    @rule(seconds=st.floats(min_value=0.1, max_value=80))
    def time_passes(self, seconds: float) -> None:
        """Deadlines come."""
        self.bench.pass_time(seconds)


MasterUnderFire.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestMasterUnderFire = pytest.mark.slow(MasterUnderFire.TestCase)

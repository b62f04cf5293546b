"""Whatever operations come in whatever order: amounts stay, master and agent agree, nothing is counted twice."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fakes.master_bench import MasterBench, launch, make_framework, make_task
from fakes.volumes import create, destroy, grow, reserve, reserved, shrink, unreserve, volume
from koinon_core.agent_link import ApplyOperation, OperationUpdate
from koinon_core.conversions import is_volume, plan_conversion
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.offers import Filters, Operation
from koinon_core.operations import OperationState, OperationStatus
from koinon_core.operator_api import CreateVolumes, DestroyVolumes, ReserveResources, UnreserveResources
from koinon_core.quantities import Quantities
from koinon_core.resources import Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import ZERO, Scalar
from koinon_core.scheduler_api import Accept
from koinon_core.tasks import TaskInfo, TaskState

AGENT = "cpus:4;mem:4096;disk:1000;cpus(r):1"
CHOICE = st.integers(min_value=0, max_value=1000)
SIZES = st.integers(min_value=1, max_value=600)
ROLES = st.sampled_from(["r", "r/s"])


class ResourcesUnderFire(RuleBasedStateMachine):
    """Two frameworks, an operator and one agent that follows; the bench checks the books after every event."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = MasterBench()
        self.agent_id: AgentId = self.bench.add_agent(AGENT)
        able = "RESERVATION_REFINEMENT SHARED_RESOURCES PARTITION_AWARE"
        self.frameworks: dict[str, FrameworkId] = {
            role: self.bench.add_framework(make_framework(role, role, capabilities=able)) for role in ("r", "r/s")
        }
        self.actual = parse_resources(AGENT)
        self.done = 0
        self.made = 0
        self.running: list[tuple[FrameworkId, TaskInfo]] = []

    @property
    def total(self) -> Resources:
        """What the master believes the agent has."""
        return self.bench.master.state.agents[self.agent_id].info.resources

    @invariant()
    def amounts_stay(self) -> None:
        """Operations change what resources are, never how much of them there is."""
        assert Quantities.of(parse_resources(AGENT)) == Quantities.of(self.total)
        assert all(item.value > ZERO for item in self.total if isinstance(item.value, Scalar))

    @invariant()
    def the_agent_follows(self) -> None:
        """Each order can be carried out when it comes, and both sides have the same then."""
        orders = self.bench.orders_for(self.agent_id, ApplyOperation)
        for order in orders[self.done :]:
            conversion = plan_conversion(order.operation)
            assert conversion is not None
            self.actual = (self.actual - conversion.consumed) + conversion.converted
            status = OperationStatus(state=OperationState.OPERATION_FINISHED)
            self.bench.say(self.agent_id, OperationUpdate(uuid=order.uuid, status=status))
        self.done = len(orders)

        assert self.actual == self.total

    def _volumes(self) -> list[Resource]:
        return [item for item in self.total if is_volume(item.kind)]

    def _accept(self, role: str, *operations: Operation) -> None:
        framework_id = self.frameworks[role]
        held = tuple(offer.id for offer in self.bench.offers(framework_id))
        self.bench.call(framework_id, Accept(offer_ids=held, operations=operations, filters=Filters(0)))

    @rule(role=ROLES, size=SIZES, is_undone=st.booleans())
    def framework_reserves(self, role: str, size: int, is_undone: bool) -> None:
        """A framework sets disk and cpus aside for its role, or gives up as much."""
        stack = ("r", "r/s") if role == "r/s" and size % 2 else (role,)
        wanted = reserved(f"disk:{size};cpus:0.5", *stack)
        self._accept(role, unreserve(wanted) if is_undone else reserve(wanted))

    @rule(role=ROLES, size=SIZES, shared=st.booleans(), is_used=st.booleans())
    def framework_creates(self, role: str, size: int, shared: bool, is_used: bool) -> None:
        """A framework reserves disk, makes a volume of it and may use that at once, all in one call."""
        self.made += 1
        kept = volume(size, f"v{self.made % 3}", role, shared=shared)
        task = make_task(f"t{self.made}", self.agent_id, "cpus:0.1;mem:16")
        task = evolve(task, resources=task.resources + Resources((kept,)))
        operations = [reserve(reserved(f"disk:{size}", role)), create(kept)]
        self._accept(role, *operations, *([launch(task)] if is_used else []))
        if task.task_id in self.bench.master.state.frameworks[self.frameworks[role]].tasks:
            self.running.append((self.frameworks[role], task))

    @rule(choice=CHOICE, by=SIZES, verb=st.sampled_from(["destroy", "grow", "shrink"]))
    def framework_changes_a_volume(self, choice: int, by: int, verb: str) -> None:
        """A framework destroys or resizes a volume, which another may be using."""
        kept = self._volumes()
        if kept:
            chosen = kept[choice % len(kept)]
            operation = {"destroy": destroy(chosen), "grow": grow(chosen, by), "shrink": shrink(chosen, by)}[verb]
            self._accept(chosen.kind.reserved_role, operation)

    @rule(choice=CHOICE, size=SIZES, verb=st.sampled_from(["reserve", "unreserve", "create", "destroy"]))
    def operator_calls(self, choice: int, size: int, verb: str) -> None:
        """An operator does the same, from outside."""
        kept = self._volumes()
        disk = reserved(f"disk:{size}", "r")
        if verb == "reserve":
            self.bench.ask(ReserveResources(agent_id=self.agent_id, resources=disk))
        elif verb == "unreserve":
            self.bench.ask(UnreserveResources(agent_id=self.agent_id, resources=disk))
        elif verb == "create":
            made = Resources((volume(size, f"v{choice % 3}"),))
            self.bench.ask(CreateVolumes(agent_id=self.agent_id, volumes=made))
        elif kept:
            chosen = Resources((kept[choice % len(kept)],))
            self.bench.ask(DestroyVolumes(agent_id=self.agent_id, volumes=chosen))

    @rule(choice=CHOICE)
    def task_ends(self, choice: int) -> None:
        """What a task used is free again."""
        if self.running:
            framework_id, task = self.running.pop(choice % len(self.running))
            self.bench.update(framework_id, task, TaskState.TASK_FINISHED)

    @rule()
    def agent_comes_back(self) -> None:
        """An agent registers anew with what it has."""
        self.bench.break_link(self.agent_id)
        info = evolve(self.bench.agent_info(self.agent_id), resources=self.actual)
        self.bench.return_agent(info)
        self.done = 0

    @rule(seconds=st.floats(min_value=0.1, max_value=10))
    def time_passes(self, seconds: float) -> None:
        """Refusals end."""
        self.bench.pass_time(seconds)


ResourcesUnderFire.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestResourcesUnderFire = pytest.mark.slow(ResourcesUnderFire.TestCase)

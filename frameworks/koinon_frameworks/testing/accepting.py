"""What an ACCEPT does at the fake master: refusals, launches, conversions (mesos-v1-api 2.5, 2.6). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, evolve, frozen

from koinon_core.conversions import plan_conversion
from koinon_core.ids import OfferId, find_id_problem
from koinon_core.offers import LaunchGroup, Operation
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Accept, Update
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatusReason

from .lives import Lives, find_needed
from .offering import HeldOffer, OfferBook
from .plots import Plot
from .world import FakeAgent, FakeMasterError, FakeTask, World


@define
class _Stake:
    """What is left of the offers of one call."""

    agent: FakeAgent
    role: str
    left: Resources


@frozen
class Accepting:
    """Carries ACCEPT calls out."""

    world: World
    offers: OfferBook
    lives: Lives

    def accept(self, call: Accept, now: float) -> None:
        """Use offers; what is left goes back under the call's filters."""
        problem = self._find_offers_problem(call.offer_ids)
        held = [one for offer_id in dict.fromkeys(call.offer_ids) if (one := self.offers.take(offer_id)) is not None]
        if problem is not None:
            self._refuse_all(call, f"Task launched with invalid offers: {problem}", now)
            return
        left = held[0].resources
        for other in held[1:]:
            left = left + other.resources
        stake = _Stake(self.world.agents[held[0].offer.agent_id], held[0].role, left)
        for operation in call.operations:
            self._carry_out(stake, operation, now)
        self.offers.refuse(held[0], stake.left, call.filters, now)

    def _find_offers_problem(self, offer_ids: Sequence[OfferId]) -> str | None:
        held: list[HeldOffer] = []
        for offer_id in offer_ids:
            if offer_id not in self.offers.held:
                return f"Offer {offer_id} is no longer valid"
            held.append(self.offers.held[offer_id])
        if len(set(offer_ids)) < len(offer_ids):
            return f"Duplicate offer {offer_ids[0]} in offer list"
        if not held:
            return "No offers specified"
        if len({one.offer.agent_id for one in held}) > 1:
            return "Aggregated offers must belong to one single agent"
        if len({one.role for one in held}) > 1:
            return "Aggregated offers must be allocated to one single role"
        return None

    def _refuse_all(self, call: Accept, why: str, now: float) -> None:
        framework = self.world.framework
        if framework is None:
            return
        state = framework.loss_state(TaskState.TASK_DROPPED)
        for operation in call.operations:
            for info in tasks_of(operation):
                self._refuse(info, state, TaskStatusReason.REASON_INVALID_OFFERS, why, now)

    def _carry_out(self, stake: _Stake, operation: Operation, now: float) -> None:
        if operation.launch_group is not None:
            self._launch_group(stake, operation.launch_group, now)
        elif operation.launch is not None:
            for info in operation.launch.task_infos:
                problem = self._find_problem(stake, info)
                if problem is None:
                    self._launch(stake, info, now)
                else:
                    self._refuse(info, TaskState.TASK_ERROR, TaskStatusReason.REASON_TASK_INVALID, problem, now)
        else:
            self._convert(stake, operation)

    def _launch(self, stake: _Stake, info: TaskInfo, now: float) -> None:
        stake.left = stake.left - find_needed(stake.agent, info)
        self.lives.launch(info, stake.role, now)

    def _launch_group(self, stake: _Stake, group: LaunchGroup, now: float) -> None:
        """All tasks of a group or none (mesos-v1-api 2.5)."""
        executor, tasks = group.executor, group.task_group.tasks
        is_new = executor.executor_id not in stake.agent.executors
        own = executor.resources.allocated_to(None) if is_new else NOTHING
        needed = sum((info.resources.allocated_to(None) for info in tasks), start=own)
        problem = find_executor_problem(executor) or next(
            (found for info in tasks if (found := self._find_own_problem(stake, info)) is not None), None
        )
        if problem is None and needed not in stake.left:
            wanted, left = needed.allocated_to(stake.role), stake.left.allocated_to(stake.role)
            problem = f"Total resources {wanted} required by task group and its executor are more than available {left}"
        if problem is not None:
            for info in tasks:
                self._refuse(info, TaskState.TASK_ERROR, TaskStatusReason.REASON_TASK_GROUP_INVALID, problem, now)
            return
        stake.left = stake.left - needed
        stake.agent.used = stake.agent.used + own
        stake.agent.executors.setdefault(executor.executor_id, own)
        for info in tasks:
            together = tuple(other.task_id for other in tasks if other is not info)
            self.lives.launch(evolve(info, executor=executor), stake.role, now, together)

    def _find_own_problem(self, stake: _Stake, info: TaskInfo) -> str | None:
        problem = find_id_problem(info.task_id)
        if problem is not None:
            return problem
        known = self.world.tasks.get(info.task_id)
        if known is not None and (known.is_known or not known.state.is_terminal):
            return f"Task has duplicate ID: {info.task_id}"
        if info.agent_id != stake.agent.id:
            return f"Task uses invalid agent {info.agent_id} while agent {stake.agent.id} is expected"
        return None if info.resources else "Task uses no resources"

    def _find_problem(self, stake: _Stake, info: TaskInfo) -> str | None:
        """Why a task can't be launched, in the master's words (mesos-v1-api 2.6)."""
        problem = self._find_own_problem(stake, info)
        if problem is not None:
            return problem
        if (info.command is None) == (info.executor is None):
            return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"
        needed = find_needed(stake.agent, info)
        if needed in stake.left:
            return None
        needed, left = needed.allocated_to(stake.role), stake.left.allocated_to(stake.role)
        return f"Total resources {needed} required by task and its executor is more than available {left}"

    def _convert(self, stake: _Stake, operation: Operation) -> None:
        conversion = plan_conversion(operation)
        if conversion is None or operation.id is not None:
            name = "UNKNOWN" if operation.type is None else operation.type.name
            what = f"tells nothing of operation {operation.id}" if conversion else f"carries no {name} out"
            raise FakeMasterError(f"the fake master {what}: try that on a real cluster")
        if conversion.consumed in stake.left:
            stake.left = stake.left - conversion.consumed + conversion.converted
            stake.agent.resources = conversion.apply_to(stake.agent.resources)
            self.offers.forget_refusals(stake.agent.id)

    def _refuse(self, info: TaskInfo, state: TaskState, reason: TaskStatusReason, why: str, now: float) -> None:
        refused = FakeTask(info=info, role="*", plot=Plot())
        self.world.refused.append((info, why))
        self.world.tell(Update(self.world.own_status(refused, state, reason, why, now)))


def find_executor_problem(executor: ExecutorInfo) -> str | None:
    """Why an executor can't have a group, in the master's words."""
    who, resources = f"Executor '{executor.executor_id}'", executor.resources
    if executor.type is None:
        return "'ExecutorInfo.type' must be set"
    for name, least, words in (("cpus", 0.01, "CPUs"), ("mem", 32, "memory")):
        if resources.scalar(name) < Scalar.of(least):
            return f"{who} uses less {words} ({resources.scalar(name)}) than the minimum required ({least})"
    return None if resources.scalar("disk") else f"{who} uses no disk"


def tasks_of(operation: Operation) -> Sequence[TaskInfo]:
    """The tasks that an operation launches."""
    if operation.launch is not None:
        return operation.launch.task_infos
    return operation.launch_group.task_group.tasks if operation.launch_group is not None else ()

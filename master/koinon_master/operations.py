"""What an ACCEPT does: check its offers, launch its tasks, give back what is left (mesos-v1-api 2.5).

LAUNCH is carried out. LAUNCH_GROUP is answered with TASK_ERROR for each of its tasks; an ACCEPT with any other
operation does not come this far, as ``validation.calls`` refuses it by name.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from koinon_core.agent_link import RunTask
from koinon_core.ids import OfferId
from koinon_core.offers import Operation
from koinon_core.resources import NOTHING, Resources
from koinon_core.scheduler_api import Accept
from koinon_core.tasks import TaskInfo, TaskState, TaskStatusReason

from .allocator.interface import Grant
from .entities import Agent, Framework, HeldOffer, Task
from .offer_book import OfferBook
from .state import ClusterState, make_status
from .task_ledger import TaskLedger
from .validation.tasks import Launch, find_task_problem

GROUPS_REFUSED = "LAUNCH_GROUP is not supported"


@frozen(kw_only=True)
class _Stake:
    """What a framework puts its operations on: one agent's resources, granted to one role."""

    framework: Framework
    agent: Agent
    grant: Grant


class Operations:
    """Carries out what frameworks accept."""

    def __init__(self, state: ClusterState, offers: OfferBook, ledger: TaskLedger) -> None:
        self._state = state
        self._offers = offers
        self._ledger = ledger

    def accept(self, framework: Framework, call: Accept, now: float) -> None:
        """Use offers. Whatever is wrong is told by task updates, never by an error."""
        self._state.tallies["messages_launch_tasks"] += 1
        problem = self._find_offers_problem(framework, call.offer_ids)
        if problem is not None:
            self._refuse_offers(framework, call, problem, now)
            return
        held = [taken for offer_id in call.offer_ids if (taken := self._offers.take(offer_id, framework))]
        stake = _join(framework, self._state.agents[held[0].grant.agent_id], held)
        left = stake.grant.resources
        for operation in call.operations:
            left = self._carry_out(stake, operation, left, now)
        if left:
            self._offers.give_back(evolve(stake.grant, resources=left), call.filters, now)

    def _find_offers_problem(self, framework: Framework, offer_ids: Sequence[OfferId]) -> str | None:
        """Why these offers can't be used together, or None."""
        held: dict[OfferId, HeldOffer] = {}
        for offer_id in offer_ids:
            found = self._state.offers.get(offer_id)
            if found is None or found.grant.framework_id != framework.id:
                return f"Offer {offer_id} is no longer valid"
            if offer_id in held:
                return f"Duplicate offer {offer_id} in offer list"
            held[offer_id] = found
        if not held:
            return "No offers specified"
        if len({one.grant.agent_id for one in held.values()}) > 1:
            return "Aggregated offers must belong to one single agent"
        if len({one.grant.role for one in held.values()}) > 1:
            return "Aggregated offers must be allocated to one single role"
        return None

    def _refuse_offers(self, framework: Framework, call: Accept, problem: str, now: float) -> None:
        for offer_id in dict.fromkeys(call.offer_ids):
            held = self._offers.take(offer_id, framework)
            if held is not None:
                self._state.allocator.recover(held.grant)
        state = framework.loss_state(TaskState.TASK_DROPPED)
        message = f"Task launched with invalid offers: {problem}"
        for operation in call.operations:
            for info in _tasks_of(operation):
                self._refuse_task(
                    _task(framework, info, "*"), (state, TaskStatusReason.REASON_INVALID_OFFERS, message), now
                )

    def _carry_out(self, stake: _Stake, operation: Operation, left: Resources, now: float) -> Resources:
        """Do one operation; returns what it left of the resources."""
        role = stake.grant.role
        if operation.launch_group is not None:
            verdict = (TaskState.TASK_ERROR, TaskStatusReason.REASON_TASK_GROUP_INVALID, GROUPS_REFUSED)
            for info in operation.launch_group.task_group.tasks:
                self._refuse_task(_task(stake.framework, info, role), verdict, now)
        if operation.launch is not None:
            for info in operation.launch.task_infos:
                left = self._launch(stake, info, left, now)
        return left

    def _launch(self, stake: _Stake, info: TaskInfo, left: Resources, now: float) -> Resources:
        launch = Launch(framework=stake.framework, agent=stake.agent, role=stake.grant.role, available=left, info=info)
        task = _task(stake.framework, info, stake.grant.role)
        problem = find_task_problem(launch)
        if problem is not None:
            verdict = (TaskState.TASK_ERROR, TaskStatusReason.REASON_TASK_INVALID, problem)
            self._refuse_task(task, verdict, now)
            return left
        left = left - launch.needed
        self._ledger.enter(task, stake.framework, stake.agent)
        self._state.order(stake.agent, RunTask(framework=stake.framework.info, task=task.info))
        return left

    def _refuse_task(self, task: Task, verdict: tuple[TaskState, TaskStatusReason, str], now: float) -> None:
        """Tell a framework that a task will not run. It never was in the ledger."""
        state, reason, message = verdict
        self._state.task_tallies[state] += 1
        framework = self._state.frameworks[task.framework_id]
        self._state.report(framework, make_status(task, state, reason, message, now))


def _join(framework: Framework, agent: Agent, held: list[HeldOffer]) -> _Stake:
    together = NOTHING
    for one in held:
        together = together + one.grant.resources
    return _Stake(framework=framework, agent=agent, grant=evolve(held[0].grant, resources=together))


def _task(framework: Framework, info: TaskInfo, role: str) -> Task:
    """The task as agents get it: with the mark of the role it was allocated to (mesos-v1-api 2.5)."""
    executor = info.executor
    if executor is not None:
        executor = evolve(executor, framework_id=framework.id, resources=executor.resources.allocated_to(role))
    marked = evolve(info, resources=info.resources.allocated_to(role), executor=executor)
    return Task(framework_id=framework.id, info=marked, role=role)


def _tasks_of(operation: Operation) -> Sequence[TaskInfo]:
    if operation.launch is not None:
        return operation.launch.task_infos
    return operation.launch_group.task_group.tasks if operation.launch_group is not None else ()

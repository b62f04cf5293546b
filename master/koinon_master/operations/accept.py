"""What an ACCEPT does: check its offers, carry its operations out in turn, give back what is left (mesos-v1-api 2.5).

What makes an operation invalid is in ``validation``, what it does to resources in ``koinon_core.conversions``, what
becomes of it afterwards in ``ledger`` and ``tasks.ledger``. Operators' calls are ``resource_calls``'.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, evolve

from koinon_core.agent_link import RunTask, RunTaskGroup
from koinon_core.conversions import (
    Conversion,
    allocate_operation,
    exclusive_part,
    is_volume,
    plan_conversion,
    shared_part,
)
from koinon_core.ids import OfferId
from koinon_core.offers import LaunchGroup, Operation, OperationType, TaskGroupInfo
from koinon_core.resources import NOTHING, Resources
from koinon_core.scheduler_api import Accept
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatusReason

from ..access.authorization import find_operation_refusal, find_task_refusal
from ..allocator.interface import Grant
from ..entities import Agent, Framework, HeldOffer, Task
from ..offer_book import OfferBook
from ..state import ClusterState, make_status
from ..tallies import count_operation, count_refusal
from ..tasks.ledger import TaskLedger
from ..validation.groups import GroupLaunch, find_group_problem
from ..validation.operations import find_form_problem, find_operation_problem
from ..validation.reservations import Proposal
from ..validation.tasks import Launch, find_task_problem
from .ledger import OperationLedger

_RESIZES = (OperationType.GROW_VOLUME, OperationType.SHRINK_VOLUME)
_LAUNCH_ID = "The `id` field cannot be set on LAUNCH operations"
Verdict = tuple[TaskState, TaskStatusReason, str]


@define(kw_only=True)
class Stake:
    """What a framework puts its operations on: one agent's resources, granted to one role.

    ``left`` is what the next operation may use. ``fresh`` is what operations made: of that, what is not used goes back
    without a filter. ``aside`` was made, too, but is for later calls alone.
    """

    framework: Framework
    agent: Agent
    role: str
    left: Resources
    fresh: Resources = NOTHING
    aside: Resources = NOTHING

    def grant(self, resources: Resources) -> Grant:
        """These resources as the framework holds them."""
        return Grant(framework_id=self.framework.id, role=self.role, agent_id=self.agent.id, resources=resources)


class Operations:
    """Carries out what frameworks accept."""

    def __init__(
        self, state: ClusterState, offers: OfferBook, ledger: TaskLedger, operation_ledger: OperationLedger
    ) -> None:
        self._state = state
        self._offers = offers
        self._ledger = ledger
        self._operation_ledger = operation_ledger

    def accept(self, framework: Framework, call: Accept, now: float) -> None:
        """Use offers. Whatever is wrong is told by updates, never by an error."""
        self._state.tallies["messages_launch_tasks"] += 1
        problem = self._find_offers_problem(framework, call.offer_ids)
        if problem is not None:
            self._refuse_offers(framework, call, problem, now)
            return
        held = [taken for offer_id in call.offer_ids if (taken := self._offers.take(offer_id, framework))]
        framework.tallies["offers/accepted"] += len(held)
        stake = self._join(framework, held)
        for operation in call.operations:
            self._carry_out(stake, operation, now)
        self._offers.note_acceptance(held, call.operations, self._give_back(stake, call, now))

    def _give_back(self, stake: Stake, call: Accept, now: float) -> float | None:
        """Free what is left; until when the framework is offered nothing of it, or None where nothing is left."""
        unused = stake.left.without(stake.left.without(stake.fresh)) if stake.fresh else NOTHING
        rest = stake.left.without(unused) if unused else stake.left
        until = self._offers.give_back(stake.grant(rest), call.filters, now) if rest else None
        converted = unused + stake.aside
        if converted:
            self._state.allocator.recover(stake.grant(converted))
        return until

    def _join(self, framework: Framework, held: list[HeldOffer]) -> Stake:
        """Put offers together. Of a shared volume that several hold one copy is enough."""
        grant = held[0].grant
        stake = Stake(
            framework=framework, agent=self._state.agents[grant.agent_id], role=grant.role, left=grant.resources
        )
        for one in held[1:]:
            kinds = {item.kind for item in shared_part(stake.left)}
            copies = Resources(tuple(item for item in one.grant.resources if item.kind in kinds))
            stake.left = stake.left + one.grant.resources.without(copies)
            if copies:
                self._state.allocator.recover(stake.grant(copies))
        return stake

    def _find_offers_problem(self, framework: Framework, offer_ids: Sequence[OfferId]) -> str | None:
        """Why these offers can't be used together, or None."""
        held: dict[OfferId, HeldOffer] = {}
        for offer_id in offer_ids:
            found = self._state.offers.get(offer_id)
            if found is None:
                return f"Offer {offer_id} is no longer valid"
            if found.grant.framework_id != framework.id:
                return (
                    f"Offer {offer_id} has invalid framework {found.grant.framework_id} while framework {framework.id} "
                    "is expected"
                )
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
                self._offers.note_acceptance((held,), call.operations, None, problem)
        state = framework.loss_state(TaskState.TASK_DROPPED)
        verdict = (state, TaskStatusReason.REASON_INVALID_OFFERS, f"Task launched with invalid offers: {problem}")
        for operation in call.operations:
            for info in _tasks_of(operation):
                self._refuse_task(_task(framework, info, "*"), verdict, now)
            if operation.type not in (OperationType.LAUNCH, OperationType.LAUNCH_GROUP):
                why = f"Operation attempted with invalid offers: {problem}"
                self._operation_ledger.refuse(framework, operation, why)

    def _carry_out(self, stake: Stake, operation: Operation, now: float) -> None:
        problem = find_form_problem(operation)
        if problem is not None:
            why = f"Operation attempted with invalid resources: {problem}"
            self._operation_ledger.refuse(stake.framework, operation, why)
        elif operation.launch is not None and operation.type is OperationType.LAUNCH:
            for info in operation.launch.task_infos:
                self._launch(stake, info, _LAUNCH_ID if operation.id is not None else None, now)
        elif operation.launch_group is not None and operation.type is OperationType.LAUNCH_GROUP:
            self._launch_group(stake, operation.launch_group, now)
        else:
            self._convert(stake, operation)

    def _convert(self, stake: Stake, operation: Operation) -> None:
        """Change the agent's resources in the books at once, and have the agent follow."""
        framework, agent = stake.framework, stake.agent
        principal = framework.principal or framework.info.principal
        marked = allocate_operation(operation, stake.role)
        # As in Mesos, whose words of a wrong DESTROY alone leave the mark out.
        is_plain = operation.type is OperationType.DESTROY or operation != allocate_operation(operation, None)
        shown = operation if is_plain else marked
        proposal = Proposal(operation=shown, agent=agent, framework=framework, role=stake.role, principal=principal)
        problem = find_operation_problem(proposal)
        refusal = find_operation_refusal(self._state.permissions, principal, operation)
        conversion = plan_conversion(operation)
        if problem is not None or conversion is None:
            self._operation_ledger.refuse(framework, operation, f"{problem}; on agent {agent.title}")
            return
        if refusal is not None:
            self._operation_ledger.refuse(framework, operation, refusal)
            return
        if conversion.consumed not in stake.left:
            left, wanted = (each.allocated_to(stake.role) for each in (stake.left, conversion.consumed))
            where = f"Invalid {operation.type.name} operation: " if operation.type in _RESIZES else ""
            self._operation_ledger.refuse(framework, operation, f"{where}{left} does not contain {wanted}")
            return
        self._apply(stake, conversion, is_resize=operation.type in _RESIZES)
        self._operation_ledger.enter(agent, marked, framework)
        if operation.type is not None:
            count_operation(framework, operation.type)

    def _apply(self, stake: Stake, conversion: Conversion, *, is_resize: bool) -> None:
        consumed, converted, agent = conversion.consumed, conversion.converted, stake.agent
        stake.left = stake.left - consumed
        stake.fresh = stake.fresh.without(consumed)
        if is_resize:
            stake.aside = stake.aside + converted
        else:
            stake.left, stake.fresh = stake.left + converted, stake.fresh + converted
        self._offers.rescind_sharers(agent, consumed.filter(is_volume))
        self._state.allocator.convert(stake.grant(consumed), converted)
        agent.info = evolve(agent.info, resources=conversion.apply_to(agent.info.resources))

    def _launch(self, stake: Stake, info: TaskInfo, refusal: str | None, now: float) -> None:
        launch = Launch(
            framework=stake.framework,
            agent=stake.agent,
            role=stake.role,
            available=stake.left,
            info=info,
            is_root_allowed=self._state.config.root_submissions,
        )
        task = _task(stake.framework, info, stake.role)
        problem, reason = refusal or find_task_problem(launch), TaskStatusReason.REASON_TASK_INVALID
        if problem is None:
            problem = find_task_refusal(self._state.permissions, stake.framework.info, info)
            reason = TaskStatusReason.REASON_TASK_UNAUTHORIZED
        if problem is not None:
            self._refuse_task(task, (TaskState.TASK_ERROR, reason, problem), now)
            return
        task.launched = now
        self._use(stake, launch.needed)
        is_new = task.executor_key not in stake.agent.executors
        self._ledger.enter(task, stake.framework, stake.agent)
        count_operation(stake.framework, OperationType.LAUNCH)
        order = RunTask(framework=stake.framework.info, task=task.info, launches_executor=is_new)
        self._state.order(stake.agent, order)

    def _launch_group(self, stake: Stake, group: LaunchGroup, now: float) -> None:
        """Launch all tasks of a group or none (mesos-v1-api 2.5)."""
        framework, agent, tasks = stake.framework, stake.agent, group.task_group.tasks
        launch = GroupLaunch(
            framework=framework,
            agent=agent,
            role=stake.role,
            available=stake.left,
            executor=group.executor,
            tasks=tasks,
            is_root_allowed=self._state.config.root_submissions,
        )
        verdict = self._judge_group(launch)
        if verdict is not None:
            for info in tasks:
                self._refuse_task(_task(framework, info, stake.role), verdict, now)
        elif tasks:
            self._use(stake, launch.needed)
            executor = _executor(framework, group.executor, stake.role)
            is_new = (framework.id, executor.executor_id) not in agent.executors
            marked = tuple(_task(framework, info, stake.role) for info in tasks)
            infos = tuple(task.info for task in marked)
            for task in marked:
                task.info, task.launched = evolve(task.info, executor=executor), now
                self._ledger.enter(task, framework, agent)
                count_operation(framework, OperationType.LAUNCH_GROUP)
            order = RunTaskGroup(
                framework=framework.info,
                executor=executor,
                task_group=TaskGroupInfo(infos),
                launches_executor=is_new,
            )
            self._state.order(agent, order)

    def _judge_group(self, launch: GroupLaunch) -> Verdict | None:
        """Why no task of a group may be launched, or None."""
        problem = find_group_problem(launch)
        if problem is not None:
            return TaskState.TASK_ERROR, TaskStatusReason.REASON_TASK_GROUP_INVALID, problem
        for info in launch.tasks:
            refusal = find_task_refusal(self._state.permissions, launch.framework.info, info)
            if refusal is not None:
                why = f"Task '{info.task_id}' is not authorized to run: {refusal}"
                return TaskState.TASK_ERROR, TaskStatusReason.REASON_TASK_GROUP_UNAUTHORIZED, why
        return None

    def _use(self, stake: Stake, needed: Resources) -> None:
        """Take resources out of the stake. What is shared stays in it, and is counted once more for each use."""
        shared = shared_part(needed)
        stake.left = stake.left - (exclusive_part(needed) if shared else needed)
        if shared:
            self._state.allocator.charge(stake.grant(shared))

    def _refuse_task(self, task: Task, verdict: Verdict, now: float) -> None:
        """Tell a framework that a task will not run. It never was in the ledger."""
        state, reason, message = verdict
        status = evolve(make_status(task, state, reason, message, now), executor_id=None)
        count_refusal(self._state, status)
        self._state.report(self._state.frameworks[task.framework_id], status)


def _task(framework: Framework, info: TaskInfo, role: str) -> Task:
    """The task as agents get it: with the mark of the role it was allocated to (mesos-v1-api 2.5)."""
    executor = None if info.executor is None else _executor(framework, info.executor, role)
    marked = evolve(info, resources=info.resources.allocated_to(role), executor=executor)
    return Task(framework_id=framework.id, info=marked, role=role)


def _executor(framework: Framework, executor: ExecutorInfo, role: str) -> ExecutorInfo:
    return evolve(executor, framework_id=framework.id, resources=executor.resources.allocated_to(role))


def _tasks_of(operation: Operation) -> Sequence[TaskInfo]:
    if operation.launch is not None:
        return operation.launch.task_infos
    return operation.launch_group.task_group.tasks if operation.launch_group is not None else ()

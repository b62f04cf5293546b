"""What a master asks of its tasks' agent: run, kill, acknowledge, reconcile, shut down (mesos-semantics 3.3, 6). Pure.

Registration and the agent's own end are in ``agent.py``.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from uuid import UUID

from koinon_core.agent_link import (
    AcknowledgeUpdate,
    DescribeFramework,
    Drain,
    FrameworkMessage,
    KillTask,
    Reactivate,
    ReconcileTasks,
    ResendUpdates,
    RunTask,
    RunTaskGroup,
    ShutdownExecutor,
    ShutdownFramework,
)
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, ContainerId, FrameworkId
from koinon_core.tasks import TaskInfo, TaskStatusReason, TaskStatusSource

from .checkpoint.records import TaskAccepted
from .containerizer import Launch, Workload
from .executors.environment import executor_environment, executor_id_of
from .hosts import Hosts
from .instructions import Instruction, Note
from .resources.operations import Operations
from .settings import AgentSettings
from .tasks.drain import Draining
from .tasks.launches import Delivery, delivery_of, find_volumes, user_of
from .tasks.ledger import Tasks
from .tasks.machine import KillAsked, LaunchWanted, Report, TaskMachine, lost_state
from .timers import ExecutorKey, Moment, TaskKey

TaskMessage = (
    RunTask
    | RunTaskGroup
    | KillTask
    | AcknowledgeUpdate
    | ReconcileTasks
    | DescribeFramework
    | ResendUpdates
    | ShutdownFramework
    | ShutdownExecutor
    | FrameworkMessage
    | Drain
    | Reactivate
)


class MasterMessages:
    """Turns what the master says about tasks into what happens to them."""

    def __init__(
        self, settings: AgentSettings, tasks: Tasks, operations: Operations, rng: Random, hosts: Hosts
    ) -> None:
        """``rng`` makes container ids."""
        self._hosts = hosts
        self._operations = operations
        self._settings = settings
        self._tasks = tasks
        self.draining = Draining(settings, tasks)
        self._rng = rng

    def handle(self, message: TaskMessage, now: Moment, *, is_ending: bool) -> list[Instruction]:
        """Take one message in. ``is_ending``: the agent takes no more tasks."""
        match message:
            case RunTask() | RunTaskGroup():
                return self._run(delivery_of(message), now, is_ending=is_ending)
            case KillTask():
                return self._kill(message, now)
            case AcknowledgeUpdate():
                key = TaskKey(message.framework_id, message.task_id)
                return self._tasks.acknowledge(key, message.uuid, now)
            case ReconcileTasks():
                return self._reconcile(message, now)
            case DescribeFramework() | ResendUpdates():
                return self._hear_of_framework(message, now)
            case ShutdownFramework(framework_id):
                return self._shut_down_framework(framework_id, now)
            case ShutdownExecutor():
                return self._shut_down_executor(message, now)
            case Drain(config):
                return self.draining.begin(config, now)
            case Reactivate():
                return self.draining.end()
            case FrameworkMessage():
                return self._hosts.executors.send(message)

    def _shut_down_framework(self, framework_id: FrameworkId, now: Moment) -> list[Instruction]:
        wanted = [
            machine
            for machine in self._tasks.live()
            if machine.key.framework_id == framework_id and not self._hosts.is_ended_by_host(machine)
        ]
        return self._hosts.executors.shut_down_all(framework_id, now) + self._kill_all(wanted, now)

    def _shut_down_executor(self, message: ShutdownExecutor, now: Moment) -> list[Instruction]:
        key = ExecutorKey(message.framework_id, message.executor_id)
        instructions = self._hosts.shut_down(key, now)
        if instructions is not None:
            return instructions
        alone = (
            machine
            for machine in self._tasks.live()
            if (machine.key.framework_id, executor_id_of(machine.task)) == (key.framework_id, key.executor_id)
        )
        return self._kill_all(list(alone), now)

    def _hear_of_framework(self, message: DescribeFramework | ResendUpdates, now: Moment) -> list[Instruction]:
        if isinstance(message, DescribeFramework):
            return self._tasks.describe(message.framework)
        updates = self._tasks.updates.resend_for(message.framework_id, now)
        return updates + self._operations.resend_for(message.framework_id, now)

    def _run(self, delivery: Delivery, now: Moment, *, is_ending: bool) -> list[Instruction]:
        agent_id, framework_id = self._tasks.agent_id, delivery.framework.id
        if framework_id is None or any(task.agent_id != agent_id for task in delivery.tasks):
            return [Note("run_task_ignored", {"reason": f"it is not for agent {agent_id}"})]
        keys = [TaskKey(framework_id, task.task_id) for task in delivery.tasks]
        known = [key for key in keys if key in self._tasks]
        if known:
            return [Note("run_task_ignored", {"task": str(key), "reason": "it is known already"}) for key in known]
        instructions = self._tasks.admit(delivery.framework)
        refusals = (self._find_refusal(delivery, task, is_ending=is_ending) for task in delivery.tasks)
        refusal = next(filter(None, refusals), None)
        if refusal is None:
            instructions += self._start(delivery, keys, now)
        else:
            instructions += self._refuse(keys, refusal, now)
        return instructions + self._hosts.disown(delivery, instructions)

    def _start(self, delivery: Delivery, keys: list[TaskKey], now: Moment) -> list[Instruction]:
        """To whoever runs such tasks: a container each, a pod, or an executor of the framework's own."""
        executor = delivery.executor
        if executor is None:
            return self._start_alone(delivery.framework, delivery.tasks[0], keys[0], now)
        return self._hosts.run(delivery, executor, now)

    def _refuse(self, keys: list[TaskKey], report: Report, now: Moment) -> list[Instruction]:
        return [instruction for key in keys for instruction in self._tasks.report(key, report, now)]

    def _start_alone(self, framework: FrameworkInfo, task: TaskInfo, key: TaskKey, now: Moment) -> list[Instruction]:
        accepted = self._accept(key.framework_id, task.agent_id, task)
        machine = self._tasks.accept(framework, accepted)
        launch = self._plan_launch(framework, task.agent_id, machine)
        return self._tasks.tell(machine, LaunchWanted(launch), now)

    def _find_refusal(self, delivery: Delivery, task: TaskInfo, *, is_ending: bool) -> Report | None:
        framework = delivery.framework
        if is_ending:
            return Report(
                state=lost_state(framework),
                message="The agent is shutting down",
                source=TaskStatusSource.SOURCE_AGENT,
                reason=TaskStatusReason.REASON_AGENT_DISCONNECTED,
            )
        if not delivery.launches_executor and self._hosts.is_gone(delivery):
            return Report(
                state=lost_state(framework),
                message="The executor that was to run the task has ended",
                source=TaskStatusSource.SOURCE_AGENT,
                reason=TaskStatusReason.REASON_EXECUTOR_TERMINATED,
            )
        missing = self._operations.find_missing(task.resources)
        if missing:
            return Report(
                state=lost_state(framework),
                message=f"The agent does not have {missing}",
                source=TaskStatusSource.SOURCE_AGENT,
                reason=TaskStatusReason.REASON_RESOURCES_UNKNOWN,
            )
        return self.draining.find_refusal(framework)

    def _accept(self, framework_id: FrameworkId, agent_id: AgentId, task: TaskInfo) -> TaskAccepted:
        container_id = ContainerId(str(UUID(int=self._rng.getrandbits(128), version=4)))
        sandbox = self._settings.find_sandbox(agent_id, framework_id, executor_id_of(task), container_id)
        return TaskAccepted(framework_id=framework_id, task=task, container_id=container_id, sandbox=str(sandbox))

    def _plan_launch(self, framework: FrameworkInfo, agent_id: AgentId, machine: TaskMachine) -> Launch:
        return Launch(
            container_id=machine.container_id,
            framework_id=machine.key.framework_id,
            agent_id=agent_id,
            executor_id=executor_id_of(machine.task),
            task_id=machine.task.task_id,
            workload=Workload.of_task(machine.task),
            sandbox=Path(machine.accepted.sandbox),
            environment=executor_environment(self._settings, agent_id, framework, machine.task),
            user=user_of(framework, machine.task) if self._settings.switches_user else None,
            volumes=find_volumes(machine.task, self._settings.find_volume),
        )

    def _kill(self, message: KillTask, now: Moment) -> list[Instruction]:
        key = TaskKey(message.framework_id, message.task_id)
        machine = self._tasks.get(key)
        if machine is not None:
            grace = self._settings.kill_grace(machine.task, message.kill_policy)
            return self._tasks.tell(machine, KillAsked(grace=grace, policy=message.kill_policy), now)
        framework = self._tasks.frameworks.get(message.framework_id)
        if key in self._tasks or framework is None:
            return [Note("kill_ignored", {"task": str(key)})]
        return self._tasks.report(
            key,
            Report(
                state=lost_state(framework),
                message="The agent does not know the task that was to be killed",
                source=TaskStatusSource.SOURCE_AGENT,
                reason=TaskStatusReason.REASON_EXECUTOR_TERMINATED,
            ),
            now,
        )

    def _kill_all(self, machines: list[TaskMachine], now: Moment) -> list[Instruction]:
        return [
            instruction
            for machine in machines
            for instruction in self._tasks.tell(
                machine, KillAsked(grace=self._settings.kill_grace(machine.task, None)), now
            )
        ]

    def _reconcile(self, message: ReconcileTasks, now: Moment) -> list[Instruction]:
        framework = self._tasks.frameworks.get(message.framework_id)
        report = Report(
            state=lost_state(framework),
            message="Reconciliation: the task is unknown to the agent",
            source=TaskStatusSource.SOURCE_AGENT,
            reason=TaskStatusReason.REASON_RECONCILIATION,
        )
        return [
            instruction
            for key in self._tasks.unknown_of(message.framework_id, message.task_ids)
            for instruction in self._tasks.report(key, report, now)
        ]

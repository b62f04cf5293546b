"""What is said between the agent and one executor that listens: who subscribes is told what it missed, what it tells is
passed on, and acknowledged once it is durable (mesos-v1-api 3; mesos-semantics 6.1, 8). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from attrs import evolve

from koinon_core.agents import AgentInfo
from koinon_core.containers import ContainerIdInfo
from koinon_core.errors import InvalidTransition
from koinon_core.executor_api import Acknowledged, Kill, Launch, LaunchGroup, Message, Subscribed
from koinon_core.offers import TaskGroupInfo
from koinon_core.tasks import TaskStatus, TaskStatusReason

from ..checkpoint.records import ExecutorCame
from ..events import ExecutorJoined
from ..instructions import Checkpoint, CloseStream, Instruction, Note, TellExecutor
from ..settings import AgentSettings
from ..tasks.hosted import HostedTask
from ..tasks.hosting import Delivered, EndHeard, GivenUp, UpdateHeard
from ..tasks.ledger import Tasks
from ..tasks.machine import lost_state
from ..timers import Moment, TaskKey
from .machine import ExecutorMachine, ExecutorState
from .machine import Subscribed as StreamOpened
from .statuses import complete_status

FindInfo = Callable[[], AgentInfo]


class Conversation:
    """Between the agent and its executors, one at a time."""

    def __init__(self, settings: AgentSettings, tasks: Tasks, find_info: FindInfo) -> None:
        """``find_info`` tells how the agent describes itself now."""
        self._settings = settings
        self._find_info = find_info
        self._tasks = tasks
        self.invalid_updates = 0

    def join(self, machine: ExecutorMachine, event: ExecutorJoined, now: Moment) -> list[Instruction]:
        """An executor opened a stream: greet it, hear what it has kept, tell it what it missed."""
        had_come = machine.has_come
        try:
            attached, *orders = machine.handle(StreamOpened(event.stream), now)
        except InvalidTransition as error:
            return [Note("event_refused", {"error": str(error)}), CloseStream(event.stream, str(error))]
        instructions: list[Instruction] = [attached, TellExecutor(machine.key, self._greeting(machine))]
        if not had_come:
            key = machine.key
            came = ExecutorCame(framework_id=key.framework_id, executor_id=key.executor_id)
            instructions.append(Checkpoint(came))
        for update in event.subscribe.unacknowledged_updates:
            instructions += self.hear(machine, update.status, now)
        if machine.state is not ExecutorState.SUBSCRIBED:
            return instructions + orders
        known = {task.task_id for task in event.subscribe.unacknowledged_tasks}
        for task in self._tasks.hosted_in(machine.container_id):
            if task.is_unheard_of and task.task.task_id not in known:
                instructions += self._tasks.tell(task, _unseen(task), now)
            elif task.kill is not None and not task.is_queued:
                instructions.append(TellExecutor(machine.key, Kill(task_id=task.task.task_id)))
        return [*instructions, *orders, *self.deliver(machine, self._tasks.hosted_in(machine.container_id), now)]

    def deliver(self, machine: ExecutorMachine, hosted: Iterable[HostedTask], now: Moment) -> list[Instruction]:
        """Tell an executor of those of its tasks that wait for it: each alone, or those of a group together."""
        instructions: list[Instruction] = []
        queued = [task for task in hosted if task.is_queued and not task.awaits_volumes]
        for group, members in groupby(queued, key=lambda task: task.delivery):
            tasks = list(members)
            for task in tasks:
                instructions += self._tasks.tell(task, Delivered(), now)
            infos = tuple(evolve(task.task, executor=machine.executor) for task in tasks)
            is_group = tasks[0].accepted.group == group
            event = LaunchGroup(TaskGroupInfo(infos)) if is_group else Launch(infos[0])
            instructions.append(TellExecutor(machine.key, event))
        return instructions

    def hear(self, machine: ExecutorMachine, status: TaskStatus, now: Moment) -> list[Instruction]:
        """Pass a status on and acknowledge it. One that is known already, or of a task that nobody waits for, is
        acknowledged without more, so that the executor may forget it.
        """
        if status.uuid is None:
            return [Note("executor_update_ignored", {"executor": str(machine.key), "reason": "it has no uuid"})]
        key = TaskKey(machine.key.framework_id, status.task_id)
        acknowledged = TellExecutor(machine.key, Acknowledged(task_id=status.task_id, uuid=status.uuid))
        task = self._tasks.get(key)
        if self._tasks.updates.knows(key, status.uuid):
            return [acknowledged]
        if not isinstance(task, HostedTask) or task.container_id != machine.container_id or task.is_ended:
            self.invalid_updates += 1
            fields = {"executor": str(machine.key), "task": str(key), "state": status.state.name}
            return [Note("executor_update_of_no_task", fields), acknowledged]
        complete = complete_status(status, machine, self._tasks.agent_id, self._settings.ip, now)
        event = EndHeard(complete) if status.state.is_terminal else UpdateHeard(complete)
        return [*self._tasks.tell(task, event, now), acknowledged]

    def pass_on(self, machine: ExecutorMachine, data: bytes) -> Instruction:
        """Bytes of its scheduler."""
        return TellExecutor(machine.key, Message(data))

    def _greeting(self, machine: ExecutorMachine) -> Subscribed:
        return Subscribed(
            executor_info=evolve(machine.executor, framework_id=machine.key.framework_id),
            framework_info=self._tasks.frameworks.get(machine.key.framework_id, machine.framework),
            agent_info=self._find_info(),
            container_id=ContainerIdInfo(value=machine.container_id),
        )


def _unseen(task: HostedTask) -> GivenUp:
    """It was said to the executor while the connection, or the agent, went away."""
    return GivenUp(
        state=lost_state(task.framework),
        reason=TaskStatusReason.REASON_AGENT_RESTARTED,
        message="The task was launched while the connection to its executor was lost",
    )

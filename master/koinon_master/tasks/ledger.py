"""Tasks from launch to history: who holds what, updates on their way, acknowledgements, kills (mesos-semantics 6)."""

from __future__ import annotations

from koinon_core.agent_link import (
    AcknowledgeUpdate,
    KillTask,
    StatusUpdate,
)
from koinon_core.ids import FrameworkId
from koinon_core.resources import Resources
from koinon_core.scheduler_api import Acknowledge, Kill, Update
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason

from ..allocator.interface import Grant
from ..entities import Agent, Framework, Task
from ..operator_events import TaskAdded, TaskUpdated
from ..state import ClusterState, make_status
from ..tallies import count_end
from .executors import ExecutorLedger


class TaskLedger:
    """Every task of every framework; ``executors`` are those that they run in."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self.executors = ExecutorLedger(state)

    def enter(self, task: Task, framework: Framework, agent: Agent) -> None:
        """Know a task. Its resources, and its executor's, must be counted already."""
        framework.tasks[task.id] = task
        framework.agent_ids.add(agent.id)
        agent.tasks[task.key] = task
        self._state.publish(TaskAdded(task))
        if task.is_live:
            self.executors.enter(task, agent)

    def adopt(self, task: Task, framework: Framework, agent: Agent) -> None:
        """Know a task that an agent brought along, and count what it holds."""
        if task.is_live:
            self._state.allocator.charge(_grant_of(task, task.resources))
            self.executors.charge(task, agent)
        framework.unreachable_tasks.pop(task.id, None)
        self.enter(task, framework, agent)

    def free(self, task: Task) -> None:
        """Give the resources of a live task back."""
        self._state.allocator.recover(_grant_of(task, task.resources))
        agent = self._state.agents.get(task.agent_id)
        if agent is not None:
            self.executors.leave(task, agent)

    def finish(self, task: Task, framework: Framework) -> None:
        """Move a task, which holds nothing any more, to the history."""
        self._forget(task, framework)
        framework.completed_tasks.append(task)

    def lose(self, task: Task, status: TaskStatus) -> None:
        """End a task by the master's own word: tell its framework what it may hear and keep it as history."""
        framework = self._state.frameworks[task.framework_id]
        if not task.is_live:
            self.finish(task, framework)
            return
        self.free(task)
        self._note(task, framework, status)
        self._state.report(framework, status)
        if status.unreachable_time is None:
            self.finish(task, framework)
        else:
            self._forget(task, framework)
            self._keep_unreachable(task, framework)

    def handle_update(self, agent: Agent, update: StatusUpdate) -> None:
        """Take an agent's report in and pass it on; while the framework is away, the agent repeats it."""
        state, status = self._state, update.status
        state.tallies["messages_status_update"] += 1
        framework = state.frameworks.get(update.framework_id)
        if framework is None:
            self._refuse_update(agent, update)
            return
        task = agent.tasks.get((framework.id, status.task_id))
        if task is not None:
            self._take_in(task, framework, update)
        state.tallies["valid_status_updates" if task is not None else "invalid_status_updates"] += 1
        state.tell(framework, Update(status))

    def _take_in(self, task: Task, framework: Framework, update: StatusUpdate) -> None:
        status, was_live = update.status, task.is_live
        # What has ended has ended, whatever is repeated of earlier times.
        state = task.state if task.state.is_terminal else update.latest_state or status.state
        if was_live and state.is_terminal:
            self.free(task)
        self._note(task, framework, status, state)
        if status.state.is_terminal and status.uuid is None:
            self.finish(task, framework)

    def _note(self, task: Task, framework: Framework, status: TaskStatus, state: TaskState | None = None) -> None:
        """Record a report, count an end, and tell operators of a change. Frameworks are told by others."""
        before = task.state
        task.note(status, state)
        if task.state is not before:
            count_end(self._state, framework, status, task.state)
            self._state.publish(TaskUpdated(framework_id=framework.id, status=status, state=task.state))

    def _refuse_update(self, agent: Agent, update: StatusUpdate) -> None:
        """Nobody will ever acknowledge reports to a framework that is gone, so the master does."""
        self._state.tallies["invalid_status_updates"] += 1
        status = update.status
        self._state.note("update_of_unknown_framework", framework_id=update.framework_id, task_id=status.task_id)
        if update.framework_id in self._state.completed and status.uuid is not None:
            self._acknowledge(
                agent, update.framework_id, Acknowledge(agent_id=agent.id, task_id=status.task_id, uuid=status.uuid)
            )

    def acknowledge(self, framework: Framework, call: Acknowledge) -> None:
        """Pass an acknowledgement on; after that of its terminal update a task is history."""
        state = self._state
        state.tallies["messages_status_update_acknowledgement"] += 1
        agent = state.agents.get(call.agent_id)
        task = None if agent is None else agent.tasks.get((framework.id, call.task_id))
        is_unasked = task is not None and task.status_update_uuid is None
        if agent is None or not agent.is_connected or is_unasked:
            state.tallies["invalid_status_update_acknowledgements"] += 1
            state.note("acknowledgement_dropped", agent_id=call.agent_id, task_id=call.task_id)
            return
        state.tallies["valid_status_update_acknowledgements"] += 1
        self._acknowledge(agent, framework.id, call)
        if task is not None and task.status_update_uuid == call.uuid and _is_ended(task):
            self.finish(task, framework)

    def _acknowledge(self, agent: Agent, framework_id: FrameworkId, call: Acknowledge) -> None:
        self._state.order(agent, AcknowledgeUpdate(framework_id=framework_id, task_id=call.task_id, uuid=call.uuid))

    def kill(self, framework: Framework, call: Kill) -> bool:
        """Have a task ended, now or when its agent is back. False for an unknown task (mesos-v1-api 2.4)."""
        self._state.tallies["messages_kill_task"] += 1
        task = framework.tasks.get(call.task_id)
        if task is None:
            return False
        if call.agent_id is not None and call.agent_id != task.agent_id:
            self._state.note("kill_names_wrong_agent", task_id=task.id, agent_id=call.agent_id)
            return True
        if task.is_live:
            task.kill = call
            self.repeat_kill(task)
        return True

    def repeat_kill(self, task: Task) -> None:
        """Tell the agent of a task once more that it is to end, if it is."""
        if task.kill is None:
            return
        agent = self._state.agents.get(task.agent_id)
        if agent is not None:
            policy = task.kill.kill_policy
            self._state.order(agent, KillTask(framework_id=task.framework_id, task_id=task.id, kill_policy=policy))

    def end_all(self, framework: Framework, reason: TaskStatusReason, now: float) -> None:
        """Record every task of a framework that is removed as killed, and forget its executors; there is nobody left
        to tell.
        """
        for task in tuple(framework.tasks.values()):
            if task.is_live:
                self.free(task)
                self._note(
                    task,
                    framework,
                    make_status(task, TaskState.TASK_KILLED, reason, f"Framework {framework.id} removed", now),
                )
            self.finish(task, framework)
        self.executors.drop_of(framework)

    def _forget(self, task: Task, framework: Framework) -> None:
        framework.tasks.pop(task.id, None)
        agent = self._state.agents.get(task.agent_id)
        if agent is not None:
            agent.tasks.pop(task.key, None)

    def _keep_unreachable(self, task: Task, framework: Framework) -> None:
        framework.unreachable_tasks[task.id] = task
        while len(framework.unreachable_tasks) > self._state.config.max_unreachable_tasks_per_framework:
            framework.unreachable_tasks.popitem(last=False)


def _is_ended(task: Task) -> bool:
    """Whether the framework was told the end of a task, too."""
    return task.status_update_state is not None and task.status_update_state.is_terminal


def _grant_of(task: Task, resources: Resources) -> Grant:
    return Grant(framework_id=task.framework_id, role=task.role, agent_id=task.agent_id, resources=resources)

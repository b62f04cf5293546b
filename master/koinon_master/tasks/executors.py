"""Frameworks' own executors on the agents: each holds its resources from its first task to its end, idle or not
(mesos-semantics 7.1).

Tasks are the affair of ``ledger.py``; what an agent tells of both when it registers is brought together in
``agents/admission.py``.
"""

from __future__ import annotations

from collections.abc import Iterable

from koinon_core.agent_link import (
    AgentExecutor,
    ExecutorExited,
    ExecutorMessage,
    FrameworkMessage,
    ShutdownExecutor,
)
from koinon_core.scheduler_api import Failure, Message, Shutdown

from ..allocator.interface import Grant
from ..entities import Agent, Executor, ExecutorKey, Framework, Task, executor_resources
from ..state import ClusterState


class ExecutorLedger:
    """Every executor of every agent."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state

    def enter(self, task: Task, agent: Agent) -> None:
        """Know a live task's executor, whose resources must be counted already."""
        key, info = task.executor_key, task.info.executor
        if key is None or info is None:
            return
        if key not in agent.executors:
            agent.executors[key] = Executor(info=info, grant=_grant_of(task))
        agent.executors[key].task_ids.add(task.id)

    def charge(self, task: Task, agent: Agent) -> None:
        """Count what the executor of a live task holds, if nothing of it was known."""
        if task.executor_key is not None and task.executor_key not in agent.executors:
            self._state.allocator.charge(_grant_of(task))

    def leave(self, task: Task, agent: Agent) -> None:
        """A task holds nothing any more. Its executor stays, idle if need be, until its agent tells of its end."""
        executor = None if task.executor_key is None else agent.executors.get(task.executor_key)
        if executor is not None:
            executor.task_ids.discard(task.id)

    def adopt(self, agent: Agent, reported: AgentExecutor, framework: Framework, role: str) -> None:
        """Know an executor that an agent brought along, and count what it holds."""
        key, info = (framework.id, reported.executor.executor_id), reported.executor
        if key in agent.executors:
            return
        grant = Grant(
            framework_id=framework.id, role=role, agent_id=agent.id, resources=info.resources.allocated_to(None)
        )
        self._state.allocator.charge(grant)
        agent.executors[key] = Executor(info=info, grant=grant)
        framework.agent_ids.add(agent.id)

    def drop_all(self, agent: Agent, but: Iterable[ExecutorKey] = ()) -> None:
        """Forget the executors of an agent, all but these: it went away, or returned without them."""
        for key in agent.executors.keys() - set(but):
            self._drop(agent, key)

    def drop_of(self, framework: Framework) -> None:
        """Forget a framework's executors; it is gone, and its agents were told."""
        for agent_id in framework.agent_ids:
            agent = self._state.agents.get(agent_id)
            for key in () if agent is None else tuple(agent.executors):
                if agent is not None and key[0] == framework.id:
                    self._drop(agent, key)

    def handle_exit(self, agent: Agent, exited: ExecutorExited) -> None:
        """An executor ended; what becomes of its tasks the agent reports one by one."""
        self._state.tallies["messages_exited_executor"] += 1
        self._drop(agent, (exited.framework_id, exited.executor_id))
        framework = self._state.frameworks.get(exited.framework_id)
        if framework is not None:
            failure = Failure(agent_id=agent.id, executor_id=exited.executor_id, status=exited.status)
            self._state.tell(framework, failure)

    def shut_down(self, framework: Framework, call: Shutdown) -> None:
        """Have an executor ended, if its agent is there to do it."""
        agent = self._state.agents.get(call.agent_id)
        message = ShutdownExecutor(framework_id=framework.id, executor_id=call.executor_id)
        if agent is None or not self._state.order(agent, message):
            self._state.note("shutdown_dropped", agent_id=call.agent_id, executor_id=call.executor_id)

    def send_to_executor(self, framework: Framework, call: Message) -> None:
        """Pass a scheduler's bytes on; nobody is told when they can't be."""
        self._state.tallies["messages_framework_to_executor"] += 1
        agent = self._state.agents.get(call.agent_id)
        message = FrameworkMessage(framework_id=framework.id, executor_id=call.executor_id, data=call.data)
        is_sent = agent is not None and self._state.order(agent, message)
        self._state.tallies[f"{'valid' if is_sent else 'invalid'}_framework_to_executor_messages"] += 1

    def send_to_framework(self, agent: Agent, message: ExecutorMessage) -> None:
        """Pass an executor's bytes on, if its scheduler is there to hear them."""
        self._state.tallies["messages_executor_to_framework"] += 1
        framework = self._state.frameworks.get(message.framework_id)
        forwarded = Message(agent_id=agent.id, executor_id=message.executor_id, data=message.data)
        is_sent = framework is not None and self._state.tell(framework, forwarded)
        self._state.tallies[f"{'valid' if is_sent else 'invalid'}_executor_to_framework_messages"] += 1

    def _drop(self, agent: Agent, key: ExecutorKey) -> None:
        executor = agent.executors.pop(key, None)
        if executor is not None:
            self._state.allocator.recover(executor.grant)


def _grant_of(task: Task) -> Grant:
    resources = executor_resources(task.info)
    return Grant(framework_id=task.framework_id, role=task.role, agent_id=task.agent_id, resources=resources)

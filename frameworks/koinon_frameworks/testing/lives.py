"""Lives of tasks on fake agents: their plots, reliable updates, kills, losses, reconciliation (mesos-semantics 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase

from attrs import define, evolve, field

from koinon_core.backoff import Backoff
from koinon_core.containers import TimeInfo
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import AgentId, ExecutorId, TaskId
from koinon_core.resources import NOTHING, Resources
from koinon_core.scheduler_api import Failure, Kill, ReconcileTask, Update
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus, TaskStatusReason, TaskStatusSource

from .plots import Beat, Plot, runs
from .world import FakeAgent, FakeMasterError, FakeTask, World

RESENDING = Backoff(initial=10.0, maximum=600.0, factor=2.0)
_WORDS = {
    TaskState.TASK_GONE: "unknown to the agent",
    TaskState.TASK_GONE_BY_OPERATOR: "gone",
    TaskState.TASK_UNREACHABLE: "unreachable",
    TaskState.TASK_UNKNOWN: "unknown",
}


@define
class Lives:
    """All tasks."""

    world: World
    plots: dict[str, tuple[Plot, ...]] = field(factory=dict)
    """By a pattern of task names or ids; the pattern named last goes first."""
    launches: Counter[str] = field(factory=Counter)
    acknowledged: list[TaskStatus] = field(factory=list)

    # Beginning and end

    def launch(self, info: TaskInfo, role: str, now: float, together: tuple[TaskId, ...] = ()) -> None:
        """Begin the life of a task; ``together``: those of its group, which die when it fails."""
        task = FakeTask(info=info, role=role, plot=self._next_plot(info), together=together)
        self.world.tasks[task.id] = task
        agent = self.world.agents[info.agent_id]
        agent.used = agent.used + find_needed(agent, info)
        if info.executor is not None:
            agent.executors.setdefault(info.executor.executor_id, info.executor.resources.allocated_to(None))
        at = now
        for beat in task.plot.beats:
            at += beat.after
            task.beats.append(self.world.agenda.at(at, lambda then, beat=beat: self.play(task, beat, then)))  # type: ignore[misc]

    def _next_plot(self, info: TaskInfo) -> Plot:
        for pattern in reversed(self.plots):
            if fnmatchcase(info.name, pattern) or fnmatchcase(info.task_id, pattern):
                plots = self.plots[pattern]
                number = self.launches[pattern]
                self.launches[pattern] += 1
                return plots[min(number, len(plots) - 1)]
        return runs()

    def play(self, task: FakeTask, beat: Beat, now: float) -> None:
        """Something happens to a task on its agent, whatever the master thinks of that."""
        if task.state.is_terminal:
            return
        executor = task.info.executor
        status = TaskStatus(
            task_id=task.id,
            state=beat.state,
            message=beat.message,
            source=TaskStatusSource.SOURCE_EXECUTOR,
            reason=beat.reason,
            data=beat.data,
            agent_id=task.info.agent_id,
            executor_id=ExecutorId(task.id) if executor is None else executor.executor_id,
            timestamp=self.world.epoch + now,
            uuid=self.world.make_uuid(),
            healthy=beat.healthy,
        )
        task.state = beat.state
        if beat.state.is_terminal:
            self._stop(task)
        task.updates.append(status)
        if len(task.updates) == 1:
            self.send(task, now)
        if beat.state.is_terminal and beat.state is not TaskState.TASK_FINISHED:
            for other in task.together:
                self.play(self.world.tasks[other], Beat(after=0.0, state=TaskState.TASK_KILLED), now)

    def _stop(self, task: FakeTask) -> None:
        for beat in task.beats:
            beat.is_off = True
        agent = self.world.agents[task.info.agent_id]
        agent.used = agent.used.without(task.info.resources.allocated_to(None))

    # Reliable updates (mesos-semantics 6.1)

    def send(self, task: FakeTask, now: float, attempt: int = 0) -> None:
        """Send the first unacknowledged update of a task, and again after a while."""
        if not task.updates:
            return
        if task.resending is not None:
            task.resending.is_off = True
        agent, status = self.world.agents[task.info.agent_id], task.updates[0]
        if not agent.is_there or not task.is_known:
            return
        if self.world.tell(Update(status)):
            task.told, task.latest = status.state, status
        delay = RESENDING.full(attempt)
        task.resending = self.world.agenda.at(now + delay, lambda then: self.send(task, then, attempt + 1))

    def acknowledge(self, task_id: TaskId, uuid: bytes, now: float) -> None:
        """Go on to the next update; nothing happens to an acknowledgement of what is not out."""
        task = self.world.tasks.get(task_id)
        if task is None or not task.updates or task.updates[0].uuid != uuid:
            return
        status = task.updates.popleft()
        self.acknowledged.append(status)
        if task.resending is not None:
            task.resending.is_off = True
        if status.state.is_terminal:
            task.is_known = False
        self.send(task, now)

    def resend_all(self, now: float) -> None:
        """The framework is back: agents say at once what it may have missed."""
        for task in self.world.tasks.values():
            self.send(task, now)

    # What the framework asks for

    def kill(self, call: Kill, now: float) -> None:
        """Have a task ended; whoever asks for one that the master does not know reads what it knows instead."""
        task, framework = self.world.tasks.get(call.task_id), self.world.framework
        if task is None or not task.is_known:
            self._answer(ReconcileTask(task_id=call.task_id, agent_id=call.agent_id), now)
            return
        agent, after = self.world.agents[task.info.agent_id], task.plot.kill_after
        is_deaf = after is None or task.is_dying or task.state.is_terminal or not agent.is_there
        if after is None or is_deaf or call.agent_id not in (None, agent.id) or framework is None:
            return
        task.is_dying = True
        if framework.has(FrameworkCapabilityType.TASK_KILLING_STATE):
            self.play(task, Beat(after=0.0, state=TaskState.TASK_KILLING), now)
        killed = Beat(after=after, state=TaskState.TASK_KILLED, message="Command terminated with signal Terminated")
        self.world.agenda.at(now + after, lambda then: self.play(task, killed, then))

    def reconcile(self, named: Iterable[ReconcileTask], now: float) -> None:
        """Answer for these tasks, or for all that have not ended when none is named."""
        asked = tuple(named)
        if not asked:
            known = [task for task in self.world.tasks.values() if task.is_known and not task.told.is_terminal]
            asked = tuple(ReconcileTask(task_id=task.id) for task in known)
        for one in asked:
            self._answer(one, now)

    def _answer(self, asked: ReconcileTask, now: float) -> None:
        task = self.world.tasks.get(asked.task_id)
        reason = TaskStatusReason.REASON_RECONCILIATION
        if task is not None and task.is_known:
            status = self.world.own_status(task, task.told, reason, "Reconciliation: Latest task state", now)
            if task.latest is not None:
                status = evolve(status, healthy=task.latest.healthy, container_status=task.latest.container_status)
            self.world.tell(Update(status))
            return
        agent_id = task.info.agent_id if task is not None and not task.state.is_terminal else asked.agent_id
        state = self._judge(agent_id)
        framework = self.world.framework
        if state is None or framework is None:
            return
        status = TaskStatus(
            task_id=asked.task_id,
            state=framework.loss_state(state),
            message=f"Reconciliation: Task is {_WORDS[state]}",
            source=TaskStatusSource.SOURCE_MASTER,
            reason=reason,
            agent_id=agent_id,
            timestamp=self.world.epoch + now,
        )
        self.world.tell(Update(status))

    def _judge(self, agent_id: AgentId | None) -> TaskState | None:
        """What is said of a task that is not known; None: no answer, as its agent may yet be back."""
        agents = self.world.agents
        if agent_id is None:
            return None if any(agent.is_expected for agent in agents.values()) else TaskState.TASK_UNKNOWN
        if agent_id not in agents:
            return TaskState.TASK_UNKNOWN
        agent = agents[agent_id]
        if agent.is_expected:
            return None
        if agent.is_gone:
            return TaskState.TASK_GONE_BY_OPERATOR
        return TaskState.TASK_UNREACHABLE if agent.is_away else TaskState.TASK_GONE

    # Losses

    def lose_of(self, agent: FakeAgent, state: TaskState, message: str, now: float) -> None:
        """The master gives up the tasks of an agent; they may run on."""
        framework = self.world.framework
        for task in self.of(agent.id):
            if not task.is_known or framework is None:
                continue
            task.is_known = False
            reason = TaskStatusReason.REASON_AGENT_REMOVED
            status = self.world.own_status(task, framework.loss_state(state), reason, message, now)
            if state is TaskState.TASK_UNREACHABLE:
                status = evolve(status, unreachable_time=TimeInfo.of_seconds(self.world.epoch + now))
            if not task.told.is_terminal:
                self.world.tell(Update(status))
        self.world.tell(Failure(agent_id=agent.id))

    def bring_back(self, agent: FakeAgent, now: float, *, tells: bool) -> None:
        """An agent is back with its tasks; ``tells`` of those that had been given up."""
        for task in self.of(agent.id):
            if task.state.is_terminal and not task.updates:
                continue
            task.is_known = True
            if tells and not task.state.is_terminal:
                reason, message = TaskStatusReason.REASON_AGENT_REREGISTERED, "Agent re-registered"
                self.world.tell(Update(self.world.own_status(task, task.state, reason, message, now)))
            self.send(task, now)

    def lose_executor(self, agent_id: AgentId, executor_id: ExecutorId, wait_status: int, now: float) -> None:
        """An executor dies, and its tasks with it."""
        own = [task for task in self.of(agent_id) if not task.state.is_terminal and _executor_of(task) == executor_id]
        if not own:
            raise FakeMasterError(f"executor {executor_id} runs no task on {agent_id}")
        reason = TaskStatusReason.REASON_EXECUTOR_TERMINATED
        for task in own:
            ended = Beat(after=0.0, state=TaskState.TASK_FAILED, reason=reason, message="Executor terminated")
            self.play(task, ended, now)
        self.end_executor(agent_id, executor_id, wait_status)

    def end_executor(self, agent_id: AgentId, executor_id: ExecutorId, wait_status: int) -> None:
        """An executor is no more; what it took is free."""
        agent = self.world.agents[agent_id]
        agent.used = agent.used.without(agent.executors.pop(executor_id, NOTHING))
        self.world.tell(Failure(agent_id=agent_id, executor_id=executor_id, status=wait_status))

    def shut_down(self, agent_id: AgentId, executor_id: ExecutorId, now: float) -> None:
        """The framework ends an executor, and its tasks with it."""
        for task in self.of(agent_id):
            if _executor_of(task) == executor_id:
                self.play(task, Beat(after=0.0, state=TaskState.TASK_KILLED, message="Executor shut down"), now)
        if executor_id in self.world.agents[agent_id].executors:
            self.end_executor(agent_id, executor_id, 0)

    def end_all(self) -> None:
        """The framework is no more: its tasks are killed and nobody is told."""
        for task in self.world.tasks.values():
            if not task.state.is_terminal:
                self._stop(task)
                task.state = TaskState.TASK_KILLED
            task.updates.clear()
            task.is_known = False
        for agent in self.world.agents.values():
            for executor_id in tuple(agent.executors):
                agent.used = agent.used.without(agent.executors.pop(executor_id))

    def of(self, agent_id: AgentId) -> list[FakeTask]:
        """The tasks of an agent."""
        return [task for task in self.world.tasks.values() if task.info.agent_id == agent_id]


def find_needed(agent: FakeAgent, info: TaskInfo) -> Resources:
    """What a launch takes: the task's resources, and its executor's unless that runs there already."""
    is_new = info.executor is not None and info.executor.executor_id not in agent.executors
    executor = info.executor.resources.allocated_to(None) if info.executor is not None and is_new else NOTHING
    return info.resources.allocated_to(None) + executor


def _executor_of(task: FakeTask) -> ExecutorId:
    executor = task.info.executor
    return ExecutorId(task.id) if executor is None else executor.executor_id

"""All pods of the agent: launches into them, what one task's end means for the others, and their ends. Pure.

The rules are the default executor's (mesos-semantics 7): tasks launched together start together; one that fails or is
killed takes those with it; one that finishes does not; with its last task the pod ends. Each task is a TaskMachine like
any other; here it is followed. The pod's own container is ``pod.py``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from uuid import UUID

from koinon_core.agent_link import AgentExecutor, ExecutorExited
from koinon_core.errors import InvalidTransition
from koinon_core.ids import AgentId, ContainerId
from koinon_core.resources import NOTHING, Resources
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskInfo, TaskState, TaskStatusReason, TaskStatusSource

from ..checkpoint.image import AgentImage
from ..checkpoint.records import ExecutorAccepted, ExecutorForgotten, TaskAccepted
from ..containerizer import Ended, KnownContainer
from ..events import ContainerEnded, ContainerGone, ContainerNotStarted, ContainerStarted
from ..instructions import Checkpoint, Instruction, KillContainer, LaunchContainer, Note, Send
from ..settings import AgentSettings
from ..tasks.launches import Delivery
from ..tasks.ledger import Tasks
from ..tasks.machine import KillAsked, LaunchWanted, Report, TaskEvent, TaskMachine, TaskPhase, lost_state
from ..timers import ExecutorKey, Moment, TaskKey
from .launches import Planner, find_group_problem, task_sandbox
from .pod import Pod, PodEvent, TasksEnded

NEVER_STARTED = -1
KILLED = 9
"""The wait status of a pod whose container ended before its tasks."""


class Pods:
    """Every pod that has not ended."""

    def __init__(
        self, settings: AgentSettings, tasks: Tasks, rng: Random, image: AgentImage, find_link: Callable[[], int | None]
    ) -> None:
        """``image`` is what an earlier life remembered; ``find_link`` tells the link to a master, if there is one."""
        self._settings = settings
        self._tasks = tasks
        self._rng = rng
        self._find_link = find_link
        self._is_settled = False
        self._pods: dict[ExecutorKey, Pod] = {}
        self._by_container: dict[ContainerId, Pod] = {}
        for accepted in image.executors.values():
            if is_pod(accepted.executor):
                self._add(Pod(accepted, settings.ip))
        for machine in tasks:
            if (pod := self._of_task(machine)) is not None:
                pod.add(machine)
        tasks.follow(self._look)

    def __iter__(self) -> Iterator[Pod]:
        return iter(self._pods.values())

    def __len__(self) -> int:
        return len(self._pods)

    def __contains__(self, container_id: ContainerId) -> bool:
        """Whether this is a pod's own container."""
        return container_id in self._by_container

    def get(self, key: ExecutorKey) -> Pod | None:
        """The pod of that name."""
        return self._pods.get(key)

    def known_containers(self) -> list[KnownContainer]:
        """The pods' own containers, to be looked for at the start."""
        return [
            KnownContainer(pod.container_id, sandbox=pod.sandbox) for pod in self._pods.values() if pod.has_container
        ]

    def as_reported(self) -> tuple[AgentExecutor, ...]:
        """All pods as the master is told of them at registration."""
        return tuple(pod.as_reported() for pod in self._pods.values())

    def resources(self) -> Resources:
        """What the pods hold themselves, without their tasks."""
        held = NOTHING
        for pod in self._pods.values():
            held = held + pod.executor.resources
        return held

    # Beginnings

    def run(self, delivery: Delivery, executor: ExecutorInfo, now: Moment) -> list[Instruction]:
        """Start tasks together in the pod that ``executor`` describes: in a new one, or in the one that runs.

        Whose tasks they are is known by now, and that no other task has their names.
        """
        framework_id, agent_id = delivery.framework.id, self._tasks.agent_id
        if framework_id is None or agent_id is None:
            return []
        key = ExecutorKey(framework_id, executor.executor_id)
        pod = self._pods.get(key)
        refusal = self._find_refusal(delivery, executor, pod)
        if refusal is not None:
            return [
                instruction
                for task in delivery.tasks
                for instruction in self._tasks.report(TaskKey(framework_id, task.task_id), refusal, now)
            ]
        is_new = pod is None
        pod = pod or self._make(key, executor, agent_id)
        machines = self._accept(pod, delivery)
        planner = Planner(settings=self._settings, agent_id=agent_id)
        instructions: list[Instruction] = [Checkpoint(pod.accepted)] if is_new else []
        if is_new and pod.has_container:
            instructions.append(LaunchContainer(planner.pod(pod, delivery.framework)))
        for machine in machines:
            launch = LaunchWanted(planner.task(pod, machine))
            instructions += pod.hold(self._tasks.tell(machine, launch, now))
        return instructions

    def _find_refusal(self, delivery: Delivery, executor: ExecutorInfo, pod: Pod | None) -> Report | None:
        if pod is not None and not pod.is_open:
            return Report(
                state=lost_state(delivery.framework),
                message=f"Executor {executor.executor_id} is ending",
                source=TaskStatusSource.SOURCE_AGENT,
                reason=TaskStatusReason.REASON_EXECUTOR_TERMINATED,
            )
        problem = find_group_problem(delivery, executor)
        if problem is None:
            return None
        reason = TaskStatusReason.REASON_TASK_GROUP_INVALID if delivery.is_group else _R.REASON_TASK_INVALID
        return Report(state=TaskState.TASK_ERROR, message=problem, source=TaskStatusSource.SOURCE_AGENT, reason=reason)

    def _make(self, key: ExecutorKey, executor: ExecutorInfo, agent_id: AgentId) -> Pod:
        container_id = self._draw_id()
        sandbox = self._settings.find_sandbox(agent_id, key.framework_id, key.executor_id, container_id)
        accepted = ExecutorAccepted(
            framework_id=key.framework_id, executor=executor, container_id=container_id, sandbox=str(sandbox)
        )
        pod = Pod(accepted, self._settings.ip)
        self._add(pod)
        return pod

    def _add(self, pod: Pod) -> None:
        self._pods[pod.key] = pod
        if pod.has_container:
            self._by_container[pod.container_id] = pod

    def _accept(self, pod: Pod, delivery: Delivery) -> list[TaskMachine]:
        group = str(self._draw_id())
        machines = [self._tasks.accept(delivery.framework, self._take(pod, task, group)) for task in delivery.tasks]
        for machine in machines:
            pod.add(machine)
        return machines

    def _take(self, pod: Pod, task: TaskInfo, group: str) -> TaskAccepted:
        return TaskAccepted(
            framework_id=pod.key.framework_id,
            task=task,
            container_id=self._draw_id(),
            sandbox=task_sandbox(pod.accepted.sandbox, task),
            group=group,
        )

    def _draw_id(self) -> ContainerId:
        return ContainerId(str(UUID(int=self._rng.getrandbits(128), version=4)))

    # What follows from what happens to tasks

    def _of_task(self, machine: TaskMachine) -> Pod | None:
        executor = machine.task.executor
        if executor is None or not is_pod(executor):
            return None
        return self._pods.get(ExecutorKey(machine.key.framework_id, executor.executor_id))

    def _look(self, machine: TaskMachine, now: Moment) -> list[Instruction]:
        pod = self._of_task(machine)
        if pod is None or not self._is_settled:
            return []
        instructions: list[Instruction] = []
        if machine.phase is TaskPhase.ABORTING and pod.withdraw(machine.container_id):
            never = ContainerNotStarted(container_id=machine.container_id, reason="killed before the pod had started")
            instructions += self._tasks.tell(machine, never, now)
        if pod.is_open and self._takes_others_along(machine):
            instructions += self._kill_group(pod, machine, now)
        pod.forget_group(machine)
        if pod.is_open and not pod.live():
            instructions += self._end(pod, now)
        return instructions

    def _takes_others_along(self, machine: TaskMachine) -> bool:
        if machine.kill is not None or not machine.is_ended:
            return machine.kill is not None
        latest = self._tasks.updates.latest(machine.key)
        return latest is not None and latest.state is not TaskState.TASK_FINISHED

    def _kill_group(self, pod: Pod, cause: TaskMachine, now: Moment) -> list[Instruction]:
        drain = None if cause.kill is None else cause.kill.drain
        instructions: list[Instruction] = []
        for machine in pod.group_of(cause):
            if machine.is_ended or machine.kill is not None:
                continue
            grace = self._settings.kill_grace(machine.task, None, drain)
            instructions += self._tasks.tell(machine, KillAsked(grace=grace, drain=drain), now)
        return instructions

    # Ends

    def shut_down(self, key: ExecutorKey, now: Moment) -> list[Instruction]:
        """End all tasks of a pod, and it with them: each with its own grace, none with more than the executor's."""
        pod = self._pods.get(key)
        if pod is None:
            return []
        instructions: list[Instruction] = []
        for machine in pod.live():
            grace = min(self._settings.kill_grace(machine.task, None), self._shutdown_grace(pod))
            instructions += self._tasks.tell(machine, KillAsked(grace=grace), now)
        return instructions

    def _shutdown_grace(self, pod: Pod) -> float:
        own = pod.executor.shutdown_grace_period
        return self._settings.shutdown_grace if own is None else max(0.0, own.seconds)

    def _end(self, pod: Pod, now: Moment) -> list[Instruction]:
        instructions = self._take_in(pod, TasksEnded())
        return instructions if pod.has_container else instructions + self._forget(pod, 0, now)

    def tell(self, container_id: ContainerId, event: PodEvent, now: Moment) -> list[Instruction]:
        """Something happened to a pod's own container."""
        pod = self._by_container[container_id]
        was_open = pod.is_open
        instructions = self._take_in(pod, event)
        if isinstance(event, ContainerStarted) and pod.is_open:
            for machine in pod.live():
                machine.around = pod.status()
            instructions += pod.release()
        if not pod.is_ended:
            return instructions
        if was_open:
            instructions += self._fail(pod, event, now)
        return instructions + self._forget(pod, _exit_status(event, was_open=was_open), now)

    def _take_in(self, pod: Pod, event: PodEvent) -> list[Instruction]:
        try:
            return pod.handle(event)
        except InvalidTransition as error:
            return [Note("event_refused", {"error": str(error)})]

    def _fail(self, pod: Pod, event: PodEvent, now: Moment) -> list[Instruction]:
        """The pod's container is no more, and with it go its tasks."""
        instructions: list[Instruction] = []
        for machine in pod.live():
            own = machine.container_id
            match event:
                case ContainerNotStarted(reason=reason):
                    told: TaskEvent = ContainerNotStarted(container_id=own, reason=reason)
                case ContainerEnded(ended):
                    told = ContainerEnded(
                        Ended(container_id=own, message=f"The pod's container ended: {ended.message}")
                    )
                case _:
                    told = ContainerGone(own)
            if not pod.withdraw(own):
                instructions.append(KillContainer(own, 0.0))
            instructions += self._tasks.tell(machine, told, now)
        return instructions

    def _forget(self, pod: Pod, status: int, now: Moment) -> list[Instruction]:
        del self._pods[pod.key]
        self._by_container.pop(pod.container_id, None)
        key = pod.key
        return [
            Checkpoint(ExecutorForgotten(framework_id=key.framework_id, executor_id=key.executor_id)),
            *self._tasks.garbage.abandon(pod.accepted.sandbox, now),
            Note("pod_ended", {"executor": str(pod.key), "status": str(status)}),
            *self._say_exited(key, status),
        ]

    def _say_exited(self, key: ExecutorKey, status: int) -> list[Instruction]:
        """A master that is away hears of it by what the agent brings along when it registers."""
        link = self._find_link()
        exited = ExecutorExited(framework_id=key.framework_id, executor_id=key.executor_id, status=status)
        return [Send(link, exited)] if link is not None else []

    def resume(self, now: Moment) -> list[Instruction]:
        """At the start of a life, once all containers have been told of: now follows what follows from it."""
        self._is_settled = True
        instructions: list[Instruction] = []
        for pod in tuple(self._pods.values()):
            for machine in pod.machines():
                instructions += self._look(machine, now)
            if pod.is_open and not pod.live():
                instructions += self._end(pod, now)
        return instructions


_R = TaskStatusReason


def is_pod(executor: ExecutorInfo) -> bool:
    """Whether the agent does itself what this executor would do."""
    return executor.type is ExecutorType.DEFAULT


def _exit_status(event: PodEvent, *, was_open: bool) -> int:
    if not was_open:
        return 0
    return NEVER_STARTED if isinstance(event, ContainerNotStarted) else KILLED

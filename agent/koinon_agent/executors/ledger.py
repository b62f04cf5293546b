"""All frameworks' own executors of the agent: who runs what, who is told what, and what their ends mean for their
tasks (mesos-semantics 6.3, 7.1, 8). Pure.

Each executor is ``machine.py``, each of its tasks ``tasks/hosted.py``. Pods, which need no program, are ``pods/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from uuid import UUID

from attrs import frozen

from koinon_core.agent_link import AgentExecutor, ExecutorExited, ExecutorMessage, FrameworkMessage
from koinon_core.errors import InvalidTransition
from koinon_core.executor_api import HEARTBEAT_INTERVAL_SECONDS, Message, Update
from koinon_core.ids import ContainerId, FrameworkId
from koinon_core.resources import NOTHING, Resources
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskStatusReason

from ..checkpoint.image import AgentImage
from ..checkpoint.records import ExecutorAccepted, ExecutorForgotten, TaskAccepted
from ..containerizer import KnownContainer, Launch
from ..events import (
    ContainerEnded,
    ContainerGone,
    ContainerNotStarted,
    ContainerStarted,
    ExecutorCalled,
    ExecutorJoined,
    ExecutorLeft,
    VolumesAdded,
)
from ..instructions import Checkpoint, CloseStream, Instruction, LaunchContainer, Note, Send
from ..settings import AgentSettings
from ..tasks.hosted import HostedTask, hosts_tasks
from ..tasks.hosting import GivenUp
from ..tasks.launches import Delivery, find_volumes
from ..tasks.ledger import Tasks
from ..tasks.machine import TaskMachine, lost_state
from ..timers import ExecutorKey, Moment, Timers
from .conversation import Conversation, FindInfo
from .ends import EndEvent, tell_end, wait_status
from .environment import own_executor_environment
from .machine import (
    ExecutorDue,
    ExecutorEvent,
    ExecutorMachine,
    ExecutorState,
    Patience,
    ShutdownAsked,
    ShutdownOverdue,
    SubscriptionOverdue,
    Wait,
)
from .upkeep import Upkeep


@frozen
class Standing:
    """How the agent stands at the moment: its link to a master, if there is one, and how it describes itself."""

    find_link: Callable[[], int | None]
    find_info: FindInfo


ContainerEvent = ContainerStarted | ContainerNotStarted | ContainerEnded | ContainerGone


class Executors:
    """Every executor that has not ended.

    ``is_recovered``: what an earlier life left was looked for, so that executors may come. ``passed_messages`` and
    ``dropped_messages`` count what schedulers had for executors.
    """

    def __init__(self, settings: AgentSettings, tasks: Tasks, timers: Timers, rng: Random, standing: Standing) -> None:
        """``rng`` makes container ids."""
        self._settings = settings
        self._tasks = tasks
        self._timers = timers
        self._rng = rng
        self._find_link = standing.find_link
        self._machines: dict[ExecutorKey, ExecutorMachine] = {}
        self._by_container: dict[ContainerId, ExecutorMachine] = {}
        self._talk = Conversation(settings, tasks, standing.find_info)
        self._upkeep = Upkeep(settings, tasks, timers)
        self.is_recovered = False
        self.passed_messages = self.dropped_messages = 0
        tasks.follow(self._look_at)

    def restore(self, image: AgentImage) -> None:
        """Take up what an earlier life remembered; call it once, before all else."""
        for key, accepted in image.executors.items():
            if hosts_tasks(accepted.executor):
                self._add(accepted).restore(has_come=key in image.came, dismissed=image.dismissed.get(key))

    def __iter__(self) -> Iterator[ExecutorMachine]:
        return iter(self._machines.values())

    def __len__(self) -> int:
        return len(self._machines)

    def get(self, key: ExecutorKey) -> ExecutorMachine | None:
        """The executor of that name, unless it has ended."""
        return self._machines.get(key)

    def of_container(self, container_id: ContainerId) -> ExecutorMachine | None:
        """The executor that runs in a container."""
        return self._by_container.get(container_id)

    def knows_framework(self, framework_id: FrameworkId) -> bool:
        """Whether a framework has executors here."""
        return any(key.framework_id == framework_id for key in self._machines)

    def known_containers(self) -> list[KnownContainer]:
        """The containers to look for after a restart."""
        return [KnownContainer(machine.container_id, Path(machine.accepted.sandbox)) for machine in self]

    def as_reported(self) -> tuple[AgentExecutor, ...]:
        """All executors as the master is told of them at registration."""
        return tuple(AgentExecutor(framework_id=key.framework_id, executor=one.executor) for key, one in self._items())

    def resources(self) -> Resources:
        """What the executors hold beside their tasks."""
        held = NOTHING
        for machine in self:
            held = held + machine.executor.resources
        return held

    def run(self, delivery: Delivery, executor: ExecutorInfo, now: Moment) -> list[Instruction]:
        """Have tasks run by an executor: start it if need be, and tell it once it listens."""
        framework_id, agent_id = delivery.framework.id, self._tasks.agent_id
        if framework_id is None or agent_id is None:
            return [Note("run_task_ignored", {"reason": "its framework or this agent has no id"})]
        key = ExecutorKey(framework_id, executor.executor_id)
        machine = self._machines.get(key)
        is_new = machine is None
        if machine is None:
            machine = self._add(self._accept(key, executor))
        group = delivery.tasks[0].task_id if delivery.is_group else None
        tasks, records = [], []
        for task in delivery.tasks:
            record = TaskAccepted(
                framework_id=framework_id,
                task=task,
                container_id=machine.container_id,
                sandbox=machine.accepted.sandbox,
                group=group,
            )
            tasks.append(self._tasks.host(delivery.framework, record))
            records.append(Checkpoint(record))
        if machine.state is ExecutorState.TERMINATING:
            return [*records, *self._refuse(tasks, now)]
        if is_new:
            start = LaunchContainer(self._plan_launch(machine, delivery))
            return [Checkpoint(machine.accepted), *records, start]
        welcome = self._upkeep.welcome(machine, tasks, now)
        return [*records, *welcome, *self._deliver(machine, tasks, now)]

    def handle(
        self, event: ExecutorJoined | ExecutorLeft | ExecutorCalled | VolumesAdded, now: Moment
    ) -> list[Instruction]:
        """An executor came, left, or said something, or volumes came to it."""
        if isinstance(event, VolumesAdded):
            return self._hear_of_volumes(event, now)
        machine = self._machines.get(event.executor)
        match event:
            case ExecutorJoined():
                if machine is None:
                    return [CloseStream(event.stream, f"executor {event.executor} is not known any more")]
                return self._talk.join(machine, event, now)
            case ExecutorLeft():
                return [] if machine is None else self._tell(machine, event, now)
            case ExecutorCalled():
                return self._hear(machine, event, now)

    def _hear(self, machine: ExecutorMachine | None, event: ExecutorCalled, now: Moment) -> list[Instruction]:
        if machine is None:
            return [Note("executor_call_ignored", {"executor": str(event.executor)})]
        match event.body:
            case Update(status):
                return self._talk.hear(machine, status, now)
            case Message(data):
                link = self._find_link()
                if link is None:
                    return [Note("executor_message_dropped", {"executor": str(event.executor)})]
                key = machine.key
                message = ExecutorMessage(framework_id=key.framework_id, executor_id=key.executor_id, data=data)
                return [Send(link, message)]

    def tell(self, machine: ExecutorMachine, event: ContainerEvent, now: Moment) -> list[Instruction]:
        """Something happened to an executor's container."""
        instructions = self._tell(machine, event, now)
        if isinstance(event, ContainerStarted):
            instructions += self._upkeep.take_up(machine)
        if machine.is_ended and not isinstance(event, ContainerStarted):
            instructions += self._finish(machine, event, now)
        return instructions

    def _hear_of_volumes(self, event: VolumesAdded, now: Moment) -> list[Instruction]:
        """What tasks waited for is there, or can't be."""
        machine = self._by_container.get(event.container_id)
        if machine is None:
            return []
        heard = self._upkeep.hear(event, machine.key.framework_id, now)
        return [*heard, *self._deliver(machine, self._tasks.hosted_in(machine.container_id), now)]

    def take_due(self, due: ExecutorDue, now: Moment) -> list[Instruction]:
        """A wait for an executor is over."""
        machine = self._machines.get(due.key)
        if machine is None:
            return []
        match due.wait:
            case Wait.HEARTBEAT:
                return machine.beat(now)
            case Wait.SUBSCRIPTION:
                return self._tell(machine, SubscriptionOverdue(), now)
            case Wait.SHUTDOWN:
                return self._tell(machine, ShutdownOverdue(), now)
            case Wait.SHRINKING:
                return self._upkeep.shrink(machine)

    def settle(self, now: Moment) -> list[Instruction]:
        """All that happened at once was taken in: what containers are to be given by now, before anything is said."""
        return self._upkeep.settle(now)

    def resume(self, now: Moment) -> list[Instruction]:
        """What an earlier life left was looked for: executors may come, and tasks that lost theirs are given up."""
        self.is_recovered = True
        lost = [
            task
            for task in self._tasks.live()
            if isinstance(task, HostedTask) and task.container_id not in self._by_container
        ]
        return self._refuse(lost, now)

    def send(self, message: FrameworkMessage) -> list[Instruction]:
        """Pass bytes of a scheduler on to its executor, if that one listens."""
        machine = self._machines.get(ExecutorKey(message.framework_id, message.executor_id))
        if machine is None or machine.state is not ExecutorState.SUBSCRIBED:
            self.dropped_messages += 1
            fields = {"framework": message.framework_id, "executor": message.executor_id}
            return [Note("framework_message_dropped", fields)]
        self.passed_messages += 1
        return [self._talk.pass_on(machine, message.data)]

    @property
    def invalid_updates(self) -> int:
        """How many updates named a task that nobody waits for."""
        return self._talk.invalid_updates

    def shut_down(self, machine: ExecutorMachine, now: Moment) -> list[Instruction]:
        """End an executor; its tasks are told of when it has ended, unless it tells of them itself."""
        return self._tell(machine, ShutdownAsked(self._settings.executor_grace(machine.executor)), now)

    def shut_down_all(self, framework_id: FrameworkId | None, now: Moment) -> list[Instruction]:
        """End all executors of a framework, or of all."""
        wanted = [one for key, one in self._items() if framework_id in (None, key.framework_id)]
        return [instruction for machine in wanted for instruction in self.shut_down(machine, now)]

    def _items(self) -> list[tuple[ExecutorKey, ExecutorMachine]]:
        return list(self._machines.items())

    def _add(self, accepted: ExecutorAccepted) -> ExecutorMachine:
        terms = self._settings.executors
        patience = Patience(
            registration=terms.registration_timeout,
            reregistration=terms.reregistration_timeout,
            heartbeat=HEARTBEAT_INTERVAL_SECONDS,
        )
        framework = self._tasks.frameworks[accepted.framework_id]
        machine = ExecutorMachine(framework, accepted, self._timers, patience)
        self._machines[machine.key] = self._by_container[machine.container_id] = machine
        return machine

    def _deliver(self, machine: ExecutorMachine, hosted: list[HostedTask], now: Moment) -> list[Instruction]:
        """Of tasks that came while it did not listen it is told when it does."""
        return self._talk.deliver(machine, hosted, now) if machine.state is ExecutorState.SUBSCRIBED else []

    def _accept(self, key: ExecutorKey, executor: ExecutorInfo) -> ExecutorAccepted:
        container_id = ContainerId(str(UUID(int=self._rng.getrandbits(128), version=4)))
        agent_id = self._tasks.agent_id
        assert agent_id is not None  # run() has seen to it
        sandbox = self._settings.find_sandbox(agent_id, key.framework_id, key.executor_id, container_id)
        return ExecutorAccepted(
            framework_id=key.framework_id, executor=executor, container_id=container_id, sandbox=str(sandbox)
        )

    def _plan_launch(self, machine: ExecutorMachine, delivery: Delivery) -> Launch:
        agent_id = self._tasks.agent_id
        assert agent_id is not None  # run() has seen to it
        executor, find_volume = machine.executor, self._settings.find_volume
        holders: tuple[ExecutorInfo | TaskInfo, ...] = (executor, *delivery.tasks)
        user = (executor.command.user if executor.command is not None else None) or delivery.framework.user or None
        return Launch(
            container_id=machine.container_id,
            framework_id=machine.key.framework_id,
            agent_id=agent_id,
            executor_id=machine.key.executor_id,
            workload=self._upkeep.begin(machine),
            sandbox=Path(machine.accepted.sandbox),
            environment=own_executor_environment(self._settings, agent_id, delivery.framework, machine.accepted),
            user=user if self._settings.switches_user else None,
            volumes=tuple(volume for one in holders for volume in find_volumes(one, find_volume)),
        )

    def _refuse(self, tasks: list[HostedTask], now: Moment) -> list[Instruction]:
        return [
            instruction
            for task in tasks
            for instruction in self._tasks.tell(
                task,
                GivenUp(
                    state=lost_state(task.framework),
                    reason=TaskStatusReason.REASON_EXECUTOR_TERMINATED,
                    message="The executor is terminating",
                ),
                now,
            )
        ]

    def _tell(self, machine: ExecutorMachine, event: ExecutorEvent, now: Moment) -> list[Instruction]:
        try:
            return machine.handle(event, now)
        except InvalidTransition as error:
            return [Note("event_refused", {"error": str(error)})]

    def _look_at(self, task: TaskMachine, now: Moment) -> list[Instruction]:
        """An executor all of whose tasks were killed before it came is not needed; another needs less for the rest."""
        if not isinstance(task, HostedTask) or not task.is_ended:
            return []
        machine = self._by_container.get(task.container_id)
        if machine is None or machine.state is ExecutorState.TERMINATING or machine.is_ended:
            return []
        if machine.has_come or self._tasks.crowd_in(machine.container_id):
            self._upkeep.note_change(machine)
            return []
        return self.shut_down(machine, now)

    def _finish(self, machine: ExecutorMachine, event: EndEvent, now: Moment) -> list[Instruction]:
        """Tell of its tasks and of itself, and forget it."""
        key, tasks = machine.key, self._tasks.hosted_in(machine.container_id)
        held = sum((task.task.resources for task in tasks), start=machine.executor.resources)
        instructions: list[Instruction] = []
        for task in tasks:
            instructions += self._tasks.tell(task, tell_end(machine, event, task, held), now)
        del self._machines[key], self._by_container[machine.container_id]
        self._upkeep.forget(machine)
        status = wait_status(event)
        instructions.append(Note("executor_ended", {"executor": str(key), "status": str(status)}))
        link = self._find_link()
        if link is not None:
            exited = ExecutorExited(framework_id=key.framework_id, executor_id=key.executor_id, status=status)
            instructions.append(Send(link, exited))
        forgotten = ExecutorForgotten(framework_id=key.framework_id, executor_id=key.executor_id)
        return [
            *instructions,
            Checkpoint(forgotten),
            *self._tasks.abandon(machine.container_id, machine.accepted.sandbox, now),
        ]

"""What runs tasks that name an executor, behind one face: pods and frameworks' own executors. Pure.

Owns the choice between the two; each keeps its own ledger.
"""

from __future__ import annotations

from collections.abc import Callable

from koinon_core.agent_link import AgentExecutor, ExecutorExited
from koinon_core.ids import ContainerId, FrameworkId
from koinon_core.resources import Resources
from koinon_core.tasks import ExecutorInfo

from .checkpoint.recovery import RecoveryEvent
from .containerizer import KnownContainer
from .events import ContainerNotStarted
from .executors.ledger import Executors
from .instructions import Instruction, Send
from .pods.ledger import NEVER_STARTED, Pods, is_pod
from .tasks.hosted import HostedTask
from .tasks.launches import Delivery
from .tasks.machine import TaskMachine
from .timers import ExecutorKey, Moment


class Hosts:
    """The pods and the executors of one agent."""

    def __init__(self, pods: Pods, executors: Executors, find_link: Callable[[], int | None]) -> None:
        """``find_link`` tells the link to a master, if there is one."""
        self._find_link = find_link
        self.pods = pods
        self.executors = executors

    def __len__(self) -> int:
        """How many have not ended."""
        return len(self.pods) + len(self.executors)

    def __contains__(self, container_id: ContainerId) -> bool:
        """Whether this is the container of one of them, and not of a task."""
        return container_id in self.pods or self.executors.of_container(container_id) is not None

    def known_containers(self) -> list[KnownContainer]:
        """What to look for at the start."""
        return self.pods.known_containers() + self.executors.known_containers()

    def as_reported(self) -> tuple[AgentExecutor, ...]:
        """All, as the master is told of them at registration."""
        return self.pods.as_reported() + self.executors.as_reported()

    def resources(self) -> Resources:
        """What they hold themselves, without their tasks."""
        return self.pods.resources() + self.executors.resources()

    def framework_ids(self) -> set[FrameworkId]:
        """Whose they are."""
        return {one.framework_id for one in self.as_reported()}

    def run(self, delivery: Delivery, executor: ExecutorInfo, now: Moment) -> list[Instruction]:
        """Have tasks run by the executor that they name."""
        return (self.pods if is_pod(executor) else self.executors).run(delivery, executor, now)

    def tell(
        self, container_id: ContainerId, event: RecoveryEvent | ContainerNotStarted, now: Moment
    ) -> list[Instruction]:
        """Something happened to the container of one of them."""
        executor = self.executors.of_container(container_id)
        if executor is not None:
            return self.executors.tell(executor, event, now)
        return self.pods.tell(container_id, event, now)

    def resume(self, now: Moment) -> list[Instruction]:
        """All containers of an earlier life have been told of."""
        return self.pods.resume(now) + self.executors.resume(now)

    def shut_down(self, key: ExecutorKey, now: Moment) -> list[Instruction] | None:
        """End the one of that name, and its tasks; None: there is none."""
        if self.pods.get(key) is not None:
            return self.pods.shut_down(key, now)
        machine = self.executors.get(key)
        return None if machine is None else self.executors.shut_down(machine, now)

    def is_gone(self, delivery: Delivery) -> bool:
        """Whether the executor of a delivery does not run here."""
        key = _key_of(delivery)
        return key is not None and self.pods.get(key) is None and self.executors.get(key) is None

    def disown(self, delivery: Delivery, done: list[Instruction]) -> list[Instruction]:
        """Tell the master of an executor that it counts on since this delivery and that did not come to be."""
        key, link = _key_of(delivery), self._find_link()
        told = any(isinstance(item, Send) and isinstance(item.message, ExecutorExited) for item in done)
        if key is None or link is None or told or not self.is_gone(delivery) or not delivery.launches_executor:
            return []
        exited = ExecutorExited(framework_id=key.framework_id, executor_id=key.executor_id, status=NEVER_STARTED)
        return [Send(link, exited)]

    @staticmethod
    def is_ended_by_host(machine: TaskMachine) -> bool:
        """Whether a task ends with its executor when that one is shut down."""
        return isinstance(machine, HostedTask)


def _key_of(delivery: Delivery) -> ExecutorKey | None:
    if delivery.executor is None or delivery.framework.id is None:
        return None
    return ExecutorKey(delivery.framework.id, delivery.executor.executor_id)

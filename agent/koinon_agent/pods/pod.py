"""One pod: an executor of type DEFAULT with its container, and the groups of tasks in it (mesos-semantics 7). Pure.

Owns the life of the pod's own container, which holds the network that its tasks share, and which launches wait for it.
A pod on the host's network has none. What the end of one task means for the others is in ``ledger.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from attrs import evolve, frozen

from koinon_core.agent_link import AgentExecutor
from koinon_core.containers import ContainerIdInfo, ContainerStatus, NetworkInfo
from koinon_core.ids import ContainerId
from koinon_core.transitions import next_state

from ..checkpoint.records import ExecutorAccepted
from ..containerizer import ContainerRun
from ..events import ContainerEnded, ContainerGone, ContainerNotStarted, ContainerStarted
from ..instructions import Instruction, KillContainer, LaunchContainer, RemoveContainer, WatchContainer
from ..tasks.machine import TaskMachine, ip_address
from ..timers import ExecutorKey
from .network import needs_container


class PodPhase(Enum):
    """Where a pod stands."""

    STARTING = "starting"
    """Its container is being started; its tasks wait for it."""
    ABORTING = "aborting"
    """As STARTING, and all its tasks have ended by now."""
    RUNNING = "running"
    ENDING = "ending"
    """All its tasks have ended, and its container is to."""
    ENDED = "ended"


@frozen
class TasksEnded:
    """Nothing runs in the pod any more."""


PodEvent = ContainerStarted | ContainerNotStarted | ContainerEnded | ContainerGone | TasksEnded

_P = PodPhase
TRANSITIONS: dict[tuple[PodPhase, type], PodPhase] = {
    (_P.STARTING, ContainerStarted): _P.RUNNING,
    (_P.STARTING, ContainerNotStarted): _P.ENDED,
    (_P.STARTING, ContainerEnded): _P.ENDED,
    (_P.STARTING, ContainerGone): _P.ENDED,
    (_P.STARTING, TasksEnded): _P.ABORTING,
    (_P.ABORTING, ContainerStarted): _P.ENDING,
    (_P.ABORTING, ContainerNotStarted): _P.ENDED,
    (_P.ABORTING, ContainerEnded): _P.ENDED,
    (_P.ABORTING, ContainerGone): _P.ENDED,
    (_P.RUNNING, ContainerEnded): _P.ENDED,
    (_P.RUNNING, TasksEnded): _P.ENDING,
    (_P.ENDING, ContainerEnded): _P.ENDED,
    (_P.ENDING, ContainerGone): _P.ENDED,
}
"""After a restart of the agent a pod with a container is STARTING again: its container tells what became of it."""


class Pod:
    """One pod, with its tasks by the launch they came with: an ended one as long as another of its group runs."""

    def __init__(self, accepted: ExecutorAccepted, agent_ip: str) -> None:
        """``agent_ip`` is the address of a pod on the host's network."""
        self.accepted = accepted
        self.executor = accepted.executor
        self.key = ExecutorKey(accepted.framework_id, accepted.executor.executor_id)
        self.container_id = accepted.container_id
        self.has_container = needs_container(accepted.executor)
        self.phase = PodPhase.STARTING if self.has_container else PodPhase.RUNNING
        self._groups: dict[str, list[TaskMachine]] = {}
        self._run: ContainerRun | None = None
        self._held: dict[ContainerId, LaunchContainer] = {}
        self._agent_ip = agent_ip

    @property
    def sandbox(self) -> Path:
        """The executor's sandbox, in which those of its tasks are."""
        return Path(self.accepted.sandbox)

    @property
    def is_open(self) -> bool:
        """Whether tasks may run in it, or start."""
        return self.phase in (PodPhase.STARTING, PodPhase.RUNNING)

    @property
    def is_ended(self) -> bool:
        """Whether nothing is left of it."""
        return self.phase is PodPhase.ENDED

    def live(self) -> list[TaskMachine]:
        """Its tasks that have not ended."""
        return [machine for machine in self.machines() if not machine.is_ended]

    def machines(self) -> list[TaskMachine]:
        """All its tasks, in the order in which they came."""
        return [machine for group in self._groups.values() for machine in group]

    def group_of(self, machine: TaskMachine) -> list[TaskMachine]:
        """The tasks that came with this one, itself among them."""
        return self._groups.get(_group_name(machine), [])

    def forget_group(self, machine: TaskMachine) -> None:
        """Forget the tasks that came with this one once all have ended: a pod may live long, and run many."""
        if all(one.is_ended for one in self.group_of(machine)):
            self._groups.pop(_group_name(machine), None)

    def add(self, machine: TaskMachine) -> None:
        """A task of this pod."""
        machine.around = self.status()
        self._groups.setdefault(_group_name(machine), []).append(machine)

    def as_reported(self) -> AgentExecutor:
        """The pod as the master is told of it."""
        return AgentExecutor(framework_id=self.key.framework_id, executor=self.executor)

    def handle(self, event: PodEvent) -> list[Instruction]:
        """Take one event in. Raises InvalidTransition for one that the phase does not allow."""
        before = self.phase
        self.phase = next_state(TRANSITIONS, f"pod {self.key}", before, type(event))
        match event:
            case ContainerStarted(run):
                self._run = run
                return [WatchContainer(self.container_id), *self._end_if_idle()]
            case TasksEnded():
                return [KillContainer(self.container_id, 0.0)] if self.has_container else []
            case ContainerEnded():
                return [RemoveContainer(self.container_id)]
            case _:
                return []

    def _end_if_idle(self) -> list[Instruction]:
        return [KillContainer(self.container_id, 0.0)] if self.phase is PodPhase.ENDING else []

    # Launches that wait for the pod's container

    def hold(self, instructions: Iterable[Instruction]) -> list[Instruction]:
        """Keep back what can't be started yet; returns the rest."""
        if self.phase is not PodPhase.STARTING:
            return list(instructions)
        rest: list[Instruction] = []
        for item in instructions:
            if isinstance(item, LaunchContainer):
                self._held[item.launch.container_id] = item
            else:
                rest.append(item)
        return rest

    def withdraw(self, container_id: ContainerId) -> bool:
        """Forget a launch; False when it was not kept back."""
        return self._held.pop(container_id, None) is not None

    def release(self) -> list[Instruction]:
        """All that was kept back, now that the pod has its addresses."""
        held, self._held = list(self._held.values()), {}
        return [LaunchContainer(evolve(item.launch, environment=self._complete(item))) for item in held]

    def _complete(self, item: LaunchContainer) -> dict[str, str]:
        return {**item.launch.environment, **self.variables()}

    # What is told of it

    @property
    def _addresses(self) -> tuple[str, ...]:
        if not self.has_container:
            return (self._agent_ip,)
        return () if self._run is None else self._run.ip_addresses or (self._agent_ip,)

    def variables(self) -> dict[str, str]:
        """What its tasks learn of it by their environment."""
        return {"MESOS_CONTAINER_IP": self._addresses[0]} if self._addresses else {}

    def status(self) -> ContainerStatus:
        """What is known of the pod's container; without an address before its start."""
        container = self.executor.container
        wanted = container.network_infos[0] if container is not None and container.network_infos else NetworkInfo()
        addresses = tuple(ip_address(ip) for ip in self._addresses)
        infos = (evolve(wanted, ip_addresses=addresses),) if addresses else ()
        return ContainerStatus(container_id=ContainerIdInfo(value=self.container_id), network_infos=infos)


def _group_name(machine: TaskMachine) -> str:
    return machine.accepted.group or machine.container_id

"""What an executor's container is to have while its tasks come and go: cpus and memory for all that runs in it now, and
the persistent volumes of later tasks (mesos-semantics 5.5, 9). Pure.

More is given at once, before a task is said to its executor; less only after a while, as with short tasks the next one
needs again what the last one gave back. How a container is given them, and which cannot be, is its containerizer's
affair.
"""

from __future__ import annotations

from pathlib import Path

from koinon_core.ids import ContainerId, FrameworkId
from koinon_core.tasks import ExecutorInfo, TaskState, TaskStatusReason

from ..containerizer import PersistentVolume, VolumeAddition, Workload
from ..events import VolumesAdded
from ..instructions import AddVolumes, Instruction, UpdateContainer
from ..settings import AgentSettings
from ..tasks.crowd import Crowd
from ..tasks.hosted import HostedTask
from ..tasks.hosting import GivenUp
from ..tasks.launches import find_volumes
from ..tasks.ledger import Tasks
from ..timers import Moment, TaskKey, Timers
from .machine import ExecutorDue, ExecutorMachine, ExecutorState, Wait

SHRINK_SECONDS = 1.0
"""For how long a container keeps what its tasks need no more."""


class Upkeep:
    """Of all executors' containers."""

    def __init__(self, settings: AgentSettings, tasks: Tasks, timers: Timers) -> None:
        self._settings = settings
        self._tasks = tasks
        self._timers = timers
        self._given: dict[ContainerId, Workload] = {}
        self._changed: dict[ContainerId, ExecutorMachine] = {}
        self._shrinking: set[ContainerId] = set()

    def workload(self, machine: ExecutorMachine) -> Workload:
        """What runs in its container now, or waits to."""
        tasks = [task.task for task in self._tasks.hosted_in(machine.container_id)]
        return Workload.of_executor(machine.executor, tasks)

    def begin(self, machine: ExecutorMachine) -> Workload:
        """What its container is to be started for."""
        workload = self._given[machine.container_id] = self.workload(machine)
        return workload

    def note_change(self, machine: ExecutorMachine) -> None:
        """Tasks came or went: ``settle`` sees to it."""
        self._changed[machine.container_id] = machine

    def settle(self, now: Moment) -> list[Instruction]:
        """Have containers that run hold what they are to hold by now: once, however many tasks came and went."""
        if not self._changed:
            return []
        changed, self._changed = self._changed, {}
        return [item for machine in changed.values() for item in self._look_at(machine, now)]

    def shrink(self, machine: ExecutorMachine) -> list[Instruction]:
        """It has kept for long enough what nobody needed any more."""
        self._shrinking.discard(machine.container_id)
        return self._give(machine, self.workload(machine)) if _is_resized(machine) else []

    def _look_at(self, machine: ExecutorMachine, now: Moment) -> list[Instruction]:
        if not _is_resized(machine):
            return []
        given, crowd = self._given.get(machine.container_id), self._tasks.crowd_in(machine.container_id)
        if given is None or needs_more(machine.executor, crowd, given):
            return self._give(machine, self.workload(machine))
        if machine.container_id not in self._shrinking:
            self._shrinking.add(machine.container_id)
            self._timers.set(ExecutorDue(machine.key, Wait.SHRINKING), now.steady + SHRINK_SECONDS)
        return []

    def _give(self, machine: ExecutorMachine, workload: Workload) -> list[Instruction]:
        if self._given.get(machine.container_id) == workload:
            return []
        self._given[machine.container_id] = workload
        return [UpdateContainer(machine.container_id, workload)]

    def welcome(self, machine: ExecutorMachine, tasks: list[HostedTask], now: Moment) -> list[Instruction]:
        """Tasks of one delivery came when the container was there: those with volumes wait for them, as a group does
        for all of its tasks.
        """
        volumes = self._volumes(tasks)
        self.note_change(machine)
        if not volumes:
            return []
        taken = self._taken(machine, tasks)
        for volume in volumes:
            if taken.get(volume.container_path, volume.path) != volume.path:
                return self._give_up(tasks, f"another volume is at {volume.container_path!r} in its executor", now)
        for task in tasks:
            task.awaits_volumes = True
        return self._ask(machine, tasks)

    def take_up(self, machine: ExecutorMachine) -> list[Instruction]:
        """Its container runs: what has changed since it was asked for follows now, after a restart of the agent all."""
        is_known = machine.container_id in self._given
        waiting: dict[str, list[HostedTask]] = {}
        for task in self._tasks.hosted_in(machine.container_id):
            if task.is_queued and (task.awaits_volumes or not is_known):
                waiting.setdefault(task.delivery, []).append(task)
        self.note_change(machine)
        instructions: list[Instruction] = []
        for tasks in waiting.values():
            if self._volumes(tasks):
                for task in tasks:
                    task.awaits_volumes = True
                instructions += self._ask(machine, tasks)
        return instructions

    def hear(self, event: VolumesAdded, framework_id: FrameworkId, now: Moment) -> list[Instruction]:
        """The volumes of tasks of a framework are there, or these tasks can't be run."""
        tasks = [self._tasks.get(TaskKey(framework_id, task_id)) for task_id in event.tasks]
        waiting = [task for task in tasks if isinstance(task, HostedTask) and task.awaits_volumes]
        for task in waiting:
            task.awaits_volumes = False
        return [] if event.problem is None else self._give_up(waiting, event.problem, now)

    def forget(self, machine: ExecutorMachine) -> None:
        """Its container has ended."""
        self._given.pop(machine.container_id, None)
        self._changed.pop(machine.container_id, None)
        self._shrinking.discard(machine.container_id)

    def _ask(self, machine: ExecutorMachine, tasks: list[HostedTask]) -> list[Instruction]:
        if machine.run is None:
            return []
        command = machine.executor.command
        user = (command.user if command is not None else None) or machine.framework.user or None
        addition = VolumeAddition(
            container_id=machine.container_id,
            sandbox=Path(machine.accepted.sandbox),
            volumes=self._volumes(tasks),
            user=user if self._settings.switches_user else None,
        )
        return [AddVolumes(addition, tuple(task.task.task_id for task in tasks))]

    def _volumes(self, tasks: list[HostedTask]) -> tuple[PersistentVolume, ...]:
        find_volume = self._settings.find_volume
        return tuple(volume for task in tasks for volume in find_volumes(task.task, find_volume))

    def _taken(self, machine: ExecutorMachine, newcomers: list[HostedTask]) -> dict[str, Path]:
        """Where the sandbox has volumes of the executor and of its other tasks."""
        others = [task for task in self._tasks.hosted_in(machine.container_id) if task not in newcomers]
        volumes = [*find_volumes(machine.executor, self._settings.find_volume), *self._volumes(others)]
        return {volume.container_path: volume.path for volume in volumes}

    def _give_up(self, tasks: list[HostedTask], problem: str, now: Moment) -> list[Instruction]:
        given_up = GivenUp(
            state=TaskState.TASK_FAILED,
            reason=TaskStatusReason.REASON_CONTAINER_UPDATE_FAILED,
            message=f"Its executor's container can't be given its volumes: {problem}",
        )
        return [item for task in tasks if task.is_queued for item in self._tasks.tell(task, given_up, now)]


def needs_more(executor: ExecutorInfo, crowd: Crowd, given: Workload) -> bool:
    """Whether an executor and its tasks may use anything that its container was not given; also where limits make that
    more than a question of sums.
    """
    own, held = executor.resources.thousandths, given.resources.thousandths
    if crowd.limited or given.limits or not own.get("mem"):
        return given != Workload.of_executor(executor, [task.task for task in crowd])
    return own.get("cpus", 0) + crowd.cpus > held.get("cpus", 0) or own["mem"] + crowd.mem > held.get("mem", 0)


def _is_resized(machine: ExecutorMachine) -> bool:
    """One that is to end keeps what it has, to end its tasks in good order."""
    return machine.run is not None and not machine.is_ended and machine.state is not ExecutorState.TERMINATING

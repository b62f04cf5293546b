"""Containers and sandboxes at the agent's word: each instruction becomes calls, each outcome an event. Decides nothing.

An engine that does not answer is asked again until it does: it may be restarting while its containers live.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import TypeVar

from koinon_core.ids import AgentId, ContainerId

from .checks.prober import Prober
from .checks.probes import Probe, ProbeDone, StopProbe
from .containerizer import (
    Containerizer,
    Ended,
    EngineUnavailable,
    KnownContainer,
    Launch,
    LaunchFailed,
    Orphan,
    UnknownContainer,
    Workload,
)
from .containerizer.leftovers import end_leftovers
from .events import (
    ContainerEnded,
    ContainerNotStarted,
    ContainersRecovered,
    ContainerStarted,
    DiskMeasured,
    SandboxGone,
    VolumeGone,
    VolumesAdded,
)
from .insistence import insist
from .instructions import (
    AddVolumes,
    ClearVolume,
    DeleteSandbox,
    DeleteVolume,
    KillContainer,
    LaunchContainer,
    MakeVolume,
    MeasureDisk,
    RemoveContainer,
    UpdateContainer,
    WatchContainer,
)
from .resources.volume_keeper import VolumeInstruction, VolumeKeeper
from .sandboxes.preparation import Preparation
from .standalone.book import StandaloneContainers

ContainerInstruction = (
    LaunchContainer
    | WatchContainer
    | KillContainer
    | RemoveContainer
    | UpdateContainer
    | AddVolumes
    | DeleteSandbox
    | MeasureDisk
    | VolumeInstruction
    | Probe
    | StopProbe
)
ContainerWorkEvent = (
    ContainerStarted
    | ContainerNotStarted
    | ContainerEnded
    | VolumesAdded
    | SandboxGone
    | DiskMeasured
    | VolumeGone
    | ProbeDone
)
T = TypeVar("T")


class ContainerWork:
    """The hands of one agent."""

    def __init__(
        self,
        containerizer: Containerizer,
        preparation: Preparation,
        volumes: VolumeKeeper,
        standalone: StandaloneContainers,
        post: Callable[[ContainerWorkEvent], None],
    ) -> None:
        """``post`` takes the outcomes. ``standalone`` are taken up with all others at the start."""
        self._containerizer = containerizer
        self._preparation = preparation
        self._standalone = standalone
        self._volumes = volumes
        self._prober = Prober(containerizer)
        self._post = post
        self._rng = Random()
        self._updates: dict[ContainerId, Workload] = {}

    async def recover(self, known: Sequence[KnownContainer], former_id: AgentId | None) -> ContainersRecovered:
        """Get ready and look for the containers of an earlier life; waits for the engine as long as it takes."""
        await self._insist("start", self._containerizer.start)
        everybody = [*known, *self._standalone.known()]
        recovered = await self._insist("recover", lambda: self._containerizer.recover(everybody))
        await asyncio.to_thread(end_leftovers, {item.container_id for item in everybody})
        recovered = self._standalone.take_up(recovered)
        orphans: Sequence[Orphan] = ()
        if former_id is not None:
            orphans = await self._insist("orphans", lambda: self._containerizer.orphans(former_id))
        return ContainersRecovered(recovered, tuple(orphans))

    async def carry_out(self, instruction: ContainerInstruction) -> None:
        """Do it, and post the outcome where one is awaited.

        What is done before the first wait is done in the order of the calls: a volume is there, or out of the way,
        before a task is started that was asked for later.
        """
        match instruction:
            case LaunchContainer(launch):
                await self._launch(launch)
            case WatchContainer(container_id):
                await self._watch(container_id)
            case KillContainer(container_id=container_id, grace=grace):
                if not self._preparation.give_up(container_id):
                    await self._insist("kill", lambda: self._containerizer.kill(container_id, grace))
            case RemoveContainer(container_id):
                await self._insist("remove", lambda: self._containerizer.remove(container_id))
            case UpdateContainer() | AddVolumes():
                await self._tend(instruction)
            case DeleteSandbox(sandbox):
                if await self._preparation.sandboxes.delete(sandbox):
                    self._post(SandboxGone(sandbox))
            case MakeVolume() | DeleteVolume() | ClearVolume():
                await self._keep_volume(instruction)
            case Probe() | StopProbe():
                await self._probe(instruction)

    async def _tend(self, instruction: UpdateContainer | AddVolumes) -> None:
        match instruction:
            case UpdateContainer(container_id, workload):
                await self._update(container_id, workload)
            case AddVolumes():
                self._post(await self._add_volumes(instruction))

    async def _probe(self, instruction: Probe | StopProbe) -> None:
        match instruction:
            case Probe(key=key):
                if (outcome := await self._prober.probe(instruction)) is not None:
                    self._post(ProbeDone(key, outcome))
            case StopProbe(key):
                self._prober.stop(key)

    async def _keep_volume(self, instruction: VolumeInstruction) -> None:
        match instruction:
            case MeasureDisk():
                if (usage := await self._preparation.sandboxes.measure_disk()) is not None:
                    self._post(DiskMeasured(usage))
            case MakeVolume(path):
                self._volumes.make(path)
            case DeleteVolume(trash=trash):
                if await self._volumes.delete(instruction):
                    self._post(VolumeGone(trash))
            case ClearVolume(trash):
                self._volumes.clear(trash)

    async def _launch(self, launch: Launch) -> None:
        unsupported = self._containerizer.supports(launch.workload)
        try:
            if unsupported is None:
                await self._preparation.prepare(launch)
                self._post(ContainerStarted(await self._containerizer.launch(launch)))
                return
            reason = unsupported
        except LaunchFailed as error:
            reason = error.reason
        except (EngineUnavailable, OSError, KeyError) as error:
            reason = str(error)
        self._post(ContainerNotStarted(container_id=launch.container_id, reason=reason))

    async def _update(self, container_id: ContainerId, workload: Workload) -> None:
        """One after the other, and of what has piled up behind an engine that hangs the newest only."""
        is_under_way = container_id in self._updates
        self._updates[container_id] = workload
        if is_under_way:
            return
        try:
            done: Workload | None = None
            while done is not self._updates[container_id]:
                done = await self._insist("update", lambda: self._give_newest(container_id))
        finally:
            del self._updates[container_id]

    async def _give_newest(self, container_id: ContainerId) -> Workload:
        workload = self._updates[container_id]
        await self._containerizer.update(container_id, workload)
        return workload

    async def _add_volumes(self, wanted: AddVolumes) -> VolumesAdded:
        container_id = wanted.addition.container_id
        try:
            problem = await self._insist("add_volumes", lambda: self._containerizer.add_volumes(wanted.addition))
        except UnknownContainer as error:
            problem = str(error)
        return VolumesAdded(container_id=container_id, tasks=wanted.tasks, problem=problem)

    async def _watch(self, container_id: ContainerId) -> None:
        try:
            ended = await self._containerizer.wait(container_id)
        except UnknownContainer as error:
            ended = Ended(container_id=container_id, message=str(error))
        self._post(ContainerEnded(ended))

    async def _insist(self, what: str, call: Callable[[], Awaitable[T]]) -> T:
        """Ask until the engine answers."""
        return await insist(what, call, self._rng)

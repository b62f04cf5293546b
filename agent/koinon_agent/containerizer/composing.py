"""Several containerizers as one: each task goes to the first that can run it (mesos-semantics 9, ``--containerizers``).

Owns the choice and remembers it by container; everything else is left to the chosen one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from attrs import evolve

from koinon_core.containers import ContainerInfo
from koinon_core.ids import AgentId, ContainerId
from koinon_core.statistics import ResourceStatistics

from .errors import LaunchFailed, UnknownContainer
from .interface import (
    Containerizer,
    ContainerRun,
    Ended,
    KnownContainer,
    Launch,
    Orphan,
    PruningImages,
    Recovered,
    VolumeAddition,
    Workload,
)
from .leftovers import mark
from .session import Execution, Session


class ComposingContainerizer:
    """Containerizers in the order in which they are asked."""

    def __init__(self, parts: Sequence[Containerizer], default: ContainerInfo | None = None) -> None:
        """``default`` is the container of what brings none (``--default_container_info``)."""
        self._parts = tuple(parts)
        self._default = default
        self._chosen: dict[ContainerId, Containerizer] = {}

    @property
    def name(self) -> str:
        """The names of all, as the flag has them."""
        return ",".join(part.name for part in self._parts)

    async def start(self) -> None:
        """Start all, in order. Raises EngineUnavailable; those started by then are stopped again."""
        for position, part in enumerate(self._parts):
            try:
                await part.start()
            except BaseException:
                for started in self._parts[: position + 1]:
                    await started.stop()
                raise

    async def stop(self) -> None:
        """Stop all, the last first."""
        for part in reversed(self._parts):
            await part.stop()

    def supports(self, workload: Workload) -> str | None:
        """None where one can run it, else the reasons of each."""
        workload, reasons = self._with_container(workload), []
        for part in self._parts:
            reason = part.supports(workload)
            if reason is None:
                return None
            reasons.append(f"{part.name}: {reason}")
        return " | ".join(reasons) or "there is no containerizer"

    async def launch(self, launch: Launch) -> ContainerRun:
        """Launch with the first that can. Raises LaunchFailed."""
        if launch.container_id in self._chosen:
            raise LaunchFailed(launch.container_id, f"container {launch.container_id} exists already")
        launch = evolve(launch, workload=self._with_container(launch.workload))
        part = next((part for part in self._parts if part.supports(launch.workload) is None), None)
        if part is None:
            raise LaunchFailed(launch.container_id, self.supports(launch.workload) or "")
        self._chosen[launch.container_id] = part
        try:
            return await part.launch(launch)
        except BaseException:
            self._chosen.pop(launch.container_id, None)
            raise

    def _with_container(self, workload: Workload) -> Workload:
        return workload if workload.container is not None else evolve(workload, container=self._default)

    async def wait(self, container_id: ContainerId) -> Ended:
        """The end of the container. Raises UnknownContainer."""
        if container_id not in self._chosen:
            raise UnknownContainer(container_id)
        return await self._chosen[container_id].wait(container_id)

    async def kill(self, container_id: ContainerId, grace_seconds: float) -> None:
        """Ask the container to end, and force it after the grace period."""
        if container_id in self._chosen:
            await self._chosen[container_id].kill(container_id, grace_seconds)

    async def signal(self, container_id: ContainerId, number: int) -> None:
        """Send the container a signal. Raises EngineUnavailable."""
        if container_id in self._chosen:
            await self._chosen[container_id].signal(container_id, number)

    async def remove(self, container_id: ContainerId) -> None:
        """Forget an ended container. Raises EngineUnavailable."""
        if container_id in self._chosen:
            await self._chosen[container_id].remove(container_id)
            self._chosen.pop(container_id, None)

    async def usage(self, container_id: ContainerId) -> ResourceStatistics:
        """What the container uses. Raises UnknownContainer."""
        if container_id not in self._chosen:
            raise UnknownContainer(container_id)
        return await self._chosen[container_id].usage(container_id)

    async def update(self, container_id: ContainerId, workload: Workload) -> None:
        """Give the container other cpus and other memory. Raises EngineUnavailable."""
        if container_id in self._chosen:
            await self._chosen[container_id].update(container_id, workload)

    async def add_volumes(self, addition: VolumeAddition) -> str | None:
        """Show the container volumes, or say why not. Raises UnknownContainer and EngineUnavailable."""
        if addition.container_id not in self._chosen:
            raise UnknownContainer(addition.container_id)
        return await self._chosen[addition.container_id].add_volumes(addition)

    async def execute(self, container_id: ContainerId, execution: Execution) -> Session:
        """Start a command in the container. Raises UnknownContainer, LaunchFailed and EngineUnavailable."""
        if container_id not in self._chosen:
            raise UnknownContainer(container_id)
        return await self._chosen[container_id].execute(container_id, mark(container_id, execution))

    async def prune_images(self, excluded: Collection[str]) -> None:
        """Delete the images that some brought and nothing uses. Raises EngineUnavailable."""
        for part in self._parts:
            if isinstance(part, PruningImages):
                await part.prune_images(excluded)

    async def recover(self, known: Sequence[KnownContainer]) -> Recovered:
        """Ask each for what the ones before it do not have; gone is what nobody has. Raises EngineUnavailable."""
        live: tuple[ContainerRun, ...] = ()
        ended: tuple[Ended, ...] = ()
        missing = {item.container_id: item for item in known}
        for part in self._parts:
            found = await part.recover(tuple(missing.values()))
            self._chosen.update({run.container_id: part for run in found.live})
            self._chosen.update({end.container_id: part for end in found.ended})
            live, ended = live + found.live, ended + found.ended
            missing = {container_id: missing[container_id] for container_id in found.gone}
        return Recovered(live, ended, tuple(missing))

    async def orphans(self, agent_id: AgentId) -> Sequence[Orphan]:
        """The orphans of all. Raises EngineUnavailable."""
        found: list[Orphan] = []
        for part in self._parts:
            for orphan in await part.orphans(agent_id):
                self._chosen[orphan.container_id] = part
                found.append(orphan)
        return found

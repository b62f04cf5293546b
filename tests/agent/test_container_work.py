"""What a container is to have while an engine hangs or forgets it: the newest word counts, each is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

from attrs import define, field

from koinon_agent.container_work import ContainerWork, ContainerWorkEvent
from koinon_agent.containerizer import Containerizer, UnknownContainer, VolumeAddition, Workload
from koinon_agent.events import VolumesAdded
from koinon_agent.instructions import AddVolumes, UpdateContainer
from koinon_core.ids import ContainerId, TaskId
from koinon_core.resources_text import parse_resources

CONTAINER = ContainerId("c")


@define
class SlowEngine:
    """A containerizer whose first answer takes until it is let go."""

    go: asyncio.Event = field(factory=asyncio.Event)
    given: list[Workload] = field(factory=list)

    async def update(self, container_id: ContainerId, workload: Workload) -> None:
        """Take the word in."""
        self.given.append(workload)
        if len(self.given) == 1:
            await self.go.wait()

    async def add_volumes(self, addition: VolumeAddition) -> str | None:
        """There is no such container."""
        raise UnknownContainer(addition.container_id)


def work_of(engine: SlowEngine, posted: list[ContainerWorkEvent]) -> ContainerWork:
    """The hands, which touch nothing else here."""
    nothing = cast(Any, None)
    return ContainerWork(cast(Containerizer, engine), nothing, nothing, nothing, posted.append)


async def test_behind_an_engine_that_hangs_only_the_newest_word_waits() -> None:
    """After what was asked first comes what holds by now; nothing in between, and never two at once."""
    engine = SlowEngine()
    work = work_of(engine, [])
    words = [Workload(resources=parse_resources(f"cpus:{cpus}")) for cpus in (1, 2, 3)]
    asked = [asyncio.create_task(work.carry_out(UpdateContainer(CONTAINER, word))) for word in words]
    await asyncio.wait(asked[1:])
    engine.go.set()
    await asyncio.gather(*asked)
    await work.carry_out(UpdateContainer(CONTAINER, words[1]))

    assert [words[0], words[2], words[1]] == engine.given


async def test_volumes_of_a_container_that_is_gone_are_a_problem_told() -> None:
    """Whoever waits for them hears of it."""
    posted: list[ContainerWorkEvent] = []
    addition = VolumeAddition(container_id=CONTAINER, sandbox=Path("/sandbox"), volumes=())
    await work_of(SlowEngine(), posted).carry_out(AddVolumes(addition, (TaskId("t"),)))

    assert [VolumesAdded(container_id=CONTAINER, tasks=(TaskId("t"),), problem="container c is unknown")] == posted

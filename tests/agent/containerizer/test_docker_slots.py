"""Whose call to the engine is next."""

from __future__ import annotations

import asyncio

from koinon_agent.containerizer.docker.slots import Slots, Turn


class Crowd:
    """Calls that wait for slots, and the order in which they got them."""

    def __init__(self, number: int) -> None:
        self.slots = Slots(number)
        self.order: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    async def call(self, name: str, turn: Turn) -> None:
        """Hold a slot until the gate of that name opens."""
        self.gates[name] = asyncio.Event()
        async with self.slots.slot(turn):
            self.order.append(name)
            await self.gates[name].wait()

    async def begin(self, *wanted: tuple[str, Turn]) -> list[asyncio.Task[None]]:
        """Let them come, one after the other."""
        tasks = []
        for name, turn in wanted:
            tasks.append(asyncio.create_task(self.call(name, turn)))
            await turn_loop()
        return tasks


async def turn_loop() -> None:
    """Let all go on that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_under_way_goes_before_what_is_new() -> None:
    """A start that comes last is served before creates that wait; among themselves they keep their order."""
    crowd = Crowd(1)
    names = ("held", "create 1", "create 2", "start")
    turns = (Turn.BEGIN, Turn.BEGIN, Turn.BEGIN, Turn.FINISH)
    tasks = await crowd.begin(*zip(names, turns, strict=True))
    for gate in crowd.gates.values():
        gate.set()
    await asyncio.gather(*tasks)

    assert ["held", "start", "create 1", "create 2"] == crowd.order


async def test_a_removal_holds_up_no_kill() -> None:
    """Kills go before removals that wait, which take turns with what is new."""
    crowd = Crowd(1)
    names = ("held", "remove", "create", "kill")
    turns = (Turn.FINISH, Turn.CLEAR, Turn.BEGIN, Turn.FINISH)
    tasks = await crowd.begin(*zip(names, turns, strict=True))
    for gate in crowd.gates.values():
        gate.set()
    await asyncio.gather(*tasks)

    assert ["held", "kill", "remove", "create"] == crowd.order


async def test_no_more_at_a_time_than_there_are_slots() -> None:
    """The third of two waits until one is done."""
    crowd = Crowd(2)
    tasks = await crowd.begin(("a", Turn.BEGIN), ("b", Turn.FINISH), ("c", Turn.FINISH))
    before = list(crowd.order)
    crowd.gates["a"].set()
    await turn_loop()

    assert (["a", "b"], ["a", "b", "c"]) == (before, crowd.order)
    for task in tasks:
        task.cancel()


async def test_who_gives_up_waiting_loses_no_slot() -> None:
    """The slot goes past one that was cancelled to the next."""
    crowd = Crowd(1)
    _, given_up, last = await crowd.begin(("held", Turn.FINISH), ("given up", Turn.FINISH), ("last", Turn.FINISH))
    given_up.cancel()
    crowd.gates["held"].set()
    await turn_loop()

    assert ["held", "last"] == crowd.order
    last.cancel()


async def test_a_slot_that_came_too_late_is_handed_on() -> None:
    """One that is cancelled in the very turn in which it is given the slot leaves it to others."""
    crowd = Crowd(1)
    async with crowd.slots.slot(Turn.FINISH):
        (late,) = await crowd.begin(("late", Turn.FINISH))
    late.cancel()
    await turn_loop()
    (last,) = await crowd.begin(("last", Turn.BEGIN))

    assert ["last"] == crowd.order
    last.cancel()

"""A workload that dies after any write, call or answer: whoever comes next loses nothing and runs nothing twice."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import pytest
from attrs import frozen

from koinon_core.ids import AgentId
from koinon_core.tasks import TaskState
from koinon_frameworks.workload import NO_RETRY, Report, SlotState, TaskSpec
from koinon_frameworks.workload.events import EndWanted, ReplaceWanted, ScaleWanted
from support.workload_world import Agent, Fate, World, finish

pytestmark = pytest.mark.slow
Scenario = Callable[[World], None]


@frozen(kw_only=True)
class CrashPoint:
    """What is left when the process dies: the store, the agents with what they have not been heard of, the time."""

    store: Mapping[str, bytes]
    agents: Mapping[AgentId, Agent]
    now: float
    kills: int
    is_done: bool


def task(name: str, *, is_service: bool = False, **fields: object) -> TaskSpec:
    """A task or service with a command."""
    return TaskSpec(name=name, is_service=is_service, **{"command": "x", "cpus": 0.1} | fields)  # type: ignore[arg-type]


def once(slot: str, _run: int) -> TaskState | None:
    """Tasks finish, services run on."""
    return None if slot.startswith("web") else TaskState.TASK_FINISHED


def second_time(_slot: str, run: int) -> TaskState | None:
    """The first attempt of each fails."""
    return TaskState.TASK_FAILED if run == 1 else TaskState.TASK_FINISHED


PIPELINE = (task("a", count=2, retry=NO_RETRY), task("b", depends_on=("a",), retry=NO_RETRY))
SERVED = (task("web", is_service=True, count=2), task("use", count=2, depends_on=("web",), retry=NO_RETRY))
RETRIED = (task("a", count=2), task("b", depends_on=("a",)))
WEB = (task("web", is_service=True, count=2),)
NEW_WEB = (task("web", is_service=True, count=2, command="y"),)


def go_on(world: World) -> None:
    """Until all has ended."""
    world.settle()


def scale(world: World) -> None:
    """More, then fewer."""
    world.settle(3)
    world.send(ScaleWanted("web", 3))
    world.settle(3)
    world.send(ScaleWanted("web", 1))
    world.settle(3)


def end_all(world: World) -> None:
    """All is to end while some of it runs."""
    world.settle(2)
    world.send(EndWanted())
    world.settle()


def replace(world: World) -> None:
    """A service with another command, instance by instance."""
    world.settle(3)
    world.specs = NEW_WEB
    world.send(ReplaceWanted(NEW_WEB))
    world.settle(8)


def record(specs: tuple[TaskSpec, ...], fate: Fate, scenario: Scenario) -> list[CrashPoint]:
    """Every moment at which the process could have died."""
    points: list[CrashPoint] = []
    world = World(specs=specs, fate=fate)

    def keep() -> None:
        points.append(
            CrashPoint(
                store=dict(world.store),
                agents=copy.deepcopy(world.agents),
                now=world.now,
                kills=len(world.kills),
                is_done=world.machine.is_done,
            )
        )

    world.point = keep
    for number in range(2):
        world.add_agent(f"a{number}")
    keep()
    world.subscribe()
    scenario(world)
    return points


def take_over(point: CrashPoint, specs: tuple[TaskSpec, ...], fate: Fate) -> World:
    """The next process, with the cluster as it was."""
    world = World(
        specs=specs, fate=fate, store=dict(point.store), agents=copy.deepcopy(dict(point.agents)), now=point.now
    )
    world.subscribe()
    return world


def finished(world: World) -> dict[str, int]:
    """How many tasks of each slot finished, in all runs of the process."""
    states = [(each.slot, each.state) for each in world.tasks()]
    return {slot: states.count((slot, TaskState.TASK_FINISHED)) for slot, _ in states if not slot.startswith("web")}


@pytest.mark.parametrize(
    ("specs", "fate"),
    [(PIPELINE, finish), (SERVED, once), (RETRIED, second_time)],
    ids=["pipeline", "served", "retried"],
)
def test_next_process_loses_nothing_and_doubles_nothing(specs: tuple[TaskSpec, ...], fate: Fate) -> None:
    """Wherever it dies, also twice: each task finishes once, no two of a slot ever run, nothing is left over."""
    points = record(specs, fate, go_on)

    assert points[-1].is_done
    for number, point in enumerate(points[::2]):
        world = take_over(point, specs, fate)
        for _ in range(20):
            assert set(world.live().values()) <= {1}
            if world.machine.is_done:
                break
            world.settle(1)
            if number % 3 == 0:
                world.fail_over()
        assert world.machine.is_done
        assert world.machine.report(0).has_succeeded
        assert {f"{spec.name}.{n}": 1 for spec in specs for n in range(spec.count) if not spec.is_service} == (
            finished(world)
        )
        assert {} == world.live()


def test_next_process_keeps_the_number_wanted() -> None:
    """A service that was scaled stays so; tasks that nobody wants are ended, those wanted are not restarted."""
    points = record(WEB, once, scale)
    counts = set()
    for point in points:
        running = {each.info.task_id for agent in point.agents.values() for each in agent.tasks.values()}
        world = take_over(point, WEB, once)
        world.settle(6)
        wanted = world.machine._wishes.count_of("web")
        counts.add(wanted)

        assert {f"web.{n}": 1 for n in range(wanted)} == world.live()
        # An intent that is known is adopted: what ran at the time and is wanted runs on.
        stay = {each.info.task_id for each in world.tasks() if not each.state.is_terminal}
        assert len(stay & running) >= min(
            wanted, len({task_id.split("-")[0] for task_id in running if _lives(point, task_id)})
        )
    assert {1, 2, 3} == counts


def test_next_process_ends_what_was_to_end() -> None:
    """Once the wish is stored nothing is launched any more, and all that runs is ended."""
    for point in record(PIPELINE, finish, end_all):
        was_wanted = any(b'"goal":"end"' in value or b'"state":"killed"' in value for value in point.store.values())
        world = take_over(point, PIPELINE, finish)
        world.settle()
        report = world.machine.report(0)

        assert report.is_done
        assert {} == world.live()
        assert not was_wanted or SlotState.KILLED in _states(report)


def test_next_process_carries_a_replacement_on() -> None:
    """It is told the new description: what runs by the old one makes way, what runs by the new one stays."""
    for point in record(WEB, once, replace):
        world = take_over(point, NEW_WEB, once)
        new = {each.info.task_id for each in world.tasks() if _is_new(each.info.command) and not each.state.is_terminal}
        world.settle(12)
        live = [each.info for each in world.tasks() if not each.state.is_terminal]

        assert {"y"} == {each.command.value for each in live if each.command is not None}
        assert {"web.0": 1, "web.1": 1} == world.live()
        assert new <= {each.task_id for each in live}


def test_intent_that_never_left_expires() -> None:
    """The process dies between the intent and the ACCEPT: the agent knows nothing, and the task is launched."""
    specs = (task("a", retry=NO_RETRY),)
    points = record(specs, finish, go_on)
    point = next(each for each in points if any(b'"state":"launching"' in value for value in each.store.values()))
    world = take_over(point, specs, finish)
    world.settle()

    assert [] == [each for agent in point.agents.values() for each in agent.tasks]
    assert {"a.0": 1} == world.runs
    assert SlotState.FINISHED is world.state_of("a")


def _lives(point: CrashPoint, task_id: str) -> bool:
    found = [each for agent in point.agents.values() for key, each in agent.tasks.items() if key == task_id]
    return any(not each.state.is_terminal for each in found) and b'"state":"ending"' not in _stored(point, task_id)


def _stored(point: CrashPoint, task_id: str) -> bytes:
    name, _, index = task_id.rpartition("-")[0].rpartition(".")[0].rpartition(".")
    return point.store.get(f"workload/slots/{name}/{index}", b"")


def _is_new(command: object) -> bool:
    return getattr(command, "value", None) == "y"


def _states(report: Report) -> set[SlotState]:
    return {each.state for each in report.tasks}

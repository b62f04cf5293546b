"""What an executor's container is given while tasks come and go: cpus and memory, and the volumes of later tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_framework, make_settings, only, updates
from fakes.executors import EXECUTOR, ExecutorAtBench, hosted, said
from fakes.volumes import volume
from koinon_agent.checkpoint.image import AgentImage
from koinon_agent.containerizer import ContainerRun, PersistentVolume, Recovered, Workload
from koinon_agent.events import VolumesAdded
from koinon_agent.executors.upkeep import SHRINK_SECONDS
from koinon_agent.instructions import AddVolumes, Instruction, LaunchContainer, TellExecutor, UpdateContainer
from koinon_core.agent_link import KillTask, RunTask, RunTaskGroup
from koinon_core.executor_api import Launch, LaunchGroup, Subscribed
from koinon_core.ids import ContainerId, TaskId
from koinon_core.offers import TaskGroupInfo
from koinon_core.resources import NOTHING, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import UNLIMITED, Scalar
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatusReason

PLACES = {"v": "data", "w": "more", "x": "data"}
VOLUMES = Resources(tuple(volume(10, name, path=path) for name, path in PLACES.items()))
FAILED = (TaskState.TASK_FAILED, TaskStatusReason.REASON_CONTAINER_UPDATE_FAILED)


@pytest.fixture
def bench() -> AgentBench:
    """A registered agent with three persistent volumes."""
    settings = make_settings()
    settings = evolve(settings, info=evolve(settings.info, resources=parse_resources("cpus:4;mem:4096;disk:100")))
    return AgentBench(settings, AgentImage(converted=VOLUMES)).registered()


@pytest.fixture
def executor(bench: AgentBench) -> ExecutorAtBench:
    """Its executor, not launched yet."""
    return ExecutorAtBench(bench)


def run(bench: AgentBench, task: TaskInfo) -> list[Instruction]:
    """The master hands a task over."""
    return bench.hear(RunTask(framework=make_framework(), task=task))


def with_volume(name: str, volume_id: str = "v") -> TaskInfo:
    """A task that uses a persistent volume."""
    kept = Resources((volume(10, volume_id, path=PLACES[volume_id]),))
    return hosted(name, resources=parse_resources("cpus:1;mem:64") + kept)


def sizes(instructions: list[Instruction]) -> list[tuple[float, float]]:
    """Cpus and mem that the container is to have from then on."""
    given = [item.workload.resources for item in instructions if isinstance(item, UpdateContainer)]
    return [(float(one.scalar("cpus")), float(one.scalar("mem"))) for one in given]


def launched(instructions: list[Instruction]) -> list[str]:
    """The tasks that the executor was told of."""
    alone = [event.task.task_id for event in said(instructions) if isinstance(event, Launch)]
    groups = [event.task_group.tasks for event in said(instructions) if isinstance(event, LaunchGroup)]
    return [*alone, *(task.task_id for tasks in groups for task in tasks)]


def ends(instructions: list[Instruction]) -> list[tuple[str, TaskState, TaskStatusReason | None]]:
    """What was told of tasks, and why."""
    return [(status.task_id, status.state, status.reason) for status in updates(instructions)]


def recover(bench: AgentBench, container: ContainerId) -> tuple[AgentBench, list[Instruction]]:
    """The agent dies; its next life finds the executor's container running."""
    successor = bench.crash()
    alive = ContainerRun(container_id=container, started_at=bench.now.wall, pid=77)
    return successor, successor.start(Recovered(live=(alive,)))


def test_it_grows_and_shrinks_with_its_tasks(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """Each task that comes changes the sum at once; what changes nothing is not said again, and less in a while."""
    executor.start(hosted("a"))
    executor.subscribe()
    grown = run(bench, hosted("b"))
    running = executor.tell(executor.status(TaskState.TASK_RUNNING, "b"))
    ended = executor.tell(executor.status(TaskState.TASK_FINISHED, "b"))
    shrunk = bench.wait(SHRINK_SECONDS)
    executor.tell(executor.status(TaskState.TASK_FINISHED, "a"))
    idle = bench.wait(SHRINK_SECONDS)

    assert [(2.1, 160.0)] == sizes(grown)
    assert ["b"] == launched(grown)
    assert ([], []) == (sizes(running), sizes(ended))
    assert ([(1.1, 96.0)], [(0.1, 32.0)]) == (sizes(shrunk), sizes(idle))


def test_what_one_task_gives_back_the_next_one_has(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """Tasks that come as others end change nothing, nor do those that come before less was given; larger ones do."""
    executor.start(hosted("a"))
    executor.subscribe()
    executor.tell(executor.status(TaskState.TASK_FINISHED, "a"))
    equal = run(bench, hosted("b"))
    later = bench.wait(SHRINK_SECONDS)
    executor.tell(executor.status(TaskState.TASK_FINISHED, "b"))
    larger = run(bench, hosted("c", resources=parse_resources("cpus:0.5;mem:65")))

    assert ([], []) == (sizes(equal), sizes(later))
    assert [(0.6, 97.0)] == sizes(larger)


def test_what_comes_together_is_said_once(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """A frame of many tasks is one change, and it is said before the tasks are."""
    executor.start(hosted("a"))
    executor.subscribe()
    come = bench.hear(*(RunTask(framework=make_framework(), task=hosted(name)) for name in ("b", "c")))
    told = [type(item) for item in come if isinstance(item, UpdateContainer | TellExecutor)]

    assert [(3.1, 224.0)] == sizes(come)
    assert [UpdateContainer, TellExecutor, TellExecutor] == told


def test_one_that_may_take_more_than_it_asks_for_counts(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """Limits are no sums: any change of them is said at once."""
    executor.start(hosted("a"))
    executor.subscribe()
    executor.tell(executor.status(TaskState.TASK_FINISHED, "a"))
    generous = run(bench, hosted("b", limits={"mem": UNLIMITED}))
    executor.tell(executor.status(TaskState.TASK_FINISHED, "b"))
    plain = run(bench, hosted("c"))

    assert {"mem": UNLIMITED} == only(generous, UpdateContainer).workload.limits
    assert {} == only(plain, UpdateContainer).workload.limits


def test_tasks_that_come_before_its_container_runs_count_when_it_does(bench: AgentBench) -> None:
    """Nothing is asked of a container that is being started."""
    container = only(run(bench, hosted("a")), LaunchContainer).launch.container_id
    early = run(bench, hosted("b"))
    started = bench.started(container)

    assert [] == sizes(early)
    assert [(2.1, 160.0)] == sizes(started)


def test_a_container_that_is_as_asked_for_is_let_alone(executor: ExecutorAtBench) -> None:
    """The start of the container itself changes nothing."""
    executor.start(hosted("a"))

    assert [] == sizes(executor.bench.done)


def test_after_a_restart_it_is_said_once_more(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """What an earlier life had asked for may not have been done."""
    container = executor.start(hosted("a"))
    executor.subscribe()
    run(bench, hosted("b"))
    _, recovered = recover(bench, container)

    assert [(2.1, 160.0)] == sizes(recovered)


def test_one_that_is_to_end_is_not_resized(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """It needs what it has to end its tasks in good order."""
    executor.start(hosted("a"), hosted("b"))
    executor.subscribe()
    bench.agent.executors.shut_down_all(FRAMEWORK_ID, bench.now)

    assert [] == sizes(executor.tell(executor.status(TaskState.TASK_KILLED, "b")))


GENEROUS: dict[str, Any] = {"cpus": Scalar.of(2), "mem": Scalar.of(256)}


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("cpus:0.1;mem:32", [None, None], {}),
        ("cpus:0.1;mem:32", [GENEROUS, None], {"cpus": Scalar.of(3.1), "mem": Scalar.of(352)}),
        ("cpus:0.1;mem:32", [{"mem": UNLIMITED}, GENEROUS], {"cpus": Scalar.of(3.1), "mem": UNLIMITED}),
        ("cpus:0.1", [None], {"mem": UNLIMITED}),
        ("cpus:0.1", [], {}),
    ],
    ids=["none", "of one", "unlimited", "no mem of its own", "no mem at all"],
)
def test_limits_are_of_all_together(
    own: str, limits: list[dict[str, Any] | None], expected: dict[str, Scalar | None]
) -> None:
    """Who has none counts with what it asks for; an executor that asks for no memory is not limited in it."""
    executor = evolve(EXECUTOR, resources=parse_resources(own))
    tasks = [hosted(str(number), limits=one) for number, one in enumerate(limits)]

    assert expected == Workload.of_executor(executor, tasks).limits


def test_a_later_task_waits_for_its_volume(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """It is not said to its executor before it can find its data; the others are not held up."""
    container = executor.start(hosted("a"))
    executor.subscribe()
    asked = run(bench, with_volume("b"))
    meanwhile = run(bench, hosted("c"))
    shown = bench.handle(VolumesAdded(container_id=container, tasks=(TaskId("b"),)))

    wanted = only(asked, AddVolumes)
    place = PersistentVolume(path=Path("/w/volumes/roles/r/v"), container_path="data")
    assert (container, (place,), "root", ("b",)) == (
        wanted.addition.container_id,
        wanted.addition.volumes,
        wanted.addition.user,
        wanted.tasks,
    )
    assert ([], ["c"], ["b"]) == (launched(asked), launched(meanwhile), launched(shown))


def test_a_task_is_not_run_without_its_volume(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """It fails with the reason in words, and its executor never hears of it."""
    container = executor.start(hosted("a"))
    executor.subscribe()
    run(bench, with_volume("b"))
    done = bench.handle(VolumesAdded(container_id=container, tasks=(TaskId("b"),), problem="there is no way"))

    assert [("b", *FAILED)] == ends(done)
    assert "Its executor's container can't be given its volumes: there is no way" == updates(done)[0].message
    assert [] == launched(done)
    assert [(1.1, 96.0)] == sizes(bench.wait(SHRINK_SECONDS))


def test_a_group_waits_and_fails_as_one(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """Half a group is none."""
    container = executor.start(hosted("a"))
    executor.subscribe()

    def group(*tasks: TaskInfo) -> list[Instruction]:
        alone = tuple(evolve(task, executor=None) for task in tasks)
        return bench.hear(RunTaskGroup(framework=make_framework(), executor=EXECUTOR, task_group=TaskGroupInfo(alone)))

    waiting = group(hosted("b"), with_volume("c"))
    shown = bench.handle(VolumesAdded(container_id=container, tasks=only(waiting, AddVolumes).tasks))
    group(hosted("d"), with_volume("e", "w"))
    failed = bench.handle(VolumesAdded(container_id=container, tasks=(TaskId("d"), TaskId("e")), problem="no"))

    assert ([], ["b", "c"]) == (launched(waiting), launched(shown))
    assert [("d", *FAILED), ("e", *FAILED)] == ends(failed)


def test_one_place_is_not_two_volumes(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """While a task uses a volume there; once it has ended, another may stand in its place."""
    executor.start(with_volume("a"))
    executor.subscribe()
    clash = run(bench, with_volume("b", "x"))
    executor.tell(executor.status(TaskState.TASK_FINISHED, "a"))
    later = run(bench, with_volume("c", "x"))

    assert [("b", *FAILED)] == ends(clash)
    assert "another volume is at 'data'" in (updates(clash)[0].message or "")
    assert ("c",) == only(later, AddVolumes).tasks


def test_volumes_are_asked_for_when_the_container_runs(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """Those of tasks that came while it was being started; those it is started with are there already."""
    container = only(run(bench, with_volume("a")), LaunchContainer).launch.container_id
    early = run(bench, with_volume("b", "w"))
    started = bench.started(container)
    told = executor.subscribe()

    assert [] == [item for item in early if isinstance(item, AddVolumes)]
    assert ("b",) == only(started, AddVolumes).tasks
    assert ["a"] == launched(told)


def test_after_a_restart_volumes_are_seen_to_before_tasks_are_said(bench: AgentBench) -> None:
    """Nobody remembers which were there from the start on."""
    container = ExecutorAtBench(bench).start(with_volume("a"), hosted("b"))
    successor, recovered = recover(bench, container)
    told = ExecutorAtBench(successor).subscribe()
    shown = successor.handle(VolumesAdded(container_id=container, tasks=(TaskId("a"),)))

    assert ("a",) == only(recovered, AddVolumes).tasks
    assert (["b"], ["a"]) == (launched(told), launched(shown))


def test_a_task_killed_while_it_waits_stays_killed(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """What comes of its volumes is nobody's concern any more, nor is that of an executor that has ended."""
    container = executor.start(hosted("a"))
    executor.subscribe()
    run(bench, with_volume("b"))
    killed = bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("b")))
    late = bench.handle(VolumesAdded(container_id=container, tasks=(TaskId("b"),), problem="no"))
    bench.ended(container, 0)

    assert [TaskState.TASK_KILLED] == [status.state for status in updates(killed)]
    assert [] == late
    assert [] == bench.handle(VolumesAdded(container_id=container, tasks=(TaskId("b"),)))


def test_it_is_told_what_the_agent_has_now(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """With the reservations and volumes that were made since its start."""
    executor.start()
    greeting = said(executor.subscribe())[0]

    assert isinstance(greeting, Subscribed)
    assert (bench.agent.agent_id, bench.agent.info.resources) == (greeting.agent_info.id, greeting.agent_info.resources)
    assert VOLUMES in greeting.agent_info.resources


def test_an_executor_without_resources_counts_for_nothing() -> None:
    """Its tasks are what its container is given."""
    bare = ExecutorInfo(executor_id=EXECUTOR.executor_id)

    assert NOTHING == Workload.of_executor(bare, []).resources

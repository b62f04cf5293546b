"""Many tasks of one instance: what each becomes, and what they are together (marathon-semantics 15, 22)."""

import attrs
import pytest

from koinon_core.ids import AgentId, TaskId
from koinon_core.tasks import TaskState, TaskStatus
from koinon_frameworks.matching.placement import Placement
from koinon_marathon.definition.apps import UnreachableStrategy
from koinon_marathon.instance.instance_update import Expunged, InstanceEffect, Unchanged, Updated, apply_status
from koinon_marathon.instance.instances import (
    Condition,
    Goal,
    Instance,
    InstanceId,
    Task,
    container_of,
    executor_name,
    make_task_id,
)
from koinon_marathon.instance.task_progress import sum_up
from support.marathon_world import START, make_pod

ID = InstanceId("shop_pod.instance-6c61")
POD = make_pod()
WAITING = Instance(
    id=ID, spec_id=POD.id, version=POD.version, config_version=POD.version, role="*", since=START, attempt=1
)


def task(name: str, condition: Condition = Condition.RUNNING, *, healthy: bool | None = None) -> Task:
    """A task of one container."""
    return Task(
        id=make_task_id(ID, 1, name),
        agent_id=AgentId("a"),
        placement=Placement(hostname="h"),
        staged_at=START,
        condition=condition,
        healthy=healthy,
    )


def running(*tasks: Task, condition: Condition = Condition.RUNNING, goal: Goal = Goal.RUNNING) -> Instance:
    """An instance of these."""
    return attrs.evolve(WAITING, tasks=tasks or (task("web"), task("side")), condition=condition, goal=goal)


def hear(
    instance: Instance, name: str, state: TaskState, strategy: UnreachableStrategy | None = None
) -> InstanceEffect:
    """What a status of one container leads to."""
    status = TaskStatus(task_id=make_task_id(ID, 1, name), state=state, timestamp=START)
    return apply_status(instance, status, strategy or UnreachableStrategy(), START + 1)


def after(effect: InstanceEffect) -> Instance:
    """The instance it becomes."""
    assert isinstance(effect, Updated), effect
    return effect.after


def test_ids_name_container_and_launch() -> None:
    """Task ids name the container, the executor's the instance; later launches of it are told apart."""
    assert TaskId("shop_pod.instance-6c61.web.2") == make_task_id(ID, 2, "web")
    assert ("web", "_app", None) == tuple(
        container_of(TaskId(text)) for text in ("shop_pod.instance-6c61.web.2", "a.instance-6c61._app.1", "else")
    )
    assert ("instance-shop_pod.6c61", "instance-shop_pod.6c61.3") == (executor_name(ID, 1), executor_name(ID, 3))


C = Condition


@pytest.mark.parametrize(
    ("conditions", "together"),
    [
        ((C.RUNNING, C.STAGING), C.STAGING),
        ((C.RUNNING, C.PROVISIONED), C.PROVISIONED),
        ((C.STARTING, C.STAGING), C.STARTING),
        ((C.RUNNING, C.KILLING), C.KILLING),
        ((C.KILLING, C.UNREACHABLE), C.UNREACHABLE),
        ((C.RUNNING, C.FINISHED), C.RUNNING),
        ((C.RUNNING, C.FAILED), C.KILLING),
        ((C.UNREACHABLE, C.FAILED), C.UNREACHABLE),
        ((C.KILLED, C.FAILED), C.FAILED),
        ((C.KILLED, C.FINISHED), C.FINISHED),
        ((C.FINISHED, C.FINISHED), C.FINISHED),
    ],
)
def test_the_worst_task_decides(conditions: tuple[Condition, ...], together: Condition) -> None:
    """Out of reach as long as one is; over only when all are."""
    assert together is sum_up([task(f"c{number}", one) for number, one in enumerate(conditions)])


def test_an_instance_runs_once_all_containers_do() -> None:
    """Step by step, and never backwards."""
    instance = running(task("web", C.PROVISIONED), task("side", C.PROVISIONED), condition=C.PROVISIONED)
    seen = []
    for name, state in (
        ("web", TaskState.TASK_STARTING),
        ("side", TaskState.TASK_STARTING),
        ("web", TaskState.TASK_RUNNING),
        ("side", TaskState.TASK_RUNNING),
    ):
        instance = after(hear(instance, name, state))
        seen.append(instance.condition)

    assert [C.STARTING, C.STARTING, C.STARTING, C.RUNNING] == seen


def test_a_failed_container_takes_the_others_along() -> None:
    """The instance is on its way out until the last has ended, then it waits again and is told to have failed."""
    falling = after(hear(running(), "side", TaskState.TASK_FAILED))
    ended = hear(falling, "web", TaskState.TASK_KILLED)

    assert (C.KILLING, True, ["web"]) == (
        falling.condition,
        falling.is_falling,
        [container_of(one.id) for one in falling.live_tasks],
    )
    assert isinstance(ended, Updated)
    assert (C.SCHEDULED, (), C.FAILED) == (ended.after.condition, ended.after.tasks, ended.ended)


def test_a_finished_container_leaves_the_others_alone() -> None:
    """The pod is over with its last container, and says nothing new about one that is over."""
    going = after(hear(running(), "side", TaskState.TASK_FINISHED))

    assert (C.RUNNING, False) == (going.condition, going.is_falling)
    assert isinstance(hear(going, "side", TaskState.TASK_RUNNING), Unchanged)
    last = hear(going, "web", TaskState.TASK_FINISHED)
    assert isinstance(last, Updated)
    assert C.FINISHED is last.ended


def test_an_unwanted_instance_goes_with_its_last_task() -> None:
    """Not with its first."""
    leaving = running(goal=Goal.DECOMMISSIONED)
    half = after(hear(leaving, "web", TaskState.TASK_KILLED))

    assert isinstance(hear(half, "side", TaskState.TASK_KILLED), Expunged)


def test_a_lost_instance_is_back_when_all_its_tasks_are() -> None:
    """One that is still out of reach keeps it lost."""
    patient = UnreachableStrategy(inactive_after_seconds=100, expunge_after_seconds=200)
    lost = running()
    for name in ("web", "side"):
        lost = after(hear(lost, name, TaskState.TASK_UNREACHABLE, patient))
    half = after(hear(lost, "web", TaskState.TASK_RUNNING, patient))
    back = after(hear(half, "side", TaskState.TASK_RUNNING, patient))

    assert [C.UNREACHABLE, C.UNREACHABLE, C.RUNNING] == [one.condition for one in (lost, half, back)]
    assert [None, None] == [one.unreachable_since for one in back.tasks]


@pytest.mark.parametrize(
    ("tasks", "healthy"),
    [
        ((task("web", healthy=True), task("side")), True),
        ((task("web", healthy=True), task("side", healthy=False)), False),
        ((task("web", healthy=True), task("side", C.STARTING)), None),
        ((task("web", healthy=True), task("side", C.FINISHED)), True),
        ((task("web"), task("side")), None),
    ],
)
def test_health_is_that_of_all(tasks: tuple[Task, ...], healthy: bool | None) -> None:
    """One unwell task is enough for no; for yes all must run, and one must say so."""
    assert healthy is running(*tasks).healthy

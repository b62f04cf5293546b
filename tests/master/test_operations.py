"""What an ACCEPT does to resources, and in which words it is refused."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, launch, make_framework, make_task
from fakes.volumes import create, destroy, grow, reserve, reserved, shrink, unreserve, volume
from koinon_core.agent_link import ApplyOperation, RunTask
from koinon_core.containers import CommandInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, OfferId, OperationId
from koinon_core.offers import CreateDisk, Filters, LaunchGroup, Operation, OperationType, TaskGroupInfo
from koinon_core.operations import OperationState, OperationStatus
from koinon_core.operator_api import DestroyVolumes
from koinon_core.resources import DiskSourceType, Kind, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Accept, UpdateOperationStatus
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskInfo, TaskState, TaskStatusReason

AGENT = "cpus:4;mem:4096;disk:1000"
ABLE = "RESERVATION_REFINEMENT PARTITION_AWARE SHARED_RESOURCES"
A_YEAR = Filters(365 * 86400.0)


@pytest.fixture
def bench() -> MasterBench:
    """A master with one agent."""
    bench = MasterBench()
    bench.add_agent(AGENT)
    return bench


@pytest.fixture
def framework_id(bench: MasterBench) -> FrameworkId:
    """A framework of role r that holds all of the agent in an offer."""
    return bench.add_framework(make_framework("f", "r", capabilities=ABLE))


def accept(bench: MasterBench, framework_id: FrameworkId, *operations: Operation) -> None:
    """Use all offers of the framework; what is left is refused for a year."""
    offer_ids = tuple(offer.id for offer in bench.offers(framework_id))
    bench.call(framework_id, Accept(offer_ids=offer_ids, operations=operations, filters=A_YEAR))


def agent_id_of(bench: MasterBench) -> AgentId:
    """The first agent."""
    return next(iter(bench.master.state.agents))


def total(bench: MasterBench) -> Resources:
    """What the agent has by now."""
    return bench.master.state.agents[agent_id_of(bench)].info.resources


def statuses(bench: MasterBench, framework_id: FrameworkId) -> list[OperationStatus]:
    """What the framework was told of its operations."""
    return [event.status for event in bench.heard(bench.stream_of(framework_id), UpdateOperationStatus)]


def with_volume(task_id: str, agent_id: AgentId, kept: Resource) -> TaskInfo:
    """A task that uses a volume beside its own resources."""
    task = make_task(task_id, agent_id)
    return evolve(task, resources=task.resources + Resources((kept,)))


def test_later_operations_use_what_earlier_ones_made(bench: MasterBench, framework_id: FrameworkId) -> None:
    """RESERVE, CREATE and LAUNCH of one call build on each other, and the agent hears of them in that order."""
    agent_id = agent_id_of(bench)
    task = with_volume("t", agent_id, volume(100))
    accept(bench, framework_id, reserve(reserved("disk:300", "r")), create(volume(100)), launch(task))

    orders = [*bench.orders_for(agent_id, ApplyOperation), *bench.orders_for(agent_id, RunTask)]
    assert [ApplyOperation, ApplyOperation, RunTask] == [type(order) for order in orders]
    assert parse_resources("cpus:4;mem:4096;disk:700") + reserved("disk:200", "r") + Resources((volume(100),)) == total(
        bench
    )
    assert TaskState.TASK_STAGING is bench.master.state.frameworks[framework_id].tasks[task.task_id].state


def test_the_mark_of_the_role_is_put_on_every_resource(bench: MasterBench, framework_id: FrameworkId) -> None:
    """What the client left out of allocation_info, the agent gets."""
    accept(bench, framework_id, reserve(reserved("cpus:1", "r")))

    (order,) = bench.orders_for(agent_id_of(bench), ApplyOperation)
    assert reserved("cpus:1", "r").allocated_to("r") == order.operation.reserve.resources  # type: ignore[union-attr]


def test_what_was_converted_comes_back_without_the_filter(bench: MasterBench, framework_id: FrameworkId) -> None:
    """The reserved cpus are offered at once; the rest was refused for a year and comes with them alone."""
    accept(bench, framework_id, reserve(reserved("cpus:1", "r")))

    (offer,) = bench.offers(framework_id)
    assert reserved("cpus:1", "r") in offer.resources.allocated_to(None)


def test_a_resized_volume_is_for_later_calls(bench: MasterBench, framework_id: FrameworkId) -> None:
    """Nothing else may use a volume in the call that grows it; afterwards it is offered in its new size."""
    accept(bench, framework_id, reserve(reserved("disk:300", "r")), create(volume(100)))
    accept(bench, framework_id, grow(volume(100), 50), destroy(volume(150), operation_id="d"))

    assert [OperationState.OPERATION_ERROR] == [status.state for status in statuses(bench, framework_id)]
    missing = str(statuses(bench, framework_id)[0].message).partition("does not contain")[2]
    assert missing.endswith("[v:data]:150")
    accept(bench, framework_id, shrink(volume(150), 120))

    assert Resources((volume(30),)) in total(bench)
    assert 1000.0 == float(total(bench).scalar("disk"))


def test_everything_can_be_given_back(bench: MasterBench, framework_id: FrameworkId) -> None:
    """DESTROY and UNRESERVE undo CREATE and RESERVE."""
    accept(bench, framework_id, reserve(reserved("disk:300", "r")), create(volume(100)))
    accept(bench, framework_id, destroy(volume(100)), unreserve(reserved("disk:300", "r")))

    assert parse_resources(AGENT) == total(bench)


PRINCIPAL = "A reserve operation was attempted by"


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        (reserve(parse_resources("cpus:1")), "Resource cpus(allocated: r):1 is not dynamically reserved"),
        (reserve(parse_resources("cpus(r):1")), "Resource cpus(allocated: r)(r):1 is not dynamically reserved"),
        (
            reserve(reserved("cpus:1", "q")),
            "A reserve operation was attempted for a resource with role 'q', but the resource was allocated to role "
            "'r'",
        ),
        (
            reserve(reserved("cpus:1", "r", "s")),
            "Resource 'cpus(allocated: r)(reservations: [(DYNAMIC,r),(DYNAMIC,s)]):1' is invalid: Invalid refined "
            "reservation: role 's' is not a refinement of 'r'",
        ),
        (
            unreserve(Resources((volume(10),))),
            "A dynamically reserved persistent volume disk(allocated: r)(reservations: [(DYNAMIC,r)])[v:data]:10 "
            "cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource",
        ),
        (
            create(*reserved("disk:10", "r")),
            "Not a persistent volume: Resource disk(allocated: r)(reservations: [(DYNAMIC,r)]):10 does not have "
            "DiskInfo",
        ),
        (
            create(volume(10, "a/b")),
            "Invalid resources: Invalid DiskInfo: Invalid persistence ID for persistent volume: 'a/b'",
        ),
        (create(volume(10, path="/etc")), "Expecting 'container_path' of a persistent volume to be relative"),
        (create(volume(10, path="a/../../b")), "Expecting 'container_path' of a persistent volume to be relative"),
        (destroy(volume(10)), "Persistent volumes not found"),
        (grow(volume(10), 0), "The size of 'GrowVolume.addition' field must be greater than zero"),
        (shrink(volume(10), 10), "Value of 'ShrinkVolume.subtract' must be smaller than the size of"),
        (shrink(volume(10, shared=True), 1), "Shrinking a shared persistent volume is not supported"),
        (
            Operation(
                type=OperationType.CREATE_DISK,
                create_disk=CreateDisk(source=volume(10), target_type=DiskSourceType.MOUNT),
            ),
            "'source' is not managed by a resource provider",
        ),
    ],
)
def test_an_invalid_operation_is_told_to_who_gave_it_an_id(
    bench: MasterBench, framework_id: FrameworkId, operation: Operation, problem: str
) -> None:
    """It changes nothing, names its problem and the agent, and is nothing to acknowledge."""
    accept(bench, framework_id, evolve(operation, id=OperationId("o")))

    (status,) = statuses(bench, framework_id)
    assert (OperationState.OPERATION_ERROR, "o", None) == (status.state, status.operation_id, status.uuid)
    assert problem in str(status.message)
    assert f"; on agent {agent_id_of(bench)} at slave(1)@127.0.0.1:" in str(status.message)
    assert parse_resources(AGENT) == total(bench)
    assert [] == bench.orders_for(agent_id_of(bench), ApplyOperation)


def test_an_invalid_operation_without_an_id_is_passed_over(bench: MasterBench, framework_id: FrameworkId) -> None:
    """The operations after it are carried out all the same."""
    accept(bench, framework_id, destroy(volume(10)), reserve(reserved("cpus:1", "r")))

    assert [] == statuses(bench, framework_id)
    assert reserved("cpus:1", "r") in total(bench)


def test_a_volume_id_is_unique_for_its_role_on_an_agent(bench: MasterBench, framework_id: FrameworkId) -> None:
    """A second volume of the id would share the first one's directory."""
    accept(bench, framework_id, reserve(reserved("disk:300", "r")), create(volume(100)))
    accept(bench, framework_id, create(volume(50, path="other"), operation_id="o"))

    assert "Persistence ID 'v' is not unique" in str(statuses(bench, framework_id)[0].message)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("other", "by authenticated principal 'me', which does not match a reserved resource in the request with"),
        (None, "by principal 'me', but there is a reserved resource in the request with no principal set"),
    ],
)
def test_a_reservation_bears_its_frameworks_principal(bench: MasterBench, given: str | None, problem: str) -> None:
    """Any other is refused in words that name both."""
    framework_id = bench.add_framework(evolve(make_framework("f", "r", capabilities=ABLE), principal="me"))
    accept(bench, framework_id, reserve(reserved("cpus:1", "r", principal=given), "o"))

    assert f"{PRINCIPAL} {problem.removeprefix('by ')}" in str(statuses(bench, framework_id)[0].message)


def test_invalid_offers_are_told_to_tasks_and_operations(bench: MasterBench, framework_id: FrameworkId) -> None:
    """Tasks are dropped, operations with an id are errors; both say which offer it was."""
    task = make_task("t", agent_id_of(bench))
    call = Accept(offer_ids=(OfferId("gone"),), operations=(launch(task), reserve(reserved("cpus:1", "r"), "o")))
    bench.call(framework_id, call)

    (update,) = bench.updates(framework_id)
    assert (TaskState.TASK_DROPPED, TaskStatusReason.REASON_INVALID_OFFERS) == (update.state, update.reason)
    (status,) = statuses(bench, framework_id)
    assert "Operation attempted with invalid offers: Offer gone is no longer valid" == status.message


def test_a_launch_bears_no_operation_id(bench: MasterBench, framework_id: FrameworkId) -> None:
    """Its tasks are errors."""
    task = make_task("t", agent_id_of(bench))
    accept(bench, framework_id, evolve(launch(task), id=OperationId("o")))

    assert ["The `id` field cannot be set on LAUNCH operations"] == [one.message for one in bench.updates(framework_id)]


def test_feedback_needs_an_agent_that_gives_it(bench: MasterBench) -> None:
    """An operation with an id on an agent without AGENT_OPERATION_FEEDBACK is refused; one without is not."""
    bench = MasterBench()
    bench.capabilities = ()
    bench.add_agent(AGENT)
    framework_id = bench.add_framework(make_framework("f", "r", capabilities=ABLE))
    accept(bench, framework_id, reserve(reserved("cpus:1", "r"), "o"), reserve(reserved("mem:1", "r")))

    assert "AGENT_OPERATION_FEEDBACK" in str(statuses(bench, framework_id)[0].message)
    assert reserved("mem:1", "r") in total(bench)


def make_executor(**changes: Any) -> ExecutorInfo:
    """What runs a group."""
    executor = ExecutorInfo(
        executor_id=ExecutorId("e"), type=ExecutorType.DEFAULT, resources=parse_resources("cpus:0.1;mem:32;disk:10")
    )
    return evolve(executor, **changes)


def test_a_group_names_the_framework_of_its_executor(bench: MasterBench, framework_id: FrameworkId) -> None:
    """Mesos does not fill it in for groups, as it does for tasks."""
    body = LaunchGroup(executor=make_executor(), task_group=TaskGroupInfo((make_task("a", agent_id_of(bench)),)))
    accept(bench, framework_id, Operation(type=OperationType.LAUNCH_GROUP, launch_group=body))

    assert ["'ExecutorInfo.framework_id' must be set"] == [one.message for one in bench.updates(framework_id)]


def group(framework_id: FrameworkId, executor: ExecutorInfo, *tasks: TaskInfo) -> Operation:
    """A LAUNCH_GROUP."""
    body = LaunchGroup(executor=evolve(executor, framework_id=framework_id), task_group=TaskGroupInfo(tasks))
    return Operation(type=OperationType.LAUNCH_GROUP, launch_group=body)


def test_a_group_takes_its_executors_resources_once(bench: MasterBench, framework_id: FrameworkId) -> None:
    """Two tasks of one cpu and an executor of a tenth hold 2.1 cpus."""
    agent_id = agent_id_of(bench)
    accept(
        bench, framework_id, group(framework_id, make_executor(), make_task("a", agent_id), make_task("b", agent_id))
    )

    free = bench.master.state.allocator.free(agent_id)
    assert parse_resources("cpus:1.9;mem:3808;disk:990") == free
    assert {"a", "b"} == set(bench.master.state.frameworks[framework_id].tasks)


@pytest.mark.parametrize(
    ("executor", "problem"),
    [
        (make_executor(resources=parse_resources("cpus:0.001;mem:32;disk:1")), "uses less CPUs (0.001) than"),
        (make_executor(resources=parse_resources("cpus:0.1;mem:31;disk:1")), "uses less memory (31MB) than"),
        (make_executor(resources=parse_resources("cpus:0.1;mem:32")), "Executor 'e' uses no disk"),
        (make_executor(type=None), "'ExecutorInfo.type' must be set"),
        (make_executor(command=CommandInfo(value="x")), "must not be set for 'DEFAULT' executor"),
        (make_executor(type=ExecutorType.CUSTOM), "must be set for 'CUSTOM' executor"),
    ],
)
def test_a_group_with_a_wrong_executor_is_refused_whole(
    bench: MasterBench, framework_id: FrameworkId, executor: ExecutorInfo, problem: str
) -> None:
    """Each of its tasks reads why."""
    agent_id = agent_id_of(bench)
    accept(bench, framework_id, group(framework_id, executor, make_task("a", agent_id), make_task("b", agent_id)))

    updates = bench.updates(framework_id)
    assert {"a", "b"} == {one.task_id for one in updates}
    assert {TaskStatusReason.REASON_TASK_GROUP_INVALID} == {one.reason for one in updates}
    assert all(problem in str(one.message) for one in updates)


def test_one_bad_task_spoils_the_group(bench: MasterBench, framework_id: FrameworkId) -> None:
    """No task of it runs, and nothing is held."""
    agent_id = agent_id_of(bench)
    accept(
        bench, framework_id, group(framework_id, make_executor(), make_task("a", agent_id), make_task("a", agent_id))
    )

    assert ["Task 'a' is invalid: Task has duplicate ID: a"] * 2 == [one.message for one in bench.updates(framework_id)]
    assert parse_resources(AGENT) == bench.master.state.allocator.free(agent_id)


def test_a_group_must_fit_as_a_whole(bench: MasterBench, framework_id: FrameworkId) -> None:
    """Three tasks of one cpu fit, four and their executor do not."""
    tasks = [make_task(name, agent_id_of(bench)) for name in "abcd"]
    accept(bench, framework_id, group(framework_id, make_executor(), *tasks))

    assert 4 == len(bench.updates(framework_id))
    assert "required by task group and its executor are more than available" in str(
        bench.updates(framework_id)[0].message
    )


def test_tasks_of_one_call_share_a_shared_volume(bench: MasterBench, framework_id: FrameworkId) -> None:
    """Both run, and it cannot be destroyed while one of them does."""
    agent_id, kept = agent_id_of(bench), volume(100, shared=True)
    accept(
        bench,
        framework_id,
        reserve(reserved("disk:100", "r")),
        create(kept),
        launch(with_volume("a", agent_id, kept), with_volume("b", agent_id, kept)),
        destroy(kept, operation_id="d"),
    )

    assert {"a", "b"} == set(bench.master.state.frameworks[framework_id].tasks)
    assert "Persistent volumes in use: 'v'" in str(statuses(bench, framework_id)[0].message)


def test_a_shared_volume_is_offered_while_a_task_uses_it(bench: MasterBench, framework_id: FrameworkId) -> None:
    """A later call launches a second task on it, and it is free for destruction when both have ended."""
    agent_id, kept = agent_id_of(bench), volume(100, shared=True)
    first, second = with_volume("a", agent_id, kept), with_volume("b", agent_id, kept)
    accept(bench, framework_id, reserve(reserved("disk:100;cpus:2", "r")), create(kept), launch(first))
    bench.pass_time(400 * 86400.0)
    accept(bench, framework_id, launch(second))
    assert {"a", "b"} == set(bench.master.state.frameworks[framework_id].tasks)

    for task in (first, second):
        bench.update(framework_id, task, TaskState.TASK_FINISHED)
    bench.pass_time(400 * 86400.0)
    accept(bench, framework_id, destroy(kept))

    assert Resources((kept,)) not in total(bench)


def test_a_destroyed_shared_volume_leaves_every_offer(bench: MasterBench, framework_id: FrameworkId) -> None:
    """Another framework of the role that was offered it has that offer taken back."""
    kept = volume(100, shared=True)
    accept(bench, framework_id, reserve(reserved("disk:100;cpus:2", "r")), create(kept))
    bench.add_framework(make_framework("g", "r", capabilities=ABLE))
    agent_id = agent_id_of(bench)
    before = [offer for offer in bench.master.state.offers.values() if kept.kind in kinds_of(offer.grant.resources)]
    answer = bench.ask(DestroyVolumes(agent_id=agent_id, volumes=Resources((kept,))))

    assert before
    assert (202, "") == answer
    assert all(kept.kind not in kinds_of(offer.grant.resources) for offer in bench.master.state.offers.values())


def kinds_of(resources: Resources) -> set[Kind]:
    """The kinds among resources."""
    return {item.kind for item in resources}

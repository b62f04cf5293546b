"""What access control lists refuse in the machine: to frameworks, agents and operators."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, launch, make_framework, make_task
from koinon_core import operator_api as api
from koinon_core.agent_link import LINK_VERSION, Refused, Register, Registered
from koinon_core.agents import AgentInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId, StreamId
from koinon_core.maintenance import Schedule
from koinon_core.offers import (
    Create,
    CreateDisk,
    Destroy,
    DestroyDisk,
    GrowVolume,
    LaunchGroup,
    Operation,
    OperationType,
    Reserve,
    ShrinkVolume,
    TaskGroupInfo,
    Unreserve,
)
from koinon_core.operator_api import OperatorWrite
from koinon_core.permissions import ANY, NONE, Acls, Action, Entity, Rule
from koinon_core.quota import QuotaConfig, QuotaRequest, WeightInfo
from koinon_core.resources import (
    Disk,
    DiskSource,
    DiskSourceType,
    Kind,
    Persistence,
    Reservation,
    ReservationType,
    Resource,
    Resources,
)
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Accept, Error, Subscribed
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskState, TaskStatusReason
from koinon_core.visibility import task_user
from koinon_master.access.authorization import find_operation_refusal, find_operator_refusal
from koinon_master.config import MasterConfig
from koinon_master.events import LinkId, RegisterReceived, SubscribeReceived

RESERVED = (Reservation(role="eng/web", type=ReservationType.DYNAMIC, principal="owner"),)
MINE = Resource(Kind(name="cpus", reservations=RESERVED), Scalar.parse("1"))
VOLUME = Resource(
    Kind(name="disk", reservations=RESERVED, disk=Disk(persistence=Persistence(id="v", principal="maker"))),
    Scalar.parse("10"),
)


def raw_disk(kind: DiskSourceType) -> Resource:
    return Resource(
        Kind(name="disk", reservations=RESERVED, disk=Disk(source=DiskSource(type=kind))), Scalar.parse("10")
    )


def only(action: Action, *targets: str) -> Acls:
    """Somebody may do the action to these targets and to nothing else; all other actions are free."""
    somebody = Entity.of("somebody")
    objects = Entity.of_roles(*targets) if action.objects == "roles" else Entity.of(*targets)
    return Acls(rules={action: (Rule(somebody, objects), Rule(somebody, NONE))})


def nobody_may(action: Action) -> Acls:
    return Acls(rules={action: (Rule(ANY, NONE),)})


def bench_with(acls: Acls) -> MasterBench:
    return MasterBench(MasterConfig(registry="in_memory", acls=acls))


def subscribe(bench: MasterBench, info: FrameworkInfo, principal: str | None = "somebody") -> StreamId:
    stream_id = StreamId(f"s{bench.next_serial()}")
    bench.push(SubscribeReceived(stream_id=stream_id, framework_info=info, principal=principal))
    bench.allocate()
    return stream_id


def framework_id_on(bench: MasterBench, stream_id: StreamId) -> FrameworkId:
    return bench.heard(stream_id, Subscribed)[0].framework_id


# Frameworks


def test_framework_is_told_on_its_stream_which_role_is_refused() -> None:
    """All roles must be allowed; the refusal is an ERROR event, and the stream ends (mesos-v1-api 2.1)."""
    bench = bench_with(only(Action.REGISTER_FRAMEWORKS, "web"))
    allowed = subscribe(bench, make_framework("f", "web"))
    refused = subscribe(bench, make_framework("f", "web", "db"))

    assert 1 == len(bench.heard(allowed, Subscribed))
    assert [] == bench.heard(refused, Subscribed)
    assert "'db'" in bench.heard(refused, Error)[0].message
    assert "register_frameworks[1]" in bench.closed[refused]


def test_framework_is_whom_it_proved_to_be() -> None:
    """A principal that the framework does not name is filled in from its proof."""
    bench = bench_with(Acls())
    framework_id = framework_id_on(bench, subscribe(bench, make_framework()))

    assert "somebody" == bench.master.state.frameworks[framework_id].info.principal


def test_principal_that_nobody_had_to_prove_counts_too() -> None:
    """Lists hold without authentication as well: then by what the framework says."""
    bench = bench_with(nobody_may(Action.REGISTER_FRAMEWORKS))
    stream_id = subscribe(bench, evolve(make_framework(), principal="claimed"), principal=None)

    assert "as principal 'claimed'" in bench.heard(stream_id, Error)[0].message


def test_framework_of_somebody_else_is_not_taken_over() -> None:
    """Whoever knows an id but has another principal can't fail over to it."""
    bench = bench_with(Acls())
    stream_id = subscribe(bench, make_framework(failover_timeout=60.0), "owner")
    framework_id = framework_id_on(bench, stream_id)
    thief = subscribe(bench, make_framework(id=framework_id), "thief")

    assert "principal" in bench.heard(thief, Error)[0].message
    assert stream_id == bench.master.state.frameworks[framework_id].stream_id


def test_task_of_a_refused_user_is_an_error_and_the_others_run() -> None:
    """Each task of a LAUNCH is judged by itself (mesos-v1-api 2.5)."""
    bench = bench_with(only(Action.RUN_TASKS, "alice"))
    agent_id = bench.add_agent()
    framework_id = framework_id_on(bench, subscribe(bench, evolve(make_framework(), user="root")))
    offer = bench.offers(framework_id)[0]
    good, bad = (make_task(name, agent_id) for name in ("good", "bad"))
    assert good.command is not None
    good = evolve(good, command=evolve(good.command, user="alice"))

    bench.accept(framework_id, [offer.id], good, bad)

    (status,) = bench.updates(framework_id)
    assert ("bad", TaskState.TASK_ERROR) == (status.task_id, status.state)
    assert TaskStatusReason.REASON_TASK_UNAUTHORIZED is status.reason
    assert "'root'" in (status.message or "")
    assert ["good"] == list(bench.master.state.frameworks[framework_id].tasks)


def test_one_refused_task_refuses_its_group() -> None:
    """A group runs whole or not at all."""
    bench = bench_with(only(Action.RUN_TASKS, "alice"))
    agent_id = bench.add_agent("cpus:4;mem:4096;disk:100")
    framework_id = framework_id_on(bench, subscribe(bench, evolve(make_framework(), user="root")))
    tasks = tuple(make_task(name, agent_id) for name in ("a", "b"))
    assert tasks[0].command is not None
    tasks = (evolve(tasks[0], command=evolve(tasks[0].command, user="alice")), tasks[1])
    executor = ExecutorInfo(
        executor_id="e",  # type: ignore[arg-type]  # an id as good as any
        type=ExecutorType.DEFAULT,
        framework_id=framework_id,
        resources=parse_resources("cpus:0.1;mem:32;disk:1"),
    )
    group = LaunchGroup(executor=executor, task_group=TaskGroupInfo(tasks))
    operation = Operation(type=OperationType.LAUNCH_GROUP, launch_group=group)

    bench.call(framework_id, Accept(offer_ids=(bench.offers(framework_id)[0].id,), operations=(operation,)))

    told = bench.updates(framework_id)
    assert ["a", "b"] == [status.task_id for status in told]
    assert {TaskStatusReason.REASON_TASK_GROUP_UNAUTHORIZED} == {status.reason for status in told}


def test_user_of_a_task_is_its_commands_else_its_executors_else_its_frameworks() -> None:
    """In this order (mesos-semantics 11)."""
    framework = evolve(make_framework(), user="f")
    task = make_task("t", AgentId("a"))
    assert task.command is not None
    of_command = evolve(task, command=evolve(task.command, user="c"))
    executor = ExecutorInfo(executor_id="e", command=evolve(task.command, user="e"))  # type: ignore[arg-type]
    of_executor = evolve(task, command=None, executor=executor)

    assert ("f", "c", "e") == tuple(task_user(framework, one) for one in (task, of_command, of_executor))


# Operations on resources

OPERATIONS: list[tuple[Operation, Action, str]] = [
    (
        Operation(type=OperationType.RESERVE, reserve=Reserve(resources=Resources((MINE,)))),
        Action.RESERVE_RESOURCES,
        "eng/web",
    ),
    (
        Operation(type=OperationType.UNRESERVE, unreserve=Unreserve(Resources((MINE,)))),
        Action.UNRESERVE_RESOURCES,
        "owner",
    ),
    (Operation(type=OperationType.CREATE, create=Create(Resources((VOLUME,)))), Action.CREATE_VOLUMES, "eng/web"),
    (Operation(type=OperationType.DESTROY, destroy=Destroy(Resources((VOLUME,)))), Action.DESTROY_VOLUMES, "maker"),
    (
        Operation(type=OperationType.GROW_VOLUME, grow_volume=GrowVolume(volume=VOLUME, addition=MINE)),
        Action.RESIZE_VOLUMES,
        "eng/web",
    ),
    (
        Operation(
            type=OperationType.SHRINK_VOLUME, shrink_volume=ShrinkVolume(volume=VOLUME, subtract=Scalar.parse("1"))
        ),
        Action.RESIZE_VOLUMES,
        "eng/web",
    ),
    *(
        (
            Operation(
                type=OperationType.CREATE_DISK,
                create_disk=CreateDisk(source=raw_disk(DiskSourceType.RAW), target_type=kind),
            ),
            action,
            "eng/web",
        )
        for kind, action in (
            (DiskSourceType.BLOCK, Action.CREATE_BLOCK_DISKS),
            (DiskSourceType.MOUNT, Action.CREATE_MOUNT_DISKS),
        )
    ),
    *(
        (
            Operation(type=OperationType.DESTROY_DISK, destroy_disk=DestroyDisk(raw_disk(kind))),
            action,
            "eng/web",
        )
        for kind, action in (
            (DiskSourceType.BLOCK, Action.DESTROY_BLOCK_DISKS),
            (DiskSourceType.MOUNT, Action.DESTROY_MOUNT_DISKS),
            (DiskSourceType.RAW, Action.DESTROY_RAW_DISKS),
        )
    ),
]


@pytest.mark.parametrize(("operation", "action", "target"), OPERATIONS, ids=lambda value: getattr(value, "name", None))
def test_operation_is_asked_about_by_its_own_action(operation: Operation, action: Action, target: str) -> None:
    """By the role it is done for, or by whoever made what it undoes."""
    refusal = find_operation_refusal(only(action, "other"), "somebody", operation) or ""

    assert f"'{target}'" in refusal
    assert find_operation_refusal(only(action, target), "somebody", operation) is None
    assert find_operation_refusal(only(action, "other"), "else", operation) is None


def test_changing_a_reservation_is_giving_it_up_too() -> None:
    """Whoever may not unreserve what is somebody else's can't reserve it for another role either."""
    operation = Operation(
        type=OperationType.RESERVE, reserve=Reserve(resources=Resources((MINE,)), source=Resources((MINE,)))
    )

    assert "unreserve resources" in (
        find_operation_refusal(nobody_may(Action.UNRESERVE_RESOURCES), "somebody", operation) or ""
    )


def test_launches_are_asked_about_task_by_task() -> None:
    """Not as operations."""
    everything_refused = Acls(is_permissive=False)

    assert find_operation_refusal(everything_refused, "somebody", launch()) is None


# Agents


def test_agent_that_may_not_register_is_refused_and_may_try_again() -> None:
    """A mistake in the lists ends nobody's tasks."""
    bench = bench_with(only(Action.REGISTER_AGENTS))
    info = AgentInfo(hostname="h", port=5051, resources=parse_resources("cpus:1"))
    register = Register(version=LINK_VERSION, agent_info=info, ip="127.0.0.1", agent_version="1.11.0")

    bench.push(RegisterReceived(link_id=LinkId(1), register=register, principal="somebody"))
    bench.push(RegisterReceived(link_id=LinkId(2), register=register, principal="else"))

    (refused,) = bench.orders[LinkId(1)]
    assert isinstance(refused, Refused)
    assert not refused.is_final
    assert "to register agents" in refused.reason
    assert any(isinstance(message, Registered) for message in bench.orders[LinkId(2)])


# Operators

AGENT = AgentId("a")
WRITES: list[tuple[OperatorWrite, Action, str | None]] = [
    (api.DrainAgent(agent_id=AGENT), Action.DRAIN_AGENTS, None),
    (api.DeactivateAgent(AGENT), Action.DEACTIVATE_AGENTS, None),
    (api.ReactivateAgent(AGENT), Action.REACTIVATE_AGENTS, None),
    (api.MarkAgentGone(AGENT), Action.MARK_AGENTS_GONE, None),
    (api.UpdateMaintenanceSchedule(Schedule()), Action.UPDATE_MAINTENANCE_SCHEDULES, None),
    (api.StartMaintenance(), Action.START_MAINTENANCES, None),
    (api.StopMaintenance(), Action.STOP_MAINTENANCES, None),
    (api.UpdateWeights((WeightInfo(2.0, "eng"),)), Action.UPDATE_WEIGHTS, "eng"),
    (api.UpdateQuota(quota_configs=(QuotaConfig(role="eng"),)), Action.UPDATE_QUOTAS, "eng"),
    (api.SetQuota(QuotaRequest(role="eng")), Action.UPDATE_QUOTAS, "eng"),
    (api.RemoveQuota("eng"), Action.UPDATE_QUOTAS, "eng"),
    (
        api.ReserveResources(agent_id=AGENT, resources=Resources((MINE,))),
        Action.RESERVE_RESOURCES,
        "eng/web",
    ),
    (
        api.UnreserveResources(agent_id=AGENT, resources=Resources((MINE,))),
        Action.UNRESERVE_RESOURCES,
        "owner",
    ),
    (api.CreateVolumes(agent_id=AGENT, volumes=Resources((VOLUME,))), Action.CREATE_VOLUMES, "eng/web"),
    (api.DestroyVolumes(agent_id=AGENT, volumes=Resources((VOLUME,))), Action.DESTROY_VOLUMES, "maker"),
    (api.GrowVolume(volume=VOLUME, addition=MINE), Action.RESIZE_VOLUMES, "eng/web"),
    (api.ShrinkVolume(volume=VOLUME, subtract=Scalar.parse("1")), Action.RESIZE_VOLUMES, "eng/web"),
]


@pytest.mark.parametrize(("body", "action", "target"), WRITES, ids=lambda value: type(value).__name__)
def test_operators_change_is_asked_about_by_its_own_action(
    body: OperatorWrite, action: Action, target: str | None
) -> None:
    """And nothing has changed when it is refused."""
    refusing = only(action, "other") if target is not None else nobody_may(action)
    state = bench_with(refusing).master.state
    refusal = find_operator_refusal(state, "somebody", body) or ""

    assert action.value.replace("_", " ") in refusal
    assert target is None or f"'{target}'" in refusal
    assert find_operator_refusal(bench_with(only(Action.VIEW_ROLES, "x")).master.state, "somebody", body) is None


def test_every_change_is_ruled_by_some_action() -> None:
    """With everything refused no operator's change goes through."""
    bench = bench_with(Acls(is_permissive=False, rules={Action.REGISTER_FRAMEWORKS: (Rule(ANY, ANY),)}))
    framework_id = framework_id_on(bench, subscribe(bench, make_framework()))
    bodies = [*(body for body, _, _ in WRITES), api.TeardownFramework(framework_id)]
    state = bench.master.state
    open_doors = [type(body).__name__ for body in bodies if find_operator_refusal(state, "ops", body) is None]

    assert set(api.OperatorWrite.__args__) == {type(body) for body in bodies}
    assert [] == open_doors


def test_teardown_is_asked_about_by_the_frameworks_principal() -> None:
    """One may end the frameworks of some principals, not of others; a refused one lives on."""
    bench = bench_with(only(Action.TEARDOWN_FRAMEWORKS, "mine"))
    mine = framework_id_on(bench, subscribe(bench, make_framework(), "mine"))
    other = framework_id_on(bench, subscribe(bench, make_framework(), "other"))

    refused = bench.ask(api.TeardownFramework(other), "somebody") or (0, "")
    done = bench.ask(api.TeardownFramework(mine), "somebody") or (0, "")

    assert (403, 200) == (refused[0], done[0])
    assert "(framework principals: 'other')" in refused[1]
    assert [other] == list(bench.master.state.frameworks)

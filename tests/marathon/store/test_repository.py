"""Marathon's records in a store: what goes in comes out, what can't be read stops the start."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import attrs
import pytest

from koinon_core.attributes import Attribute
from koinon_core.containers import IpAddress
from koinon_core.ids import AgentId, FrameworkId, TaskId
from koinon_core.ranges import Ranges
from koinon_core.scalars import Scalar
from koinon_core.tasks import CheckStatusHttp, CheckStatusInfo, CheckType, TaskState
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_frameworks.matching.placement import Placement
from koinon_marathon.changes.root_versions import RootRecord, RootVersions
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.groups import Group, put_spec
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.deployment.plan import Action, ActionType, DeploymentId, DeploymentPlan, DeploymentProgress, Step
from koinon_marathon.errors import StorageTooNew, UnreadableRecord
from koinon_marathon.instance.instances import Condition, Goal, Instance, InstanceId, Task, TaskFailure
from koinon_marathon.instructions import (
    AppKey,
    FrameworkKey,
    FrameworkRecord,
    InstanceKey,
    Record,
    RecordKey,
    record_key,
)
from koinon_marathon.store.repository import Repository, merge_records
from koinon_zk import Fenced, MemoryRecords, MemoryStore, Operation, Put

MakeApp = Callable[..., App]


def make_instance(app: App, **fields: Any) -> Instance:
    """A running instance with everything said."""
    task = Task(
        id=TaskId("web.instance-1._app.2"),
        agent_id=AgentId("agent-1"),
        placement=Placement(
            hostname="host-1",
            attributes=(
                Attribute("rack", "r1"),
                Attribute("disks", Scalar.of(2.5)),
                Attribute("tags", frozenset({"a", "b"})),
                Attribute("ports", Ranges.parse("[1-2]")),
            ),
            zone="z1",
        ),
        host_ports=(31000, 31001),
        staged_at=1_600_000_000.25,
        started_at=1_600_000_001.5,
        state=TaskState.TASK_RUNNING,
        healthy=True,
        container_ports=(80, 4711),
        check_result=CheckStatusInfo(type=CheckType.HTTP, http=CheckStatusHttp(503)),
        ip_addresses=(IpAddress(ip_address="10.0.0.1"),),
    )
    instance = Instance(
        id=InstanceId("web.instance-1"),
        spec_id=app.id,
        version=app.version,
        config_version=app.version_info.last_config_change_at,
        role="dev",
        goal=Goal.DECOMMISSIONED,
        condition=Condition.KILLING,
        since=1_600_000_002.0,
        attempt=2,
        tasks=(task,),
    )
    return attrs.evolve(instance, **fields)


def keyed(*records: Record) -> dict[RecordKey, Record]:
    """The records under their keys."""
    return {record_key(record): record for record in records}


def root_record(root: Group) -> RootRecord:
    """A tree's first version."""
    return RootVersions(50).add(root).record


def make_root(now: datetime, *apps: App) -> Group:
    """A tree of these apps, with one group that says more of itself."""
    root = Group(
        version=now,
        groups={PathId("/dev"): Group(id=PathId("/dev"), version=now, enforce_role=True, dependencies=(PathId("/a"),))},
    )
    for app in apps:
        root = put_spec(root, app)
    return root


async def test_every_record_comes_back_as_it_was(make_app: MakeApp, now: datetime) -> None:
    """Apps with versions, the tree, instances, deployments, failures and the framework id survive."""
    app = make_app("/shop/web", cmd="x", constraints=(Constraint("rack", Operator.GROUP_BY, "3"),), env={"A": "b"})
    instance = make_instance(app)
    plan = DeploymentPlan(
        id=DeploymentId("d-1"),
        version=now,
        original={},
        target={app.id: app},
        steps=(Step((Action(type=ActionType.SCALE, spec_id=app.id, sentenced=(instance.id,)),)),),
    )
    failure = TaskFailure(
        spec_id=app.id, task_id=TaskId("t"), state=TaskState.TASK_FAILED, message="exit 1", host="host-1",
        agent_id=None, version=now, at=1_600_000_000.5,
    )  # fmt: skip
    root = make_root(now, app)
    shared = MemoryRecords()
    progress = DeploymentProgress(plan.id, 2)
    records = keyed(app, instance, plan, progress, failure, root_record(root), FrameworkRecord(FrameworkId("f-1")))
    await Repository(MemoryStore(shared)).write(records, ())

    restored = await Repository(MemoryStore(shared)).restore()

    assert root == restored.history.current
    assert {app.id: (app,)} == restored.versions
    assert (instance,) == restored.instances
    assert (plan,) == restored.deployments
    assert (progress,) == restored.progress
    assert (failure,) == restored.failures
    assert FrameworkId("f-1") == restored.framework_id


async def test_waiting_instances_come_back(make_app: MakeApp) -> None:
    """An instance without a task is as durable as one with."""
    instance = make_instance(make_app(), tasks=(), goal=Goal.RUNNING, condition=Condition.SCHEDULED)
    store = MemoryStore()
    await Repository(store).write(keyed(instance), ())

    assert (instance,) == (await Repository(store).restore()).instances


async def test_an_empty_store_is_nothing_and_gets_its_version() -> None:
    """The first leader finds no tree, and leaves a mark for those after it."""
    store = MemoryStore()

    assert (await Repository(store).restore()).history.current is None
    record = await store.get("storage-version")
    assert record is not None
    assert b'{"version":2}' == record.value


async def test_deleted_records_are_gone(make_app: MakeApp) -> None:
    """A delete takes the record away; one of what was never there does no harm."""
    instance, store = make_instance(make_app()), MemoryStore()
    await Repository(store).write(keyed(instance), ())
    await Repository(store).write({}, [InstanceKey(instance.id), FrameworkKey()])

    assert () == (await Repository(store).restore()).instances


async def test_a_newer_store_is_refused() -> None:
    """Going on would lose what this version does not know."""
    store = MemoryStore()
    await store.write([Put("storage-version", b'{"version":3}')])

    with pytest.raises(StorageTooNew, match="version 3"):
        await Repository(store).restore()


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("instances/x", b"{", "instances/x"),
        ("instances/x", b'{"id": "x"}', "spec_id"),
        ("instances/x", b"[]", "instances/x"),
        ("apps/web/1", b'{"id": "/web"}', "version"),
        ("deployments/d", b'{"id": "d"}', "$.version"),
        ("pods/p", b"{}", "pods/p"),
        ("storage-version", b"{}", "storage-version"),
    ],
)
async def test_unreadable_records_stop_the_start(key: str, value: bytes, told: str) -> None:
    """The error names the record and, where there is one, the field."""
    store = MemoryStore()
    await store.write([Put(key, value)])

    with pytest.raises(UnreadableRecord) as caught:
        await Repository(store).restore()
    assert key == caught.value.key
    assert told in str(caught.value)


async def test_a_tree_that_names_a_lost_app_stops_the_start(make_app: MakeApp, now: datetime) -> None:
    """A body that is missing is not silently left out."""
    app, store = make_app("/web"), MemoryStore()
    await Repository(store).write(keyed(root_record(make_root(now, app))), ())

    with pytest.raises(UnreadableRecord, match="/web"):
        await Repository(store).restore()


async def test_an_older_leader_can_write_no_more(make_app: MakeApp) -> None:
    """Taking over shuts out whoever led before."""
    shared = MemoryRecords()
    old, new = Repository(MemoryStore(shared)), Repository(MemoryStore(shared))
    await old.take_over(1)
    await new.take_over(2)

    with pytest.raises(Fenced):
        await old.write(keyed(make_app()), ())


async def test_a_large_change_goes_out_in_parts_and_what_names_the_rest_comes_last(
    make_app: MakeApp, now: datetime
) -> None:
    """More records than one transaction takes: the tree is in a part of its own after them."""
    parts: list[list[str]] = []

    class Watched(MemoryStore):
        async def write(self, operations: Sequence[Operation]) -> list[int]:
            parts.append([operation.key for operation in operations])
            return await super().write(operations)

    app = make_app("/web")
    instances = [make_instance(app, id=InstanceId(f"web.instance-{n}"), tasks=()) for n in range(1500)]
    await Repository(Watched()).write(keyed(root_record(make_root(now, app)), app, *instances), ())

    assert [1000, 501, 1] == [len(part) for part in parts]
    assert parts[-1][-1].startswith("roots/")


def test_the_last_word_on_a_record_counts(make_app: MakeApp) -> None:
    """Merged changes write each key once."""
    app, instance = make_app(), make_instance(make_app())
    changes: dict[RecordKey, Record | None] = {}
    merge_records([app, instance], [], changes)
    merge_records([attrs.evolve(instance, attempt=3)], [AppKey(app.id, app.version)], changes)

    assert {
        InstanceKey(instance.id): attrs.evolve(instance, attempt=3),
        AppKey(app.id, app.version): None,
    } == changes

"""Stores that older Marathons wrote: read, rewritten once, and never half (marathon-semantics 23)."""

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from koinon_marathon.definition.groups import all_apps
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.errors import UnreadableRecord
from koinon_marathon.store.migrations import migrate
from koinon_marathon.store.repository import Repository
from koinon_zk import MemoryRecords, MemoryStore, Operation, Put, StoreUnavailable

OLD = orjson.loads((Path(__file__).parent / "storage_version_1.json").read_bytes())
"""A store as a Marathon of storage version 1 wrote it: an app, two instances, a deployment, a failure."""


async def old_store() -> MemoryRecords:
    """That store."""
    shared = MemoryRecords()
    await MemoryStore(shared).write([Put(key, orjson.dumps(value)) for key, value in OLD.items()])
    return shared


async def test_a_store_of_version_1_is_read() -> None:
    """Nothing is lost: tasks, actions and failures are there under their new names."""
    restored = await Repository(MemoryStore(await old_store())).restore()
    running, waiting = sorted(restored.instances, key=lambda instance: instance.id)
    (plan,), (failure,) = restored.deployments, restored.failures

    assert (PathId("/shop/web"),) * 2 == (running.spec_id, waiting.spec_id)
    assert (["web.instance-1._app.2"], []) == ([task.id for task in running.tasks], list(waiting.tasks))
    assert (31000, 31001) == running.tasks[0].host_ports
    assert PathId("/shop/web") == plan.steps[0].actions[0].spec_id == failure.spec_id
    assert [PathId("/shop/web")] == list(restored.versions)
    assert restored.history.current is not None
    assert [PathId("/shop/web")] == list(all_apps(restored.history.current))


async def test_it_is_rewritten_once() -> None:
    """The next leader finds our form and its version, and changes nothing."""
    shared = await old_store()
    await Repository(MemoryStore(shared)).restore()
    version = orjson.loads(shared.records["storage-version"].value)
    untouched = {key: record.version for key, record in shared.records.items()}
    await Repository(MemoryStore(shared)).restore()

    assert {"version": 2} == version
    assert untouched == {key: record.version for key, record in shared.records.items()}
    assert "root" not in untouched


async def test_a_migration_that_broke_off_is_begun_anew() -> None:
    """The version goes last: whoever comes next finds some records in either form."""

    class Dying(MemoryStore):
        async def write(self, operations: Sequence[Operation]) -> list[int]:
            await super().write(operations[:2])
            raise StoreUnavailable("/state", "gone")

    shared = await old_store()
    with pytest.raises(StoreUnavailable):
        await Repository(Dying(shared)).restore()
    half = orjson.loads(shared.records["storage-version"].value)
    restored = await Repository(MemoryStore(shared)).restore()

    assert {"version": 1} == half
    assert 2 == len(restored.instances)


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"steps": 1}'])
def test_what_cannot_be_migrated_is_named(data: bytes) -> None:
    """As everywhere: the record's key, and nothing is skipped."""
    with pytest.raises(UnreadableRecord, match="stored record deployments/d can't be read: it can't be migrated"):
        migrate({"deployments/d": data}, 1)

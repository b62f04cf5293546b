"""Marathon's records over a Store: their keys, the one write that makes a change durable, and reading all of them back.

    storage-version | framework-id | roots/<version> | apps/<safe id>/<version> | pods/<safe id>/<version>
    instances/<id> | deployments/<id> | progress/<deployment id> | failures/<safe id>

What a record looks like inside is `record_codec`; when one is written is the machine's decision. An unreadable record
stops the start and names its key: nothing is skipped.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import orjson
import structlog

from koinon_zk import ABSENT, Delete, Operation, Put, Store
from koinon_zk import Record as Stored

from ..changes.root_versions import RootHistory, replay
from ..definition.path_ids import PathId, safe_name
from ..definition.run_specs import RunSpec
from ..errors import BrokenRootHistory, StorageTooNew, UnreadableRecord
from ..events import Restored
from ..instructions import (
    AppKey,
    DeploymentKey,
    FailureKey,
    FrameworkKey,
    InstanceKey,
    PodKey,
    ProgressKey,
    Record,
    RecordKey,
    RootKey,
    record_key,
)
from ..timestamps import format_timestamp
from .backups import Errand, leave_errand, run_errands
from .migrations import STORAGE_VERSION, migrate
from .record_codec import (
    dump_record,
    load_deployment,
    load_failure,
    load_framework,
    load_instance,
    load_progress,
    load_root,
    load_stored_app,
    load_stored_pod,
)

VERSION_KEY: Final = "storage-version"
FRAMEWORK_KEY: Final = "framework-id"
ROOTS: Final = "roots"
MAX_OPERATIONS: Final = 1000
"""Of one atomic write; a change with more goes out in several: see `split_change`."""

_LATER = (DeploymentKey, FrameworkKey, RootKey)
"""Records that make others count: an instance without its app in the tree is merely cleaned up."""

T = TypeVar("T")
_logger = structlog.get_logger(__name__)


class Repository:
    """All that Marathon must find again after a failover."""

    def __init__(self, store: Store) -> None:
        """`store` holds nothing but these records."""
        self._store = store

    async def take_over(self, epoch: int) -> None:
        """Shut out every leader before us. Raises Fenced when a later one came first, StoreUnavailable."""
        await self._store.fence(epoch)

    async def run_errands(self, backup_location: Path | None) -> None:
        """What is to be done before anything is read: see `backups.run_errands`."""
        await run_errands(self._store, backup_location)

    async def leave_errand(self, errand: Errand) -> None:
        """Leave word for the next leader. Raises Fenced, StoreUnavailable."""
        await leave_errand(self._store, errand)

    async def restore(self) -> Restored:
        """Read everything. Raises StorageTooNew, UnreadableRecord, CorruptRecord, StoreUnavailable."""
        records = await self._store.get_all()
        version = await self._check_version(records.pop(VERSION_KEY, None))
        values = {key: record.value for key, record in records.items()}
        if version < STORAGE_VERSION:
            values = await self._migrate(values, version)
        restored = _restored(values)
        _logger.info(
            "restored",
            apps=len(restored.versions),
            instances=len(restored.instances),
            deployments=len(restored.deployments),
            framework_id=restored.framework_id,
        )
        return restored

    async def write(self, puts: Mapping[RecordKey, Record], deletes: Iterable[RecordKey]) -> None:
        """Make a change durable. Writing the same again is harmless. Raises Fenced, StoreUnavailable."""
        for chunk in split_change(puts.values(), deletes):
            await self._store.write([_operation(each) for each in chunk])

    async def _check_version(self, found: Stored | None) -> int:
        if found is None:
            await self._store.write([Put(VERSION_KEY, orjson.dumps({"version": STORAGE_VERSION}), ABSENT)])
            return STORAGE_VERSION
        version = _read_version(found)
        if version > STORAGE_VERSION:
            raise StorageTooNew(version, STORAGE_VERSION)
        return version

    async def _migrate(self, values: Mapping[str, bytes], version: int) -> dict[str, bytes]:
        """Write an older store in our form, its version last; all records as they are then."""
        changed = migrate(values, version)
        operations = [Delete(key) if data is None else Put(key, data) for key, data in changed.items()]
        for chunk in _chunks([*operations, Put(VERSION_KEY, orjson.dumps({"version": STORAGE_VERSION}))]):
            await self._store.write(chunk)
        _logger.info("storage_migrated", found=version, version=STORAGE_VERSION, records=len(changed))
        return {key: data for key, data in {**values, **changed}.items() if data is not None}


def split_change(
    puts: Iterable[Record], deletes: Iterable[RecordKey], limit: int = MAX_OPERATIONS
) -> list[list[Record | RecordKey]]:
    """The atomic writes that a change goes out in, one if it can be: records to put, keys to delete.

    Who finds only the first of several must find what is as good as nothing: a tree and the deployment that brings it
    about come together, after all that they name and before anything goes.
    """
    made = list(puts)
    earlier: list[Record | RecordKey] = [record for record in made if not isinstance(record_key(record), _LATER)]
    later: list[Record | RecordKey] = [record for record in made if isinstance(record_key(record), _LATER)]
    deleted: list[Record | RecordKey] = list(deletes)
    if len(made) + len(deleted) <= limit:
        return [[*earlier, *later, *deleted]]
    return [*_chunks(earlier, limit), *([later] if later else []), *_chunks(deleted, limit)]


def store_key(key: RecordKey) -> str:
    """Where a record lies in the store."""
    match key:
        case AppKey(path, version):
            return f"apps/{safe_name(path)}/{format_timestamp(version)}"
        case PodKey(path, version):
            return f"pods/{safe_name(path)}/{format_timestamp(version)}"
        case InstanceKey(instance_id):
            return f"instances/{instance_id}"
        case DeploymentKey(deployment_id):
            return f"deployments/{deployment_id}"
        case ProgressKey(deployment_id):
            return f"progress/{deployment_id}"
        case FailureKey(path):
            return f"failures/{safe_name(path)}"
        case RootKey(version):
            return f"{ROOTS}/{format_timestamp(version)}"
        case FrameworkKey():
            return FRAMEWORK_KEY


def merge_records(puts: Sequence[Record], deletes: Sequence[RecordKey], into: dict[RecordKey, Record | None]) -> None:
    """Lay one change over what is to be written: the later word on a key wins, None stands for its removal."""
    for record in puts:
        key = record_key(record)
        into.pop(key, None)
        into[key] = record
    for key in deletes:
        into.pop(key, None)
        into[key] = None


def _operation(change: Record | RecordKey) -> Operation:
    if isinstance(change, RecordKey):
        return Delete(store_key(change))
    return Put(store_key(record_key(change)), dump_record(change))


def _chunks(parts: list[T], limit: int = MAX_OPERATIONS) -> Iterable[list[T]]:
    for start in range(0, len(parts), limit):
        yield parts[start : start + limit]


def _read_version(record: Stored) -> int:
    try:
        version = orjson.loads(record.value)["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableRecord(record.key, f"no storage version: {error}") from error
    if not isinstance(version, int) or version < 1:
        raise UnreadableRecord(record.key, f"{version!r} is no storage version")
    return version


def _restored(values: Mapping[str, bytes]) -> Restored:
    kinds: dict[str, dict[str, bytes]] = defaultdict(dict)
    for key, value in values.items():
        kinds[key.partition("/")[0]][key] = value
    versions: dict[PathId, list[RunSpec]] = defaultdict(list)
    for app in _load_all(kinds.pop("apps", {}), load_stored_app):
        versions[app.id].append(app)
    for pod in _load_all(kinds.pop("pods", {}), load_stored_pod):
        versions[pod.id].append(pod)
    framework = _load_all(kinds.pop(FRAMEWORK_KEY, {}), load_framework)
    restored = Restored(
        history=_restore_history(kinds.pop(ROOTS, {}), versions),
        versions={path: tuple(specs) for path, specs in versions.items()},
        instances=_load_all(kinds.pop("instances", {}), load_instance),
        deployments=_load_all(kinds.pop("deployments", {}), load_deployment),
        progress=_load_all(kinds.pop("progress", {}), load_progress),
        failures=_load_all(kinds.pop("failures", {}), load_failure),
        framework_id=framework[0].framework_id if framework else None,
    )
    for unknown in kinds.values():
        raise UnreadableRecord(next(iter(unknown)), "no record of this version has such a key")
    return restored


def _load_all(records: Mapping[str, bytes], load: Callable[[str, bytes], T]) -> tuple[T, ...]:
    return tuple(load(key, data) for key, data in records.items())


def _restore_history(records: Mapping[str, bytes], versions: Mapping[PathId, Sequence[RunSpec]]) -> RootHistory:
    bodies = {(spec.id, spec.version): spec for specs in versions.values() for spec in specs}

    def find_spec(path: PathId, version: datetime) -> RunSpec:
        spec = bodies.get((path, version))
        if spec is None:
            raise UnreadableRecord(ROOTS, f"they name {path} at {format_timestamp(version)}, which is not stored")
        return spec

    try:
        return replay(_load_all(records, load_root), find_spec)
    except BrokenRootHistory as error:
        raise UnreadableRecord(store_key(RootKey(error.version)), error.why) from error

"""The whole store as one tar file, and back: what `--backup_location` and `DELETE /v2/leader` ask for (semantics 23).

A member a record, named by its key, with the value as it is. Both is done by a leader who has just taken the store
over, before anybody reads it: nothing is written meanwhile. A file is written beside its place and then put there,
so that what has the name of a backup is a whole one.
"""

import asyncio
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

import attrs
import orjson
import structlog

from koinon_zk import Delete, InvalidKey, Operation, Put, Store
from koinon_zk.paths import check_key

from ..errors import BackupFailed, UnreadableRecord

ERRAND_KEY = "runtime-configuration"
"""Where a leader that goes leaves word for the next one; it is no part of a backup."""
RECORDS_AT_ONCE = 200
BYTES_AT_ONCE = 500_000
"""Of one write of a restoration."""
_logger = structlog.get_logger(__name__)
_NEEDED = "storage-version"
"""What every store of ours holds: a file without it is no backup of one."""


@attrs.frozen
class Errand:
    """What the next leader shall do before it begins: back up first, then restore."""

    backup: Path | None = None
    restore: Path | None = None


async def leave_errand(store: Store, errand: Errand) -> None:
    """Leave word for the next leader. Raises as `Store.write` does."""
    places = {"backup": errand.backup, "restore": errand.restore}
    value = orjson.dumps({name: None if path is None else str(path) for name, path in places.items()})
    await store.write([Put(ERRAND_KEY, value)])


async def run_errands(store: Store, location: Path | None) -> None:
    """Write the backup that `--backup_location` asks for, then do what the leader before us left word of.

    What was asked for once and fails is told to the log and not tried again; the store stays as it is, and without its
    backup nothing is restored. A restoration that breaks off is begun anew by whoever comes next. Raises BackupFailed
    for `location`, UnreadableRecord, CorruptRecord, Fenced, StoreUnavailable.
    """
    found = {key: record.value for key, record in (await store.get_all()).items()}
    errand = _read_errand(found.pop(ERRAND_KEY, None))
    if location is not None and found:
        await asyncio.to_thread(write_backup, location, found, overwrites=True)
        _logger.info("backup_written", path=str(location), records=len(found))
    if errand is None:
        return
    try:
        await _run_errand(store, errand, found)
    except BackupFailed as error:
        _logger.error("errand_failed", error=str(error), backup=str(errand.backup), restore=str(errand.restore))
    await store.write([Delete(ERRAND_KEY)])


async def _run_errand(store: Store, errand: Errand, found: Mapping[str, bytes]) -> None:
    wanted = None if errand.restore is None else await asyncio.to_thread(read_backup, errand.restore)
    if errand.backup is not None:
        await asyncio.to_thread(write_backup, errand.backup, found, overwrites=False)
        _logger.info("backup_written", path=str(errand.backup), records=len(found))
        await leave_errand(store, Errand(restore=errand.restore))
    if wanted is not None:
        await replace_records(store, wanted)
        _logger.info("backup_restored", path=str(errand.restore), records=len(wanted))


def _read_errand(value: bytes | None) -> Errand | None:
    if value is None:
        return None
    try:
        found = orjson.loads(value)
        places = [None if found[name] is None else Path(found[name]) for name in ("backup", "restore")]
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableRecord(ERRAND_KEY, f"it is no errand: {error}") from error
    return Errand(*places)


def write_backup(path: Path, records: Mapping[str, bytes], *, overwrites: bool) -> None:
    """Write the file, to the disk. Raises BackupFailed."""
    if path.exists() and not overwrites:
        raise BackupFailed(path, "there is a file of that name already")
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            unfinished = Path(file.name)
            try:
                with tarfile.open(fileobj=file, mode="w") as archive:
                    for key, value in sorted(records.items()):
                        member = tarfile.TarInfo(key)
                        member.size, member.mode = len(value), 0o600
                        archive.addfile(member, io.BytesIO(value))
                file.flush()
                os.fsync(file.fileno())
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise BackupFailed(path, error.strerror or str(error)) from error


def read_backup(path: Path) -> dict[str, bytes]:
    """Everything in the file; nothing where a part of it can't be read. Raises BackupFailed."""
    records: dict[str, bytes] = {}
    try:
        with tarfile.open(path, mode="r:*") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is None:
                    raise BackupFailed(path, f"{member.name} is no record")
                check_key(member.name)
                records[member.name] = content.read()
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BackupFailed(path, str(error) or type(error).__name__) from error
    except InvalidKey as error:
        raise BackupFailed(path, str(error)) from error
    if _NEEDED not in records:
        raise BackupFailed(path, f"it holds no {_NEEDED}: it is no backup of a Marathon's store")
    return records


async def replace_records(store: Store, records: Mapping[str, bytes]) -> None:
    """Make these all that the store holds. Broken off half-way it must be begun anew. Raises as `Store.write` does."""
    gone = [Delete(key) for key in await store.list() if key not in records and key != ERRAND_KEY]
    puts = [Put(key, value) for key, value in sorted(records.items())]
    for part in _parts([*gone, *puts]):
        await store.write(part)


def _parts(operations: list[Operation]) -> Iterator[list[Operation]]:
    part: list[Operation] = []
    size = 0
    for operation in operations:
        length = len(operation.value) if isinstance(operation, Put) else 0
        if part and (len(part) >= RECORDS_AT_ONCE or size + length > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(operation)
        size += length
    if part:
        yield part

"""Backups: a whole store in a file and back, by the word that one leader leaves the next (marathon-semantics 23)."""

import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from koinon_marathon.errors import BackupFailed
from koinon_marathon.store.backups import Errand, leave_errand, read_backup, run_errands, write_backup
from koinon_zk import MemoryRecords, MemoryStore, Operation, Put, StoreUnavailable

OLD = {"storage-version": b'{"version":1}', "apps/web/2020": b"web" * 1000, "root": b"\x00\xff"}
NEW = {"storage-version": b'{"version":2}', "root": b"new", "instances/a": b"1"}


async def store_of(records: dict[str, bytes]) -> MemoryRecords:
    """A store that holds these."""
    shared = MemoryRecords()
    await MemoryStore(shared).write([Put(key, value) for key, value in records.items()])
    return shared


def values(shared: MemoryRecords) -> dict[str, bytes]:
    """What a store holds."""
    return {key: record.value for key, record in shared.records.items()}


async def test_a_backup_brings_everything_back(tmp_path: Path) -> None:
    """One leader is asked for a backup, a later one, of another store, to restore it: nothing else is left there."""
    file = tmp_path / "b.tar"
    first, second = await store_of(OLD), await store_of(NEW)
    await leave_errand(MemoryStore(first), Errand(backup=file))
    await run_errands(MemoryStore(first), None)
    await leave_errand(MemoryStore(second), Errand(restore=file, backup=tmp_path / "new.tar"))
    await run_errands(MemoryStore(second), None)

    assert OLD == values(first) == values(second)
    assert NEW == read_backup(tmp_path / "new.tar")


async def test_each_leader_backs_up_where_it_is_told_to(tmp_path: Path) -> None:
    """`--backup_location` is written anew each time, and nothing for an empty store; failing, it stops the start."""
    file = tmp_path / "b.tar"
    await run_errands(MemoryStore(), file)
    is_made_of_nothing = file.exists()
    for records in (OLD, NEW):
        await run_errands(MemoryStore(await store_of(records)), file)

    assert not is_made_of_nothing
    assert NEW == read_backup(file)
    with pytest.raises(BackupFailed, match="No such file or directory"):
        await run_errands(MemoryStore(await store_of(NEW)), tmp_path / "none" / "b.tar")


@pytest.mark.parametrize("fault", ["missing", "text", "foreign", "cut", "there already"])
async def test_what_fails_leaves_the_store_as_it_is(tmp_path: Path, fault: str) -> None:
    """A file that can't be read whole restores nothing, nor does one whose backup can't be made; it is not retried."""
    file, backup = tmp_path / "b.tar", tmp_path / "before.tar"
    if fault == "text":
        file.write_text("no archive")
    if fault == "foreign":
        write_backup(file, {"a": b"1"}, overwrites=False)
    if fault in ("cut", "there already"):
        write_backup(file, OLD, overwrites=False)
    if fault == "cut":
        file.write_bytes(file.read_bytes()[:1500])
    if fault == "there already":
        backup.write_text("dear")
    shared = await store_of(NEW)
    await leave_errand(MemoryStore(shared), Errand(restore=file, backup=backup))
    await run_errands(MemoryStore(shared), None)

    assert NEW == values(shared)
    assert fault != "there already" or backup.read_text() == "dear"


def test_links_are_no_records(tmp_path: Path) -> None:
    """A file made by somebody else is judged member by member."""
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        link = tarfile.TarInfo("storage-version")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)

    with pytest.raises(BackupFailed, match="storage-version is no record"):
        read_backup(tmp_path / "b.tar")


async def test_a_restoration_that_breaks_off_is_begun_anew(tmp_path: Path) -> None:
    """The next leader finds the word still there; the backup that was made before it is not made of a half store."""

    class Dying(MemoryStore):
        async def write(self, operations: Sequence[Operation]) -> list[int]:
            if any(operation.key == "root" for operation in operations):
                await super().write(operations[:1])
                raise StoreUnavailable("/state", "gone")
            return await super().write(operations)

    write_backup(tmp_path / "b.tar", OLD, overwrites=False)
    shared = await store_of(NEW)
    await leave_errand(MemoryStore(shared), Errand(restore=tmp_path / "b.tar", backup=tmp_path / "before.tar"))
    with pytest.raises(StoreUnavailable):
        await run_errands(Dying(shared), None)
    await run_errands(MemoryStore(shared), None)

    assert OLD == values(shared)
    assert NEW == read_backup(tmp_path / "before.tar")

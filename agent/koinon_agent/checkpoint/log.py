"""The agent's memory on disk: an append-only log of records that survives a kill at any instant (mesos-semantics 8).

Owns the file ``<work_dir>/meta/agent.log``. Each batch of records is one line, ``<crc32> <json>``, written and fsynced
at once (acknowledgements with the next batch): what was not durable is at the end, and nothing was done for it yet. Any
other line that can't be read stops the start. What records mean is in ``records.py``.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
import structlog

from koinon_core.errors import DecodeError
from koinon_core.wire import refined_json

from ..errors import CorruptCheckpoint, WorkDirTaken, WorkDirUnusable
from .image import AgentImage
from .records import (
    AgentForgotten,
    AgentRegistered,
    ExecutorAccepted,
    ExecutorCame,
    ExecutorDismissed,
    ExecutorForgotten,
    FrameworkSeen,
    KillWanted,
    OperationAcknowledged,
    OperationEnded,
    Record,
    ResourcesConverted,
    SandboxAbandoned,
    SandboxDeleted,
    TaskAccepted,
    UpdateAcknowledged,
    UpdateAppended,
    VolumeDeleted,
)

FORMAT = 1
COMPACT_ABOVE_BYTES = 4 * 1024 * 1024
"""A log is written anew when it is longer than this and has doubled since it was last written anew."""

_logger = structlog.get_logger(__name__)
_KINDS: dict[str, type[Record]] = {
    "AGENT_REGISTERED": AgentRegistered,
    "AGENT_FORGOTTEN": AgentForgotten,
    "FRAMEWORK_SEEN": FrameworkSeen,
    "EXECUTOR_ACCEPTED": ExecutorAccepted,
    "EXECUTOR_CAME": ExecutorCame,
    "EXECUTOR_DISMISSED": ExecutorDismissed,
    "EXECUTOR_FORGOTTEN": ExecutorForgotten,
    "TASK_ACCEPTED": TaskAccepted,
    "KILL_WANTED": KillWanted,
    "UPDATE_APPENDED": UpdateAppended,
    "UPDATE_ACKNOWLEDGED": UpdateAcknowledged,
    "SANDBOX_ABANDONED": SandboxAbandoned,
    "SANDBOX_DELETED": SandboxDeleted,
    "OPERATION_ENDED": OperationEnded,
    "OPERATION_ACKNOWLEDGED": OperationAcknowledged,
    "RESOURCES_CONVERTED": ResourcesConverted,
    "VOLUME_DELETED": VolumeDeleted,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class Checkpoint:
    """The log of one work directory. All but ``note`` wait for the disk: the loop calls them in a thread."""

    def __init__(self, work_dir: Path) -> None:
        """``work_dir`` is ``--work_dir``."""
        self._directory = work_dir / "meta"
        self._path = self._directory / "agent.log"
        self._lock = -1
        self._turn = Lock()
        self._log = -1
        self._length = 0
        self._length_when_new = 0
        self._is_harmed = False
        self.image = AgentImage()

    def open(self) -> AgentImage:
        """Read what is there and get ready to append.

        Raises WorkDirUnusable, WorkDirTaken, and CorruptCheckpoint when a line that was written whole can't be read.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkDirTaken(self._directory / "lock") from None
        except OSError as error:
            raise WorkDirUnusable(self._directory, error.strerror or str(error)) from error
        try:
            data = self._path.read_bytes() if self._path.exists() else b""
            for record in read_log(self._path, data):
                self.image.apply(record)
            self.image.prune()
            self._begin(data)
        except OSError as error:
            raise WorkDirUnusable(self._path, error.strerror or str(error)) from error
        return self.image

    def _begin(self, data: bytes) -> None:
        """Start from a log written anew. On a full disk the one that there is serves on, up to its last whole line."""
        try:
            self._write_anew()
        except OSError as error:
            self._length = self._length_when_new = data.rfind(b"\n") + 1
            if not self._length:
                raise
            self._log = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            self._is_harmed = True
            _logger.warning("checkpoint_not_compacted", path=str(self._path), bytes=self._length, error=str(error))

    def append(self, records: Sequence[Record]) -> None:
        """Make records durable, all or none. Raises OSError (disk full); then nothing was appended: ask again."""
        line = encode_line(records)
        with self._turn:
            self._write(line, is_synced=True)
            for record in records:
                self.image.apply(record)
            if self.is_long:
                self._compact()

    @property
    def is_long(self) -> bool:
        """Whether it is time to write it anew."""
        return self._length > max(COMPACT_ABOVE_BYTES, 2 * self._length_when_new)

    def compact(self) -> None:
        """Write it anew if that can be done."""
        with self._turn:
            self._compact()

    def note(self, records: Sequence[Record]) -> None:
        """Write records down without waiting for the disk: they outlive the agent, though not the machine at once.

        For what is harmless to forget (``weight.py``). It does not write the log anew: look at ``is_long`` at times.
        Raises OSError as ``append`` does.
        """
        with self._turn:
            self._write(encode_line(records), is_synced=False)
            for record in records:
                self.image.apply(record)

    def _compact(self) -> None:
        """Write the log anew if that can be done. Where it can't (disk full) the long one serves on."""
        try:
            self._write_anew()
        except OSError as error:
            _logger.warning("checkpoint_not_compacted", path=str(self._path), bytes=self._length, error=str(error))
            self._length_when_new = self._length

    def _write(self, line: bytes, *, is_synced: bool) -> None:
        try:
            if self._is_harmed:
                os.ftruncate(self._log, self._length)
            _write_all(self._log, line, self._length)
            if is_synced:
                os.fdatasync(self._log)
        except OSError:
            self._is_harmed = True
            raise
        self._is_harmed = False
        self._length += len(line)

    def close(self) -> None:
        """Let go of the files, once a write under way is done: at the stop its thread may outlive who waits for it."""
        with self._turn:
            for descriptor in (self._log, self._lock):
                if descriptor >= 0:
                    os.close(descriptor)
            self._log = self._lock = -1

    def _write_anew(self) -> None:
        """Replace the log by one that says the same in fewer records."""
        fresh = self._path.with_suffix(".new")
        content = _header() + encode_line(list(self.image.records()))
        descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write_all(descriptor, content, 0)
            os.fsync(descriptor)
            fresh.replace(self._path)
        except OSError:
            os.close(descriptor)
            raise
        if self._log >= 0:
            os.close(self._log)
        self._log = descriptor
        self._length = self._length_when_new = len(content)
        self._is_harmed = False
        _sync_directory(self._directory)


def encode_line(records: Iterable[Record]) -> bytes:
    """One batch of records as a line of the log."""
    plain = [{"kind": _NAMES[type(record)], "record": refined_json.to_plain(record)} for record in records]
    return _encode(plain)


def read_log(path: Path, data: bytes) -> list[Record]:
    """The records of a log. A last line without its end was never durable and is dropped.

    Raises CorruptCheckpoint for any other line that can't be read.
    """
    *lines, _torn = data.split(b"\n")
    records: list[Record] = []
    for number, line in enumerate(lines, start=1):
        try:
            plain = _decode(line)
            if number == 1:
                _check_header(plain)
            else:
                records += [refined_json.from_plain(item["record"], _KINDS[item["kind"]]) for item in plain]
        except (DecodeError, ValueError, KeyError, TypeError) as error:
            raise CorruptCheckpoint(path, number, str(error)) from error
    return records


def _header() -> bytes:
    return _encode({"format": FORMAT})


def _check_header(plain: Any) -> None:
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise ValueError(f"it is no log of format {FORMAT}")


def _encode(plain: Any) -> bytes:
    content = orjson.dumps(plain)
    return b"%08x %s\n" % (zlib.crc32(content), content)


def _decode(line: bytes) -> Any:
    checksum, _, content = line.partition(b" ")
    if len(checksum) != 8 or int(checksum, 16) != zlib.crc32(content):
        raise ValueError("the checksum does not match")
    return orjson.loads(content)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], offset + written)


def _sync_directory(directory: Path) -> None:
    """Make a renaming durable. Raises WorkDirUnusable: a log that may be gone after a power cut must not be trusted."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise WorkDirUnusable(directory, error.strerror or str(error)) from error
    finally:
        os.close(descriptor)

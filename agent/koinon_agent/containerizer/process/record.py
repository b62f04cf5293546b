"""What is written down about a process, so that an agent that restarts knows it again: and knows it for the same one.

Owns the directory of a process, outside of its sandbox: ``record.json`` from the agent, and ``exit``, in which the
supervisor writes that the command begins and, at the end, its exit status.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import orjson
import structlog
from attrs import Factory, asdict, frozen

from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId

_logger = structlog.get_logger(__name__)

_RECORD = "record.json"
_EXIT = "exit"
_WAITING = "waiting"
"""What the agent writes ahead. It also takes up the block of the disk in which the little that follows has room: a
disk that fills up later does not swallow the exit status.
"""
BEGUN = "begun"
"""What the supervisor writes when the command begins."""
_STATUS_DIGITS = 3
_MOST_BYTES = 4096
_START_TIME_FIELD = 19
"""Of /proc/<pid>/stat, counted from the state, which follows the last parenthesis: field 22 in proc(5)."""


@frozen(kw_only=True)
class ProcessRecord:
    """A supervisor and whose it is. A pid may be used again; with start time (clock ticks) and boot it is unique.

    ``groups`` are the folders of its groups by controller.
    """

    container_id: ContainerId
    framework_id: FrameworkId | None
    agent_id: AgentId | None
    executor_id: ExecutorId | None
    task_id: TaskId | None
    pid: int
    start_time: int
    boot_id: str
    started_at: float
    groups: Mapping[str, str] = Factory(dict)

    @property
    def folders(self) -> dict[str, Path]:
        """Of its groups; none after a reboot."""
        return {key: Path(folder) for key, folder in self.groups.items()} if self.is_of_this_boot else {}

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return self.is_of_this_boot and read_start_time(self.pid) == self.start_time

    @property
    def is_of_this_boot(self) -> bool:
        """Whether the machine has run on since."""
        return self.boot_id == read_boot_id()


@cache
def read_boot_id() -> str:
    """What tells this run of the kernel from the one before."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def read_start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None where there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[_START_TIME_FIELD])


class ProcessRecords:
    """The directories of all processes of one agent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, container_id: ContainerId) -> int:
        """Make the directory of a process; returns a descriptor that its supervisor is to write to."""
        folder = self._folder / container_id
        folder.mkdir(parents=True, mode=0o700)
        descriptor = os.open(folder / _EXIT, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, f"{_WAITING}\n".encode())
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def write(self, record: ProcessRecord) -> None:
        """Put it down whole or not at all."""
        path = self._folder / record.container_id / _RECORD
        fresh = path.with_suffix(".new")
        fresh.write_bytes(orjson.dumps(asdict(record)))
        fresh.replace(path)

    def read(self, container_id: ContainerId) -> ProcessRecord | None:
        """None where there is none that can be read: never launched, removed, or its agent died before it began."""
        path = self._folder / container_id / _RECORD
        try:
            return ProcessRecord(**orjson.loads(path.read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError) as error:
            # A power cut may leave an empty file, as nobody waits for the disk: the process went with the machine.
            _logger.warning("process_record_unreadable", path=str(path), error=str(error))
            return None

    def names(self) -> list[ContainerId]:
        """Of all directories, with a record or without."""
        return [ContainerId(name) for name in sorted(os.listdir(self._folder))] if self._folder.is_dir() else []

    def read_all(self) -> list[ProcessRecord]:
        """All that there are."""
        records = (self.read(name) for name in self.names())
        return [record for record in records if record is not None]

    def has_begun(self, container_id: ContainerId) -> bool:
        """Whether the command was let begin: its supervisor was told to, and did."""
        lines = self._read_exit(container_id).split("\n")
        return lines[0] != _WAITING or BEGUN in lines

    def read_exit_status(self, container_id: ContainerId) -> int | None:
        """What the supervisor wrote at the end; None where it wrote nothing."""
        *lines, _torn = self._read_exit(container_id).split("\n")
        is_status = bool(lines) and lines[-1].isdecimal() and len(lines[-1]) <= _STATUS_DIGITS
        return int(lines[-1]) if is_status else None

    def _read_exit(self, container_id: ContainerId) -> str:
        """A command can reach its supervisor's descriptors, and write there whatever and as much as it likes."""
        try:
            with (self._folder / container_id / _EXIT).open("rb") as file:
                return file.read(_MOST_BYTES).decode(errors="replace")
        except FileNotFoundError:
            return ""

    def remove(self, container_id: ContainerId) -> None:
        """Forget a process."""
        shutil.rmtree(self._folder / container_id, ignore_errors=True)

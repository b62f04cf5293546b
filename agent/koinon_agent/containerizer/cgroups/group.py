"""One container's groups: putting a process in, reading, killing all that is in them, taking them away.

What is in a group can't leave it by forking, by a session of its own or by outliving its parents: that is what makes
the end of a container its whole end.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from ..descendants import kill_all
from .figures import V1_FILES, V2_FILES, count_oom_kills, read_v1, read_v2
from .hierarchies import UNIFIED

KILL = "cgroup.kill"
FREEZER = "freezer"
MEMBERS = "cgroup.procs"
_OOM_FILES = {"memory": "memory.oom_control", UNIFIED: "memory.events"}
_PEAK_FILES = {"memory": "memory.max_usage_in_bytes", UNIFIED: "memory.peak"}
_FREEZE_POLLS = 25
_FREEZE_POLL_SECONDS = 0.002
_ROUNDS = 5
_FIRST_PAUSE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.2


@frozen
class Group:
    """Its folders by controller of version 1, and by ``UNIFIED`` for version 2; none where there are no groups."""

    folders: Mapping[str, Path]

    def join(self, pid: int) -> None:
        """Put a process in; what it forks from then on is in, too. Raises OSError."""
        for folder in set(self.folders.values()):
            (folder / MEMBERS).write_text(str(pid))

    def members(self) -> set[int]:
        """All processes within, those in groups beneath it too."""
        return {pid for folder in set(self.folders.values()) for place in _tree(folder) for pid in _pids(place)}

    def read_figures(self) -> dict[str, Any]:
        """What it uses, as fields of ``ResourceStatistics``; of what is gone or unheard of there is no field."""
        fields: dict[str, Any] = {}
        for controller, folder in self.folders.items():
            if controller == UNIFIED:
                fields |= read_v2(_texts(folder, V2_FILES))
            else:
                fields |= read_v1(controller, _texts(folder, V1_FILES.get(controller, ())))
        return fields

    def count_oom_kills(self) -> int:
        """How many of its processes the kernel has ended for want of memory."""
        return max((count_oom_kills(read_text(path)) for path in self._paths(_OOM_FILES)), default=0)

    def read_peak(self) -> int | None:
        """The most memory it ever used, in bytes."""
        texts = (read_text(path).strip() for path in self._paths(_PEAK_FILES))
        return max((int(text) for text in texts if text.isdigit()), default=None)

    async def kill(self) -> None:
        """SIGKILL to all within, at one stroke where the kernel can, else while they are frozen, else in rounds."""
        unified = self.folders.get(UNIFIED)
        if unified is not None and (unified / KILL).exists():
            with suppress(OSError):  # gone meanwhile
                (unified / KILL).write_text("1")
        if freezer := self.folders.get(FREEZER):
            await _kill_frozen(freezer)
        known: set[int] = set()
        for _ in range(_ROUNDS):
            fresh = self.members() - known
            if not fresh:
                return
            kill_all(fresh)
            known |= fresh

    def discard(self) -> None:
        """Take away what nothing has ever run in, or whose last process is ending by itself."""
        self._remove()

    async def destroy(self, patience: float) -> bool:
        """Kill all within and take the groups away; False where some are not gone after ``patience`` seconds."""
        pause, until = _FIRST_PAUSE_SECONDS, time.monotonic() + patience
        while not self._remove():
            if time.monotonic() > until:
                return False
            await self.kill()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return True

    def _remove(self) -> bool:
        left = [folder for folder in set(self.folders.values()) if not _remove(folder)]
        return not left

    def _paths(self, names: Mapping[str, str]) -> Iterator[Path]:
        for controller, name in names.items():
            if controller in self.folders:
                yield self.folders[controller] / name


def _tree(folder: Path) -> Iterator[Path]:
    """A group and those beneath it, the lowest first."""
    for place, _, _ in os.walk(folder, topdown=False):
        yield Path(place)


def _remove(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return _remove_tree(folder)
    return True


def _remove_tree(folder: Path) -> bool:
    for place in _tree(folder):
        with suppress(OSError):  # busy: its processes are not gone yet
            place.rmdir()
    return not folder.exists()


def _pids(folder: Path) -> set[int]:
    return {int(line) for line in read_text(folder / MEMBERS).split() if line.isdigit() and line != "0"}


async def _kill_frozen(folder: Path) -> None:
    """Frozen, nothing forks away from the signals, which come into effect with the thaw."""
    state = folder / "freezer.state"
    try:
        with suppress(OSError):  # gone meanwhile
            state.write_text("FROZEN")
        for _ in range(_FREEZE_POLLS):
            if read_text(state).strip() != "FREEZING":
                break
            await asyncio.sleep(_FREEZE_POLL_SECONDS)
        kill_all({pid for place in _tree(folder) for pid in _pids(place)})
    finally:
        with suppress(OSError):
            state.write_text("THAWED")


def _texts(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    return {name: text for name in names if (text := read_text(folder / name))}


def read_text(path: Path) -> str:
    """What the kernel says there; nothing where it is gone."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""

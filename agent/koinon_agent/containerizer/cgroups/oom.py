"""Hearing at once that a group ran out of memory, where the kernel ends only one of its processes (version 1).

In version 2 it ends all of them by itself (``memory.oom.group``), and there is nothing to hear.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .group import Group


class OomWatch:
    """Calls ``on_oom`` whenever the group runs out of memory, until it is closed. Does nothing in version 2."""

    def __init__(self, group: Group, on_oom: Callable[[], None]) -> None:
        """Needs the event loop."""
        self._on_oom = on_oom
        self._event: int | None = None
        folder = group.folders.get("memory")
        if folder is not None:
            with suppress(OSError):  # gone, or a kernel without: the count tells it at the end
                self._listen(folder)

    def close(self) -> None:
        """Hear no more."""
        if self._event is not None:
            asyncio.get_running_loop().remove_reader(self._event)
            os.close(self._event)
            self._event = None

    def _listen(self, folder: Path) -> None:
        event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        control = -1
        try:
            control = os.open(folder / "memory.oom_control", os.O_RDONLY | os.O_CLOEXEC)
            (folder / "cgroup.event_control").write_text(f"{event} {control}")
        except OSError:
            os.close(event)
            raise
        finally:
            if control >= 0:
                os.close(control)
        self._event = event
        asyncio.get_running_loop().add_reader(event, self._handle)

    def _handle(self) -> None:
        if self._event is not None:
            with suppress(BlockingIOError):
                os.eventfd_read(self._event)
            self._on_oom()

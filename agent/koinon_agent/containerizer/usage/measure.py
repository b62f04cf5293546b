"""One sample of one container, read from the kernel by the pid of its first process. No engine is asked.

What its groups do not tell is summed up over its processes.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from attrs import evolve

from koinon_core.statistics import ResourceStatistics

from ..cgroups.group import Group, read_text
from ..cgroups.hierarchies import find_folders
from ..cgroups.membership import find_groups, find_hierarchies
from .network import parse_network
from .processes import find_tree, sum_processes

_pool = ThreadPoolExecutor(4, "usage")
"""Of its own: whatever a container does to /proc, the agent's other threads are free."""


async def measure(pid: int | None) -> ResourceStatistics:
    """What the container of that process uses now; only a timestamp where nothing can be seen of it."""
    if pid is None:
        return ResourceStatistics(timestamp=time.time())
    return await asyncio.get_running_loop().run_in_executor(_pool, lambda: _measure(_find_group(pid), pid))


async def measure_group(group: Group, pid: int) -> ResourceStatistics:
    """What is used in a group whose first process, or its supervisor, is ``pid``."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _measure, group, pid)


def _measure(group: Group, pid: int) -> ResourceStatistics:
    members = _as_processes(group.members()) if group.folders else find_tree(pid)
    summed = sum_processes(members, ResourceStatistics(timestamp=time.time()))
    figures: dict[str, Any] = {**group.read_figures(), **_read_network(pid)}
    return evolve(summed, **figures)


def _find_group(pid: int) -> Group:
    """The groups of a process; not the agent's own, nor the root: those would tell of the whole machine."""
    own = {controller: name for controller, name in find_groups(pid).items() if name != "/"}
    folders = find_folders(find_hierarchies(), own)
    return Group({controller: folder for controller, folder in folders.items() if folder.is_dir()})


def _read_network(pid: int) -> dict[str, int]:
    """Of a network of its own; the host's says nothing of a container."""
    try:
        if Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
            return {}
    except OSError:
        return {}
    return parse_network(read_text(Path(f"/proc/{pid}/net/dev")))


def _as_processes(pids: set[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        try:
            found.append(psutil.Process(pid))
        except psutil.Error:
            continue
    return found

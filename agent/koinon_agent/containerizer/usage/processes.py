"""What a process and all its descendants use, summed up: the figures of a container that has no cgroup of its own.

Processes that have ended are missing from the sums, and so is a descendant whose parents have all ended.
"""

from __future__ import annotations

from collections.abc import Iterable

import psutil
from attrs import evolve

from koinon_core.statistics import ResourceStatistics


def find_tree(pid: int) -> list[psutil.Process]:
    """A process and its descendants; none where it is gone."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def sum_processes(members: Iterable[psutil.Process], sample: ResourceStatistics) -> ResourceStatistics:
    """The sample with the figures of these processes."""
    user = system = 0.0
    resident = processes = threads = 0
    for member in members:
        try:
            with member.oneshot():
                times, memory = member.cpu_times(), member.memory_info()
                threads += member.num_threads()
        except psutil.Error:
            continue
        processes += 1
        user += times.user + times.children_user
        system += times.system + times.children_system
        resident += memory.rss
    if not processes:
        return sample
    return evolve(
        sample,
        processes=processes,
        threads=threads,
        cpus_user_time_secs=user,
        cpus_system_time_secs=system,
        mem_rss_bytes=resident,
    )

"""One sample of one container, read from the kernel by the pid of its first process. No engine is asked."""

from __future__ import annotations

import time

from koinon_core.statistics import ResourceStatistics

from .processes import sum_tree


def measure(pid: int | None) -> ResourceStatistics:
    """What the container of that process uses now; only a timestamp where nothing can be seen of it.

    Blocks for as long as /proc does: call it in a thread.
    """
    sample = ResourceStatistics(timestamp=time.time())
    return sample if pid is None else sum_tree(pid, sample)

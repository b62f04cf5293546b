"""The jobs framework's records over a Store: the one write that makes a change durable, and reading all of them back.

What a record looks like is ``record_codec``'s; when one is written is the machine's decision. Whoever wrote before
us is shut out by the host, which fences the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from koinon_zk import Delete, Operation, Put, Store

from .events import Restored
from .job import Job
from .record_codec import dump_record, load_record
from .records import DOOMED, JOBS, PROGRESS, RUNS, Doomed, Record, RecordKey
from .runs import Run
from .views import Progress

MAX_OPERATIONS: Final = 810
"""Records of one write. No change has more: their names and numbers are bounded so that it fits into a transaction."""


class Repository:
    """All that must be found again after a failover."""

    def __init__(self, store: Store) -> None:
        """``store`` may hold records of others, under other keys."""
        self._store = store

    async def restore(self) -> Restored:
        """Read everything. Raises UnreadableRecord, CorruptRecord, StoreUnavailable."""
        jobs: list[Job] = []
        progress: list[Progress] = []
        runs: list[Run] = []
        doomed: list[Doomed] = []
        for prefix in (JOBS, PROGRESS, RUNS, DOOMED):
            for key, stored in (await self._store.get_all(prefix)).items():
                match load_record(key, stored.value):
                    case Job() as job:
                        jobs.append(job)
                    case Progress() as each:
                        progress.append(each)
                    case Run() as run:
                        runs.append(run)
                    case Doomed() as task:
                        doomed.append(task)
        return Restored(jobs=tuple(jobs), progress=tuple(progress), runs=tuple(runs), doomed=tuple(doomed))

    async def write(self, changes: Mapping[RecordKey, Record | None]) -> None:
        """Store all of these, or none; None removes. Raises Fenced, StoreUnavailable."""
        operations: list[Operation] = [
            Delete(key) if record is None else Put(key, dump_record(record)) for key, record in changes.items()
        ]
        await self._store.write(operations)

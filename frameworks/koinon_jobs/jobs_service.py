"""What HTTP asks of the jobs framework: the seam between ``http`` and the loop. Problems come back as values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from .job import Job
from .problems import Problem
from .records import Record, RecordKey
from .runs import Run, RunId
from .schedule import JobName
from .views import Explanation, JobView

Problems = tuple[Problem, ...]
Watcher = Callable[[Sequence[Record], Sequence[RecordKey]], object]


class JobsService(Protocol):
    """Each change answers once it is durable. Reading never waits."""

    async def put_job(self, job: Job, *, only_new: bool = False) -> JobView | Problems:
        """Create or replace by name. ``only_new`` refuses one that exists (CONFLICT).

        Runs under way go on as they are. A new schedule counts from now on.
        """
        ...

    async def remove_job(self, name: JobName) -> Problems:
        """Remove job and history and kill what runs of it; refused while other jobs run after it. () is success."""
        ...

    async def pause(self, name: JobName, *, enabled: bool) -> JobView | Problems:
        """Pause (False) or let go on (True); the same again changes nothing."""
        ...

    async def run_now(self, name: JobName, arguments: tuple[str, ...] | None = None) -> Run | Problems:
        """A run by hand, under the job's overlap policy. The run may come back SKIPPED."""
        ...

    async def kill(self, name: JobName, run: RunId | None = None) -> tuple[Run, ...] | Problems:
        """End one run, or all of the job's that are not over; gives those that were told to end."""
        ...

    async def mark_succeeded(self, name: JobName) -> JobView | Problems:
        """Take it that the job succeeded now: those after it may go on. No run comes of it."""
        ...

    async def find(self, name: JobName) -> JobView | None:
        """One job."""
        ...

    async def list(self) -> Sequence[JobView]:
        """All, sorted by name."""
        ...

    async def history(self, name: JobName) -> Sequence[Run] | Problems:
        """All runs that are kept, also those under way, the newest first."""
        ...

    async def why(self, name: JobName) -> Explanation | Problems:
        """Why it does not run right now."""
        ...

    def watch(self, tell: Watcher) -> None:
        """From now on ``tell`` hears of every change as soon as it is stored, in order: what was put, which keys went.

        It neither waits nor raises.
        """
        ...

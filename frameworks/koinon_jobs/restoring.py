"""What a new term begins with: all that was stored, taken up where it was left."""

from __future__ import annotations

from koinon_frameworks.errors import UnreadableRecord

from .events import Restored
from .records import JOBS, PROGRESS, RUNS
from .schedule import JobName
from .state import Entry
from .turn import Turn


def restore(turn: Turn, restored: Restored) -> None:
    """Rebuild the state. Raises UnreadableRecord for records that do not go together."""
    progress = {each.job: each for each in restored.progress}
    entries: dict[JobName, Entry] = {}
    for job in restored.jobs:
        found = progress.pop(job.name, None)
        if found is None:
            raise UnreadableRecord(f"{JOBS}/{job.name}", f"there is no {PROGRESS}/{job.name} beside it")
        entries[job.name] = Entry(job, found)
    for name in progress:
        raise UnreadableRecord(f"{PROGRESS}/{name}", f"there is no {JOBS}/{name} beside it")
    for run in sorted(restored.runs, key=lambda run: (run.created, run.scheduled_for)):
        if run.job not in entries:
            raise UnreadableRecord(f"{RUNS}/{run.id}", f"there is no {JOBS}/{run.job}")
        entries[run.job].runs[run.id] = run
    for entry in entries.values():
        turn.restore(entry)
    turn.state.doomed = {each.task_id: each for each in restored.doomed}

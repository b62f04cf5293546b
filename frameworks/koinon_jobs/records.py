"""What is stored, and under which keys: a job, its progress, its runs, and tasks that must end.

    jobs/<name> | progress/<name> | runs/<run id> | doomed/<task id>

Values alone; bytes are ``record_codec``'s.
"""

from __future__ import annotations

from typing import Final, NewType

from attrs import frozen

from koinon_core.ids import AgentId, TaskId

from .job import Job
from .runs import Run
from .views import Progress

RecordKey = NewType("RecordKey", str)
JOBS: Final = "jobs"
PROGRESS: Final = "progress"
RUNS: Final = "runs"
DOOMED: Final = "doomed"


@frozen(kw_only=True)
class Doomed:
    """A task nobody waits for any more, as its job is removed: it is killed until it is over."""

    task_id: TaskId
    agent_id: AgentId


Record = Job | Progress | Run | Doomed


def record_key(record: Record) -> RecordKey:
    """Where a record lies."""
    match record:
        case Job(name=name):
            return RecordKey(f"{JOBS}/{name}")
        case Progress(job=name):
            return RecordKey(f"{PROGRESS}/{name}")
        case Run(id=run_id):
            return RecordKey(f"{RUNS}/{run_id}")
        case Doomed(task_id=task_id):
            return RecordKey(f"{DOOMED}/{task_id}")

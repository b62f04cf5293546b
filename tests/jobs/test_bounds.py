"""However many runs there are, what one event changes fits into one transaction of the store."""

from __future__ import annotations

import pytest

from koinon_core.tasks import TaskState
from koinon_jobs.admission import MAX_ACTIVE
from koinon_jobs.instructions import Persist
from koinon_jobs.job import Missed, Overlap
from koinon_jobs.record_codec import dump_record
from koinon_jobs.records import record_key
from koinon_jobs.repository import MAX_OPERATIONS
from koinon_jobs.schedule import After, Every, JobName, Period
from koinon_jobs.validation import MAX_CHILDREN, MAX_HISTORY, MAX_NAME
from koinon_zk import Delete, Put
from koinon_zk.batching import make_write
from support.jobs_world import JobsWorld, always, make_job

START = 1_775_000_000.0
NAME = "n" * MAX_NAME
SECONDLY = Every(start=START, period=Period(seconds=1))


class MeasuredWorld(JobsWorld):
    """A world whose store takes what a real one takes."""

    largest = 0

    def write(self, persist: Persist) -> None:
        """Raises InvalidWrite for too much at once."""
        puts = [Put(record_key(record), dump_record(record)) for record in persist.puts]
        make_write([*puts, *map(Delete, persist.deletes)])
        self.largest = max(self.largest, len(puts) + len(persist.deletes))
        super().write(persist)


@pytest.mark.slow
def test_the_largest_changes_fit() -> None:
    """A job with as many runs as it may have, behind it and under way, is caught up with, changed and removed."""
    world = MeasuredWorld(START, always(100_000.0), cpus=1000.0, is_checked=False)
    fields = {"overlap": Overlap.ALLOW, "missed": Missed.ALL, "catch_up": 100, "max_history": MAX_HISTORY}
    world.put(make_job(NAME, SECONDLY, **fields))
    world.sleep(MAX_ACTIVE + MAX_HISTORY + 10)
    world.now += 1000
    world.start()
    world.sleep(2)
    entry = world.jobs.state.jobs[JobName(NAME)]
    assert (MAX_ACTIVE, MAX_HISTORY) == (len(entry.active), len(entry.runs) - len(entry.active))
    world.remove(NAME)

    assert MAX_OPERATIONS >= world.largest
    assert {} == world.cluster.tasks


def test_a_crowd_of_children_fits() -> None:
    """All that a job may have begin in the write that ends their parent."""
    world = MeasuredWorld(START)
    world.put(make_job(NAME, SECONDLY, enabled=False))
    for number in range(MAX_CHILDREN):
        world.put(make_job(f"{number:0{MAX_NAME}d}", After((JobName(NAME),)), overlap=Overlap.ALLOW))
    refused = world.put(make_job("more", After((JobName(NAME),))))
    world.run_now(NAME)
    world.sleep(15)

    assert isinstance(refused, tuple)
    assert f"$.schedule.parents: {NAME!r} has {MAX_CHILDREN} jobs after it, and may have no more" == str(refused[0])
    assert MAX_CHILDREN + 1 == len(world.cluster.seen)
    assert TaskState.TASK_RUNNING in {task.state for task in world.cluster.tasks.values()}

"""What is stored is read again, and what can't be read says where."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import orjson
import pytest

from koinon_core.attributes import parse_attributes
from koinon_core.containers import CommandUri, ContainerInfo, ContainerType, DockerInfo
from koinon_core.ids import AgentId, TaskId
from koinon_frameworks.errors import UnreadableRecord
from koinon_frameworks.matching import Constraint, Operator, Placement
from koinon_jobs.events import Restored
from koinon_jobs.job import Overlap
from koinon_jobs.record_codec import dump_record, load_record
from koinon_jobs.records import Doomed, Record, record_key
from koinon_jobs.repository import Repository
from koinon_jobs.runs import Attempt, Cause, Run, RunId, RunState
from koinon_jobs.schedule import After, Cron, Every, JobName, Once, Period
from koinon_jobs.views import Progress
from koinon_zk.memory import MemoryStore
from support.jobs_world import JobsWorld, make_job

JOB = make_job(
    "full",
    Cron("30 2 * * *", "Europe/Berlin"),
    container=ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image="busybox")),
    uris=(CommandUri(value="http://a/b", extract=False),),
    environment={"A": "b"},
    labels={"x": "y"},
    constraints=(Constraint("rack", Operator.MAX_PER, "2"),),
    overlap=Overlap.QUEUE,
    start_window=60.0,
)
ATTEMPT = Attempt(
    number=1,
    task_id=TaskId("t"),
    agent_id=AgentId("a"),
    placement=Placement(hostname="h", attributes=parse_attributes("rack:r1;size:4;ports:[1-3]")),
    launched=1.5,
)
RUN = Run(
    id=RunId("full-1"),
    job=JobName("full"),
    cause=Cause.MANUAL,
    scheduled_for=1.0,
    created=1.25,
    changed=1.5,
    state=RunState.LAUNCHED,
    attempts=(ATTEMPT,),
    arguments=("a", "b"),
)
RECORDS: tuple[Record, ...] = (
    JOB,
    attrs.evolve(JOB, schedule=Every(start=1.5, period=Period(months=1, days=2, seconds=3.5), repetitions=4)),
    attrs.evolve(JOB, schedule=Once(7.0)),
    attrs.evolve(JOB, schedule=After((JobName("a"), JobName("b")))),
    Progress(job=JobName("full"), created=1.0, cursor=2.0, succeeded_parents=(JobName("a"),), last_success=3.0),
    RUN,
    Doomed(task_id=TaskId("t"), agent_id=AgentId("a")),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(getattr(record, "schedule", record)).__name__)
def test_a_record_survives(record: Record) -> None:
    """Whatever it holds."""
    assert record == load_record(record_key(record), dump_record(record))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "version: 2 is of a newer release"),
        ({"version": None}, "version: None is no version"),
        ({"cpus": "many"}, "expected float @ $.cpus"),
        ({"overlap": "MAYBE"}, "expected Overlap @ $.overlap"),
        ({"schedule": {"never": {}}}, "@ $.schedule"),
        ({"name": "other"}, "it is the record of jobs/other"),
    ],
)
def test_what_cannot_be_read_names_key_and_field(change: dict[str, object], why: str) -> None:
    """A start ends there."""
    data = orjson.dumps({**orjson.loads(dump_record(JOB)), **change})

    with pytest.raises(UnreadableRecord) as caught:
        load_record("jobs/full", data)
    assert "jobs/full" in str(caught.value)
    assert why in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"\xff"])
def test_no_record_at_all(data: bytes) -> None:
    """Nor is anything skipped."""
    with pytest.raises(UnreadableRecord):
        load_record("jobs/full", data)


async def test_all_is_found_again() -> None:
    """Each under its key; removed ones are gone."""
    repository = Repository(MemoryStore())
    records = (JOB, RECORDS[4], RUN, RECORDS[6])
    await repository.write({record_key(record): record for record in records})
    await repository.write({record_key(RECORDS[6]): None})

    assert Restored(jobs=(JOB,), progress=(RECORDS[4],), runs=(RUN,)) == await repository.restore()  # type: ignore[arg-type]


def test_a_run_without_its_job_stops_the_start() -> None:
    """As nobody can tell what it was."""
    world = JobsWorld(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    world.cluster.store[record_key(RUN)] = RUN

    with pytest.raises(UnreadableRecord, match=r"runs/full-1.*there is no jobs/full"):
        world.start()

"""Whatever JSON comes in: a job or problems come of it, never an exception; and what is taken can be told."""

from __future__ import annotations

from typing import Any

import attrs
import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fakes.jobs_desk import JobsDesk
from koinon_jobs import chronos
from koinon_jobs.chronos import ChronosJob
from koinon_jobs.codec import json_name
from koinon_jobs.http.job_bodies import JobBody, read_job, write_job
from koinon_jobs.job import Job
from koinon_jobs.views import JobView, Progress

WORDS = (
    "", "a", "now", "R/2026-01-01T00:00:00Z/PT1H", "R1//P1M", "* * * * *", "PT1M", "UTC", "PST", "-1", "1e400", "NaN",
    "DOCKER", "RW", "EQUALS", "LIKE", "(", "\u0000", "\ud7ff", "9" * 79, "http://x/y", "ALLOW", "true",
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), st.sampled_from(WORDS)
)
KEYS = st.sampled_from(
    ("name", "image", "type", "volumes", "containerPath", "mode", "external", "uri", "key", "value", "cron", "parents",
     "repeating", "once", "timeZone", "networkInfos", "hostPort", "initialSeconds", "x")
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


FEW = settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.generate))


def bodies(kind: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the names of its fields and values of every kind."""
    names = st.sampled_from([json_name(field.name) for field in attrs.fields(kind)])
    common = st.fixed_dictionaries({}, optional={"name": st.just("a"), "command": st.just("true")})
    return st.builds(lambda first, more: {**more, **first}, common, st.dictionaries(names, VALUES, max_size=6))


@pytest.mark.slow
@FEW
@given(bodies(JobBody))
def test_our_own_bodies_are_taken_or_refused(body: dict[str, Any]) -> None:
    """A body is a job, which written and read is the same job, or problems with a path each."""
    found = read_job(body)

    if isinstance(found, Job):
        assert found == read_job(orjson.loads(orjson.dumps(write_job(found))))
    else:
        assert [] == [each for each in found if not each.path.startswith("$")]


@pytest.mark.slow
@FEW
@given(bodies(ChronosJob))
def test_bodies_of_chronos_are_taken_or_refused(body: dict[str, Any]) -> None:
    """A body is a job that can be told again, or problems with a path each."""
    posted = chronos.CODEC.read(body, ChronosJob)
    found = chronos.to_job(posted) if isinstance(posted, ChronosJob) else posted

    chronos.passed_over(body)
    if isinstance(found, Job) and isinstance(posted, ChronosJob):
        job = chronos.with_kept(posted, found)
        view = JobView(job=job, progress=Progress(job=job.name, created=0.0, cursor=0.0), next_time=None)
        assert posted.name == orjson.loads(orjson.dumps(chronos.chronos_object(view)))["name"]
    elif not isinstance(found, Job):
        assert [] == [each for each in found if not each.path.startswith("$")]


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/jobs/%00", "/jobs/jobs/%FF%FE", "/jobs/jobs/..%2F..", "/jobs/jobs/" + "x" * 5000, "/jobs/jobs/a/runs/%0",
        "/v1/scheduler/job/%0D%0ASet-Cookie:x", "/v1/scheduler/stats/%F0%9F%98%80", "/v1/scheduler/job/stat/%25",
        "/jobs/jobs?name=%00&owner=%FF", "/v1/scheduler/jobs/search?any=%FF%00",
    ],
)  # fmt: skip
async def test_odd_addresses_are_answered(desk: JobsDesk, path: str) -> None:
    """No name in an address brings the server out of step: an answer below 500, and the next one comes."""
    reply = await desk.ask("GET", path)

    assert reply.status < 500
    assert "pong" == (await desk.ask("GET", "/ping")).text

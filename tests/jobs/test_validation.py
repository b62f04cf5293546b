"""What is wrong with a job is said field by field."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from koinon_core.backoff import Backoff
from koinon_core.containers import ContainerInfo, ContainerType
from koinon_frameworks.matching import Constraint, Operator
from koinon_jobs.job import Job
from koinon_jobs.schedule import After, Cron, Every, JobName, Once, Period
from koinon_jobs.validation import find_problems
from support.jobs_world import make_job

GOOD = make_job("nightly report #2", Cron("30 2 * * *", "Europe/Berlin"), role="batch")
NAMES = (JobName("a"), JobName("a"))


def paths(job: Job) -> list[str]:
    return [problem.path for problem in find_problems(job, ["batch"])]


def test_a_good_job_has_no_problem() -> None:
    """Nor has one that is a container and nothing else."""
    assert [] == paths(GOOD)
    assert [] == paths(attrs.evolve(GOOD, command=None, container=ContainerInfo(type=ContainerType.DOCKER)))


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("$.name", {"name": ""}),
        ("$.name", {"name": "a/b"}),
        ("$.name", {"name": ".."}),
        ("$.name", {"name": " a"}),
        ("$.name", {"name": "a" * 101}),
        ("$.role", {"role": "other"}),
        ("$.environment", {"environment": {"A=B": "c"}}),
        ("$", {"environment": {"A": "\0"}}),
        ("$", {"description": "x" * 300_000}),
        ("$.schedule.time_zone", {"schedule": Cron("* * * * *", "Mars")}),
        ("$.schedule.expression", {"schedule": Cron("* * *")}),
        ("$.schedule.period", {"schedule": Every(start=0.0, period=Period(seconds=0.5))}),
        ("$.schedule.period", {"schedule": Every(start=0.0, period=Period(seconds=-1.0))}),
        ("$.schedule.period", {"schedule": Every(start=0.0, period=Period(seconds=float("nan")))}),
        ("$.schedule.start", {"schedule": Every(start=1e12, period=Period(days=1))}),
        ("$.schedule.repetitions", {"schedule": Every(start=0.0, period=Period(days=1), repetitions=-1)}),
        ("$.schedule.at", {"schedule": Once(float("inf"))}),
        ("$.schedule.parents", {"schedule": After(())}),
        ("$.schedule.parents", {"schedule": After(NAMES)}),
        ("$.command", {"command": " "}),
        ("$.command", {"command": None}),
        ("$.arguments", {"arguments": ("a",)}),
        ("$.cpus", {"cpus": -1.0}),
        ("$.mem", {"mem": float("nan")}),
        ("$.gpus", {"gpus": 0.5}),
        ("$.cpus", {"cpus": 0.0, "mem": 0.0}),
        ("$.retries", {"retries": -1}),
        ("$.catch_up", {"catch_up": 0}),
        ("$.max_history", {"max_history": 401}),
        ("$.start_window", {"start_window": -1.0}),
        ("$.max_run_time", {"max_run_time": 0.0}),
        ("$.retry_backoff.initial", {"retry_backoff": Backoff(initial=-1.0, maximum=1.0)}),
        ("$.retry_backoff.maximum", {"retry_backoff": Backoff(initial=2.0, maximum=1.0)}),
        ("$.retry_backoff.factor", {"retry_backoff": Backoff(initial=1.0, maximum=1.0, factor=0.5)}),
        ("$.retry_backoff.jitter", {"retry_backoff": Backoff(initial=1.0, maximum=1.0, jitter=0.5)}),
        ("$.constraints[0]", {"constraints": (Constraint("", Operator.UNIQUE),)}),
        ("$.constraints[0]", {"constraints": (Constraint("rack", Operator.MAX_PER, "x"),)}),
        ("$.constraints[0]", {"constraints": (Constraint("rack", Operator.LIKE, "("),)}),
    ],
)
def test_each_wrong_field_is_named(path: str, fields: dict[str, Any]) -> None:
    """And nothing else is."""
    assert [path] == paths(attrs.evolve(GOOD, **fields))

"""Chronos's jobs as ours and back: what is used, what is kept, what is refused, and which words come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from koinon_core.containers import DockerNetwork, VolumeMode, VolumeSourceType
from koinon_frameworks.matching import Constraint, Operator
from koinon_jobs import chronos
from koinon_jobs.chronos import ChronosJob
from koinon_jobs.job import Job, Missed, Overlap
from koinon_jobs.schedule import After, Cron, Every, JobName, Once, Period
from koinon_jobs.views import JobView, Progress

EXAMPLE = Path(__file__).parents[3] / "examples/jobs/chronos.json"
NEW_YEAR = 1767225600.0
"""2026-01-01T00:00:00Z."""


def read(**fields: Any) -> ChronosJob:
    """A definition as a client posts it."""
    found = chronos.CODEC.read({"name": "a", "command": "true", **fields}, ChronosJob)
    assert isinstance(found, ChronosJob), found
    return found


def taken(**fields: Any) -> Job:
    """The job that comes of it."""
    given = read(**fields)
    job = chronos.to_job(given)
    assert isinstance(job, Job), job
    return chronos.with_kept(given, job)


def told(job: Job, **progress: Any) -> dict[str, Any]:
    """What a client is told of it."""
    view = JobView(
        job=job, progress=Progress(job=job.name, created=NEW_YEAR, cursor=NEW_YEAR, **progress), next_time=None
    )
    found: dict[str, Any] = json.loads(json.dumps(chronos.chronos_object(view)))
    return found


def problems(**fields: Any) -> list[str]:
    """What is wrong with a definition."""
    found = chronos.to_job(read(**fields))
    assert isinstance(found, tuple), found
    return [str(problem) for problem in found]


def test_defaults_are_those_of_chronos() -> None:
    """A job that says nothing takes Chronos's amounts, retries twice, never overlaps, and leaves missed times out."""
    job = taken()

    assert (0.1, 128.0, 256.0, 2) == (job.cpus, job.mem, job.disk, job.retries)
    assert (Overlap.SKIP, Missed.SKIP, True, None) == (job.overlap, job.missed, job.enabled, job.start_window)
    assert Once() == job.schedule
    assert {} == job.labels


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        ({"concurrent": True}, "overlap", Overlap.ALLOW),
        ({"disabled": True}, "enabled", False),
        ({"epsilon": "PT30M"}, "start_window", 1800.0),
        ({"epsilon": "P1DT1S"}, "start_window", 86401.0),
        ({"maxCompletionTime": 90}, "max_run_time", 90.0),
        ({"softError": True}, "soft_error", True),
        ({"runAsUser": "web"}, "user", "web"),
        ({"cpus": "0.5"}, "cpus", 0.5),
        ({"mem": 0}, "mem", 128.0),
        ({"retries": "0"}, "retries", 0),
        ({"environmentVariables": [{"name": "A", "value": 1}]}, "environment", {"A": "1"}),
        ({"constraints": [["rack", "EQUALS", "r1"]]}, "constraints", (Constraint("rack", Operator.IS, "r1"),)),
        ({"constraints": [["rack", "UNLIKE", "r."]]}, "constraints", (Constraint("rack", Operator.UNLIKE, "r."),)),
        ({"parents": ["x", "y", "x"]}, "schedule", After((JobName("x"), JobName("y")))),
        ({"shell": True, "arguments": ["x"]}, "arguments", ()),
        ({"shell": False, "arguments": ["true", "x"]}, "arguments", ("true", "x")),
    ],
)
def test_field_has_its_effect(fields: Mapping[str, Any], attribute: str, value: object) -> None:
    """Each field of Chronos's becomes what means the same, read as leniently as Chronos read."""
    assert value == getattr(taken(**fields), attribute)


@pytest.mark.parametrize(
    ("schedule", "zone", "start", "repetitions"),
    [
        ("R/2026-01-01T00:00:00Z/PT2H", "", NEW_YEAR, None),
        ("R5/2026-01-01T01:00:00+01:00/PT2H", "", NEW_YEAR, 5),
        ("R/2025-12-31T16:00:00Z/PT2H", "PST", NEW_YEAR, None),
        ("R/2025-12-31T16:00:00.000-03:00/PT2H", "America/Los_Angeles", NEW_YEAR, None),
        ("R0/2026-01-01T00:00:00.000Z/PT2H", "UTC", NEW_YEAR, 0),
        ("R//PT2H", "", None, None),
    ],
)
def test_zone_takes_the_place_of_the_offset(schedule: str, zone: str, start: float | None, repetitions: int) -> None:
    """With ``scheduleTimeZone`` the start is what the clocks there show, whatever offset stands beside it."""
    found = taken(schedule=schedule, scheduleTimeZone=zone).schedule

    assert isinstance(found, Every)
    assert (start, repetitions, Period(seconds=7200.0)) == (found.start, found.repetitions, found.period)


def test_address_as_a_command_is_fetched_and_run() -> None:
    """A command that is an address becomes a file to fetch, which is run; the address comes back."""
    job = taken(command="https://files/run.sh")

    assert '"./run.sh"' == job.command
    assert [("https://files/run.sh", True)] == [(uri.value, uri.executable) for uri in job.uris]
    assert "https://files/run.sh" == told(job)["command"]


def test_docker_container_is_taken_whole() -> None:
    """Image, network, volumes of host and driver, parameters: all that a task's container can say."""
    volumes = [
        {"containerPath": "/a", "hostPath": "/b", "mode": "ro"},
        {"containerPath": "/c", "external": {"name": "v", "provider": "d", "options": [{"key": "k", "value": "v"}]}},
    ]
    container = {"type": "docker", "image": "x", "network": "BRIDGE", "volumes": volumes, "forcePullImage": "true"}
    info = taken(container={**container, "parameters": [{"key": "dns", "value": "1.1.1.1"}]}).container

    assert info is not None
    assert info.docker is not None
    assert ("x", DockerNetwork.BRIDGE, True) == (info.docker.image, info.docker.network, info.docker.force_pull_image)
    assert [("dns", "1.1.1.1")] == [(each.key, each.value) for each in info.docker.parameters]
    assert [("/b", VolumeMode.RO), (None, VolumeMode.RW)] == [(each.host_path, each.mode) for each in info.volumes]
    assert info.volumes[1].source is not None
    assert VolumeSourceType.DOCKER_VOLUME is info.volumes[1].source.type


def test_mesos_container_keeps_its_image_and_networks() -> None:
    """The other containerizer's image is taken, and named networks with their labels."""
    networks = [{"name": "mynet", "labels": [{"key": "k", "value": "v"}]}]
    info = taken(container={"type": "MESOS", "image": "debian", "networkInfos": networks}).container

    assert info is not None
    assert info.mesos is not None
    assert info.mesos.image is not None
    assert info.mesos.image.docker is not None
    assert "debian" == info.mesos.image.docker.name
    assert ["mynet"] == [each.name for each in info.network_infos]


def test_export_of_chronos_comes_back_word_for_word() -> None:
    """Every field of a job as Chronos 3 exported it is given back as it was, but for the counters."""
    body = json.loads(EXAMPLE.read_text())
    job = taken(**body)
    found = told(job)
    counted = {"successCount", "errorCount", "lastSuccess", "lastError", "errorsSinceLastSuccess"}

    assert body.keys() == found.keys()
    assert {key: body[key] for key in body.keys() - counted} == {key: found[key] for key in found.keys() - counted}


def test_words_come_back_until_they_mean_something_else() -> None:
    """``P1D`` is a day and comes back so; once the job is changed otherwise, it says what it does now."""
    job = taken(epsilon="P1D", highPriority=True, container={"image": "x", "volumes": [{"containerPath": "/a"}]})
    changed = attrs.evolve(job, start_window=60.0)

    assert ("P1D", [{"containerPath": "/a"}]) == (told(job)["epsilon"], told(job)["container"]["volumes"])
    assert ("PT1M", True) == (told(changed)["epsilon"], told(changed)["highPriority"])


def test_what_is_told_can_be_posted_again() -> None:
    """A job as it is told makes the same job, also one that Chronos never posted."""
    zoned = Every(start=NEW_YEAR, period=Period(months=1), time_zone="Europe/Berlin")
    job = Job(name=JobName("a"), schedule=zoned, command="true", start_window=90.0, retries=1, missed=Missed.SKIP)
    again = taken(**told(job))

    assert job.schedule == again.schedule
    assert job == attrs.evolve(again, labels={}, disk=0.0)


@pytest.mark.parametrize("schedule", [Once(), Once(NEW_YEAR), Cron("0 0 * * *"), Cron("0 0 29 2 *")])
def test_schedule_that_chronos_has_no_word_for_is_told_by_one_time(schedule: Once | Cron) -> None:
    """One-off jobs and cron ones are told as a single time, in the form that clients of Chronos parse."""
    found = told(Job(name=JobName("a"), schedule=schedule, command="true"))["schedule"]

    assert found.startswith("R1/20")
    assert found.endswith("Z/PT24H")


def test_counters_are_told_by_history() -> None:
    """What was posted as counters is passed over, and said to be."""
    body = {"name": "a", "command": "true", "successCount": 7, "lastError": "2014-03-01T00:10:15.957Z", "bogus": 1}
    found = told(taken(**body), successes=1, failures=2, failures_in_a_row=2, last_failure=NEW_YEAR)

    assert (1, 2, 2, "") == tuple(
        found[key] for key in ("successCount", "errorCount", "errorsSinceLastSuccess", "lastSuccess")
    )
    assert "2026-01-01T00:00:00.000Z" == found["lastError"]
    assert ["successCount", "lastError", "bogus"] == chronos.passed_over(body)


def test_fields_without_effect_are_named() -> None:
    """What is kept and does nothing is told apart from what works."""
    assert ["async", "highPriority"] == chronos.without_effect(read(highPriority=True, **{"async": True}, owner="me"))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"schedule": "every day"}, "$.schedule: 'every day' is not R[n]/start/period"),
        ({"schedule": "R/2026-13-01T00:00:00Z/PT2H"}, "$.schedule: '2026-13-01T00:00:00Z' is no ISO 8601 date"),
        ({"schedule": "R//PT2H", "scheduleTimeZone": "Nowhere"}, "$.scheduleTimeZone: 'Nowhere' is no time zone"),
        ({"schedule": "R//PT2H", "parents": ["x"]}, "$.parents: can't stand beside $.schedule"),
        ({"epsilon": "1 hour"}, "$.epsilon: '1 hour' is no ISO 8601 duration"),
        ({"executor": "/bin/e"}, "$.executor: '/bin/e' would have to run the job"),
        ({"constraints": [["rack", "NEAR", "r1"]]}, "$.constraints[0][1]: 'NEAR' is none of EQUALS"),
        ({"constraints": [["rack"]]}, "$.constraints[0]: must be [attribute, operator, value]"),
        ({"uris": ["a"], "fetch": [{"uri": "b"}]}, "$.uris: names other files than $.fetch"),
        ({"container": {"type": "MESOS"}}, "$.container.image: is missing"),
    ],
)
def test_what_can_not_be_names_its_field(fields: Mapping[str, Any], text: str) -> None:
    """Each refusal says in which of Chronos's fields the fault lies."""
    (found,) = problems(**fields)

    assert found.startswith(text)


def test_label_that_somebody_else_wrote_says_nothing() -> None:
    """A label of our name that holds anything at all changes neither the answer nor breaks it."""
    for text in ("", "[]", '{"retries": "x"}', '{"name": "b", "successCount": 9, "what": 1}', "{" * 100):
        job = Job(name=JobName("a"), schedule=Once(), command="true", labels={chronos.KEPT_LABEL: text})

        assert ("a", 0, 0) == tuple(told(job)[key] for key in ("name", "successCount", "retries"))


def test_every_field_has_a_fate() -> None:
    """No field of Chronos's is taken without people being told what becomes of it, in the manual too."""
    names = {chronos.CODEC.name_of(field.name) for field in attrs.fields(ChronosJob)}
    manual = (Path(__file__).parents[3] / "docs/jobs.md").read_text()

    assert names == set(chronos.FATES)
    assert [] == [name for name in names if f"| `{name}` | {chronos.FATES[name].fate.value} |" not in manual]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Two faults are two problems, each at its field."""
    assert ["$.schedule", "$.epsilon"] == [each.split(":")[0] for each in problems(schedule="x", epsilon="y")]

"""What is under a job's name: runs by hand and by the clock, history, pauses, kills, and why it waits."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.jobs_desk import NEW_YEAR, JobsDesk, make_offer
from koinon_core.tasks import TaskState
from koinon_jobs import events

HOUR = 3600.0


async def put(desk: JobsDesk, name: str = "a", **fields: Any) -> None:
    """A job that is due at the next full hour."""
    body = {"schedule": {"repeating": "R/2026-01-01T01:00:00Z/PT1H"}, "command": "echo", "cpus": 1, **fields}
    reply = await desk.ask("PUT", f"/jobs/jobs/{name}", body)
    assert reply.status == 201, reply.text


async def runs(desk: JobsDesk, query: str = "") -> list[dict[str, Any]]:
    """The history of job a."""
    found: list[dict[str, Any]] = (await desk.ask("GET", f"/jobs/jobs/a/runs{query}")).body["runs"]
    return found


async def test_history_tells_each_run_with_its_attempts(desk: JobsDesk) -> None:
    """A run that came by the clock: when it was due, where it ran, when it began and ended, and how."""
    await put(desk)
    desk.move_to(NEW_YEAR + HOUR)
    assert 1 == desk.run_all(90.0)
    (run,) = await runs(desk)
    (attempt,) = run["attempts"]

    assert ("schedule", "SUCCEEDED", "success", "host-1") == tuple(
        run[key] for key in ("cause", "state", "outcome", "hostname")
    )
    assert ("2026-01-01T01:00:00.000Z", "2026-01-01T01:00:00.000Z", "2026-01-01T01:01:30.000Z") == (
        run["scheduledAt"],
        attempt["startedAt"],
        run["endedAt"],
    )
    assert run == (await desk.ask("GET", f"/jobs/jobs/a/runs/{run['id']}")).body


async def test_command_finds_who_and_where_it_is(desk: JobsDesk) -> None:
    """The environment tells it by our names and by Chronos's; what the job says itself wins."""
    await put(desk, environment={"KOINON_JOB": "mine"}, owner="me", mem=64)
    desk.move_to(NEW_YEAR + HOUR)
    (task,) = desk.launch()
    assert task.command is not None
    assert task.command.environment is not None
    found = task.command.environment.as_dict()

    assert ("mine", "host-1", "2026-01-01T01:00:00.000Z") == tuple(
        found[key] for key in ("KOINON_JOB", "HOST", "KOINON_SCHEDULED_FOR")
    )
    assert ("a", "me", "1767229200000", "0", "64") == tuple(
        found[f"CHRONOS_{key}"] for key in ("JOB_NAME", "JOB_OWNER", "JOB_RUN_TIME", "JOB_RUN_ATTEMPT", "RESOURCE_MEM")
    )


async def test_history_is_paged_newest_first_and_filtered(desk: JobsDesk) -> None:
    """Of four runs, of which one failed, a page holds what it asks for."""
    await put(desk)
    for hour in range(1, 5):
        desk.move_to(NEW_YEAR + hour * HOUR)
        desk.run_all(1.0, TaskState.TASK_FAILED if hour == 2 else TaskState.TASK_FINISHED, "exit status 3")

    assert ["04:00", "03:00", "02:00", "01:00"] == [run["scheduledAt"][11:16] for run in await runs(desk)]
    assert ["02:00"] == [run["scheduledAt"][11:16] for run in await runs(desk, "?limit=1&offset=2")]
    assert [("02:00", "exit status 3")] == [
        (run["scheduledAt"][11:16], run["message"].split(": ")[-1]) for run in await runs(desk, "?state=FAILED")
    ]
    assert 400 == (await desk.ask("GET", "/jobs/jobs/a/runs?state=LOST")).status


async def test_run_by_hand_takes_arguments_of_its_own(desk: JobsDesk) -> None:
    """202 and where to look; the command ends with what was given, quoted; a second one is skipped and says so."""
    await put(desk)
    reply = await desk.ask("POST", "/jobs/jobs/a/run", {"arguments": ["two words"]})
    (task,) = desk.launch()
    second = await desk.ask("POST", "/jobs/jobs/a/run")

    assert (202, f"/jobs/jobs/a/runs/{reply.body['id']}") == (reply.status, reply.headers["Location"])
    assert task.command is not None
    assert "echo 'two words'" == task.command.value
    assert ("SKIPPED", f"{reply.body['id']} is not over") == (second.body["state"], second.body["message"])


@pytest.mark.parametrize("body", ["{", "[]", {"arguments": "x"}, {"arguments": [1]}, {"argument": []}])
async def test_run_by_hand_refuses_what_it_does_not_know(desk: JobsDesk, body: object) -> None:
    """A body that says something else starts nothing."""
    await put(desk)

    assert 400 == (await desk.ask("POST", "/jobs/jobs/a/run", body)).status
    assert [] == await runs(desk)


async def test_kill_ends_a_run_once(desk: JobsDesk) -> None:
    """202 with the run on its way; when its task is gone it is KILLED, and cannot be killed again."""
    await put(desk)
    run = (await desk.ask("POST", "/jobs/jobs/a/run")).body["id"]
    (task,) = desk.launch()
    desk.hear(task, TaskState.TASK_RUNNING)
    killed = await desk.ask("DELETE", f"/jobs/jobs/a/runs/{run}")
    desk.hear(task, TaskState.TASK_KILLED)
    again = await desk.ask("DELETE", f"/jobs/jobs/a/runs/{run}")
    unknown = await desk.ask("DELETE", "/jobs/jobs/a/runs/nothing")

    assert (202, "KILLING") == (killed.status, killed.body["runs"][0]["state"])
    assert ["KILLED"] == [each["state"] for each in await runs(desk)]
    assert (409, 404) == (again.status, unknown.status)


async def test_kill_of_all_runs(desk: JobsDesk) -> None:
    """Those that are not over are ended together."""
    await put(desk, overlap="ALLOW")
    for _ in range(3):
        await desk.ask("POST", "/jobs/jobs/a/run")
    reply = await desk.ask("DELETE", "/jobs/jobs/a/runs")

    assert (202, 3) == (reply.status, len(reply.body["runs"]))
    assert {"KILLED"} == {each["state"] for each in await runs(desk)}


async def test_paused_job_lets_times_pass(desk: JobsDesk) -> None:
    """While it is paused nothing is due, and afterwards nothing is made up for."""
    await put(desk)
    paused = await desk.ask("POST", "/jobs/jobs/a/pause")
    desk.move_to(NEW_YEAR + 2.5 * HOUR)
    resumed = await desk.ask("POST", "/jobs/jobs/a/resume")

    assert ((True, None), (False, "2026-01-01T03:00:00.000Z")) == (
        (paused.body["paused"], paused.body["next"]),
        (resumed.body["paused"], resumed.body["next"]),
    )
    assert [] == await runs(desk)


async def test_next_times_of_a_job(desk: JobsDesk) -> None:
    """As many as are asked for, in UTC and on the zone's clock; none for a job that follows others."""
    await put(desk, schedule={"cron": "0 12 * * *", "timeZone": "Asia/Tokyo"})
    await put(desk, "b", schedule={"parents": ["a"]})
    found = (await desk.ask("GET", "/jobs/jobs/a/next?count=2")).body

    assert [
        {"utc": "2026-01-01T03:00:00.000Z", "local": "2026-01-01 12:00:00 JST"},
        {"utc": "2026-01-02T03:00:00.000Z", "local": "2026-01-02 12:00:00 JST"},
    ] == found["next"]
    assert [] == (await desk.ask("GET", "/jobs/jobs/b/next")).body["next"]
    assert [] == (await desk.ask("GET", "/jobs/jobs/a/next?count=0")).body["next"]


async def test_why_tells_what_each_offer_lacked(desk: JobsDesk) -> None:
    """A run that waits says for what, agent by agent; the list of jobs says it in a sentence."""
    await put(desk, cpus=100)
    await desk.ask("POST", "/jobs/jobs/a/run")
    desk.service.put(events.OffersReceived((make_offer(),)))
    why = (await desk.ask("GET", "/jobs/jobs/a/why")).body
    (listed,) = (await desk.ask("GET", "/jobs/jobs?state=waiting&runs=1")).body["jobs"]
    (refusal,) = why["waiting"][0]["refusals"]

    assert why["subscribed"]
    assert "host-1" == refusal["hostname"]
    assert "cpus" in refusal["reasons"][0]
    assert listed["waits"] == [why["waiting"][0]["why"]]
    assert ["PENDING"] == [run["state"] for run in listed["lastRuns"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/run"), ("POST", "/pause"), ("POST", "/resume"),
        ("GET", "/runs"), ("DELETE", "/runs"), ("GET", "/runs/x"), ("DELETE", "/runs/x"), ("GET", "/next"),
        ("GET", "/why"),
    ],
)  # fmt: skip
async def test_unknown_job_is_a_404_everywhere(desk: JobsDesk, method: str, path: str) -> None:
    """Each of a job's addresses says which job there is not."""
    reply = await desk.ask(method, f"/jobs/jobs/gone{path}", "{}" if method in ("PATCH", "POST") else None)

    assert 404 == reply.status
    assert "there is no job 'gone'" in reply.body["message"]

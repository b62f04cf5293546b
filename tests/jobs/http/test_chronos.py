"""Chronos's addresses: what its clients post, list, run and remove, with its statuses and its keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakes.jobs_desk import NEW_YEAR, JobsDesk
from koinon_core.tasks import TaskState

EXAMPLE = json.loads((Path(__file__).parents[3] / "examples/jobs/chronos.json").read_text())
SCHEDULE = "R/2026-01-01T01:00:00.000Z/PT1H"
HOUR = 3600.0


async def post(desk: JobsDesk, name: str, **fields: Any) -> None:
    """A job as a client of Chronos posts it."""
    path = "dependency" if "parents" in fields else "iso8601"
    body = {
        "name": name,
        "command": f"echo {name}",
        **({} if "parents" in fields else {"schedule": SCHEDULE}),
        **fields,
    }
    reply = await desk.ask("POST", f"/v1/scheduler/{path}", body)
    assert reply.status == 204, reply.text


async def names(desk: JobsDesk, path: str = "/jobs") -> list[str]:
    """The names in a list."""
    return [each["name"] for each in (await desk.ask("GET", f"/v1/scheduler{path}")).body]


@pytest.mark.parametrize("prefix", ["/v1/scheduler", "/scheduler", "/jobs/v1/scheduler", "/jobs/scheduler"])
async def test_export_is_posted_and_listed(desk: JobsDesk, prefix: str) -> None:
    """What Chronos 3 exported is taken at both of its prefixes, and told with the same keys and values."""
    posted = await desk.ask("POST", f"{prefix}/iso8601", EXAMPLE)
    again = await desk.ask("PUT", f"{prefix}/iso8601", EXAMPLE)
    (listed,) = (await desk.ask("GET", f"{prefix}/jobs")).body
    shown = (await desk.ask("GET", f"{prefix}/job/{EXAMPLE['name']}")).body

    assert (204, 204, "") == (posted.status, again.status, posted.text)
    assert EXAMPLE.keys() == listed.keys()
    assert {"successCount", "errorCount", "lastSuccess", "lastError"} == {
        key for key, value in listed.items() if value != EXAMPLE[key]
    }
    assert listed == shown


async def test_headers_tell_what_has_no_effect(desk: JobsDesk) -> None:
    """The answer to a body names what is kept without effect, and what was not taken."""
    reply = await desk.ask("POST", "/v1/scheduler/iso8601", {**EXAMPLE, "async": True, "fr\r\nX: y": 1})

    assert "async, highPriority" == reply.headers["Koinon-Without-Effect"]
    assert "successCount, errorCount, lastSuccess, lastError, frX: y" == reply.headers["Koinon-Ignored"]


async def test_times_and_dependencies_are_followed(desk: JobsDesk) -> None:
    """A job by the clock, one after it, and counters, states, graph and summary of both as Chronos told them."""
    await post(desk, "first")
    await post(desk, "second", parents=["first"], retries=0)
    desk.move_to(NEW_YEAR + HOUR)
    assert 1 == desk.run_all(60.0)
    assert 1 == desk.run_all(30.0, TaskState.TASK_FAILED)
    first, second = (await desk.ask("GET", "/v1/scheduler/jobs")).body
    summary = (await desk.ask("GET", "/v1/scheduler/jobs/summary")).body["jobs"]

    assert (1, 0, "2026-01-01T01:01:00.000Z") == (first["successCount"], first["errorCount"], first["lastSuccess"])
    assert (0, 1, 1) == (second["successCount"], second["errorCount"], second["errorsSinceLastSuccess"])
    assert ("schedule" in first, "parents" in first, second["parents"]) == (True, False, ["first"])
    assert [("first", "success", "idle", SCHEDULE, []), ("second", "failure", "idle", "", ["first"])] == [
        (each["name"], each["status"], each["state"], each["schedule"], each["parents"]) for each in summary
    ]
    assert (
        "node,first,success,idle\nnode,second,failure,idle\nlink,first,second\n"
        == (await desk.ask("GET", "/v1/scheduler/graph/csv")).text
    )
    assert "  1 -> 2;" in (await desk.ask("GET", "/v1/scheduler/graph/dot")).text


async def test_states_of_runs_that_are_not_over(desk: JobsDesk) -> None:
    """A job that waits is queued, one that runs says how often."""
    await post(desk, "a", concurrent=True)
    for _ in range(2):
        await desk.ask("PUT", "/v1/scheduler/job/a")
    queued = (await desk.ask("GET", "/v1/scheduler/graph/csv")).text
    desk.launch()

    assert "node,a,fresh,queued\n" == queued
    assert "node,a,fresh,2 running\n" == (await desk.ask("GET", "/v1/scheduler/graph/csv")).text


async def test_search_looks_into_name_and_command(desk: JobsDesk) -> None:
    """Capitals don't matter; ten at a time unless told otherwise; ``any`` finds in either."""
    await post(desk, "Alpha", command="make it")
    await post(desk, "beta", command="alphabet")
    for number in range(11):
        await post(desk, f"n{number}")

    assert ["Alpha"] == await names(desk, "/jobs/search?name=ALPHA")
    assert ["beta"] == await names(desk, "/jobs/search?command=alpha")
    assert ["Alpha", "beta"] == await names(desk, "/jobs/search?any=alpha")
    assert [] == await names(desk, "/jobs/search?name=alpha&command=alpha")
    assert 10 == len(await names(desk, "/jobs/search"))
    assert ["n9"] == await names(desk, "/jobs/search?limit=1&offset=12")


async def test_job_is_run_with_more_words(desk: JobsDesk) -> None:
    """``arguments`` come after the command of a shell, and after a program's own arguments."""
    await post(desk, "a", command="echo")
    await post(desk, "b", command="/bin/echo", shell=False, arguments=["echo", "x"])
    for name in "ab":
        assert 204 == (await desk.ask("PUT", f"/v1/scheduler/job/{name}?arguments=-v+%22two+words%22")).status
    first, second = sorted(desk.launch(), key=lambda task: task.name)

    assert first.command is not None
    assert second.command is not None
    assert "echo -v 'two words'" == first.command.value
    assert ("echo", "x", "-v", "two words") == second.command.arguments
    assert 400 == (await desk.ask("PUT", "/v1/scheduler/job/a?arguments=%22")).status


async def test_success_by_hand_lets_children_go_on(desk: JobsDesk) -> None:
    """A job marked as successful counts so, and those after it run."""
    await post(desk, "first")
    await post(desk, "second", parents=["first"])
    reply = await desk.ask("PUT", "/v1/scheduler/job/success/first")

    assert (200, "marked job first as successful: true") == (reply.status, reply.text)
    assert ["second"] == [task.name for task in desk.launch()]


async def test_kill_ends_what_runs(desk: JobsDesk) -> None:
    """All tasks of a job are told to end."""
    await post(desk, "a")
    await desk.ask("PUT", "/v1/scheduler/job/a")
    desk.launch()

    assert 204 == (await desk.ask("DELETE", "/v1/scheduler/task/kill/a")).status
    assert ["KILLING"] == [each["state"] for each in (await desk.ask("GET", "/jobs/jobs/a/runs")).body["runs"]]


async def test_children_of_a_removed_job_follow_what_it_followed(desk: JobsDesk) -> None:
    """They take its parents, or else its schedule, and keep their own other fields."""
    await post(desk, "root")
    await post(desk, "middle", parents=["root"])
    await post(desk, "leaf", parents=["middle"], environmentVariables=[{"name": "A", "value": "1"}])
    removed = [(await desk.ask("DELETE", "/v1/scheduler/job/middle")).status]
    inherited = (await desk.ask("GET", "/v1/scheduler/job/leaf")).body["parents"]
    removed.append((await desk.ask("DELETE", "/v1/scheduler/job/root")).status)
    leaf = (await desk.ask("GET", "/v1/scheduler/job/leaf")).body

    assert ([204, 204], ["root"]) == (removed, inherited)
    assert (SCHEDULE, [{"name": "A", "value": "1"}]) == (leaf["schedule"], leaf["environmentVariables"])
    assert ["leaf"] == await names(desk)


async def test_all_jobs_are_removed(desk: JobsDesk) -> None:
    """Whatever runs after whatever."""
    await post(desk, "c")
    await post(desk, "b", parents=["c"])
    await post(desk, "a", parents=["b", "c"])

    assert 204 == (await desk.ask("DELETE", "/v1/scheduler/jobs")).status
    assert [] == await names(desk)


async def test_statistics_tell_how_long_runs_took(desk: JobsDesk) -> None:
    """Percentiles over the runs that succeeded, in milliseconds; the newest attempts first, as Chronos wrote them."""
    await post(desk, "slow")
    for hour, seconds in enumerate((60.0, 120.0, 180.0), 1):
        desk.move_to(NEW_YEAR + hour * HOUR)
        desk.run_all(seconds)
    stat = (await desk.ask("GET", "/v1/scheduler/job/stat/slow")).body
    newest = stat["taskStatHistory"][0]
    ranked = (await desk.ask("GET", "/v1/scheduler/stats/median")).body

    assert (120_000.0, 180_000.0, 120_000.0, 3) == tuple(
        stat["histogram"][key] for key in ("median", "99thPercentile", "mean", "count")
    )
    assert ("slow", "01/01/26 03:00:00", "01/01/26 03:03:00", "3m0s", "Success") == tuple(
        newest[key] for key in ("jobName", "startTime", "endTime", "duration", "status")
    )
    assert [{"jobNameLabel": "slow", "time": 120.0}] == ranked
    assert [] == (await desk.ask("GET", "/v1/scheduler/stats/13thPercentile")).body


async def test_progress_of_a_task_adds_up(desk: JobsDesk) -> None:
    """Elements that a task says it has processed are told with its statistics."""
    await post(desk, "a")
    await desk.ask("PUT", "/v1/scheduler/job/a")
    (task,) = desk.launch()
    path = f"/v1/scheduler/job/a/task/{task.task_id}/progress"
    statuses = [(await desk.ask("POST", path, {"numAdditionalElementsProcessed": 5})).status for _ in range(2)]
    (stat,) = (await desk.ask("GET", "/v1/scheduler/job/stat/a")).body["taskStatHistory"]
    noted = await desk.ask("PUT", f"/v1/scheduler/task/{task.task_id}", {"statusCode": 0})

    assert ([204, 204], 10) == (statuses, stat["numElementsProcessed"])
    assert (204, "statusCode") == (noted.status, noted.headers["Koinon-Ignored"])
    assert 400 == (await desk.ask("POST", path, {"numAdditionalElementsProcessed": -1})).status
    assert 400 == (await desk.ask("PUT", "/v1/scheduler/task/none", {"statusCode": 0})).status


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("iso8601", "{", "is no JSON"),
        ("iso8601", {"schedule": SCHEDULE}, "$.name: is missing"),
        ("iso8601", {"name": "a b/c", "schedule": SCHEDULE, "command": "x"}, "$.name: must be letters"),
        ("iso8601", {"name": "a", "schedule": "R/now/PT1H", "command": "x"}, "$.schedule: 'now' is no ISO 8601"),
        ("iso8601", {"name": "a", "schedule": "R//PT0S", "command": "x"}, "$.schedule: must be 1 second or more"),
        ("iso8601", {"name": "a", "parents": ["b"], "command": "x"}, "$.parents: a job that follows others"),
        ("iso8601", {"name": "a", "schedule": SCHEDULE}, "$.command: says nothing to run"),
        ("iso8601", {"name": "a", "command": "x", "retries": -1}, "$.retries: must be from 0"),
        ("iso8601", {"name": "a", "command": "x", "uris": [" "]}, "$.fetch[0].uri: is empty"),
        ("dependency", {"name": "a", "command": "x"}, "$.parents: is missing or empty"),
        ("dependency", {"name": "a", "command": "x", "parents": ["gone"]}, "$.parents: there is no job 'gone'"),
    ],
)
async def test_refusal_has_the_shape_of_chronos(desk: JobsDesk, path: str, body: object, text: str) -> None:
    """400 with ``status`` and ``message``, which names the field as Chronos calls it."""
    reply = await desk.ask("POST", f"/v1/scheduler/{path}", body)

    assert (400, {"status", "message"}, "Bad Request") == (reply.status, set(reply.body), reply.body["status"])
    assert text in reply.body["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/job/gone"), ("PUT", "/job/gone"), ("DELETE", "/job/gone"), ("PUT", "/job/success/gone"),
        ("GET", "/job/stat/gone"), ("DELETE", "/task/kill/gone"), ("GET", "/jobs/search?limit=x"),
    ],
)  # fmt: skip
async def test_unknown_job_is_a_bad_request(desk: JobsDesk, method: str, path: str) -> None:
    """Chronos said 400 where others say 404, and so do we to its clients."""
    reply = await desk.ask(method, f"/v1/scheduler{path}")

    assert (400, "Bad Request") == (reply.status, reply.body["status"])


async def test_scheduler_tells_of_itself(desk: JobsDesk) -> None:
    """Who leads, what it is like, and that it lives."""
    assert {"leader": "desk.example:4400"} == (await desk.ask("GET", "/v1/scheduler/leader")).body
    assert {"leader": "desk.example:4400"} == (await desk.ask("GET", "/leader")).body
    assert "3.0.2" == (await desk.ask("GET", "/v1/info")).body["version"]
    assert "pong" == (await desk.ask("GET", "/ping")).text


async def test_whole_export_is_taken_parents_first(desk: JobsDesk) -> None:
    """All jobs of a Chronos in one request, children before parents; what can't be is told with its field."""
    leaf = {"name": "leaf", "command": "x", "parents": ["middle"], "async": True}
    middle = {"name": "middle", "command": "x", "parents": ["root"], "successCount": 3}
    root = {"name": "root", "command": "x", "schedule": SCHEDULE}
    wrong = [{"name": "w", "command": "x", "schedule": "x"}, {"name": "v", "command": "x", "parents": ["no"]}, 7]
    reply = await desk.ask("POST", "/jobs/import", [leaf, middle, root, *wrong])
    report = reply.body

    assert (200, ["root", "middle", "leaf"]) == (reply.status, report["taken"])
    assert {"w": "$.schedule", "[5]": "$", "v": "$.parents"} == {
        each["name"]: each["problems"][0]["path"] for each in report["refused"]
    }
    assert ({"leaf": ["async"]}, {"middle": ["successCount"]}) == (report["withoutEffect"], report["ignored"])
    assert ["leaf", "middle", "root"] == await names(desk)
    assert 400 == (await desk.ask("POST", "/jobs/import", {})).status

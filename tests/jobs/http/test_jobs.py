"""Our own API for definitions: strict bodies, versions, merges, plans; refusals name the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import hdrs

from fakes.jobs_desk import NEW_YEAR, JobsDesk
from koinon_jobs.http.requests import MAX_BODY

EXAMPLES = Path(__file__).parents[3] / "examples/jobs"
HOURLY = {"repeating": "R/2026-01-01T00:00:00Z/PT1H"}


def job(name: str = "a", **fields: Any) -> dict[str, Any]:
    """A definition that is taken."""
    return {"name": name, "schedule": HOURLY, "command": "true", **fields}


async def problems(desk: JobsDesk, body: object) -> list[str]:
    """What a definition is refused for."""
    reply = await desk.ask("POST", "/jobs/jobs", body)
    assert reply.status in (400, 409), reply.text
    return [f"{each['path']}: {each['text']}" for each in reply.body["problems"]]


async def test_job_is_created_once_and_shown_as_it_was_put(desk: JobsDesk) -> None:
    """201 with its address and tag; a second of the name is a conflict; what comes back can be put again unchanged."""
    body = json.loads((EXAMPLES / "nightly.json").read_text())
    created = await desk.ask("POST", "/jobs/jobs", body)
    again = await desk.ask("POST", "/jobs/jobs", body)
    shown = await desk.ask("GET", created.headers["Location"])
    put = await desk.ask("PUT", created.headers["Location"], shown.body["definition"])

    assert (201, "/jobs/jobs/nightly-report") == (created.status, created.headers["Location"])
    assert 409 == again.status
    assert body.items() <= {**shown.body["definition"], "retryDelay": body["retryDelay"]}.items()
    assert (200, shown.headers[hdrs.ETAG], shown.body["definition"]) == (
        put.status,
        put.headers[hdrs.ETAG],
        put.body["definition"],
    )
    assert "2026-01-01T01:30:00.000Z" == shown.body["status"]["next"]
    assert "2026-01-01 02:30:00 CET" == shown.body["status"]["nextLocal"]


async def test_every_field_comes_back(desk: JobsDesk) -> None:
    """A definition that says everything is given back saying everything."""
    body = {
        **job("all.of-it_1"),
        "description": "d", "owner": "o", "ownerName": "n", "shell": False, "arguments": ["true", "x"],
        "environment": {"A": "1"}, "user": "web", "cpus": 0.5, "mem": 64.0, "disk": 1.0, "gpus": 1.0,
        "uris": [{"uri": "http://x/y", "executable": True, "extract": False, "cache": True, "outputFile": "z"}],
        "constraints": [["rack", "IS", "r1"], ["hostname", "UNIQUE"]], "role": "*", "labels": {"k": "v"},
        "retries": 3, "retryDelay": {"initialSeconds": 1.0, "maximumSeconds": 60.0, "factor": 2.0},
        "startWindowSeconds": 60.0, "maxRunTimeSeconds": 9.0, "overlap": "QUEUE", "missed": "ALL", "catchUp": 5,
        "softError": True, "enabled": False, "maxHistory": 7,
        "schedule": {"cron": "*/5 * * * *", "timeZone": "Asia/Tokyo"},
        "container": {
            "type": "DOCKER", "image": "x", "network": "BRIDGE", "forcePullImage": True, "networkInfos": [],
            "volumes": [{"containerPath": "/a", "hostPath": "/b", "mode": "RO"}],
            "parameters": [{"key": "dns", "value": "1.1.1.1"}],
        },
    }  # fmt: skip
    await desk.ask("POST", "/jobs/jobs", body)

    assert body == (await desk.ask("GET", "/jobs/jobs/all.of-it_1")).body["definition"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{", "$: is no JSON"),
        ("[]", "$: must be an object, not a list"),
        ({}, "$.name: is missing"),
        (job("a/b"), "$.name: must be letters"),
        (job(shedule=1), "$.shedule: is no field; did you mean schedule?"),
        (job(mem="64"), '$.mem: must be a number, not "64"'),
        (job(cpus=-1), "$.cpus: must be from 0 to 1e+09"),
        (job(schedule={}), "$.schedule: must say exactly one of cron, repeating, once, parents, not none"),
        (job(schedule={"once": "now", "cron": "@daily"}), "$.schedule: must say exactly one of"),
        (job(schedule={"cron": "61 * * * *"}), "$.schedule.cron: '61 * * * *' is no cron expression"),
        (job(schedule={"cron": "@daily", "timeZone": "Mars/Base"}), "$.schedule.timeZone: 'Mars/Base' is no time zone"),
        (job(schedule={"repeating": "R/x/PT1H"}), "$.schedule.repeating: 'x' is no ISO 8601 date"),
        (job(schedule={"repeating": "R//PT0S"}), "$.schedule.repeating: must be 1 second or more"),
        (job(schedule={"repeating": "R//PT1H", "timeZone": "Mars/Base"}), "$.schedule.timeZone: 'Mars/Base'"),
        (job(schedule={"once": "tomorrow"}), "$.schedule.once: 'tomorrow' is no ISO 8601 date"),
        (job(schedule={"once": "now", "timeZone": "UTC"}), "$.schedule.timeZone: has no meaning beside once"),
        (job(schedule={"parents": []}), "$.schedule.parents: names no job"),
        (job(schedule={"parents": ["gone"]}), "$.schedule.parents: there is no job 'gone'"),
        (job(schedule={"parents": ["a"]}), "$.schedule.parents: go round in a circle"),
        (job(constraints=[["rack", "NEAR"]]), "$.constraints[0][1]: 'NEAR' is none of"),
        (job(constraints=[["rack"]]), "$.constraints[0]: must be [field, operator]"),
        (job(constraints=[["rack", "LIKE", "("]]), "$.constraints[0]: "),
        (job(retryDelay={"initialSeconds": -1}), "$.retryDelay.initialSeconds: must be 0 seconds or more"),
        (job(startWindowSeconds=-1), "$.startWindowSeconds: must be from 0 seconds"),
        (job(container={"type": "DOCKER"}), "$.container.image: is missing"),
        (job(container={"image": " "}), "$.container.image: is empty"),
        (job(container={"image": "x", "networkInfos": [{"name": "n", "protocol": "v"}]}), "$.container.networkInfos"),
        (job(uris=[{"uri": ""}]), "$.uris[0].uri: is empty"),
        (job(overlap="MAYBE"), "$.overlap: must be one of ALLOW, SKIP, REPLACE, QUEUE"),
        (job(role="gold"), "$.role: 'gold' is none of this framework's"),
    ],
)  # fmt: skip
async def test_refusal_names_the_field(desk: JobsDesk, body: object, problem: str) -> None:
    """Whatever is wrong is told at the path that the client wrote; nothing is stored."""
    found = await problems(desk, body)

    assert any(each.startswith(problem) for each in found), found
    assert 0 == (await desk.ask("GET", "/jobs/jobs")).body["total"]


async def test_body_beyond_the_limit_is_refused(desk: JobsDesk) -> None:
    """413 for more than a record holds, in our own shape; the server goes on answering."""
    reply = await desk.ask("POST", "/jobs/jobs", b" " * (MAX_BODY + 1))

    assert 413 == reply.status
    assert str(MAX_BODY) in reply.body["message"]
    assert 200 == (await desk.ask("GET", "/jobs/jobs")).status


async def test_change_insists_on_what_it_was_made_from(desk: JobsDesk) -> None:
    """With If-Match only the version that was read is replaced, changed or removed; others get 412."""
    first = (await desk.ask("PUT", "/jobs/jobs/a", job())).headers[hdrs.ETAG]
    match, stale = {"If-Match": first}, 412
    changed = await desk.ask("PATCH", "/jobs/jobs/a", {"mem": 64}, **match)

    assert 200 == changed.status
    assert first != changed.headers[hdrs.ETAG]
    assert stale == (await desk.ask("PUT", "/jobs/jobs/a", job(), **match)).status
    assert stale == (await desk.ask("PATCH", "/jobs/jobs/a", {"mem": 32}, **match)).status
    assert stale == (await desk.ask("DELETE", "/jobs/jobs/a", **match)).status
    assert stale == (await desk.ask("PUT", "/jobs/jobs/a", job(), **{"If-None-Match": "*"})).status
    assert stale == (await desk.ask("PUT", "/jobs/jobs/new", job("new"), **{"If-Match": "*"})).status
    assert 204 == (await desk.ask("DELETE", "/jobs/jobs/a", **{"If-Match": changed.headers[hdrs.ETAG]})).status


async def test_patch_merges(desk: JobsDesk) -> None:
    """Members are merged, null takes one out, a schedule is replaced by another kind as a whole."""
    await desk.ask("POST", "/jobs/jobs", job(labels={"a": "1", "b": "2"}, user="web", retries=2))
    change = {"labels": {"a": None, "c": "3"}, "user": None, "schedule": {"cron": "@daily"}, "enabled": False}
    reply = await desk.ask("PATCH", "/jobs/jobs/a", change)
    found = reply.body["definition"]

    assert ({"b": "2", "c": "3"}, {"cron": "@daily", "timeZone": "UTC"}, 2, False) == (
        found["labels"],
        found["schedule"],
        found["retries"],
        found["enabled"],
    )
    assert "user" not in found
    assert 400 == (await desk.ask("PATCH", "/jobs/jobs/a", {"name": "b"})).status
    assert 400 == (await desk.ask("PUT", "/jobs/jobs/a", job("b"))).status
    assert 404 == (await desk.ask("PATCH", "/jobs/jobs/b", {})).status


async def test_chain_is_put_parents_first_and_removed_children_first(desk: JobsDesk) -> None:
    """A job that others run after can't be removed: 409 names them."""
    for body in json.loads((EXAMPLES / "chain.json").read_text()):
        assert 201 == (await desk.ask("POST", "/jobs/jobs", body)).status
    refused = await desk.ask("DELETE", "/jobs/jobs/export")

    assert 409 == refused.status
    assert "clean, load" in refused.body["message"]
    assert [204, 204, 204] == [
        (await desk.ask("DELETE", f"/jobs/jobs/{name}")).status for name in ("load", "clean", "export")
    ]


async def test_list_is_filtered_and_paged(desk: JobsDesk) -> None:
    """Jobs come by name, a page at a time, with how many there are in all."""
    for name in ("a1", "a2", "b1"):
        await desk.ask("POST", "/jobs/jobs", job(name, enabled=name != "a2", owner=name, labels={"team": name}))

    async def names(query: str) -> tuple[list[str], int]:
        found = (await desk.ask("GET", f"/jobs/jobs?{query}")).body
        return [each["name"] for each in found["jobs"]], found["total"]

    assert (["a1", "a2"], 2) == await names("name=A")
    assert (["a2"], 1) == await names("state=paused")
    assert (["b1"], 1) == await names("label=team=b1")
    assert (["b1"], 1) == await names("owner=b1")
    assert (["a2"], 3) == await names("limit=1&offset=1")


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=1001", "offset=%CE%A9", "state=odd", "runs=51"])
async def test_query_that_can_not_be_names_its_word(desk: JobsDesk, query: str) -> None:
    """A number out of bounds, or none at all, is a 400 that names it."""
    reply = await desk.ask("GET", f"/jobs/jobs?{query}")

    assert 400 == reply.status
    assert f"?{query.partition('=')[0]}" in reply.text


async def test_plan_shows_times_over_a_change_of_clocks_and_stores_nothing(desk: JobsDesk) -> None:
    """The day on which half past two does not exist is told before anything is stored."""
    body = job(schedule={"cron": "30 2 28-30 3 *", "timeZone": "Europe/Berlin"})
    reply = await desk.ask("POST", "/jobs/plan?count=3", body)

    assert [
        ("2026-03-28T01:30:00.000Z", "2026-03-28 02:30:00 CET"),
        ("2026-03-29T01:00:00.000Z", "2026-03-29 03:00:00 CEST"),
        ("2026-03-30T00:30:00.000Z", "2026-03-30 02:30:00 CEST"),
    ] == [(each["utc"], each["local"]) for each in reply.body["next"]]
    assert (False, True) == (reply.body["replaces"], reply.body["changes"])
    assert 0 == (await desk.ask("GET", "/jobs/jobs")).body["total"]


async def test_plan_begins_now_and_refuses_what_put_would(desk: JobsDesk) -> None:
    """A start that is left out is now; a parent that is not there is refused as by POST."""
    planned = await desk.ask("POST", "/jobs/plan", job(schedule={"repeating": "R2//PT1H"}))
    once = await desk.ask("POST", "/jobs/plan", json.loads((EXAMPLES / "once.json").read_text()))
    refused = await desk.ask("POST", "/jobs/plan", job(schedule={"parents": ["gone"]}))

    assert ["2026-01-01T00:00:00.000Z", "2026-01-01T01:00:00.000Z"] == [each["utc"] for each in planned.body["next"]]
    assert ["2026-01-01T00:00:00.000Z"] == [each["utc"] for each in once.body["next"]]
    assert (400, "$.schedule.parents") == (refused.status, refused.body["problems"][0]["path"])
    assert NEW_YEAR == desk.service.clock.moment


async def test_addresses_bear_any_name(desk: JobsDesk) -> None:
    """What Location says can be asked for as it stands, spaces and hashes of names included."""
    created = await desk.ask("POST", "/jobs/jobs", job(name="a b#c"))
    run = await desk.ask("POST", f"{created.headers['Location']}/run")

    assert "/jobs/jobs/a%20b%23c" == created.headers["Location"]
    assert "a b#c" == (await desk.ask("GET", run.headers["Location"])).body["job"]


async def test_a_lost_tag_matches_nothing(desk: JobsDesk) -> None:
    """If-Match without a tag is a client that has lost it, not one that insists on nothing."""
    await desk.ask("POST", "/jobs/jobs", job())

    assert 412 == (await desk.ask("PUT", "/jobs/jobs/a", job(), **{"If-Match": ""})).status

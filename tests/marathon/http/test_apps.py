"""`/v2/apps`: create, change, restore and delete (marathon-v2-api 3)."""

import pytest

from fakes.marathon_desk import Desk

WEB = {"id": "/web", "cmd": "sleep 1000", "instances": 0, "ports": [0]}


async def test_created_app_is_answered_as_submitted(desk: Desk) -> None:
    """201, no counts yet, its deployment, and service ports that are still 0 (marathon-v2-api 3.4)."""
    reply = await desk.ask("POST", "/v2/apps", WEB)

    assert 201 == reply.status
    assert f"http://{desk.address}/web" == reply.headers["Location"]
    assert [{"id": reply.headers["Marathon-Deployment-Id"]}] == reply.body["deployments"]
    assert (0, 0) == (reply.body["tasksRunning"], reply.body["portDefinitions"][0]["port"])
    assert not {"versionInfo", "tasks", "lastTaskFailure"} & set(reply.body)
    stored = (await desk.ask("GET", "/v2/apps/web")).body["app"]
    assert 10000 == stored["portDefinitions"][0]["port"]
    assert [] == stored["tasks"]


@pytest.mark.parametrize(
    "path", ["/v2/apps/shop/web", "/v2/apps//shop/web", "/v2/apps/shop/web/", "/v2//apps/shop//web"]
)
async def test_slashes_do_not_matter(desk: Desk, path: str) -> None:
    """Clients send ids with and without the leading slash, and slashes at the end."""
    await desk.ask("POST", "/v2/apps/", {**WEB, "id": "shop/web"})

    assert "/shop/web" == (await desk.ask("GET", path)).body["app"]["id"]


async def test_list_is_filtered(desk: Desk) -> None:
    """Filters join by AND; a selector that can't be read is a 422."""
    await desk.ask("PUT", "/v2/apps", [{**WEB, "labels": {"team": "a"}}, {**WEB, "id": "/worker", "cmd": "work"}])

    async def ids(query: str) -> list[str]:
        return [app["id"] for app in (await desk.ask("GET", f"/v2/apps?{query}")).body["apps"]]

    assert ["/web", "/worker"] == await ids("")
    assert ["/worker"] == await ids("id=WORK")
    assert ["/web"] == await ids("cmd=sleep&label=team==a")
    assert 422 == (await desk.ask("GET", "/v2/apps?label=a=b")).status


async def test_star_is_everything_below_a_group(desk: Desk) -> None:
    """`/v2/apps/shop/*`, and `*` alone for all."""
    await desk.ask("PUT", "/v2/apps", [WEB, {**WEB, "id": "/shop/a"}, {**WEB, "id": "/shop/b/c"}])

    below = (await desk.ask("GET", "/v2/apps/shop/*")).body["*"]
    everything = (await desk.ask("GET", "/v2/apps/*")).body["*"]
    assert ["/shop/a", "/shop/b/c"] == [app["id"] for app in below]
    assert 3 == len(everything)


async def test_star_of_no_group_is_a_404(desk: Desk) -> None:
    """Nor are there tasks of it."""
    for path in ("/v2/apps/none/*", "/v2/apps/none/*/tasks"):
        reply = await desk.ask("GET", path)

        assert (404, "Group '/none' does not exist") == (reply.status, reply.body["message"])


async def test_an_id_is_taken_once(desk: Desk) -> None:
    """The second POST is told so, without `deployments`: clients tell the two kinds of 409 by that."""
    await desk.ask("POST", "/v2/apps", WEB)
    reply = await desk.ask("POST", "/v2/apps", WEB)

    assert (409, {"message": "An app with id [/web] already exists."}) == (reply.status, reply.body)


async def test_put_merges_and_answers_with_the_deployment(desk: Desk) -> None:
    """Fields that are not said stay; the answer is version and deployment."""
    await desk.ask("POST", "/v2/apps", WEB)
    reply = await desk.ask("PUT", "/v2/apps/web", {"mem": 64})

    assert 200 == reply.status
    assert {"version", "deploymentId"} == set(reply.body)
    assert reply.body["deploymentId"] == reply.headers["Marathon-Deployment-Id"]
    app = (await desk.ask("GET", "/v2/apps/web")).body["app"]
    assert ("sleep 1000", 64) == (app["cmd"], app["mem"])


async def test_whole_put_replaces(desk: Desk) -> None:
    """`partialUpdate=false` puts defaults in place of what is missing; Python's False is false."""
    await desk.ask("POST", "/v2/apps", {**WEB, "mem": 64})
    await desk.ask("PUT", "/v2/apps/web?partialUpdate=False", {"cmd": "sleep 1", "instances": 0})

    assert 128 == (await desk.ask("GET", "/v2/apps/web")).body["app"]["mem"]


async def test_put_creates_what_is_not_there(desk: Desk) -> None:
    """201 with its place; a body that defines nothing is refused."""
    reply = await desk.ask("PUT", "/v2/apps/new/app", {"cmd": "x", "instances": 0})

    assert (201, f"http://{desk.address}/new/app") == (reply.status, reply.headers["Location"])
    assert 422 == (await desk.ask("PUT", "/v2/apps/empty", {"instances": 0})).status
    assert 422 == (await desk.ask("PUT", "/v2/apps/Bad_Id", {"cmd": "x"})).status


async def test_patch_never_creates(desk: Desk) -> None:
    """One or many: what is missing is a 404, and nothing of the rest is done."""
    await desk.ask("POST", "/v2/apps", WEB)
    one = await desk.ask("PATCH", "/v2/apps/none", {"instances": 1})
    many = await desk.ask("PATCH", "/v2/apps", [{"id": "/web", "mem": 64}, {"id": "/none", "mem": 64}])

    assert (404, {"message": "App '/none' does not exist"}) == (one.status, one.body)
    assert 404 == many.status
    assert 128 == (await desk.ask("GET", "/v2/apps/web")).body["app"]["mem"]
    assert 200 == (await desk.ask("PATCH", "/v2/apps/web", {"mem": 64})).status


async def test_the_element_at_fault_is_named(desk: Desk) -> None:
    """Problems of one app among many are led by its place in the list."""
    reply = await desk.ask("PUT", "/v2/apps", [WEB, {"id": "/x", "instances": 0}])

    assert 422 == reply.status
    assert "(1)" == reply.body["details"][0]["path"]


async def test_versions_are_kept_and_come_back(desk: Desk) -> None:
    """Newest first; a PUT of a version alone restores that definition (marathon-v2-api 3.7)."""
    await desk.ask("POST", "/v2/apps", WEB)
    first = (await desk.ask("GET", "/v2/apps/web")).body["app"]["version"]
    await desk.ask("PUT", "/v2/apps/web", {"mem": 64})
    versions = (await desk.ask("GET", "/v2/apps/web/versions")).body["versions"]
    shown = await desk.ask("GET", f"/v2/apps/web/versions/{first}")
    restored = await desk.ask("PUT", "/v2/apps/web", {"version": first})

    assert (2, first) == (len(versions), versions[-1])
    assert (128, "/web") == (shown.body["mem"], shown.body["id"])
    assert 200 == restored.status
    assert 128 == (await desk.ask("GET", "/v2/apps/web")).body["app"]["mem"]


async def test_many_come_back_to_versions_at_once(desk: Desk) -> None:
    """Elements with nothing but a version beside ones that change something: one change."""
    for name in ("a", "b"):
        await desk.ask("POST", "/v2/apps", {"id": name, "cmd": "first", "instances": 0})
    first = (await desk.ask("GET", "/v2/apps/a")).body["app"]["version"]
    await desk.ask("PUT", "/v2/apps/a", {"cmd": "second"})
    missing = await desk.ask("PATCH", "/v2/apps", [{"id": "/b", "version": "2001-01-01T00:00:00Z"}])
    reply = await desk.ask("PATCH", "/v2/apps", [{"id": "/a", "version": first}, {"id": "/b", "cmd": "third"}])
    apps = (await desk.ask("GET", "/v2/apps")).body["apps"]

    assert (404, 200) == (missing.status, reply.status)
    assert [("/a", "first"), ("/b", "third")] == [(app["id"], app["cmd"]) for app in apps]


async def test_versions_that_are_not_there(desk: Desk) -> None:
    """Unknown ones are a 404 in words, unreadable ones a 422."""
    await desk.ask("POST", "/v2/apps", WEB)
    unknown = await desk.ask("GET", "/v2/apps/web/versions/2020-01-01T00:00:00.000Z")
    unreadable = await desk.ask("GET", "/v2/apps/web/versions/yesterday")
    rolled = await desk.ask("PUT", "/v2/apps/web", {"version": "2020-01-01T00:00:00.000Z"})
    mixed = await desk.ask("PUT", "/v2/apps/web", {"version": "2020-01-01T00:00:00.000Z", "mem": 1})

    message = "App '/web' does not exist in version 2020-01-01T00:00:00.000Z"
    assert (404, {"message": message, "details": []}) == (unknown.status, unknown.body)
    assert (422, 404, 422) == (unreadable.status, rolled.status, mixed.status)


async def test_locked_apps_refuse_until_forced(desk: Desk) -> None:
    """While a deployment is at work: 409 with its id; `force` and DELETE go through (marathon-v2-api 1.3)."""
    deployment = (await desk.ask("POST", "/v2/apps", {**WEB, "instances": 1})).body["deployments"][0]
    locked = await desk.ask("PUT", "/v2/apps/web", {"mem": 64})

    assert (409, [deployment]) == (locked.status, locked.body["deployments"])
    assert 200 == (await desk.ask("PUT", "/v2/apps/web?force=true", {"mem": 64})).status
    assert 409 == (await desk.ask("DELETE", "/v2/apps/web?force=false")).status
    assert 200 == (await desk.ask("DELETE", "/v2/apps/web")).status
    assert 404 == (await desk.ask("GET", "/v2/apps/web")).status
    assert (404, "App '/web' does not exist") == (
        (again := await desk.ask("DELETE", "/v2/apps/web")).status, again.body["message"],
    )  # fmt: skip


async def test_restart_is_a_new_version_of_the_same(desk: Desk) -> None:
    """The configuration counts as changed, so that every task is replaced."""
    await desk.ask("POST", "/v2/apps", WEB)
    before = (await desk.ask("GET", "/v2/apps/web")).body["app"]["versionInfo"]["lastConfigChangeAt"]
    reply = await desk.ask("POST", "/v2/apps/web/restart")

    assert 200 == reply.status
    after = (await desk.ask("GET", "/v2/apps/web")).body["app"]["versionInfo"]["lastConfigChangeAt"]
    assert after > before
    assert 404 == (await desk.ask("POST", "/v2/apps/none/restart")).status


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [("{", 400, "Invalid JSON"), ("", 400, "Please specify data in JSON format"), ("[]", 422, "Invalid JSON")],
)
async def test_bodies_that_are_no_app(desk: Desk, body: str, status: int, message: str) -> None:
    """Each in Marathon's own words."""
    reply = await desk.ask("POST", "/v2/apps", body)

    assert (status, message) == (reply.status, reply.body["message"])


async def test_a_body_must_be_json(desk: Desk) -> None:
    """Marathon takes no other content type here."""
    reply = await desk.ask("POST", "/v2/apps", "{}", **{"Content-Type": "text/plain"})

    assert (415, {"message": "Unsupported Media Type"}) == (reply.status, reply.body)


@pytest.mark.parametrize("depth", [101, 900, 100_000])
@pytest.mark.parametrize("ends", [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_bodies_too_deep_are_refused(desk: Desk, depth: int, ends: tuple[str, str], method: str) -> None:
    """Nesting exhausts nobody's stack."""
    opening, closing = ends
    reply = await desk.ask(method, "/v2/apps", opening * depth + "1" + closing * depth)

    assert (400, "Invalid JSON") == (reply.status, reply.body["message"])

"""`/v2/groups`: the tree shown, changed and brought back (marathon-v2-api 6)."""

import json
from typing import Any

import pytest

from fakes.marathon_desk import Desk, Reply

ALONE = "not allowed in conjunction with other properties."
SLEEP: dict[str, Any] = {"cmd": "sleep 1000", "instances": 0}
SHOP: dict[str, Any] = {
    "id": "/shop",
    "dependencies": None,
    "groups": [
        {"id": "data", "apps": [{"id": "db", **SLEEP}], "groups": None},
        {"id": "front", "dependencies": ["../data"], "apps": [{"id": "web", **SLEEP, "instances": 2}]},
    ],
}


def errors(reply: Reply) -> dict[str, list[str]]:
    """The errors of a 422, by path."""
    assert 422 == reply.status, reply.text
    return {each["path"]: each["errors"] for each in reply.body["details"]}


async def ids(desk: Desk) -> list[str]:
    """Every app there is."""
    return [app["id"] for app in (await desk.ask("GET", "/v2/apps")).body["apps"]]


async def test_nested_groups_are_made_in_one_deployment(desk: Desk) -> None:
    """201 with the common answer and a Location; relative ids hang below the group that holds them."""
    reply = await desk.ask("POST", "/v2/groups", SHOP)
    group = (await desk.ask("GET", "/v2/groups/shop")).body

    assert 201 == reply.status
    assert f"http://{desk.address}/shop" == reply.headers["Location"]
    assert reply.body["deploymentId"] == reply.headers["Marathon-Deployment-Id"]
    assert reply.body["version"] == group["version"]
    assert ["/shop/data/db", "/shop/front/web"] == await ids(desk)
    assert [("/shop/data", []), ("/shop/front", ["/shop/data"])] == [
        (each["id"], each["dependencies"]) for each in group["groups"]
    ]


async def test_an_id_is_seen_from_the_group_of_the_url(desk: Desk) -> None:
    """Relative ones hang below it, absolute ones stand for themselves; what lies between is made."""
    relative = await desk.ask("POST", "/v2/groups/shop/eu", {"id": "data/db", "apps": [{"id": "../db/a", **SLEEP}]})
    absolute = await desk.ask("PUT", "/v2/groups/shop", {"id": "/other", "apps": [{"id": "/other/a", **SLEEP}]})

    assert f"http://{desk.address}/shop/eu/data/db" == relative.headers["Location"]
    assert (201, 200) == (relative.status, absolute.status)
    assert ["/other/a", "/shop/eu/data/db/a"] == await ids(desk)


async def test_a_group_has_the_keys_that_clients_know(desk: Desk) -> None:
    """Strict clients take no other; only top-level groups that were told to enforce their role or not speak of it."""
    await desk.ask("POST", "/v2/groups", SHOP)
    root = (await desk.ask("GET", "/v2/groups")).body
    shop = root["groups"][0]

    assert {"id", "apps", "pods", "groups", "dependencies", "version"} == set(root)
    assert set(root) == set(shop) == set(shop["groups"][0])
    assert ("/", []) == (root["id"], root["pods"])
    assert "tasksRunning" not in shop["groups"][0]["apps"][0]


@pytest.mark.parametrize("path", ["/v2/groups//shop", "/v2/groups/shop/", "/v2//groups///shop/"])
async def test_slashes_do_not_matter(desk: Desk, path: str) -> None:
    """Clients send ids with and without the leading slash."""
    await desk.ask("POST", "/v2/groups/", SHOP)

    assert "/shop" == (await desk.ask("GET", path)).body["id"]


async def test_any_content_type_is_taken(desk: Desk) -> None:
    """Curl says that its JSON is a form."""
    body = json.dumps(SHOP)
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert 201 == (await desk.ask("POST", "/v2/groups", body, **form)).status
    assert 415 == (await desk.ask("POST", "/v2/apps", body, **form)).status


async def test_what_is_not_there_is_said(desk: Desk) -> None:
    """404 with Marathon's words for each way to ask; the root is always there."""
    missing = {"message": "Group '/nope' does not exist", "details": []}

    for method, path in (("GET", ""), ("GET", "/apps"), ("GET", "/versions"), ("DELETE", "")):
        reply = await desk.ask(method, f"/v2/groups/nope{path}")
        assert (404, missing) == (reply.status, reply.body)
    reply = await desk.ask("GET", "/v2/groups/nope/versions/2020-01-01T00:00:00Z")
    assert "Group '/nope' does not exist in version 2020-01-01T00:00:00.000Z" == reply.body["message"]
    assert 422 == (await desk.ask("GET", "/v2/groups/versions/yesterday")).status
    assert 200 == (await desk.ask("GET", "/v2/groups")).status
    assert [] == (await desk.ask("GET", "/v2/groups/apps")).body


async def test_an_id_is_taken_once(desk: Desk) -> None:
    """POST never changes what is there: not a group, not the root, not an app of that id."""
    await desk.ask("POST", "/v2/groups", SHOP)

    taken = {"message": "Group /shop is already created. Use PUT to change this group."}
    for path, body, message in (
        ("/v2/groups", {"id": "shop"}, taken["message"]),
        ("/v2/groups/shop", {}, taken["message"]),
        ("/v2/groups", {}, "Group / is already created. Use PUT to change this group."),
        ("/v2/groups", {"id": "/shop/data/db"}, "An app with the path /shop/data/db already exists."),
    ):
        reply = await desk.ask("POST", path, body)
        assert (409, message) == (reply.status, reply.body["message"])


async def test_said_lists_replace_and_unsaid_ones_stay(desk: Desk) -> None:
    """Apps that a given list leaves out go, and so do groups; without a list nothing is touched."""
    await desk.ask("POST", "/v2/groups", SHOP)
    await desk.ask("PUT", "/v2/groups/shop", {"dependencies": ["/base"]})
    untouched = await ids(desk)
    await desk.ask("PUT", "/v2/groups/shop?force=true", {"groups": [{"id": "front", "apps": [{"id": "api", **SLEEP}]}]})

    assert ["/shop/data/db", "/shop/front/web"] == untouched
    assert ["/shop/front/api"] == await ids(desk)
    front = (await desk.ask("GET", "/v2/groups/shop")).body
    assert (["/base"], ["/shop/data"]) == (front["dependencies"], front["groups"][0]["dependencies"])


async def test_putting_what_is_there_deploys_nothing(desk: Desk) -> None:
    """An answer of GET, without its versions, put back: a deployment without steps, and no app gets a version."""
    await desk.ask("POST", "/v2/groups", SHOP)
    before = (await desk.ask("GET", "/v2/groups?embed=group.apps&embed=group.groups")).body
    body = {**before, "groups": [_without_versions(group) for group in before["groups"]]}
    del body["version"]
    planned = await desk.ask("PUT", "/v2/groups?dryRun=true", body)
    reply = await desk.ask("PUT", "/v2/groups", body)
    after = (await desk.ask("GET", "/v2/groups")).body

    assert {"steps": []} == planned.body
    assert 200 == reply.status
    assert reply.body["version"] == after["version"] > before["version"]
    assert _apps_of(before) == _apps_of(after)


def _without_versions(group: dict[str, Any]) -> dict[str, Any]:
    """What may be put back: `version` asks for an older tree."""
    said = {key: value for key, value in group.items() if key != "version"}
    return said | {"groups": [_without_versions(child) for child in group["groups"]]}


def _apps_of(group: dict[str, Any]) -> list[dict[str, Any]]:
    return [*group["apps"], *(app for child in group["groups"] for app in _apps_of(child))]


async def test_dry_run_tells_steps_and_stores_nothing(desk: Desk) -> None:
    """Start all, then what others wait for, then those who wait."""
    reply = await desk.ask("PUT", "/v2/groups?dryRun=True", {"groups": [SHOP]})

    scaled = [[action["app"] for action in step["actions"]] for step in reply.body["steps"][1:]]
    assert [["/shop/data/db"], ["/shop/front/web"]] == scaled
    assert {"StartApplication", "ScaleApplication"} == {
        action["action"] for step in reply.body["steps"] for action in step["actions"]
    }
    assert [] == await ids(desk)


async def test_scaling_rounds_up(desk: Desk) -> None:
    """Every app below, at any depth."""
    await desk.ask("POST", "/v2/groups", SHOP)
    reply = await desk.ask("PUT", "/v2/groups/shop?force=true", {"scaleBy": 1.2})

    assert 200 == reply.status
    apps = (await desk.ask("GET", "/v2/groups/shop/apps")).body
    assert {"/shop/data/db": 0, "/shop/front/web": 3} == {app["id"]: app["instances"] for app in apps}
    assert 404 == (await desk.ask("PUT", "/v2/groups/nope", {"scaleBy": 2})).status


async def test_a_group_comes_back_as_it_was(desk: Desk) -> None:
    """By the version of the tree, deleted or not; an unknown version is said."""
    await desk.ask("POST", "/v2/groups", SHOP)
    version = (await desk.ask("GET", "/v2/groups/shop")).body["version"]
    await desk.ask("DELETE", "/v2/groups/shop?force=true")
    await desk.ask("POST", "/v2/apps", {"id": "/other", **SLEEP})
    gone = await ids(desk)
    reply = await desk.ask("PUT", "/v2/groups/shop?force=true", {"version": version})
    unknown = await desk.ask("PUT", "/v2/groups/shop", {"version": "2020-01-01T00:00:00.000Z"})

    assert ["/other"] == gone
    assert 200 == reply.status
    assert ["/other", "/shop/data/db", "/shop/front/web"] == await ids(desk)
    assert (422, {"message": "Group /shop not available in version 2020-01-01T00:00:00.000Z"}) == (
        unknown.status,
        unknown.body,
    )


async def test_a_put_to_a_version_brings_it_back(desk: Desk) -> None:
    """PyPI's client asks so, with an empty body; Marathon itself never answered that."""
    await desk.ask("POST", "/v2/groups", SHOP)
    version = (await desk.ask("GET", "/v2/groups/shop")).body["version"]
    await desk.ask("DELETE", "/v2/groups/shop?force=true")
    reply = await desk.ask("PUT", f"/v2/groups/shop/versions/{version}?force=true")

    assert 200 == reply.status
    assert ["/shop/data/db", "/shop/front/web"] == await ids(desk)
    assert 422 == (await desk.ask("PUT", "/v2/groups/shop/versions/2020-01-01T00:00:00Z")).status
    assert 422 == (await desk.ask("PUT", "/v2/groups/shop/versions/then")).status


async def test_versions_of_a_group_are_those_of_the_tree(desk: Desk) -> None:
    """The latest first, as long as the group was there; each can be looked at."""
    await desk.ask("POST", "/v2/groups", SHOP)
    await desk.ask("PUT", "/v2/groups/shop", {"apps": [{"id": "new", **SLEEP}]})
    await desk.ask("DELETE", "/v2/groups/shop?force=true")
    versions = (await desk.ask("GET", "/v2/groups/shop/versions")).body
    root_versions = (await desk.ask("GET", "/v2/groups/versions")).body
    first = (await desk.ask("GET", f"/v2/groups/shop/versions/{versions[-1]}")).body

    assert (2, 3) == (len(versions), len(root_versions))
    assert sorted(root_versions, reverse=True) == root_versions
    assert root_versions[1:] == versions
    assert (versions[-1], []) == (first["version"], first["apps"])
    assert 404 == (await desk.ask("GET", f"/v2/groups/shop/versions/{root_versions[0]}")).status


async def test_deleting_the_root_removes_everything(desk: Desk) -> None:
    """All groups and apps; the root itself stays."""
    await desk.ask("POST", "/v2/groups", SHOP)
    reply = await desk.ask("DELETE", "/v2/groups?force=true")

    assert {"version", "deploymentId"} == set(reply.body)
    root = (await desk.ask("GET", "/v2/groups")).body
    assert ([], []) == (root["apps"], root["groups"])


async def test_a_locked_app_locks_its_group(desk: Desk) -> None:
    """409 with the deployment in the way, which `force` ends."""
    first = await desk.ask("POST", "/v2/groups", SHOP)
    body = {"apps": [{"id": "web", **SLEEP, "instances": 5}]}
    refused = await desk.ask("PUT", "/v2/groups/shop/front", body)
    forced = await desk.ask("PUT", "/v2/groups/shop/front?force=true", body)

    assert (409, [{"id": first.body["deploymentId"]}]) == (refused.status, refused.body["deployments"])
    assert 200 == forced.status


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"version": "2020-01-01T00:00:00Z", "apps": []}, "/version", ALONE),
        ({"scaleBy": 2, "dependencies": []}, "/scaleBy", ALONE),
        ({"groups": [{"id": "a", "scaleBy": 2}]}, "/groups(0)/scaleBy", ALONE),
        ({"scaleBy": -1}, "/scaleBy", "error.min"),
        ({"scaleBy": "much"}, "/scaleBy", "error.expected.jsnumber"),
        ({"apps": [{"id": "/other/web", **SLEEP}]}, "/apps(0)/id", "Identifier is not child of '/shop'"),
        ({"apps": [{"id": "a/b", **SLEEP}]}, "/apps(0)/id", "Identifier is not child of '/shop'"),
        ({"groups": [{"id": "/other"}]}, "/groups(0)/id", "Identifier is not child of '/shop'"),
        ({"groups": [{"apps": []}]}, "/groups(0)/id", "not defined"),
        ({"apps": [SLEEP]}, "/apps(0)/id", "error.path.missing"),
        ({"apps": [{"id": "a", **SLEEP}, {"id": "/shop/a", **SLEEP}]}, "/apps(1)/id", "/shop/a is given twice"),
        ({"groups": [{"id": "a"}, {"id": "a"}]}, "/groups(1)/id", "/shop/a is given twice"),
        ({"groups": [{"id": "a", "apps": [{"id": "x", "cpus": "y"}]}]}, "/groups(0)/apps(0)/cpus",
         "error.expected.jsnumber"),
        ({"groups": [{"id": "a", "apps": [{"id": "x"}]}]}, "/groups(0)/apps(0)",
         "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."),
        ({"apps": {}}, "/apps", "error.expected.jsarray"),
        ({"groups": [3]}, "/groups(0)", "error.expected.jsobject"),
        ({"groups": [{"id": "A_B"}]}, "/groups(0)/id", "error.pattern"),
        ({"dependencies": ["?"]}, "/dependencies(0)", "error.pattern"),
        ({"groups": [{"id": "versions"}]}, "/groups(0)/id",
         "must not end with any of the following reserved keywords: restart, tasks, versions, ., .."),
        ({"groups": [{"id": "x", "enforceRole": True}]}, "/groups(0)/enforceRole",
         "enforceRole can only be set for top-level groups, and /shop/x is not top-level"),
        ({"groups": [{"id": "web"}], "apps": [{"id": "web", **SLEEP}], "dependencies": []}, "", ""),
        ({"groups": [{"id": "web", "apps": [{"id": "x", **SLEEP}]}], "apps": [{"id": "web", **SLEEP}]}, "/",
         "Groups and Applications may not have the same identifier."),
        ({"apps": [{"id": "a", **SLEEP, "dependencies": ["b"]}, {"id": "b", **SLEEP, "dependencies": ["a"]}]}, "/",
         "Dependency graph has cyclic dependencies."),
    ],
)  # fmt: skip
async def test_bad_updates_name_the_field(desk: Desk, body: object, path: str, message: str) -> None:
    """422, the path led by where the group or app stands in the body; nothing of it is kept."""
    reply = await desk.ask("PUT", "/v2/groups/shop", body)

    if not path:
        assert 200 == reply.status, "an app takes the place of an empty group"
        return
    assert message == errors(reply)[path][0]
    assert [] == (await desk.ask("GET", "/v2/groups")).body["groups"]


@pytest.mark.parametrize("body", ["", "{", "[]", "3", '{"apps": [' + "[" * 200 + "]" * 200 + "]}"])
async def test_what_is_no_group_is_refused(desk: Desk, body: str) -> None:
    """Whatever comes, an answer goes back."""
    assert (await desk.ask("POST", "/v2/groups", body)).status in (400, 422)


async def test_members_of_a_circle_are_named(desk: Desk) -> None:
    """Beside the sentence that Marathon's clients know."""
    body = {"apps": [{"id": "a", **SLEEP, "dependencies": ["b"]}, {"id": "b", **SLEEP, "dependencies": ["a"]}]}
    told = errors(await desk.ask("PUT", "/v2/groups/x", body))["/"]

    assert "Dependency graph has cyclic dependencies." == told[0]
    assert "/x/a" in told[1]
    assert "/x/b" in told[1]


@pytest.mark.parametrize(
    ("embeds", "apps", "groups"),
    [
        ("", 1, 1),
        ("embed=group.apps", 1, 0),
        ("embed=group.groups", 0, 1),
        ("embed=group.apps.counts", 0, 0),
        ("embed=group.pods", 0, 0),
    ],
)
async def test_embeds_choose_the_lists(desk: Desk, embeds: str, apps: int, groups: int) -> None:
    """Who asks for anything gets that alone; what apps embed needs the apps."""
    await desk.ask("PUT", "/v2/groups/shop", {"apps": [{"id": "a", **SLEEP}], "groups": [{"id": "g"}]})
    group = (await desk.ask("GET", f"/v2/groups/shop?{embeds}")).body

    assert (apps, groups) == (len(group["apps"]), len(group["groups"]))


async def test_the_ui_polls_all_in_one(desk: Desk) -> None:
    """Groups with apps, each with deployments, counts and readiness (marathon-v2-api 6)."""
    await desk.ask("POST", "/v2/groups", SHOP)
    await desk.run_tasks()
    poll = "&".join(
        f"embed=group.{name}" for name in ("groups", "apps", "apps.deployments", "apps.counts", "apps.readiness")
    )
    root = (await desk.ask("GET", f"/v2/groups?{poll}")).body
    (web,) = root["groups"][0]["groups"][1]["apps"]

    assert 2 == web["tasksRunning"] + web["tasksStaged"]
    assert [] == web["readinessCheckResults"]
    assert "deployments" in web
    assert "tasks" not in web


async def test_pods_are_shown_by_their_status_and_stay(desk: Desk) -> None:
    """Bodies of groups say nothing of pods, so they keep them."""
    pod = {"id": "/shop/pod", "containers": [{"name": "one", "exec": {"command": {"shell": "sleep 1000"}}}]}
    posted = await desk.ask("POST", "/v2/pods", {**pod, "scaling": {"kind": "fixed", "instances": 0}})
    await desk.ask("PUT", "/v2/groups/shop", {"apps": [{"id": "a", **SLEEP}], "groups": []})
    group = (await desk.ask("GET", "/v2/groups/shop")).body
    without = (await desk.ask("GET", "/v2/groups/shop?embed=group.apps")).body

    assert 201 == posted.status
    assert ["/shop/a"] == [app["id"] for app in group["apps"]]
    assert [("/shop/pod", "/shop/pod")] == [(each["id"], each["spec"]["id"]) for each in group["pods"]]
    assert [] == without["pods"]


async def test_groups_as_deep_as_bodies_go(desk: Desk) -> None:
    """Forty levels are a tree; what is deeper than any body may be is refused."""

    def nested(depth: int) -> dict[str, Any]:
        return {"id": "g", "groups": [nested(depth - 1)]} if depth else {"id": "g", "apps": [{"id": "a", **SLEEP}]}

    assert 201 == (await desk.ask("POST", "/v2/groups", nested(40))).status
    assert [f"{'/g' * 41}/a"] == await ids(desk)
    assert 400 == (await desk.ask("PUT", "/v2/groups/h", nested(60))).status


async def test_enforcing_a_role_is_patched(desk: Desk) -> None:
    """200 and nothing else: no deployment; apps defined from then on must have the group's role."""
    await desk.ask("PUT", "/v2/groups/dev", {"apps": [{"id": "old", **SLEEP}]})
    reply = await desk.ask("PATCH", "/v2/groups/dev", {"enforceRole": True})
    await desk.ask("POST", "/v2/apps", {"id": "/dev/new", **SLEEP})
    refused = await desk.ask("POST", "/v2/apps", {"id": "/dev/other", "role": "*", **SLEEP})

    assert (200, "") == (reply.status, reply.text)
    assert (await desk.ask("GET", "/v2/groups/dev")).body["enforceRole"]
    assert "enforceRole" not in (await desk.ask("GET", "/v2/groups")).body
    apps = {app["id"]: app["role"] for app in (await desk.ask("GET", "/v2/groups/dev/apps")).body}
    assert {"/dev/old": "*", "/dev/new": "dev"} == apps
    assert ["got *, expected one of: [dev]"] == errors(refused)["/role"]


async def test_enforcing_is_for_top_level_groups_and_nothing_else_with_it(desk: Desk) -> None:
    """A nested group, the root, a group that is not there, a body without the word; services in the same PUT."""
    await desk.ask("PUT", "/v2/groups/dev/sub", {"apps": [{"id": "a", **SLEEP}]})
    wrong = "enforceRole can only be set for top-level groups, and {} is not top-level"

    for path, shown in (("/dev/sub", "/dev/sub"), ("", "/")):
        reply = await desk.ask("PATCH", f"/v2/groups{path}", {"enforceRole": True})
        assert [wrong.format(shown)] == errors(reply)["/enforceRole"]
    assert 404 == (await desk.ask("PATCH", "/v2/groups/nope", {"enforceRole": True})).status
    assert {"/enforceRole": ["error.path.missing"]} == errors(await desk.ask("PATCH", "/v2/groups/dev", {}))
    mixed = {"enforceRole": True, "apps": [{"id": "b", **SLEEP}]}
    assert "/enforceRole" in errors(await desk.ask("PUT", "/v2/groups/dev", mixed))
    assert 200 == (await desk.ask("PUT", "/v2/groups/dev", {"enforceRole": True})).status
    assert 201 == (await desk.ask("POST", "/v2/groups/", {"id": "prod", **mixed})).status
    assert "prod" == (await desk.ask("GET", "/v2/apps/prod/b")).body["app"]["role"]

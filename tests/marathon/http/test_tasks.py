"""Tasks, queue and deployments over HTTP (marathon-v2-api 3.10, 7, 8, 9)."""

import pytest

from fakes.marathon_desk import Desk

WEB = {"id": "/web", "cmd": "sleep 1000", "instances": 2, "cpus": 0.1, "mem": 32}


async def start(desk: Desk) -> list[str]:
    """Two running tasks of `/web`, by id."""
    await desk.ask("POST", "/v2/apps", WEB)
    statuses = await desk.run_tasks()
    assert 2 == len(statuses)
    return [status.task_id for status in statuses]


async def test_running_tasks_are_shown_everywhere(desk: Desk) -> None:
    """In the app, in its own list, in the list of all, and as lines for old scripts."""
    ids = await start(desk)
    app = (await desk.ask("GET", "/v2/apps/web")).body["app"]
    own = (await desk.ask("GET", "/v2/apps//web/tasks")).body["tasks"]
    starred = (await desk.ask("GET", "/v2/apps/*/tasks")).body["tasks"]
    everything = (await desk.ask("GET", "/v2/tasks")).body["tasks"]
    lines = await desk.ask("GET", "/v2/tasks", Accept="text/plain")

    assert (2, []) == (app["tasksRunning"], app["deployments"])
    for tasks in (app["tasks"], own, starred, everything):
        assert set(ids) == {task["id"] for task in tasks}
    assert [10000] == everything[0]["servicePorts"]
    assert lines.text.startswith("web\t10000\thost-1:")
    assert lines.headers["Content-Type"].startswith("text/plain")


async def test_status_filters_tasks(desk: Desk) -> None:
    """`status` and `status[]` may repeat; unknown words filter nothing."""
    await start(desk)

    async def count(query: str) -> int:
        return len((await desk.ask("GET", f"/v2/tasks?{query}")).body["tasks"])

    assert 2 == await count("status=running")
    assert 0 == await count("status[]=staging")
    assert 2 == await count("status[]=staging&status=running")
    assert 2 == await count("status=nonsense")


async def test_killed_tasks_are_answered(desk: Desk) -> None:
    """All matched ones are told; the app keeps its number."""
    ids = await start(desk)
    elsewhere = await desk.ask("DELETE", "/v2/apps/web/tasks?host=host-2")
    all_of_them = await desk.ask("DELETE", "/v2/apps/web/tasks?host=host-1")

    assert [] == elsewhere.body["tasks"]
    assert set(ids) == {task["id"] for task in all_of_them.body["tasks"]}
    assert 2 == (await desk.ask("GET", "/v2/apps/web")).body["app"]["instances"]


async def test_one_task_is_killed_by_its_id(desk: Desk) -> None:
    """`{"task": ...}`; what is not there, or is another app's, is a 404."""
    ids = await start(desk)
    await desk.ask("POST", "/v2/apps", {**WEB, "id": "/other", "instances": 0})
    killed = await desk.ask("DELETE", f"/v2/apps/web/tasks/{ids[0]}")
    unknown = await desk.ask("DELETE", "/v2/apps/web/tasks/nothing")

    assert ids[0] == killed.body["task"]["id"]
    assert (404, "Task 'nothing' does not exist") == (unknown.status, unknown.body["message"])
    assert 404 == (await desk.ask("DELETE", f"/v2/apps/other/tasks/{ids[1]}")).status


async def test_kill_and_scale_is_a_deployment(desk: Desk) -> None:
    """The app shrinks by what was killed."""
    ids = await start(desk)
    reply = await desk.ask("POST", "/v2/tasks/delete?scale=true", {"ids": [ids[0]]})

    assert {"version", "deploymentId"} == set(reply.body)
    assert 1 == (await desk.ask("GET", "/v2/apps/web")).body["app"]["instances"]


@pytest.mark.parametrize(
    ("query", "body", "status", "message"),
    [
        ("?scale=true&wipe=true", {"ids": []}, 400, "You cannot use scale and wipe at the same time."),
        ("", {"ids": ["bad"]}, 400, "Invalid task id 'bad'. [taskId bad no valid identifier]"),
        ("", "", 400, "Please specify data in JSON format"),
        ("", "{", 400, "Invalid JSON"),
        ("", [], 422, "Invalid JSON"),
        ("", {}, 422, "Invalid JSON"),
        ("", {"ids": "x"}, 422, "Invalid JSON"),
        ("", {"ids": [1]}, 422, "Invalid JSON"),
    ],
)
async def test_bad_kills(desk: Desk, query: str, body: object, status: int, message: str) -> None:
    """Each is refused in Marathon's words."""
    reply = await desk.ask("POST", f"/v2/tasks/delete{query}", body)

    assert (status, message) == (reply.status, reply.body["message"])


async def test_ids_that_nothing_has_are_skipped(desk: Desk) -> None:
    """A valid id of the past kills nothing and is no error."""
    gone = "web.instance-01234567-89ab-11ee-8000-010000000000._app.1"
    reply = await desk.ask("POST", "/v2/tasks/delete", {"ids": [gone]})

    assert (200, {"tasks": []}) == (reply.status, reply.body)


async def test_what_waits_is_queued(desk: Desk) -> None:
    """The queue names the app, how many wait, and each agent's refused offer where asked for."""
    await desk.ask("POST", "/v2/apps", {**WEB, "cpus": 64})
    await desk.run_tasks()
    plain = (await desk.ask("GET", "/v2/queue")).body["queue"]
    detailed = (await desk.ask("GET", "/v2/queue?embed=lastUnusedOffers")).body["queue"]
    explained = (await desk.ask("GET", "/v2/queue?embed=explanation")).body["queue"]

    assert [("/web", 2)] == [(item["app"]["id"], item["count"]) for item in plain]
    assert "lastUnusedOffers" not in plain[0]
    assert ["InsufficientCpus"] == detailed[0]["lastUnusedOffers"][0]["reason"]
    assert "explanation" not in detailed[0]["lastUnusedOffers"][0]
    assert ["cpus: 64 wanted, 8 offered"] == explained[0]["lastUnusedOffers"][0]["explanation"]
    assert 204 == (await desk.ask("DELETE", "/v2/queue//web/delay")).status
    missing = await desk.ask("DELETE", "/v2/queue/none/delay")
    assert (404, "Application /none not found in tasks queue.") == (missing.status, missing.body["message"])


async def test_deployments_are_shown_and_cancelled(desk: Desk) -> None:
    """Stopped by force with 202 and an empty body; an unknown one is a 404."""
    created = await desk.ask("POST", "/v2/apps", WEB)
    shown = (await desk.ask("GET", "/v2/deployments")).body
    deployment = created.headers["Marathon-Deployment-Id"]
    stopped = await desk.ask("DELETE", f"/v2/deployments/{deployment}?force=true")
    unknown = await desk.ask("DELETE", "/v2/deployments/none")

    assert [(deployment, ["/web"])] == [(each["id"], each["affectedApps"]) for each in shown]
    assert (202, "") == (stopped.status, stopped.text)
    assert [] == (await desk.ask("GET", "/v2/deployments")).body
    assert (404, "DeploymentPlan none does not exist") == (unknown.status, unknown.body["message"])


async def test_deployment_is_reverted_by_another(desk: Desk) -> None:
    """Without force the app goes back to what it was: here to nothing."""
    created = await desk.ask("POST", "/v2/apps", WEB)
    reply = await desk.ask("DELETE", f"/v2/deployments/{created.headers['Marathon-Deployment-Id']}")

    assert 200 == reply.status
    assert 404 == (await desk.ask("GET", "/v2/apps/web")).status


async def test_scaling_by_ids_of_unknown_apps_is_a_404(desk: Desk) -> None:
    """Nothing is scaled when one of the apps has no instance; without `scale` such ids are skipped."""
    unknown = {"ids": ["none_web.instance-8de4d2f1-0000-11e9-8000-000000000000._app.1"]}
    scaled = await desk.ask("POST", "/v2/tasks/delete?scale=true", unknown)
    killed = await desk.ask("POST", "/v2/tasks/delete", unknown)

    assert (404, {"message": "Path '/none/web' does not exist"}) == (scaled.status, scaled.body)
    assert (200, {"tasks": []}) == (killed.status, killed.body)

"""`/v2/pods` as clients see it (marathon-v2-api 12)."""

import json
from typing import Any

import pytest

from fakes.marathon_desk import Desk
from koinon_marathon.instructions import KillTask

POD: dict[str, Any] = {
    "id": "/shop/pod",
    "networks": [{"mode": "container/bridge"}],
    "containers": [
        {
            "name": name,
            "exec": {"command": {"shell": "sleep 1000"}},
            "image": {"kind": "DOCKER", "id": "koinon/busybox"},
            "resources": {"cpus": 0.1, "mem": 32},
            "endpoints": [{"name": f"{name}-port", "containerPort": port}],
        }
        for name, port in (("web", 80), ("side", 81))
    ],
}


async def start(desk: Desk) -> dict[str, Any]:
    """The status of a pod that runs."""
    assert 201 == (await desk.ask("POST", "/v2/pods", POD)).status
    assert 2 == len(await desk.run_tasks())
    status: dict[str, Any] = (await desk.ask("GET", "/v2/pods/shop/pod::status")).body
    return status


async def test_pods_are_created_once(desk: Desk) -> None:
    """201 with the whole pod, its place and its deployment; then 409."""
    created = await desk.ask("POST", "/v2/pods", POD)
    shown = await desk.ask("GET", "/v2/pods//shop/pod/")
    everything = await desk.ask("GET", "/v2/pods")
    again = await desk.ask("POST", "/v2/pods", POD)
    (deployment,) = (await desk.ask("GET", "/v2/deployments")).body

    assert (201, f"http://{desk.address}/shop/pod") == (created.status, created.headers["Location"])
    assert deployment["id"] == created.headers["Marathon-Deployment-Id"]
    assert created.body == shown.body == everything.body[0]
    assert 0 == created.body["containers"][0]["endpoints"][0]["hostPort"]
    assert (409, {"message": "A pod with id [/shop/pod] already exists."}) == (again.status, again.body)
    assert (200, "") == ((head := await desk.ask("HEAD", "/v2/pods")).status, head.text)


async def test_status_tells_of_instances_and_containers(desk: Desk) -> None:
    """Once it runs it is stable; each container tells its endpoints and what it holds."""
    status = await start(desk)
    (instance,) = status["instances"]
    web, side = instance["containers"]

    assert ("/shop/pod", "STABLE", []) == (status["id"], status["status"], status["terminationHistory"])
    assert ("STABLE", "host-1", "a", "*") == (
        instance["status"],
        instance["agentHostname"],
        instance["agentId"],
        instance["role"],
    )
    assert {"cpus": 0.3, "mem": 96.0, "disk": 10.0, "gpus": 0} == instance["resources"]
    assert f"/v2/pods/shop/pod::versions/{status['spec']['version']}" == instance["specReference"]
    assert ("web", "TASK_RUNNING", f"{instance['id']}.web.1") == (web["name"], web["status"], web["containerId"])
    assert [["web-port"], ["side-port"]] == [[each["name"] for each in one["endpoints"]] for one in (web, side)]
    ports = [one["endpoints"][0]["allocatedHostPort"] for one in (web, side)]
    assert 2 == len({*ports} & {*range(31000, 31101)})
    assert {"cpus": 0.1, "mem": 32.0, "disk": 0.0, "gpus": 0} == side["resources"]
    assert [status["id"]] == [one["id"] for one in (await desk.ask("GET", "/v2/pods/::status")).body]


async def test_pods_are_replaced_and_old_versions_kept(desk: Desk) -> None:
    """PUT is the whole definition anew; versions come newest first."""
    await start(desk)
    old = (await desk.ask("GET", "/v2/pods/shop/pod")).body
    changed = await desk.ask("PUT", "/v2/pods/shop/pod", {**POD, "scaling": {"kind": "fixed", "instances": 2}})
    versions = (await desk.ask("GET", "/v2/pods/shop/pod::versions")).body
    kept = await desk.ask("GET", f"/v2/pods/shop/pod::versions/{versions[1]}")
    none = await desk.ask("GET", "/v2/pods/shop/pod::versions/2001-01-01T00:00:00.000Z")
    wrong = await desk.ask("GET", "/v2/pods/shop/pod::versions/yesterday")
    (deployment,) = (await desk.ask("GET", "/v2/deployments")).body

    assert (200, 2) == (changed.status, changed.body["scaling"]["instances"])
    assert changed.headers["Marathon-Deployment-Id"] == deployment["id"]
    assert [changed.body["version"], old["version"]] == versions
    assert old == kept.body
    assert (404, 422) == (none.status, wrong.status)
    assert [{"action": "ScalePod", "pod": "/shop/pod"}] == deployment["steps"][0]["actions"]


async def test_locked_pods_are_refused_unless_forced(desk: Desk) -> None:
    """As with apps, by the same 409."""
    await desk.ask("POST", "/v2/pods", POD)
    changed = {**POD, "labels": {"a": "b"}}
    locked = await desk.ask("PUT", "/v2/pods/shop/pod", changed)
    forced = await desk.ask("PUT", "/v2/pods/shop/pod?force=true", changed)
    deleted = await desk.ask("DELETE", "/v2/pods/shop/pod")

    assert (409, 200, 409) == (locked.status, forced.status, deleted.status)
    assert 1 == len(locked.body["deployments"])


async def test_what_is_not_there_is_told_in_marathons_words(desk: Desk) -> None:
    """The one GET answers with an object in its message, all others with a sentence."""
    gone = {"message": "Pod '/x' does not exist", "details": []}
    shown = await desk.ask("GET", "/v2/pods/x")

    assert (404, '{"message": "pod with /x does not exist"}') == (shown.status, shown.body["message"])
    for method, path in (("GET", "x::status"), ("GET", "x::versions"), ("DELETE", "x")):
        answer = await desk.ask(method, f"/v2/pods/{path}")
        assert (404, gone) == (answer.status, answer.body)
    put = await desk.ask("PUT", "/v2/pods/shop/pod", POD)
    other = await desk.ask("PUT", "/v2/pods/other", POD)
    assert (404, {"message": "Pod '/shop/pod' does not exist"}) == (put.status, put.body)
    assert (400, {"message": "'/other' does not match definition's id ('/shop/pod')"}) == (other.status, other.body)


async def test_instances_are_killed_by_their_ids(desk: Desk) -> None:
    """All containers of one; the answer tells the instance as it was."""
    status = await start(desk)
    instance = status["instances"][0]["id"]
    one = await desk.ask("DELETE", f"/v2/pods/shop/pod::instances/{instance}")
    many = await desk.ask("DELETE", "/v2/pods/shop/pod::instances", [instance, "other.instance-1"])
    unknown = await desk.ask("DELETE", "/v2/pods/shop/pod::instances/shop_pod.instance-1")
    bad = await desk.ask("DELETE", "/v2/pods/shop/pod::instances", ["nonsense"])
    killed = {call.task_id for call in desk.called if isinstance(call, KillTask)}

    assert {f"{instance}.web.1", f"{instance}.side.1"} == killed
    assert (instance, "Running", "Running", "host-1") == (
        one.body["instanceId"],
        one.body["state"]["condition"],
        one.body["state"]["goal"],
        one.body["agentInfo"]["host"],
    )
    assert {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0} == one.body["unreachableStrategy"]
    assert [instance] == [each["instanceId"] for each in many.body]
    assert (404, 422) == (unknown.status, bad.status)
    assert "(0)" == bad.body["details"][0]["path"]


@pytest.mark.parametrize("body", ["{", "", "[1]", "{}", '{"id": 1}', '"x"'])
async def test_bad_lists_of_instances_are_refused(desk: Desk, body: str) -> None:
    """By the parser's words, whatever comes."""
    await desk.ask("POST", "/v2/pods", POD)
    answer = await desk.ask("DELETE", "/v2/pods/shop/pod::instances", body)

    assert answer.status in (400, 422)
    assert answer.body["message"] in ("Invalid JSON", "Please specify data in JSON format")


async def test_deleted_pods_are_told_until_they_are_gone(desk: Desk) -> None:
    """202 without a body and where the deployment is; the status says TERMINAL meanwhile."""
    await start(desk)
    deleted = await desk.ask("DELETE", "/v2/pods/shop/pod")
    status = await desk.ask("GET", "/v2/pods/shop/pod::status")
    shown = await desk.ask("GET", "/v2/pods/shop/pod")

    assert (202, "") == (deleted.status, deleted.text)
    assert deleted.headers["Location"] == deleted.headers["Marathon-Deployment-Id"]
    assert (200, "TERMINAL") == (status.status, status.body["status"])
    assert 404 == shown.status


async def test_pods_wait_in_the_queue_and_stand_in_groups(desk: Desk) -> None:
    """Under keys of their own, and not among the tasks of apps."""
    await desk.ask("POST", "/v2/pods", POD)
    (item,) = (await desk.ask("GET", "/v2/queue")).body["queue"]
    group = (await desk.ask("GET", "/v2/groups/shop")).body
    await desk.run_tasks()
    tasks = (await desk.ask("GET", "/v2/tasks")).body["tasks"]

    assert ("/shop/pod", 1) == (item["pod"]["id"], item["count"])
    assert "app" not in item
    assert [("/shop/pod", "DEGRADED")] == [(pod["id"], pod["status"]) for pod in group["pods"]]
    assert [] == tasks
    assert [] == (await desk.ask("GET", "/v2/apps")).body["apps"]


async def test_the_stream_tells_who_changed_a_pod(desk: Desk) -> None:
    """Created, updated, deleted: each with client and path."""
    async with desk.session.get(
        f"http://{desk.address}/v2/events?event_type=pod_created_event&event_type=pod_updated_event"
        "&event_type=pod_deleted_event",
        headers={"Accept": "text/event-stream"},
    ) as stream:
        await desk.ask("POST", "/v2/pods", POD)
        await desk.ask("PUT", "/v2/pods/shop/pod?force=true", {**POD, "labels": {"a": "b"}})
        await desk.ask("DELETE", "/v2/pods/shop/pod?force=true")
        told: list[dict[str, Any]] = []
        while len(told) < 3:
            line = (await stream.content.readline()).decode()
            if line.startswith("data:") and "pod_" in line:
                told.append(json.loads(line.removeprefix("data:")))

    assert [
        ("pod_created_event", "/v2/pods"),
        ("pod_updated_event", "/v2/pods/shop/pod"),
        ("pod_deleted_event", "/v2/pods/shop/pod"),
    ] == [(event["eventType"], event["uri"]) for event in told]
    assert {"127.0.0.1"} == {event["clientIp"] for event in told}

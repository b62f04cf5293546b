"""``koinon group``, ``koinon pod`` and ``koinon deployment`` against recorded answers of Marathon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer
from support.recorded_apps import DEPLOYMENT, UNDER_WAY, make_app

CHANGED = RecordedAnswer(document={"version": "v", "deploymentId": DEPLOYMENT})
TREE = {
    "id": "/",
    "version": "v",
    "groups": [{"id": "/shop", "apps": [make_app(id="/shop/web")], "pods": [{"id": "/shop/pod", "status": "STABLE"}]}],
}
POD = {"id": "/pod", "version": "v1", "containers": [{"name": "one"}], "scaling": {"kind": "fixed", "instances": 1}}
STATUS = {
    "id": "/pod",
    "status": "DEGRADED",
    "message": "one is down",
    "spec": POD,
    "instances": [
        {
            "id": "pod.instance-1",
            "status": "STABLE",
            "agentHostname": "h1",
            "containers": [{"name": "one", "status": "TASK_RUNNING"}],
        }
    ],
    "terminationHistory": [{"instanceID": "pod.instance-0", "message": "exit 1"}],
}


def done(server: RecordedServer, *requests: str) -> None:
    """These changes are taken, and done at once."""
    for request in requests:
        server.record(request, CHANGED)
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))


def sent(server: RecordedServer) -> Any:
    """The body of the one change."""
    (change,) = [request for request in server.seen if request.method != "GET"]
    return change.document


def test_tree(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Each group with what is in it."""
    server.record("GET /v2/groups", RecordedAnswer(document=TREE))

    assert ["/", "  /shop", "    /shop/web  app, 2/2 running", "    /shop/pod  pod, STABLE"] == koinon(
        "group", "list"
    ).out.splitlines()


def test_scales_a_group(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """By a factor, which goes alone."""
    done(server, "PUT /v2/groups/shop")

    assert "/shop scaled by 1.5\n" == koinon("group", "scale", "/shop", "1.5").out
    assert {"scaleBy": 1.5} == sent(server)


def test_rolls_a_group_back(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """To the version before the present one."""
    server.record("GET /v2/groups/shop/versions", RecordedAnswer(document=["2026-03", "2026-01", "2026-02"]))
    done(server, "PUT /v2/groups/shop")

    assert ["2026-03", "2026-02", "2026-01"] == koinon("group", "versions", "shop").out.split()
    assert 0 == koinon("group", "rollback", "shop").code
    assert {"version": "2026-02"} == sent(server)


def test_removing_a_group_asks_first(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """What is in it ends with it; nobody can be asked here, so it must be said."""
    server.record("GET /v2/groups/shop", RecordedAnswer(document=TREE))
    done(server, "DELETE /v2/groups/shop")

    refused = koinon("group", "remove", "shop")

    assert (2, True) == (refused.code, "2 apps and pods are in shop" in refused.err)
    assert 0 == koinon("group", "remove", "shop", "--yes").code


def test_pods(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """In a list and one by one, with why one is not whole."""
    server.record("GET /v2/pods/::status", RecordedAnswer(document=[STATUS]))
    server.record("GET /v2/pods/pod::status", RecordedAnswer(document=STATUS))

    assert [["/pod", "DEGRADED", "1 of 1 stable", "one"]] == koinon("pod", "list").rows
    assert [
        "/pod: DEGRADED: 1 of 1 stable: one is down",
        "pod.instance-1  STABLE  h1    one        TASK_RUNNING",
        "last ended: pod.instance-0: exit 1",
    ] == [line for line in koinon("pod", "status", "/pod").out.splitlines() if "INSTANCE" not in line]


def test_scales_a_pod(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Pods are put as a whole; the version is Marathon's to give."""
    server.record("GET /v2/pods/pod", RecordedAnswer(document=POD))
    done(server, "PUT /v2/pods/pod")

    assert "pod scaled to 3\n" == koinon("pod", "scale", "pod", "3").out
    assert {"id": "/pod", "containers": [{"name": "one"}], "scaling": {"kind": "fixed", "instances": 3}} == sent(server)


def test_rolls_a_pod_back(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """The earlier definition is put again."""
    server.record("GET /v2/pods/pod::versions", RecordedAnswer(document=["v2", "v1"]))
    server.record("GET /v2/pods/pod::versions/v1", RecordedAnswer(document=POD))
    done(server, "PUT /v2/pods/pod")

    assert "pod is as of v1\n" == koinon("pod", "rollback", "pod").out
    assert "version" not in sent(server)


def test_kills_and_removes_pods(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """An instance, and the pod; its deletion has no body, and names its deployment in the head."""
    server.record("DELETE /v2/pods/pod::instances/pod.instance-1", RecordedAnswer(document={"instanceId": "i"}))
    head = {"Marathon-Deployment-Id": DEPLOYMENT}
    server.record("DELETE /v2/pods/pod", RecordedAnswer(status=202, document="", headers=head))
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))

    assert 0 == koinon("pod", "kill", "pod", "pod.instance-1").code
    assert "pod removed\n" == koinon("pod", "remove", "pod").out
    assert "/v2/deployments" == server.seen[-1].path


def test_deployments(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """In a list; one by one with its steps, the present one marked, and what it waits for."""
    steps = [{"actions": [{"action": name, "app": "/web"}]} for name in ("StartApplication", "ScaleApplication")]
    deploying = UNDER_WAY | {"affectedApps": ["/web"], "affectedPods": ["/pod"], "steps": steps, "currentStep": 2}
    server.record("GET /v2/deployments", RecordedAnswer(document=[deploying]))
    server.record("GET /v2/queue", RecordedAnswer(document={"queue": []}))

    assert [[DEPLOYMENT, "2/2", "/web, /pod", "ScaleApplication"]] == koinon("deployment", "list").rows
    assert [
        "deploying, step 2 of 2: ScaleApplication /web",
        "  done  StartApplication /web",
        "  now   ScaleApplication /web",
    ] == koinon("deployment", "show", DEPLOYMENT).out.splitlines()


@pytest.mark.parametrize("verb", ["show", "wait"])
def test_deployment_that_is_over(koinon: Callable[..., Any], server: RecordedServer, verb: str) -> None:
    """Is not found: finished ones are not kept."""
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))

    assert 3 == koinon("deployment", verb, DEPLOYMENT).code


def test_undoes_and_cancels_deployments(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Undoing begins another deployment; cancelling leaves all as it is."""
    done(server, f"DELETE /v2/deployments/{DEPLOYMENT}")

    assert f"deployment {DEPLOYMENT} is undone\n" == koinon("deployment", "rollback", DEPLOYMENT).out
    assert 0 == koinon("deployment", "cancel", DEPLOYMENT).code
    assert [{}, {"force": "true"}] == [request.query for request in server.seen if request.method == "DELETE"]


def test_why_a_pod_waits(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Its status, and what it waits for."""
    server.record("GET /v2/pods/pod::status", RecordedAnswer(document=STATUS))
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))
    server.record("GET /v2/queue", RecordedAnswer(document={"queue": []}))

    assert ["/pod: 1 of 1 stable", "  one is down"] == koinon("pod", "why", "pod").out.splitlines()

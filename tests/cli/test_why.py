"""Why apps wait: Marathon's word and the master's, agent by agent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer
from koinon_cli.agent_reasons import agent_reasons
from support.recorded_apps import UNDER_WAY, make_app

SINCE = "2026-11-23T00:00:00.000Z"


def unused(number: int, *explanation: str) -> dict[str, Any]:
    """The last offer of an agent that did not do."""
    offer = {"agentId": f"S{number}", "hostname": f"h{number}"}
    return {"offer": offer, "reason": ["InsufficientCpus"], "explanation": list(explanation), "timestamp": SINCE}


def refusal(number: int, found: str, reason: str) -> dict[str, Any]:
    """What the master says of an agent."""
    return {"agent_id": f"S{number}", "hostname": f"h{number}", "role": "*", "filter": found, "reason": reason}


def agents(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"S{number}", "hostname": f"h{number}"} for number in numbers]


def item(*offers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What the queue says of an app with these refused offers."""
    return {
        "app": {"id": "/web", "role": "*"},
        "count": 2,
        "since": SINCE,
        "delay": {"timeLeftSeconds": 0, "overdue": True},
        "explanation": [],
        "lastUnusedOffers": list(offers),
        "processedOffersSummary": {"rejectSummaryLastOffers": []},
        **fields,
    }


def test_of_two_words_the_one_that_is_true_now_is_told() -> None:
    """An agent that others hold has nothing to lack; one that Marathon itself refused lacks what Marathon says."""
    offers = [unused(number, "cpus: 9 wanted, 2 offered") for number in (1, 2)]
    refusals = [refusal(1, "refused", "the framework refused"), refusal(2, "allocated", "everything is allocated")]
    refusals += [refusal(3, "limit", "role * has no room")]

    assert [
        ("h1", "cpus: 9 wanted, 2 offered"),
        ("h2", "everything is allocated"),
        ("h3", "role * has no room"),
        ("h4", "nothing stands in the way: what is free is about to be offered"),
    ] == [(each.hostname, each.reason) for each in agent_reasons(item(*offers), refusals, agents(1, 2, 3, 4))]


def test_during_a_delay_old_refusals_are_not_told() -> None:
    """They were for whatever waited then; what the master says for itself stands."""
    delayed = item(unused(1, "old"), delay={"timeLeftSeconds": 3, "overdue": False})
    refusals = [refusal(1, "suppressed", "the framework suppressed"), refusal(2, "agent", "not connected")]

    assert ["its offers are not tried during the delay", "not connected"] == [
        each.reason for each in agent_reasons(delayed, refusals, agents(1, 2))
    ]


def record(server: RecordedServer, queue: list[dict[str, Any]], **fields: Any) -> None:
    """A Marathon with this queue and the app with these fields, and a master of two agents."""
    server.record("GET /v2/apps/web", RecordedAnswer(document={"app": make_app(**fields)}))
    server.record("GET /v2/queue", RecordedAnswer(document={"queue": queue}))
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))
    server.record("GET /v2/info", RecordedAnswer(document={"frameworkId": "F-0"}))
    server.record("GET /slaves", RecordedAnswer(document={"slaves": agents(1, 2)}))
    refusals = [refusal(2, "allocated", "everything is allocated: cpus:4 to framework other (role *)")]
    quota = {"limit": {"cpus": 2.0}, "consumed": {"cpus": 2.0}}
    server.record("GET /roles", RecordedAnswer(document={"roles": [{"name": "*", "quota": quota}]}))
    server.record("GET /koinon/explain", RecordedAnswer(document={"refusals": refusals}))


def test_says_why(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """As a whole, then a line an agent, those included that offered nothing."""
    explained = ["ended 3 times in a row, last: TASK_FAILED on h1: exit 1; next try in 12 s"]
    record(server, [item(unused(1, "cpus: 9 wanted, 2 offered", "no rack"), explanation=explained)], tasksRunning=0)

    run = koinon("app", "why", "web")

    assert [
        "/web: 0 of 2 run",
        f"  waiting to start 2, since {SINCE}",
        f"  {explained[0]}",
        "  h1 (S1): cpus: 9 wanted, 2 offered; no rack",
        "  h2 (S2): everything is allocated: cpus:4 to framework other (role *)",
    ] == run.out.splitlines()
    asked = next(request for request in server.seen if request.path == "/koinon/explain")
    assert {"framework_id": "F-0", "role": "*"} == asked.query


def test_limit_that_hides_behind_a_refusal_is_told(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """What is offered up to a limit lacks what the app needs: nothing in the offer tells of the limit."""
    record(server, [item(unused(1, "cpus: 1 wanted, 0 offered"))])
    refusals = [refusal(1, "refused", "the framework refused mem:9")]
    server.record("GET /koinon/explain", RecordedAnswer(document={"refusals": refusals}))

    assert (
        "role * has all that its quota allows of cpus:2: no more of that is offered" in koinon("app", "why", "web").out
    )


def test_says_why_without_a_master(koinon: Callable[..., Any], server: RecordedServer, free_port: int) -> None:
    """What Marathon knows, and that this is not all."""
    record(server, [item(unused(1, "cpus: 9 wanted, 2 offered"))])

    run = koinon("--master", f"127.0.0.1:{free_port}", "queue", "show", "web")

    assert 0 == run.code
    assert "only agents that were offered lately are told of" in run.out
    assert "h1 (S1): cpus: 9 wanted" in run.out


def test_says_why_a_running_app_is_not_well(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Each task by what it lacks, and the deployment that waits."""
    failed = {"alive": False, "consecutiveFailures": 2, "lastFailureCause": "HTTP 500"}
    tasks = [
        {"id": "web.1", "state": "TASK_RUNNING", "host": "h1", "healthCheckResults": [failed]},
        {"id": "web.2", "state": "TASK_RUNNING", "host": "h1", "healthCheckResults": []},
        {"id": "web.3", "state": "TASK_STAGING", "host": "h2", "stagedAt": SINCE},
    ]
    ready = [{"taskId": "web.2", "ready": False, "lastResponse": {"status": 503}}]
    record(server, [], tasks=tasks, healthChecks=[{}], readinessCheckResults=ready)
    deploying = UNDER_WAY | {"affectedApps": ["/web"], "affectedPods": [], "explanation": ["1 of 2 is not healthy"]}
    server.record("GET /v2/deployments", RecordedAnswer(document=[deploying]))

    assert [
        "/web: 2 of 2 run, 0 are healthy",
        "  web.1 on h1: unhealthy, 2 failures in a row: HTTP 500",
        "  web.2 on h1: no health check has answered yet",
        f"  web.3 on h2: TASK_STAGING since {SINCE}",
        "  web.2: not ready, it answered 503",
        f"  deployment {UNDER_WAY['id']}: deploying, step 1 of 2: ScaleApplication /web",
        "  1 of 2 is not healthy",
    ] == koinon("app", "why", "/web").out.splitlines()


def test_why_for_programs(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """The same in parts."""
    record(server, [item(unused(1, "cpus: 9 wanted, 2 offered"))])

    document = json.loads(koinon("app", "why", "web", "--json").out)

    assert {"agentId": "S1", "hostname": "h1", "reason": "cpus: 9 wanted, 2 offered"} == document["agents"][0]


def test_why_of_what_is_not_there(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Neither in the queue nor an app."""
    server.record("GET /v2/queue", RecordedAnswer(document={"queue": []}))

    assert 3 == koinon("app", "why", "nope").code


def test_waits_until_an_app_is_well(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """One that runs as it should is not waited for."""
    record(server, [])

    run = koinon("app", "wait", "web")

    assert (0, "/web: 2 of 2 run\n") == (run.code, run.out)


@pytest.mark.parametrize(
    "fields", [{"tasksRunning": 1}, {"deployments": [{"id": "d"}]}, {"healthChecks": [{}], "tasksHealthy": 1}]
)
def test_gives_up_and_says_why(koinon: Callable[..., Any], server: RecordedServer, fields: dict[str, Any]) -> None:
    """Too few that run, a deployment under way, or too few that are healthy: exit 6 with the reasons."""
    record(server, [item(unused(1, "cpus: 9 wanted, 2 offered"))], **fields)

    run = koinon("app", "wait", "web", "--timeout", "0")

    assert 6 == run.code
    assert "h1 (S1): cpus: 9 wanted, 2 offered" in run.err


def test_lists_the_queue(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """What waits, how long its delay is, and the reasons counted."""
    declined = [
        {"reason": "InsufficientCpus", "declined": 2, "processed": 2},
        {"reason": "InsufficientDisk", "declined": 0, "processed": 0},
    ]
    pod = {"pod": {"id": "/pod"}, "delay": {"timeLeftSeconds": 4, "overdue": False}, "explanation": ["ended once"]}
    waiting = [item(processedOffersSummary={"rejectSummaryLastOffers": declined}), item() | pod]
    del waiting[1]["app"]
    server.record("GET /v2/queue", RecordedAnswer(document={"queue": waiting}))

    assert [
        ["/web", "2", SINCE, "-", "InsufficientCpus: 2 of 2 offers"],
        ["/pod", "2", SINCE, "4 s", "ended once"],
    ] == koinon("queue", "list").rows


def test_resets_a_delay(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """DELETE of the delay, which has no body."""
    server.record("DELETE /v2/queue/shop/web/delay", RecordedAnswer(status=200, document={}))

    assert 0 == koinon("queue", "reset", "/shop/web").code

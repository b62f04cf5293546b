"""``koinon app`` against recorded answers of Marathon."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer
from support.recorded_apps import DEPLOYMENT, UNDER_WAY, make_app

REASONS = [
    {"reason": "InsufficientCpus", "declined": 2, "processed": 2},
    {"reason": "InsufficientMemory", "declined": 0, "processed": 0},
]
OFFERS = [
    {"hostname": "h1", "attributes": [{"name": "rack", "text": "r1"}]},
    {"hostname": "h2", "attributes": []},
]
WAITING = {
    "app": {"id": "/web"},
    "count": 1,
    "processedOffersSummary": {"rejectSummaryLastOffers": REASONS},
    "lastUnusedOffers": [
        {"offer": OFFERS[0], "reason": ["InsufficientCpus"]},
        {"offer": OFFERS[1], "reason": ["InsufficientCpus", "InsufficientMemory"]},
    ],
}


@pytest.fixture
def app_file(tmp_path: Path) -> str:
    """A definition to post."""
    file = tmp_path / "web.json"
    file.write_text('{"id": "/web", "cmd": "sleep 9", "instances": 2}')
    return str(file)


def record_adding(server: RecordedServer) -> None:
    created = {"Marathon-Deployment-Id": DEPLOYMENT}
    server.record("POST /v2/apps", RecordedAnswer(status=201, document=make_app(tasksRunning=0), headers=created))
    server.record("GET /v2/deployments", RecordedAnswer(document=[UNDER_WAY]), RecordedAnswer(document=[]))
    server.record("GET /v2/apps/web", RecordedAnswer(document={"app": make_app()}))


def test_lists_apps(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """A row says how the app is, how many of how many run, and what; a Marathon that has no word is not guessed at."""
    apps = [make_app(status={"word": "Waiting"}), make_app(id="/db", cmd=None, args=["x"])]
    server.record("GET /v2/apps", RecordedAnswer(document={"apps": apps}))

    run = koinon("app", "list")

    assert run.code == 0
    assert [line.split() for line in run.out.splitlines()] == [
        ["ID", "STATUS", "RUNNING", "HEALTHY", "CPUS", "MEM", "RUNS"],
        ["/web", "Waiting", "2/2", "-", "0.5", "64", "sleep", "9"],
        ["/db", "-", "2/2", "-", "0.5", "64", "x"],
    ]


def test_prints_the_document_as_it_came(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """With --json nothing is left out and nothing added."""
    document = {"apps": [make_app(unheard="of")]}
    server.record("GET /v2/apps", RecordedAnswer(document=document))

    assert json.loads(koinon("app", "list", "--json").out) == document


@pytest.mark.slow
def test_adds_an_app_and_waits(koinon: Callable[..., Any], server: RecordedServer, app_file: str) -> None:
    """The definition is posted as it is, and the command returns when the deployment is no longer listed."""
    record_adding(server)

    run = koinon("app", "add", app_file)

    assert (run.code, run.out) == (0, "/web added: 2 of 2 running\n")
    assert server.seen[0].document == {"id": "/web", "cmd": "sleep 9", "instances": 2}
    assert [request.path for request in server.seen].count("/v2/deployments") == 2


def test_does_not_wait_when_detached(koinon: Callable[..., Any], server: RecordedServer, app_file: str) -> None:
    """--detach returns as soon as Marathon took the app."""
    record_adding(server)

    run = koinon("app", "add", app_file, "--detach")

    assert (run.code, run.out) == (0, "/web added\n")
    assert [request.path for request in server.seen] == ["/v2/apps"]


def test_reads_stdin(koinon: Callable[..., Any], server: RecordedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` is stdin."""
    record_adding(server)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"id": "/in"}')))

    koinon("app", "add", "-", "--detach")

    assert server.seen[0].document == {"id": "/in"}


def test_gives_up_waiting(koinon: Callable[..., Any], server: RecordedServer, app_file: str) -> None:
    """Past --timeout the exit code is 6, the deployment goes on, and what it waits for is said."""
    record_adding(server)
    server.record("GET /v2/queue", RecordedAnswer(document={"queue": [WAITING]}))

    run = koinon("app", "add", app_file, "--timeout", "0")

    assert run.code == 6
    assert DEPLOYMENT in run.err
    assert "/web: InsufficientCpus: 2 of 2 offers\n" in run.err
    assert f"koinon deployment rollback {DEPLOYMENT} undoes it" in run.err


def test_gives_up_with_what_the_deployment_says(
    koinon: Callable[..., Any], server: RecordedServer, app_file: str
) -> None:
    """Where Marathon says what a deployment waits for, health say, that is told."""
    record_adding(server)
    explained = UNDER_WAY | {"explanation": ["ScaleApplication /web: 1 runs and is not healthy"]}
    server.record("GET /v2/deployments", RecordedAnswer(document=[explained]))

    assert (
        "  ScaleApplication /web: 1 runs and is not healthy\n" in koinon("app", "add", app_file, "--timeout", "0").err
    )


def test_says_that_what_was_added_fails(koinon: Callable[..., Any], server: RecordedServer, app_file: str) -> None:
    """A deployment is over once tasks ran for a moment; one that failed since is told, and the exit code is 1."""
    failure = {"timestamp": "2026-11-23T00:00:01.000Z", "state": "TASK_FAILED", "host": "h", "message": "exit 3"}
    record_adding(server)
    app = make_app(tasksRunning=1, lastTaskFailure=failure)
    server.record("GET /v2/apps/web", RecordedAnswer(document={"app": app}))

    run = koinon("app", "add", app_file)

    assert run.code == 1
    assert "/web added: 1 of 2 running\n  last failure 2026-11-23T00:00:01.000Z: TASK_FAILED on h: exit 3" in run.err


@pytest.mark.parametrize("content", ["{", "3", "[]", '["a"]'])
def test_refuses_a_file_that_holds_no_app(koinon: Callable[..., Any], tmp_path: Path, content: str) -> None:
    """A broken file is wrong usage and is named."""
    file = tmp_path / "broken.json"
    file.write_text(content)

    run = koinon("app", "add", str(file))

    assert run.code == 2
    assert "broken.json" in run.err


DETAILS = [{"path": "/container/docker/image", "errors": ["must not be empty", "bad"]}]


@pytest.mark.parametrize(
    ("status", "document", "code", "said"),
    [
        (
            422,
            {"message": "Object is not valid", "details": DETAILS},
            4,
            "  /container/docker/image: must not be empty\n",
        ),
        (400, {"message": "Invalid JSON", "details": "at 1:2"}, 4, "  at 1:2\n"),
        (409, {"message": "App is locked", "deployments": [{"id": DEPLOYMENT}]}, 5, f"  deployment {DEPLOYMENT}\n"),
        (404, {"message": "App '/web' does not exist", "details": []}, 3, "koinon: App '/web' does not exist\n"),
        (503, "no leader", 7, "koinon: no leader\n"),
        (500, {"message": "ouch"}, 1, "koinon: ouch\n"),
        (200, "hello", 1, "no JSON"),
    ],
)
def test_exit_codes_tell_what_went_wrong(
    koinon: Callable[..., Any],
    server: RecordedServer,
    app_file: str,
    status: int,
    document: Any,
    code: int,
    said: str,
) -> None:
    """Each kind of refusal has its exit code, and the problems are shown by path."""
    server.record("POST /v2/apps", RecordedAnswer(status=status, document=document))

    run = koinon("app", "add", app_file)

    assert run.code == code
    assert said in run.err


def test_nobody_there(koinon: Callable[..., Any], free_port: int) -> None:
    """Without a Marathon the exit code is 7, and the address is named."""
    run = koinon("--marathon", f"127.0.0.1:{free_port}", "app", "list")

    assert run.code == 7
    assert str(free_port) in run.err


def test_scales(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Scaling sends the number alone, to the id with or without its slash."""
    server.record("GET /v2/apps/web", RecordedAnswer(document={"app": make_app(instances=3, tasksRunning=3)}))
    server.record("PUT /v2/apps/web", RecordedAnswer(document={"version": "v", "deploymentId": DEPLOYMENT}))
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))

    run = koinon("app", "scale", "/web", "3", "--force")

    assert (run.code, run.out) == (0, "/web scaled to 3: 3 of 3 running\n")
    put = next(request for request in server.seen if request.method == "PUT")
    assert (put.document, put.query) == ({"instances": 3}, {"force": "true"})


def test_scaling_what_is_not_there(koinon: Callable[..., Any]) -> None:
    """An unknown app is not made by scaling it."""
    assert koinon("app", "scale", "nope", "3").code == 3


def test_removes(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Removing deletes the app and waits."""
    server.record("DELETE /v2/apps/web", RecordedAnswer(document={"version": "v", "deploymentId": DEPLOYMENT}))
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))

    assert koinon("app", "remove", "web").out == "web removed\n"


def test_shows_why_an_app_waits(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """An app that can't start says what the offers lack, agent by agent."""
    task = {"id": "web.1", "state": "TASK_RUNNING", "host": "h", "ports": [31000]}
    server.record("GET /v2/apps/web", RecordedAnswer(document={"app": make_app(tasks=[task])}))
    server.record("GET /v2/queue", RecordedAnswer(document={"queue": [WAITING]}))

    run = koinon("app", "show", "web")

    assert "waiting to start 1\n  InsufficientCpus: 2 of 2 offers\n" in run.out
    assert "\n  h1 (rack:r1): InsufficientCpus\n  h2: InsufficientCpus, InsufficientMemory\n" in run.out
    assert "web.1  TASK_RUNNING  h:31000" in run.out
    assert server.seen[-1].query == {"embed": "lastUnusedOffers"}


def test_refuses_an_address_that_is_none(koinon: Callable[..., Any]) -> None:
    """What can't be an address is wrong usage, not somebody who does not answer."""
    run = koinon("--marathon", "ftp://nowhere", "app", "list")

    assert run.code == 2
    assert "'ftp://nowhere' is no address" in run.err

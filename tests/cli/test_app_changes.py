"""The verbs that change apps, against recorded answers of Marathon."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer, SeenRequest
from support.recorded_apps import DEPLOYMENT, make_app

LATER = "2026-11-24T00:00:00.000Z"
EARLIER = "2026-11-22T00:00:00.000Z"
VERSION = "2026-11-23T00:00:00.000Z"


def record_change(server: RecordedServer, request: str, **fields: Any) -> None:
    """The change is taken and done at once; the app has these fields."""
    server.record(request, RecordedAnswer(document={"version": LATER, "deploymentId": DEPLOYMENT}))
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))
    server.record("GET /v2/apps/web", RecordedAnswer(document={"app": make_app(**fields)}))


def the_change(server: RecordedServer) -> SeenRequest:
    """What was sent to change something."""
    (change,) = [request for request in server.seen if request.method != "GET"]
    return change


def write(tmp_path: Path, document: object) -> str:
    """A file of this document."""
    file = tmp_path / "definition.json"
    file.write_text(json.dumps(document))
    return str(file)


def test_applies_an_app(koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path) -> None:
    """The whole definition is put, so that what the file leaves out gets its default."""
    record_change(server, "PUT /v2/apps/web", version=LATER)

    run = koinon("app", "apply", write(tmp_path, {"id": "web", "cmd": "x"}))

    assert (0, "/web applied: 2 of 2 running\n") == (run.code, run.out)
    assert ({"id": "web", "cmd": "x"}, {"partialUpdate": "false", "force": "false"}) == (
        the_change(server).document,
        the_change(server).query,
    )


def test_says_that_an_app_is_so_already(koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path) -> None:
    """A change of nothing leaves the app its version."""
    record_change(server, "PUT /v2/apps/web", version=VERSION)

    assert "/web is so already" in koinon("app", "apply", write(tmp_path, {"id": "web", "cmd": "x"})).out


def test_applies_several_as_one(koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path) -> None:
    """One deployment for all apps of an array, or of an answer of GET /v2/apps."""
    record_change(server, "PUT /v2/apps")
    apps = [{"id": "/a", "cmd": "x"}, {"id": "b", "cmd": "y"}]

    run = koinon("app", "apply", write(tmp_path, {"apps": apps}), "--force")

    assert "/a, /b applied\n" == run.out
    assert (apps, "true") == (the_change(server).document, the_change(server).query["force"])


@pytest.mark.parametrize("noun", ["app", "group", "pod"])
def test_applies_a_group(koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path, noun: str) -> None:
    """What the file holds decides, not the noun."""
    record_change(server, "PUT /v2/groups/shop")

    assert "/shop applied\n" == koinon(noun, "apply", write(tmp_path, {"id": "/shop", "apps": []})).out


def test_applies_a_pod_that_is_not_there(koinon: Callable[..., Any], server: RecordedServer, tmp_path: Path) -> None:
    """PUT changes pods alone, so POST makes it."""
    created = {"Marathon-Deployment-Id": DEPLOYMENT}
    server.record("POST /v2/pods", RecordedAnswer(status=201, document={"id": "/pod"}, headers=created))
    server.record("GET /v2/deployments", RecordedAnswer(document=[]))

    run = koinon("pod", "apply", write(tmp_path, {"id": "/pod", "containers": [{"name": "one"}]}))

    assert (0, "/pod applied\n") == (run.code, run.out)
    assert ["PUT", "POST"] == [request.method for request in server.seen if request.method != "GET"]


@pytest.mark.parametrize(("document", "said"), [({"cmd": "x"}, "without an id"), (3, "JSON object"), ([], "array")])
def test_file_that_defines_nothing(koinon: Callable[..., Any], tmp_path: Path, document: object, said: str) -> None:
    """Wrong usage, told by the file's name."""
    run = koinon("app", "apply", write(tmp_path, document))

    assert 2 == run.code
    assert said in run.err
    assert "definition.json" in run.err


def test_updates_single_fields(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Marathon replaces whole top-level fields: what stands beside an inner one is sent along."""
    container = {"type": "DOCKER", "docker": {"image": "web:1", "forcePullImage": True}}
    record_change(server, "PUT /v2/apps/web", container=container, env={"A": "1"}, version=LATER)

    words = ("--set", "container.docker.image=web:2", "--set", "env.PORT=80", "--set", "cpus=2")
    run = koinon("app", "update", "web", *words)

    assert (0, "web updated: 2 of 2 running\n") == (run.code, run.out)
    assert {
        "container": {"type": "DOCKER", "docker": {"image": "web:2", "forcePullImage": True}},
        "env": {"A": "1", "PORT": "80"},
        "cpus": 2,
    } == the_change(server).document


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "cpus"), "FIELD=VALUE"),
        (("--set", "args.5=x"), "there is no '5'"),
        (("--set", "cmd.x=1"), "there is no 'x'"),
        ((), "nothing to change"),
    ],
)
def test_refuses_fields_that_are_none(
    koinon: Callable[..., Any], server: RecordedServer, words: tuple[str, ...], said: str
) -> None:
    """Wrong usage; nothing is sent."""
    record_change(server, "PUT /v2/apps/web", args=["one"])

    run = koinon("app", "update", "web", *words)

    assert 2 == run.code
    assert said in run.err


def test_restarts(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Waits until all are replaced."""
    record_change(server, "POST /v2/apps/web/restart")

    assert "web restarted: 2 of 2 running\n" == koinon("app", "restart", "web").out


def record_versions(server: RecordedServer) -> None:
    server.record("GET /v2/apps/web/versions", RecordedAnswer(document={"versions": [LATER, VERSION, EARLIER]}))
    for version, fields in ((LATER, {"cmd": "b", "cpus": 1}), (VERSION, {"cmd": "a", "cpus": 1}), (EARLIER, {})):
        server.record(f"GET /v2/apps/web/versions/{version}", RecordedAnswer(document=make_app(**fields)))


def test_lists_versions(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Newest first, each with the fields that it changed."""
    record_versions(server)

    assert [[LATER, "cmd"], [VERSION, "cmd, cpus"], [EARLIER, "all: the first that is kept"]] == koinon(
        "app", "versions", "web"
    ).rows


@pytest.mark.parametrize(("words", "wanted"), [((), VERSION), (("last",), VERSION), ((EARLIER,), EARLIER)])
def test_rolls_back(koinon: Callable[..., Any], server: RecordedServer, words: tuple[str, ...], wanted: str) -> None:
    """To the version before the present one, unless another is named; the version goes alone."""
    record_versions(server)
    record_change(server, "PUT /v2/apps/web")

    run = koinon("app", "rollback", "web", *words)

    assert f"web is as of {wanted}: 2 of 2 running\n" == run.out
    assert {"version": wanted} == the_change(server).document


def test_nothing_to_roll_back_to(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """The first version has none before it."""
    server.record("GET /v2/apps/web/versions", RecordedAnswer(document={"versions": [VERSION]}))

    assert 3 == koinon("app", "rollback", "web").code


def test_locked_app_says_what_helps(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Marathon's sentence, the deployment, and the two commands."""
    server.record("GET /v2/apps/web", RecordedAnswer(document={"app": make_app()}))
    locked = {"message": "App is locked", "deployments": [{"id": DEPLOYMENT}]}
    server.record("PUT /v2/apps/web", RecordedAnswer(status=409, document=locked))

    run = koinon("app", "scale", "web", "3")

    assert 5 == run.code
    assert (
        f"  deployment {DEPLOYMENT}\n  koinon deployment show says what it waits for; --force overrides it" in run.err
    )

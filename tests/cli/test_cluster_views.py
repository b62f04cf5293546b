"""``koinon task``, ``agent`` and ``framework`` against recorded answers of Marathon, a master and an agent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer

RESOURCES = {"cpus": 2.0, "gpus": 0, "mem": 1024.0, "disk": 100.0, "ports": "[31000-31499]"}
USED = {"cpus": 0.5, "gpus": 0, "mem": 64.0, "disk": 0, "ports": "[31000-31000]"}


def make_task(**fields: Any) -> dict[str, Any]:
    return {"id": "web.1", "state": "TASK_RUNNING", "host": "127.0.0.1", "ports": [31000], **fields}


def make_agent(address: str) -> dict[str, Any]:
    return {
        "id": "M-S0",
        "pid": f"slave(1)@{address}",
        "active": True,
        "attributes": {"rack": "rack-1"},
        "resources": RESOURCES,
        "used_resources": USED,
    }


def test_lists_tasks_of_one_app(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """--app asks that app alone."""
    server.record("GET /v2/apps/web/tasks", RecordedAnswer(document={"tasks": [make_task(startedAt="now")]}))

    run = koinon("task", "list", "--app", "/web")

    assert ["web.1", "TASK_RUNNING", "127.0.0.1", "31000", "now"] == run.out.splitlines()[1].split()


def test_lists_all_tasks_as_json(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Without --app all tasks are asked for."""
    server.record("GET /v2/tasks", RecordedAnswer(document={"tasks": [make_task()]}))

    assert json.loads(koinon("task", "list", "--json").out) == {"tasks": [make_task()]}


def test_kills_a_task(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """The task is named to Marathon, which starts another."""
    server.record("POST /v2/tasks/delete", RecordedAnswer(document={"tasks": [make_task()]}))

    run = koinon("task", "kill", "web.1")

    assert (0, "web.1 killed\n") == (run.code, run.out)
    assert ({"ids": ["web.1"]}, {"scale": "false"}) == (server.seen[0].document, server.seen[0].query)


def test_killing_what_is_not_there(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """Marathon skips unknown ids; the command says so by 3."""
    server.record("POST /v2/tasks/delete", RecordedAnswer(document={"tasks": []}))

    assert 3 == koinon("task", "kill", "web.9").code


@pytest.fixture
def logged(server: RecordedServer) -> RecordedServer:
    """A master that knows a task, and the agent that has its sandbox."""
    found = {"id": "web.1", "slave_id": "M-S0", "framework_id": "M-0000", "executor_id": ""}
    server.record("GET /tasks", RecordedAnswer(document={"tasks": [found]}))
    server.record("GET /slaves", RecordedAnswer(document={"slaves": [make_agent(server.address)]}))
    server.record(
        "GET /files/read",
        RecordedAnswer(document={"offset": 12, "data": ""}),
        RecordedAnswer(document={"offset": 0, "data": "one\ntwo\nend\n"}),
    )
    return server


def test_prints_what_a_task_wrote(koinon: Callable[..., Any], logged: RecordedServer) -> None:
    """The sandbox is found over the master, and read on its agent."""
    run = koinon("task", "logs", "web.1", "--stderr")

    assert (0, "one\ntwo\nend\n") == (run.code, run.out)
    assert {
        "path": "/frameworks/M-0000/executors/web.1/runs/latest/stderr",
        "offset": "0",
        "length": "12",
    } == logged.seen[-1].query


def test_prints_the_last_lines(koinon: Callable[..., Any], logged: RecordedServer) -> None:
    """-n counts from the end."""
    assert "two\nend\n" == koinon("task", "logs", "web.1", "-n", "2").out


def test_logs_of_an_unknown_task(koinon: Callable[..., Any], logged: RecordedServer) -> None:
    """A task the master does not know has no logs."""
    assert 3 == koinon("task", "logs", "web.9").code


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("exec", "web.1", "sh"), 4, "no such program: sh"),
        (("exec", "-t", "web.1", "sh"), 2, "-t needs a terminal"),
        (("exec", "web.1"), 2, "Missing argument"),
        (("exec", "web.9", "sh"), 3, "the master knows no task 'web.9'"),
    ],
)
def test_a_command_that_cannot_run_within_a_task(
    koinon: Callable[..., Any], logged: RecordedServer, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """Each way to fail has its exit code and sentence; where no status tells the container, the agent is asked."""
    executor = {"container": "c1", "tasks": [{"id": "web.1"}]}
    logged.record("GET /state", RecordedAnswer(document={"frameworks": [{"executors": [executor]}]}))
    logged.record("POST /api/v1", RecordedAnswer(status=400, document={"message": "no such program: sh"}))
    run = koinon("task", *words)

    assert (code, True) == (run.code, sentence in run.err)


def test_lists_agents(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """A row says what is used of what there is, and the attributes."""
    server.record("GET /slaves", RecordedAnswer(document={"slaves": [make_agent("127.0.0.1:5051")]}))

    row = koinon("agent", "list").out.splitlines()[1].split()

    assert ["M-S0", "127.0.0.1:5051", "active", "0.5/2", "64/1024", "0/100", "rack:rack-1"] == row


def test_lists_frameworks(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """A row says who is connected and how much it holds."""
    known = {"id": "M-0000", "name": "marathon", "tasks": [{}, {}], "used_resources": USED, "roles": ["a", "b"]}
    frameworks = [known | {"connected": True, "active": True}, known | {"connected": False, "active": False}]
    server.record("GET /frameworks", RecordedAnswer(document={"frameworks": frameworks}))

    rows = [line.split() for line in koinon("framework", "list").out.splitlines()[1:]]

    assert [
        ["M-0000", "marathon", "active", "a,b", "2", "0.5", "64"],
        ["M-0000", "marathon", "disconnected", "a,b", "2", "0.5", "64"],
    ] == rows


@pytest.mark.parametrize("words", [["app"], ["app", "fly"], ["app", "scale", "x", "-1"], ["--nope"]])
def test_wrong_usage(koinon: Callable[..., Any], words: list[str]) -> None:
    """What click can't make sense of exits with 2."""
    assert 2 == koinon(*words).code

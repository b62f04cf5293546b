"""Calls of an agent's operator API that have one answer, in both content types; what a principal may see and do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from fakes.agent_bench import AGENT_ID, make_framework, make_task
from fakes.operated_agent import FRAMEWORK, Operated, make_credentials
from koinon_agent.config import AgentConfig
from koinon_core.agent_link import Drain, RunTaskGroup
from koinon_core.agents import DrainConfig
from koinon_core.ids import ExecutorId
from koinon_core.offers import TaskGroupInfo
from koinon_core.tasks import ExecutorInfo, ExecutorType
from koinon_core.wire import refined_json
from koinon_core.wire.protobuf import ProtobufCodec
from koinon_daemon.acl_text import parse_acls
from koinon_daemon.credentials import Credential
from koinon_daemon.flag_values import HostPort
from support.waiting import wait_until

READS = (
    "GET_HEALTH", "GET_FLAGS", "GET_VERSION", "GET_LOGGING_LEVEL", "GET_STATE", "GET_AGENT", "GET_TASKS",
    "GET_FRAMEWORKS", "GET_EXECUTORS", "GET_OPERATIONS", "GET_RESOURCE_PROVIDERS", "GET_CONTAINERS",
)  # fmt: skip
POD = ExecutorInfo(executor_id=ExecutorId("pod"), type=ExecutorType.DEFAULT, framework_id=FRAMEWORK.id)


@pytest.mark.parametrize("kind", READS)
async def test_every_read_is_answered_in_both_types(operated: Operated, kind: str) -> None:
    """With a task that runs and a drain: what JSON says can be said in Protocol Buffers, too."""
    operated.bench.run(make_task("held"))
    operated.bench.hear(Drain(config=DrainConfig()))
    document = await (await operated.call(kind)).json()
    packed = await operated.client.post(
        "/api/v1/anything", json={"type": kind}, headers={"Accept": "application/x-protobuf"}
    )
    encoded = ProtobufCodec(refined_json).encode_document("mesos.v1.agent.Response", document)

    assert ["type", kind.lower()] == list(document)
    assert (200, "application/x-protobuf") == (packed.status, packed.headers["Content-Type"])
    assert len(encoded) == len(await packed.read())


async def test_tasks_are_told_apart_by_where_they_stand(operated: Operated) -> None:
    """Told of, ended but not acknowledged, over; the executor of a pod has all of its own."""
    bench = operated.bench
    bench.run(make_task("starts"))
    bench.started(bench.run(make_task("runs")))
    over = bench.run(make_task("over"))
    bench.started(over)
    bench.ended(over)
    bench.acknowledge_all()
    ended = bench.run(make_task("ended"))
    bench.started(ended)
    bench.ended(ended)
    tasks = await operated.read("GET_TASKS")
    names = {kind: [one["task_id"]["value"] for one in listed] for kind, listed in tasks.items()}
    executors = await operated.read("GET_EXECUTORS")

    assert {
        "pending_tasks": [],
        "queued_tasks": [],
        "launched_tasks": ["starts", "runs"],
        "terminated_tasks": ["ended"],
        "completed_tasks": ["over"],
    } == names
    assert ["over"] == [one["executor_info"]["source"] for one in executors["completed_executors"]]
    assert {"get_tasks", "get_executors", "get_frameworks"} == (await operated.read("GET_STATE")).keys()


async def test_a_pod_is_one_executor_with_its_tasks(operated: Operated) -> None:
    """``/state`` shows its type, its directory and its tasks, as does the operator API."""
    group = TaskGroupInfo(tasks=(make_task("a", executor=None), make_task("b", executor=None)))
    operated.bench.hear(RunTaskGroup(framework=make_framework(), executor=POD, task_group=group))
    state = await (await operated.client.get("/slave(1)/state")).json()
    (executor,) = state["frameworks"][0]["executors"]

    assert ("pod", "DEFAULT") == (executor["id"], executor["type"])
    assert {"a", "b"} == {task["id"] for task in (*executor["tasks"], *executor["queued_tasks"])}
    assert Path(executor["directory"]).name == executor["container"]
    assert {"pod"} == {task["executor_id"] for task in (*executor["tasks"], *executor["queued_tasks"])}


async def test_a_drain_is_shown(operated: Operated) -> None:
    """By ``/state`` and GET_AGENT, with the time at which it began."""
    before = await (await operated.client.get("/state")).json()
    operated.bench.hear(Drain(config=DrainConfig(mark_gone=True)))
    state = await (await operated.client.get("/state")).json()
    agent = await operated.read("GET_AGENT")

    assert "drain_config" not in before
    assert {"mark_gone": True} == state["drain_config"] == agent["drain_config"]
    assert operated.bench.now.wall == state["estimated_drain_start_time_seconds"]
    assert int(operated.bench.now.wall * 1e9) == agent["estimated_drain_start_time"]["nanoseconds"]
    assert AGENT_ID == agent["agent_info"]["id"]["value"]


async def test_a_nested_container_runs_waits_and_is_removed(operated: Operated) -> None:
    """Its output is in a sandbox of its own within its parent's; a signal reaches it; removed it is unknown."""
    parent = await operated.run("sleep 100")
    body = {"container_id": {"value": "n1", "parent": {"value": parent}}}
    command = {"value": "trap 'echo told; exit 5' USR1; echo begun; while true; do sleep 0.02; done"}
    launched = await operated.call("LAUNCH_NESTED_CONTAINER", body | {"command": command})
    again = await operated.call("LAUNCH_CONTAINER", body | {"command": command})
    listed = await operated.read("GET_CONTAINERS", {"show_nested": True})
    output = next(operated.site.work_dir.glob("slaves/*/frameworks/*/executors/*/runs/*/containers/n1/stdout"))
    await _see(output, "begun")
    too_early = await operated.call("REMOVE_CONTAINER", body)
    killed = await operated.call("KILL_NESTED_CONTAINER", body | {"signal": 10})
    ended = await operated.read("WAIT_CONTAINER", body)
    said = output.read_text()
    removed = await operated.call("REMOVE_NESTED_CONTAINER", body)
    gone = await operated.call("REMOVE_CONTAINER", body)
    unknown = await operated.call("WAIT_NESTED_CONTAINER", body)

    assert (200, 202, 500, 200, 200, 200, 404) == tuple(
        one.status for one in (launched, again, too_early, killed, removed, gone, unknown)
    )
    assert [{"value": parent}, body["container_id"]] == [one["container_id"] for one in listed["containers"]]
    assert {"exit_status": 5 << 8} == ended
    assert "begun\ntold\n" == said
    assert not output.parent.exists()


async def _see(path: Path, text: str) -> None:
    await asyncio.to_thread(wait_until, lambda: text in path.read_text(), f"{text!r} in {path.name}")


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        ("UNKNOWN", None, 501, "501 Not Implemented."),
        ("NOPE", None, 400, "Failed to validate agent::Call"),
        ("GET_METRICS", None, 400, "Expecting 'get_metrics' to be present"),
        ("WAIT_CONTAINER", {"container_id": {"value": "nobody"}}, 404, "Container nobody cannot be found"),
        ("KILL_CONTAINER", {"container_id": {"value": "nobody"}}, 404, "Container 'nobody' cannot be found"),
        ("REMOVE_CONTAINER", {"container_id": {"value": "nobody"}}, 404, "Container nobody cannot be found"),
        ("LAUNCH_CONTAINER", {"container_id": {"value": "c"}}, 400, "command is missing, and so is container"),
        ("ATTACH_CONTAINER_OUTPUT", {"container_id": {"value": "nobody"}}, 404, "Container nobody cannot be found"),
        (
            "ATTACH_CONTAINER_INPUT",
            {"type": "PROCESS_IO"},
            415,
            "to be application/recordio for ATTACH",
        ),
        ("ATTACH_CONTAINER_INPUT", {"type": "CONTAINER_ID"}, 400, "container_id' is invalid: ID must not be empty"),
        ("REMOVE_RESOURCE_PROVIDER_CONFIG", {"type": "t", "name": "n"}, 400, "Resource providers are not supported"),
        ("MARK_RESOURCE_PROVIDER_GONE", {"resource_provider_id": {"value": "p"}}, 400, "not supported"),
        ("READ_FILE", {"path": "/etc/passwd", "offset": 0}, 404, "/etc/passwd"),
    ],
)
async def test_refusals_have_mesos_status_and_say_why(
    operated: Operated, kind: str, body: Any, status: int, words: str
) -> None:
    """What is not there, not possible, or no call at all."""
    response = await operated.call(kind, body)

    assert (status, True) == (response.status, words in await response.text())


async def test_content_types_are_told_apart(operated: Operated) -> None:
    """Streams are for calls that stream, and a message has no type within a type."""
    streamed = await operated.call(
        "GET_HEALTH", Accept="application/recordio", **{"Message-Accept": "application/json"}
    )
    within = await operated.call("GET_HEALTH", **{"Message-Content-Type": "application/json"})
    neither = await operated.call("GET_HEALTH", Accept="text/html")
    beside = await operated.call("GET_HEALTH", **{"Message-Accept": "application/json"})
    got = await operated.client.get("/api/v1")

    assert (406, "Streaming response is not supported for GET_HEALTH call") == (streamed.status, await streamed.text())
    assert (415, 406, 406, 405) == (within.status, neither.status, beside.status, got.status)
    assert "Expecting 'Message-Accept' to be not set for non-streaming responses" == await beside.text()


RULED = """{"permissive": false, "view_frameworks": [{"principals": {"type": "ANY"}, "users": {"type": "ANY"}}],
"view_executors": [{"principals": {"type": "ANY"}, "users": {"type": "ANY"}}],
"view_tasks": [{"principals": {"values": ["ops"]}, "users": {"type": "ANY"}}],
"launch_nested_container_sessions_under_parent_with_user": [
  {"principals": {"values": ["ops"]}, "users": {"values": ["root"]}}],
"launch_nested_container_sessions_as_user": [{"principals": {"values": ["ops"]}, "users": {"values": ["root"]}}],
"access_sandboxes": [{"principals": {"values": ["ops"]}, "users": {"values": ["root"]}}]}"""


def proof_of(name: str) -> dict[str, str]:
    """The header of a principal whose secret is its name."""
    return {"Authorization": Credential(name, name).header}


class TestRuled:
    """An agent with access control lists: ``ops`` may look into what root runs, ``guest`` may not."""

    @pytest.fixture
    def config(self, tmp_path: Path) -> AgentConfig:
        """Both must say who they are."""
        return AgentConfig(
            master=HostPort("m", 5050),
            work_dir=tmp_path,
            acls=parse_acls(RULED),
            authenticate_http_readonly=True,
            authenticate_http_readwrite=True,
            http_credentials=make_credentials("ops", "guest"),
        )

    async def test_what_may_not_be_seen_is_left_out(self, operated: Operated) -> None:
        """Tasks and flags; who says nothing is asked."""
        operated.bench.started(operated.bench.run(make_task()))
        shown = {}
        for name in ("ops", "guest"):
            state = await (await operated.client.get("/state", headers=proof_of(name))).json()
            (executor,) = state["frameworks"][0]["executors"]
            shown[name] = len(executor["tasks"])
            assert "flags" not in state
            containers = await operated.client.get("/containers", headers=proof_of(name))
            assert 403 == containers.status
        nobody = await operated.client.get("/state")

        assert {"ops": 1, "guest": 0} == shown
        assert (401, 'Basic realm="mesos-agent-readonly"') == (nobody.status, nobody.headers["WWW-Authenticate"])

    async def test_closed_doors_are_named(self, operated: Operated) -> None:
        """Sessions, sandboxes, flags, levels of logging: refused in words to who may not."""
        parent = await operated.run("sleep 100")
        (machine,) = operated.bench.agent.tasks
        session = {
            "container_id": {"value": "s", "parent": {"value": parent}},
            "command": {"value": "true"},
        }
        calls = {
            "LAUNCH_NESTED_CONTAINER_SESSION": session,
            "LIST_FILES": {"path": machine.accepted.sandbox},
            "GET_FLAGS": None,
            "SET_LOGGING_LEVEL": {"level": 1, "duration": {"nanoseconds": 1}},
        }
        statuses = {}
        for name in ("ops", "guest"):
            for kind, body in calls.items():
                document = {"type": kind} | ({} if body is None else {kind.lower(): body})
                answered = await operated.client.post("/api/v1", json=document, headers=proof_of(name))
                statuses[name, kind] = answered.status
                await answered.read()
        browse = {"path": f"{machine.accepted.sandbox}/../{parent}/stdout"}
        around = await operated.client.get("/files/browse", params=browse, headers=proof_of("guest"))

        assert [200, 200, 403, 403] == [statuses["ops", kind] for kind in calls]
        assert [403, 403, 403, 403] == [statuses["guest", kind] for kind in calls]
        assert around.status in (403, 404)

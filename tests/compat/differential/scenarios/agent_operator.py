"""The agent's operator API: what is read, and what is refused."""

from __future__ import annotations

from typing import Any

import orjson

from koinon_core.wire import encode_record
from koinon_core.wire.json import endpoint_json
from koinon_core.wire.protobuf import ProtobufCodec

from ..agent import OPERATOR, AgentDoor, PlayedExecutor, begin_play, find_agent
from ..framework import Framework
from ..script import BOTH_JSON, JSON, PROTOBUF, Script
from .catalogue import scenario
from .operator_reads import without_empty

_PROTOBUF = ProtobufCodec(endpoint_json)
RECORDIO = "application/recordio"
READS = (
    *("GET_HEALTH", "GET_VERSION", "GET_LOGGING_LEVEL", "GET_CONTAINERS", "GET_FRAMEWORKS", "GET_EXECUTORS"),
    *("GET_OPERATIONS", "GET_TASKS", "GET_AGENT", "GET_STATE", "GET_RESOURCE_PROVIDERS"),
)
NESTED = ("LAUNCH_NESTED_CONTAINER", "LAUNCH_NESTED_CONTAINER_SESSION")
ABOUT_ONE = (
    *("WAIT_NESTED_CONTAINER", "WAIT_CONTAINER", "KILL_NESTED_CONTAINER", "KILL_CONTAINER"),
    *("REMOVE_NESTED_CONTAINER", "REMOVE_CONTAINER", "ATTACH_CONTAINER_OUTPUT"),
)
IDS: dict[str, Any] = {
    "unknown": {"value": "nobody"},
    "unknown parent": {"value": "child", "parent": {"value": "nobody"}},
    "empty": {"value": ""},
    "empty parent": {"value": "child", "parent": {"value": ""}},
    "with a slash": {"value": "a/b", "parent": {"value": "nobody"}},
    "with a dot": {"value": "a.b", "parent": {"value": "nobody"}},
    "with a space": {"value": "a b", "parent": {"value": "nobody"}},
    "upwards": {"value": "..", "parent": {"value": "nobody"}},
    "without a value": {},
}


@scenario
async def agent_operator_reads(script: Script) -> None:
    """Each read, in JSON and in protobuf, of an agent that runs one task."""
    agent = await find_agent(script)
    framework = Framework(script)
    played = PlayedExecutor(framework, agent)
    for kind in READS:
        await _read(agent, kind)
    await framework.subscribe()
    await played.launch("queued")
    for kind in ("GET_TASKS", "GET_EXECUTORS", "GET_FRAMEWORKS"):
        await _read(agent, f"{kind}")
    await played.subscribe()
    await played.live.until("LAUNCH", "launched")
    await _read(agent, "GET_TASKS")
    await played.update("queued", "TASK_RUNNING")
    for kind in ("GET_TASKS", "GET_EXECUTORS", "GET_FRAMEWORKS", "GET_STATE"):
        await _read(agent, kind)
        await _read_protobuf(agent, kind)
    await _read_protobuf(agent, "GET_AGENT")
    await _read_protobuf(agent, "GET_VERSION")
    await played.update("queued", "TASK_FINISHED", 2)

    async def is_acknowledged() -> bool:
        return not (await agent.operate_quietly("GET_TASKS")).document["get_tasks"].get("terminated_tasks")

    await script.wait(is_acknowledged, "the acknowledgement does not arrive")
    await _read(agent, "GET_TASKS")
    played.exit(0)
    await framework.live.until_quietly("FAILURE")


@scenario
async def agent_operator_refusals(script: Script) -> None:
    """Calls that lack something, or are about what is not there."""
    agent = await find_agent(script)
    command = {"value": "true"}
    for kind in ABOUT_ONE:
        await agent.operate(kind, title=f"{kind} without a body")
        await agent.operate(kind, title=f"{kind} without an id", other=1)
        for name, container_id in IDS.items():
            if (kind, name) != ("REMOVE_CONTAINER", "unknown"):  # The genuine agent aborts.
                await agent.operate(kind, title=f"{kind} of one {name}", container_id=container_id)
    for kind in NESTED:
        await agent.operate(kind, title=f"{kind} without a body")
        await agent.operate(kind, title=f"{kind} without an id", command=command)
        for name, container_id in IDS.items():
            await agent.operate(kind, title=f"{kind} of one {name}", container_id=container_id, command=command)
        await agent.operate(kind, title=f"{kind} without a command", container_id=IDS["unknown parent"])
    await agent.operate("LAUNCH_CONTAINER", title="LAUNCH_CONTAINER without a body")
    for name in ("unknown parent", "empty", "with a slash"):
        title = f"LAUNCH_CONTAINER of one {name}"
        await agent.operate("LAUNCH_CONTAINER", title=title, container_id=IDS[name], command=command)
    await agent.operate("ATTACH_CONTAINER_INPUT", title="ATTACH_CONTAINER_INPUT without a body")
    await agent.operate("ATTACH_CONTAINER_INPUT", title="ATTACH_CONTAINER_INPUT at once", type="CONTAINER_ID")
    for kind in ("GET_METRICS", "SET_LOGGING_LEVEL", "LIST_FILES", "READ_FILE", "MARK_RESOURCE_PROVIDER_GONE"):
        await agent.operate(kind, title=f"{kind} without a body")
    for kind in ("TEARDOWN", "GET_AGENTS", "NOPE"):
        await agent.operate(kind)


@scenario
async def agent_nested_refusals(script: Script) -> None:
    """Nested containers of a container that is there, and the container of an executor itself."""
    agent, framework, played = await begin_play(script)
    await played.launch("first")
    own = {"value": (await agent.executors(framework.id))["custom"]["container"]}
    child = {"value": "child", "parent": own}
    for kind in ABOUT_ONE:
        if kind not in ("WAIT_CONTAINER", "KILL_CONTAINER", "REMOVE_CONTAINER", "ATTACH_CONTAINER_OUTPUT"):
            await agent.operate(kind, title=f"{kind} of an executor's", container_id=own)
        await agent.operate(kind, title=f"{kind} of no child", container_id=child)
    for kind in NESTED:
        await agent.operate(kind, title=f"{kind} as an executor's", container_id=own, command={"value": "true"})
        deep = {"value": "deeper", "parent": {"value": "nobody", "parent": own}}
        await agent.operate(kind, title=f"{kind} too deep", container_id=deep, command={"value": "true"})
    await played.subscribe()
    played.exit(0)
    await framework.live.until_quietly("FAILURE")
    await agent.operate("WAIT_CONTAINER", title="WAIT_CONTAINER of one that has ended", container_id=own)
    await agent.operate("KILL_CONTAINER", title="KILL_CONTAINER of one that has ended", container_id=own)


@scenario
async def agent_operator_transport(script: Script) -> None:
    """Content types and wishes, for one answer and for streams."""
    agent = await find_agent(script)
    door = agent.script
    health = orjson.dumps({"type": "GET_HEALTH"})
    session = orjson.dumps(
        {
            "type": "LAUNCH_NESTED_CONTAINER_SESSION",
            "launch_nested_container_session": {
                "container_id": IDS["unknown parent"],
                "command": {"value": "true"},
            },
        }
    )
    for kind in (JSON, PROTOBUF, RECORDIO, "application/json; charset=utf-8", "text/plain", ""):
        headers = {"Content-Type": kind} if kind else {}
        await door.ask("POST", OPERATOR, health, headers=headers, title=f"GET_HEALTH as {kind or 'nothing'}")
    for accept in ("*/*", JSON, PROTOBUF, "text/html", RECORDIO, f"{RECORDIO}, {JSON}", f"{JSON};q=0", ""):
        for message in (None, JSON, PROTOBUF, "text/html", "*/*", ""):
            headers = {"Content-Type": JSON, "Accept": accept} | (
                {} if message is None else {"Message-Accept": message}
            )
            title = f"accepting {accept!r} with messages {message!r}"
            await door.ask("POST", OPERATOR, health, headers=headers, title=f"GET_HEALTH {title}")
            await door.ask("POST", OPERATOR, session, headers=headers, title=f"a session {title}")
    for kind in (JSON, PROTOBUF, "text/plain"):
        headers = BOTH_JSON | {"Message-Content-Type": kind}
        await door.ask("POST", OPERATOR, health, headers=headers, title=f"GET_HEALTH of messages {kind}")
    await _stream(agent, "no messages", b"")
    await _stream(agent, "one message of another call", encode_record(health))
    await _stream(agent, "no record", b"nonsense")
    await _stream(agent, "no call", encode_record(b"{}"))
    for title, body in _inputs().items():
        call = {"type": "ATTACH_CONTAINER_INPUT", "attach_container_input": body}
        await _stream(agent, title, encode_record(orjson.dumps(call)))
    await door.ask("POST", OPERATOR, b"", headers={"Content-Type": RECORDIO}, title="a stream of nothing said")
    for kind in ("text/plain", PROTOBUF):
        await _stream(agent, f"messages as {kind}", encode_record(health), kind)
    for data in (b"", b"{", b"[]", b"{}", b'{"type":7}', b'{"type":"GET_HEALTH","extra":1}'):
        await door.ask("POST", OPERATOR, data, headers=BOTH_JSON, title=f"a body {data.decode()}")


def _inputs() -> dict[str, dict[str, Any]]:
    data = {"type": "DATA", "data": {"type": "STDIN", "data": "eA=="}}
    return {
        "input of no type": {},
        "input into nothing named": {"type": "CONTAINER_ID"},
        "input into an unknown one": {"type": "CONTAINER_ID", "container_id": IDS["unknown"]},
        "input into an unknown child": {"type": "CONTAINER_ID", "container_id": IDS["unknown parent"]},
        "input into one with a slash": {"type": "CONTAINER_ID", "container_id": IDS["with a slash"]},
        "input before anybody is named": {"type": "PROCESS_IO", "process_io": data},
    }


async def _stream(agent: AgentDoor, title: str, body: bytes, kind: str = JSON) -> None:
    headers = {"Content-Type": RECORDIO, "Message-Content-Type": kind, "Accept": JSON}
    await agent.script.ask("POST", OPERATOR, body, headers=headers, title=f"a stream of {title}")


async def _read(agent: AgentDoor, kind: str) -> None:
    """One read."""
    answer = await agent.operate_quietly(kind)
    agent.script.note(kind, status=answer.status, body=answer.document)


async def _read_protobuf(agent: AgentDoor, kind: str) -> None:
    body = _PROTOBUF.encode_document("mesos.v1.agent.Call", {"type": kind})
    headers = {"Content-Type": PROTOBUF, "Accept": PROTOBUF}
    answer = await agent.script.send("POST", OPERATOR, body, headers)
    document = _PROTOBUF.decode_document("mesos.v1.agent.Response", answer.body)
    plain = orjson.loads(orjson.dumps(document, default=bytes.hex))
    shown = without_empty(agent.script.masks.mask(plain))
    kind_of_answer = answer.headers.get("Content-Type")
    agent.script.note(f"{kind} in protobuf", status=answer.status, kind=kind_of_answer, body=shown)

"""Sessions within running containers, as clients have them over HTTP: records both ways, and an end with the client."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiohttp import ClientResponse
from attrs import evolve

from fakes.operated_agent import Operated
from koinon_agent.config import AgentConfig
from koinon_core.wire import RecordDecoder, encode_record, refined_json
from koinon_core.wire.protobuf import ProtobufCodec
from support.processes import find_processes
from support.waiting import wait_until

RECORDIO = {"Accept": "application/recordio", "Message-Accept": "application/json"}
SECRET = {"name": "password", "type": "SECRET", "secret": {"type": "VALUE", "value": {"data": "aHVzaA=="}}}
TOO_LARGE = {"rows": 24, "columns": 70_000}
TERMINAL = {"type": "MESOS", "tty_info": {"window_size": {"rows": 33, "columns": 101}}}


def session_of(parent: str, command: Any, name: str = "s1", **more: Any) -> dict[str, Any]:
    """The body of LAUNCH_NESTED_CONTAINER_SESSION."""
    return {"container_id": {"value": name, "parent": {"value": parent}}, "command": command} | more


async def records_of(response: ClientResponse) -> AsyncIterator[Any]:
    """The messages of a stream as they come."""
    decoder = RecordDecoder()
    async for chunk in response.content.iter_any():
        for record in decoder.feed(chunk):
            yield orjson.loads(record)


async def hear(response: ClientResponse, until: bytes | None = None) -> dict[str, bytes]:
    """What a command says by its output, all or up to a word."""
    said: dict[str, bytes] = {}
    async for record in records_of(response):
        if record["type"] == "DATA":
            kind = record["data"]["type"]
            said[kind] = said.get(kind, b"") + b64decode(record["data"]["data"])
            if until is not None and until in said[kind]:
                break
    return said


def say(parent: str, *texts: bytes, size: tuple[int, int] | None = None) -> bytes:
    """The body of ATTACH_CONTAINER_INPUT: these inputs, then the terminal's size."""
    inputs: list[Any] = [{"type": "CONTAINER_ID", "container_id": {"value": "s1", "parent": {"value": parent}}}]
    for text in texts:
        data = {"type": "STDIN", "data": b64encode(text).decode()}
        inputs.append({"type": "PROCESS_IO", "process_io": {"type": "DATA", "data": data}})
    if size is not None:
        tty = {"window_size": {"rows": size[0], "columns": size[1]}}
        control = {"type": "CONTROL", "control": {"type": "TTY_INFO", "tty_info": tty}}
        inputs.append({"type": "PROCESS_IO", "process_io": control})
    calls = [{"type": "ATTACH_CONTAINER_INPUT", "attach_container_input": one} for one in inputs]
    return b"".join(encode_record(orjson.dumps(call)) for call in calls)


async def attach(operated: Operated, body: bytes, message: str | None = "application/json") -> ClientResponse:
    """Send it."""
    headers = {"Content-Type": "application/recordio"} | ({} if message is None else {"Message-Content-Type": message})
    return await operated.client.post("/api/v1", data=body, headers=headers)


async def test_a_session_says_what_its_command_says_and_how_it_ended(operated: Operated) -> None:
    """Records of both outputs in the type asked for; the exit status can be asked for afterwards."""
    parent = await operated.run("sleep 100")
    body = session_of(parent, {"value": "echo $MESOS_SANDBOX; echo wrong >&2; exit 7"})
    response = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", body, **RECORDIO)
    said = await hear(response)
    ended = await operated.read("WAIT_NESTED_CONTAINER", {"container_id": body["container_id"]})

    assert (200, "application/recordio") == (response.status, response.headers["Content-Type"])
    assert "application/json" == response.headers["Message-Content-Type"]
    assert said["STDOUT"].startswith(str(operated.site.work_dir).encode())
    assert b"wrong\n" == said["STDERR"]
    assert {"exit_status": 7 << 8} == ended


async def test_input_reaches_a_session_and_ends(operated: Operated) -> None:
    """What is attached is written to the command, nothing of it means the end; one input at a time."""
    parent = await operated.run("sleep 100")
    response = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", session_of(parent, {"value": "cat; exit 3"}))
    held = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield say(parent, b"hello\n")
        await held.wait()
        yield say(parent, b"")[len(say(parent)) :]

    headers = {"Content-Type": "application/recordio", "Message-Content-Type": "application/json"}
    attaching = asyncio.create_task(operated.client.post("/api/v1", data=slowly(), headers=headers))
    heard = await hear(response, until=b"hello\n")
    second = await attach(operated, say(parent, b"me too"))
    held.set()
    first = await attaching
    rest = await hear(response)

    assert "application/json" == response.headers["Content-Type"]
    assert {"STDOUT": b"hello\n"} == heard
    assert (409, 200) == (second.status, first.status)
    assert {} == rest


async def test_a_terminal_is_resized(operated: Operated) -> None:
    """A session with a terminal has its size from the start, and the one it is told later if there can be such."""
    parent = await operated.run("sleep 100")
    body = session_of(parent, {"value": "stty size; read go; stty size"}, container=TERMINAL)
    response = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", body, **RECORDIO)
    before = await hear(response, until=b"33 101")
    refused = await attach(operated, say(parent, size=(50, 70_000)))
    sized = await attach(operated, say(parent, size=(50, 132)))
    gone_on = await attach(operated, say(parent, b"\n"))
    after = await hear(response)

    assert b"33 101" in before["STDOUT"]
    assert (400, 200, 200) == (refused.status, sized.status, gone_on.status)
    assert b"50 132" in after["STDOUT"]


async def test_a_session_ends_with_its_connection(operated: Operated) -> None:
    """Who leaves takes the command along, with what it started; the task lives on."""
    parent = await operated.run("sleep 100")
    body = session_of(parent, {"value": "sleep 7780 & echo begun; wait"})
    response = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", body, **RECORDIO)
    await hear(response, until=b"begun")
    await asyncio.to_thread(wait_until, lambda: bool(find_processes("sleep", "7780")), "what it started runs")
    response.close()
    async with asyncio.timeout(5):
        ended = await operated.read("WAIT_NESTED_CONTAINER", {"container_id": body["container_id"]})
    again = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", session_of(parent, {"value": "true"}, name="s2"))

    assert {"exit_status": 9} == ended
    assert [] == find_processes("sleep", "7780")
    assert 200 == again.status


async def test_others_may_look_on(operated: Operated) -> None:
    """Who attaches to an output hears what comes from then on, to its end."""
    parent = await operated.run("sleep 100")
    response = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", session_of(parent, {"value": "cat"}))
    looking = await operated.call(
        "ATTACH_CONTAINER_OUTPUT", {"container_id": {"value": "s1", "parent": {"value": parent}}}, **RECORDIO
    )
    await attach(operated, say(parent, b"seen by both", b""))

    assert {"STDOUT": b"seen by both"} == await hear(response) == await hear(looking)


async def test_signs_of_life_come_between_records(operated: Operated) -> None:
    """A silent command's stream says every --http_heartbeat_interval that it is alive."""
    operated.site.config = evolve(operated.site.config, http_heartbeat_interval=0.05)
    parent = await operated.run("sleep 100")
    response = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", session_of(parent, {"value": "cat"}))
    beat = await anext(records_of(response))
    response.close()

    expected = {"type": "HEARTBEAT", "heartbeat": {"interval": {"nanoseconds": 50_000_000}}}
    assert {"type": "CONTROL", "control": expected} == beat


async def test_sessions_speak_protobuf(operated: Operated) -> None:
    """The call and the records in Protocol Buffers."""
    protobuf = ProtobufCodec(refined_json)
    parent = await operated.run("sleep 100")
    call = {
        "type": "LAUNCH_NESTED_CONTAINER_SESSION",
        "launch_nested_container_session": session_of(parent, {"value": "printf hello"}),
    }
    headers = {
        "Content-Type": "application/x-protobuf",
        "Accept": "application/recordio",
        "Message-Accept": "application/x-protobuf",
    }
    response = await operated.client.post(
        "/api/v1", data=protobuf.encode_document("mesos.v1.agent.Call", call), headers=headers
    )
    (record,) = RecordDecoder().feed(await response.read())
    said = {"type": "DATA", "data": {"type": "STDOUT", "data": b64encode(b"hello").decode()}}

    assert "application/x-protobuf" == response.headers["Message-Content-Type"]
    assert protobuf.encode_document("mesos.v1.agent.ProcessIO", said) == record


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"container_id": {"value": "s1"}}, 400, "Expecting 'launch_nested_container_session.container_id.parent'"),
        ({"container_id": {"value": "a b", "parent": {"value": "p"}}}, 400, "'a b' contains invalid characters"),
        ({"container_id": {"value": "s1", "parent": {"value": "nobody"}}}, 400, "Parent container nobody does not"),
        ({"command": None}, 400, "command.value is missing"),
        ({"command": {"shell": False, "value": "no-such-program"}}, 400, "no such program"),
        ({"command": {"value": "true", "user": "no-such-user"}}, 400, "no-such-user"),
        ({"command": {"value": "true", "environment": {"variables": [SECRET]}}}, 400, "'password' is a secret"),
        ({"container": {"type": "MESOS", "tty_info": {"window_size": TOO_LARGE}}}, 400, "container.tty_info"),
        ({"container": {"type": "DOCKER", "docker": {"image": "x"}}}, 400, "container.type is DOCKER"),
        (
            {"container": {"type": "MESOS", "volumes": [{"container_path": "x", "mode": "RW"}]}},
            400,
            "container.volumes",
        ),
    ],
)
async def test_what_cannot_be_started_says_why(operated: Operated, change: Any, status: int, words: str) -> None:
    """Each refusal names what is wrong, and nothing of it stays."""
    parent = await operated.run("sleep 100")
    body = {key: value for key, value in (session_of(parent, {"value": "true"}) | change).items() if value is not None}
    response = await operated.call("LAUNCH_NESTED_CONTAINER_SESSION", body)

    assert status == response.status
    assert words in await response.text()
    assert [] == operated.site.nested_containers().within(parent)


@pytest.mark.parametrize(
    ("body", "message", "status", "words"),
    [
        (b"", None, 400, "Expecting 'Message-Content-Type' to be set for streaming requests"),
        (b"", "text/html", 415, "Expecting 'Message-Content-Type' of application/json or application/x-protobuf"),
        (b"", "application/json", 400, "EOF"),
        (b"nonsense that is no record", "application/json", 400, "does not begin a record"),
        (encode_record(b'{"type":"GET_HEALTH"}'), "application/json", 415, "not supported for GET_HEALTH call"),
        (say("nobody"), "application/json", 404, "Container nobody.s1 cannot be found"),
        (say("nobody", b"x")[len(say("nobody")) :], "application/json", 400, "to be CONTAINER_ID"),
    ],
)
async def test_inputs_are_checked_in_the_order_clients_know(
    operated: Operated, body: bytes, message: str | None, status: int, words: str
) -> None:
    """Content types, framing, the first record, the container."""
    response = await attach(operated, body, message)

    assert (status, True) == (response.status, words in await response.text())


def test_the_interval_between_signs_of_life_is_a_flag(config: AgentConfig) -> None:
    """Half a minute, as Mesos has it; never so short that it is all the agent does."""
    assert 30.0 == config.http_heartbeat_interval
    assert ["--http_heartbeat_interval must be a second at least"] == [
        problem for problem in evolve(config, http_heartbeat_interval=0.0).problems() if "heartbeat" in problem
    ]

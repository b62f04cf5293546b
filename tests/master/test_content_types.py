"""What the operator API says in JSON it says in protobuf, and nothing that the protocol does not know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import RunTask
from koinon_core.wire import ContentType, ResourceFormat, codec
from koinon_core.wire.protobuf import ProtobufCodec
from koinon_core.wire.schema.table import Label, read_schema

RESPONSE = "mesos.v1.master.Response"
READS = [
    "GET_HEALTH", "GET_FLAGS", "GET_VERSION", "GET_METRICS", "GET_LOGGING_LEVEL", "GET_STATE", "GET_AGENTS",
    "GET_FRAMEWORKS", "GET_EXECUTORS", "GET_OPERATIONS", "GET_TASKS", "GET_ROLES", "GET_WEIGHTS", "GET_MASTER",
    "GET_MAINTENANCE_STATUS", "GET_MAINTENANCE_SCHEDULE", "GET_QUOTA",
]  # fmt: skip
PROTOBUF = codec(ContentType.PROTOBUF, ResourceFormat.ENDPOINT)


def find_strangers(message: str, plain: Mapping[str, Any], path: str) -> Iterator[str]:
    """Keys that the message does not have, and required ones that are not there."""
    fields = read_schema().messages.get(message, {})
    for name, field in fields.items():
        if field.label is Label.REQUIRED and name not in plain:
            yield f"{path}.{name} is missing"
    for key, value in plain.items():
        if key not in fields:
            yield f"{path}.{key} is unknown"
        elif fields[key].type in read_schema().messages:
            items = value.values() if fields[key].label is Label.MAP else value if isinstance(value, list) else [value]
            for item in items:
                yield from find_strangers(fields[key].type, item, f"{path}.{key}")


def prune(plain: Any) -> Any:
    """Without empty lists and maps, which protobuf can't tell from none."""
    if isinstance(plain, dict):
        return {key: prune(value) for key, value in plain.items() if value != []}
    return [prune(item) for item in plain] if isinstance(plain, list) else plain


@pytest.fixture
async def session(master_url: str) -> AsyncIterator[ClientSession]:
    """A client of a master that has an agent, a framework and a task."""
    async with LinkAgent(master_url) as agent, HttpFramework(master_url) as framework, ClientSession() as client:
        await agent.register()
        await framework.subscribe()
        await framework.launch((await framework.expect("OFFERS"))["offers"]["offers"][0], "t1")
        await agent.expect(RunTask)
        yield client


@pytest.mark.parametrize("read", READS)
async def test_reads_are_the_same_in_both_types(session: ClientSession, master_url: str, read: str) -> None:
    """Clients that parse strictly find every required field and no other; protobuf says what JSON says."""
    call: dict[str, Any] = {"type": read} | ({"get_metrics": {}} if read == "GET_METRICS" else {})
    asked = PROTOBUF.encode_document("mesos.v1.master.Call", call)
    protobuf = dict.fromkeys(("Content-Type", "Accept"), ContentType.PROTOBUF.value)
    in_json = await session.post(f"{master_url}/api/v1", json=call)
    in_protobuf = await session.post(f"{master_url}/api/v1", data=asked, headers=protobuf)
    said = orjson.loads(await in_json.read())
    body = await in_protobuf.read()

    assert (200, "application/json") == (in_json.status, in_json.headers["Content-Type"])
    assert (200, "application/x-protobuf") == (in_protobuf.status, in_protobuf.headers["Content-Type"])
    assert [] == list(find_strangers(RESPONSE, said, "$"))
    assert isinstance(PROTOBUF, ProtobufCodec)
    meant = PROTOBUF.decode_document(RESPONSE, body)
    if read != "GET_METRICS":
        assert prune(said) == meant
    assert prune(said).keys() == meant.keys()


async def test_large_answers_say_the_same(
    session: ClientSession, master_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is made of them beside the loop is what would have been made on it."""
    asked = PROTOBUF.encode_document("mesos.v1.master.Call", {"type": "GET_STATE"})
    protobuf = dict.fromkeys(("Content-Type", "Accept"), ContentType.PROTOBUF.value)

    async def ask() -> bytes:
        async with session.post(f"{master_url}/api/v1", data=asked, headers=protobuf) as response:
            return await response.read()

    at_once = await ask()
    monkeypatch.setattr("koinon_master.http.operator_api._LARGE_BYTES", 0)

    assert at_once == await ask()
    assert at_once

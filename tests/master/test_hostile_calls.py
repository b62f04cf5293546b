"""Calls that are wrong in one place, made from the table of the wire: no field of any call harms a master.

Each field of each message gets some of the shapes that no field expects, in turn. What must hold: an answer below 500
with a sentence, no crash in the log, and a scheduler beside them that is served as ever.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import pytest
import structlog
from aiohttp import ClientSession

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from fakes.master_bench import MasterBench, make_framework
from koinon_core.errors import DecodeError
from koinon_core.ids import FrameworkId
from koinon_core.scheduler_api import Accept, Call, Revive
from koinon_core.wire import ContentType, ResourceFormat, codec, refined_json
from koinon_core.wire.schema import OPERATOR_CALLS, SCHEDULER_CALLS, TaggedUnion
from koinon_core.wire.schema.table import read_schema
from koinon_master import views
from support.hostile_values import SHAPES, find_paths, put, sample

PLACES = {
    "/api/v1/scheduler": ("mesos.v1.scheduler.Call", SCHEDULER_CALLS),
    "/api/v1": ("mesos.v1.master.Call", OPERATOR_CALLS),
}
PER_FIELD = 1
"""How many of the shapes each field gets in one run; all of them take minutes."""
NOT_IMPLEMENTED = 501
CPUS = {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.1}}
RESERVED = CPUS | {"reservations": [{"type": "DYNAMIC", "role": "r"}]}
EXECUTOR = {"type": "CUSTOM", "executor_id": {"value": "e"}, "command": {"value": "x"}, "resources": [CPUS]}
FRAMEWORK = {"user": "nobody", "name": "raw", "roles": ["r"], "capabilities": [{"type": "MULTI_ROLE"}]}


def calls_of(message: str, union: TaggedUnion, ids: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A call of each type that has a body, with every field of it; and the name of the body's message."""
    fields = read_schema().messages[message]
    for name in union.classes:
        field = fields.get(name.lower())
        if field is not None:
            body = sample(field.type, ids)
            if "framework_info" in body:
                body["framework_info"] = dict(FRAMEWORK)
            yield field.type, {"type": name, name.lower(): body}


def wrong_calls(message: str, union: TaggedUnion, ids: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each of these calls, wrong at each of its fields in turn."""
    turn = 0
    for body_type, call in calls_of(message, union, ids):
        for path, _ in find_paths(message, {call["type"].lower(): body_type}):
            for _ in range(PER_FIELD):
                turn += 7
                yield put(call, message, path, SHAPES[turn % len(SHAPES)])


@pytest.fixture
async def served(master_url: str) -> AsyncIterator[HttpFramework]:
    """A scheduler that behaves, beside the hostile ones; it is answered at the end, and nothing crashed."""
    with structlog.testing.capture_logs() as logs:
        async with HttpFramework(master_url) as framework:
            await framework.subscribe()
            yield framework
            await framework.call("RECONCILE", tasks=[{"task_id": {"value": "asked last"}}])
            update = await framework.expect("UPDATE")

    assert "asked last" == update["update"]["status"]["task_id"]["value"]
    assert [] == [line for line in logs if line["log_level"] in ("error", "critical")]


async def post(session: ClientSession, url: str, body: bytes, content_type: ContentType) -> tuple[int, str]:
    """Status and text of an answer; a stream is left at once."""
    headers = {"Content-Type": content_type.value, "Accept": ContentType.JSON.value, "Mesos-Stream-Id": "x"}
    if b'"SUBSCRIBE"' in body:
        del headers["Mesos-Stream-Id"]
    async with session.post(url, data=body, headers=headers) as response:
        if "Mesos-Stream-Id" in response.headers:
            response.close()
            return response.status, ""
        return response.status, await response.text(errors="replace")


def is_in_order(status: int, text: str) -> bool:
    """Whether an answer is one of success, or a refusal that says why."""
    return status < 400 or (bool(text) and (status < 500 or status == NOT_IMPLEMENTED))


@pytest.mark.parametrize("path", PLACES)
async def test_no_field_of_any_call_does_harm(master_url: str, served: HttpFramework, path: str) -> None:
    """JSON: whatever stands in whatever field, the answer is in order."""
    message, union = PLACES[path]
    async with LinkAgent(master_url) as agent:
        ids = {"mesos.v1.AgentID": {"value": await agent.register()}, "mesos.v1.FrameworkID": served.framework_id}
        bad = []
        for call in wrong_calls(message, union, ids):
            status, text = await post(served.session, master_url + path, orjson.dumps(call), ContentType.JSON)
            if not is_in_order(status, text):
                bad.append((status, text, call))

    assert [] == bad


@pytest.mark.parametrize("path", PLACES)
async def test_no_bytes_do_harm(master_url: str, served: HttpFramework, path: str) -> None:
    """Protobuf: cut anywhere, or with any byte changed, the answer is in order."""
    message, union = PLACES[path]
    protobuf, rng, bad = codec(ContentType.PROTOBUF, ResourceFormat.REFINED), random.Random(7), []
    for _, call in calls_of(message, union, {}):
        whole = protobuf.encode_document(message, call)
        for _ in range(8):
            at = rng.randrange(len(whole))
            for data in (whole[:at], whole[:at] + bytes([rng.randrange(256)]) + whole[at + 1 :]):
                status, text = await post(served.session, master_url + path, data, ContentType.PROTOBUF)
                if not is_in_order(status, text):
                    bad.append((status, text, data))

    assert [] == bad


def operations_on(bench: MasterBench) -> dict[str, dict[str, Any]]:
    """One operation of each kind that a framework would do to the bench's agent, as JSON."""
    (agent_id,) = bench.master.state.agents
    task = {"name": "t", "task_id": {"value": "t"}, "agent_id": {"value": agent_id}, "resources": [CPUS]}
    group = {"executor": EXECUTOR | {"type": "DEFAULT", "command": None}, "task_group": {"tasks": [task]}}
    return {
        "launch": {"task_infos": [task | {"executor": EXECUTOR}]},
        "launch_group": group,
        "reserve": {"resources": [RESERVED]},
        "unreserve": {"resources": [RESERVED]},
    }


def make_bench() -> tuple[MasterBench, FrameworkId]:
    """A master with one agent, and one framework that has an offer of it."""
    bench = MasterBench()
    bench.add_agent("cpus:40;mem:40960;disk:1000")
    return bench, bench.add_framework(make_framework("f", "r", capabilities="RESERVATION_REFINEMENT"))


@pytest.mark.parametrize("kind", ["launch", "launch_group", "reserve", "unreserve"])
def test_no_field_of_an_operation_does_harm(kind: str) -> None:
    """An ACCEPT of a good offer keeps the books straight (the bench looks), and all that is said of it can be said."""
    message, turn = "mesos.v1.scheduler.Call", 0
    bench, framework_id = make_bench()
    for path, _ in find_paths(message, {"accept": "mesos.v1.scheduler.Call.Accept"}):
        if path[1] != "operations" or (len(path) > 2 and path[2] != kind):
            continue
        for _ in range(PER_FIELD):
            turn += 7
            if not bench.offers(framework_id):
                bench, framework_id = make_bench()
            operation = {"type": kind.upper(), kind: operations_on(bench)[kind]}
            offer_ids = [{"value": bench.offers(framework_id)[0].id}]
            accept = {"offer_ids": offer_ids, "operations": [operation], "filters": {"refuse_seconds": 0}}
            call = {"type": "ACCEPT", "framework_id": {"value": framework_id}, "accept": accept}
            try:
                decoded = refined_json.decode(orjson.dumps(put(call, message, path, SHAPES[turn % len(SHAPES)])), Call)
            except (DecodeError, TypeError):
                continue
            if isinstance(decoded.body, Accept):
                bench.call(framework_id, decoded.body)
                bench.call(framework_id, Revive())
                bench.pass_time(5.0)
                views.answer_state(bench.master.state)

    assert turn > 0

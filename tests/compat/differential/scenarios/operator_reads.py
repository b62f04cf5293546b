"""What operators read over the v1 API, and the events they follow."""

from __future__ import annotations

from typing import Any

import orjson

from koinon_core.wire.json import endpoint_json
from koinon_core.wire.protobuf import ProtobufCodec

from ..framework import Framework, cpus, launch, task
from ..script import JSON, PROTOBUF, Script
from .catalogue import scenario

_PROTOBUF = ProtobufCodec(endpoint_json)
READS = (
    *("GET_HEALTH", "GET_VERSION", "GET_LOGGING_LEVEL", "GET_STATE", "GET_AGENTS", "GET_FRAMEWORKS", "GET_EXECUTORS"),
    *("GET_OPERATIONS", "GET_TASKS", "GET_ROLES", "GET_WEIGHTS", "GET_MASTER", "GET_MAINTENANCE_STATUS"),
    *("GET_MAINTENANCE_SCHEDULE", "GET_QUOTA"),
)


def without_empty(value: Any) -> Any:
    """Protobuf knows no empty lists; who filters them must not make any."""
    if isinstance(value, dict):
        return {key: kept for key, one in value.items() if (kept := without_empty(one)) != []}
    return [without_empty(one) for one in value] if isinstance(value, list) else value


@scenario
async def operator_reads_of_little(script: Script) -> None:
    """Each read of a cluster with one idle agent."""
    for kind in READS:
        await script.operate(kind)


@scenario
async def operator_reads_in_protobuf(script: Script) -> None:
    """Each read in protobuf."""
    framework = Framework(script)
    await framework.subscribe()
    await framework.offer()
    for kind in READS:
        body = _PROTOBUF.encode_document("mesos.v1.master.Call", {"type": kind})
        answer = await script.send("POST", "/api/v1", body, {"Content-Type": PROTOBUF, "Accept": PROTOBUF})
        document = _PROTOBUF.decode_document("mesos.v1.master.Response", answer.body)
        kind_of_answer = answer.headers.get("Content-Type")
        plain = orjson.loads(orjson.dumps(document, default=bytes.hex))
        shown = without_empty(script.masks.mask(plain))
        script.note(f"{kind} in protobuf", status=answer.status, headers=kind_of_answer, body=shown)


@scenario
async def operator_stream(script: Script) -> None:
    """What an operator's stream tells of a framework and its task."""
    body = orjson.dumps({"type": "SUBSCRIBE"})
    await script.ask(
        "POST", "/api/v1", body, headers={"Content-Type": JSON, "Accept": "text/html"}, title="accepts none"
    )
    stream = await script.open("/api/v1", {"type": "SUBSCRIBE"})
    script.note("SUBSCRIBE", status=stream.response.status, kind=stream.response.headers.get("Content-Type"))
    await stream.until("SUBSCRIBED", "the first event")
    framework = Framework(script)
    await framework.subscribe()
    await stream.until("FRAMEWORK_ADDED", "a framework comes")
    offer = await framework.offer()
    await framework.accept(offer, launch(task("told", offer["agent_id"]["value"])), refuse=0)
    await framework.updates(2)
    await framework.offer()
    await stream.until("TASK_UPDATED", "a task runs", 2)
    info = {"user": "root", "name": "renamed", "roles": ["dev"], "id": {"value": framework.id}}
    capabilities = [{"type": name} for name in ("MULTI_ROLE", "PARTITION_AWARE")]
    await framework.call("UPDATE_FRAMEWORK", framework_info=info | {"capabilities": capabilities})
    await stream.until("FRAMEWORK_UPDATED", "a framework changes")
    await framework.call("SUPPRESS")
    await framework.call("KILL", task_id={"value": "told"})
    await framework.end()
    await stream.until_quietly("TASK_UPDATED")
    late = await script.open("/api/v1", {"type": "SUBSCRIBE"})
    await late.until("SUBSCRIBED", "the first event of one who comes late")
    await framework.call("TEARDOWN")
    await stream.until_quietly("FRAMEWORK_REMOVED")
    await late.until("FRAMEWORK_REMOVED", "a framework ends")


@scenario
async def operator_sees_wrong_tasks(script: Script) -> None:
    """A task that is refused is no task to operators."""
    stream = await script.open("/api/v1", {"type": "SUBSCRIBE"})
    await stream.until_quietly("SUBSCRIBED")
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    await framework.accept(offer, launch(task("wrong", offer["agent_id"]["value"], resources=[cpus(99)])))
    await framework.updates(acknowledge=False)
    await framework.call("TEARDOWN")
    await stream.until("FRAMEWORK_REMOVED", "all that operators hear")
    await script.operate("GET_TASKS")

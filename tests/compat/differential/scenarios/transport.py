"""What is right and wrong with a request before anybody reads its call."""

from __future__ import annotations

import orjson

from ..framework import SCHEDULER, Framework
from ..script import BOTH_JSON, JSON, PROTOBUF, Script
from .catalogue import scenario

APIS = (SCHEDULER, "/api/v1")


@scenario
async def transport_methods(script: Script) -> None:
    """Only POST reaches an API."""
    for path in (*APIS, "/master/api/v1/scheduler", "/api/v1/scheduler/deeper", "/api/v1/"):
        for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
            await script.ask(method, path)


@scenario
async def transport_content_types(script: Script) -> None:
    """Content types that are taken, and those that are not."""
    body = orjson.dumps({"type": "GET_HEALTH"})
    for path in APIS:
        for kind in (JSON, PROTOBUF, "application/json; charset=utf-8", "text/plain", "Application/JSON", ""):
            headers = {"Content-Type": kind} if kind else {}
            await script.ask("POST", path, body, headers=headers, title=f"POST {path} as {kind or 'nothing'}")
    await script.ask("POST", "/api/v1", b"", headers=BOTH_JSON, title="POST /api/v1 with no body")
    await script.ask("POST", "/api/v1", b"", headers={"Content-Type": PROTOBUF}, title="no protobuf at all")
    await script.ask("POST", "/api/v1", b"\xff\xff\xff", headers={"Content-Type": PROTOBUF}, title="no such protobuf")


@scenario
async def transport_accept(script: Script) -> None:
    """What a client says it can read."""
    body = orjson.dumps({"type": "GET_HEALTH"})
    wishes = (
        *("*/*", "application/*", JSON, PROTOBUF, "text/html", "application/json;q=0", f"{PROTOBUF}, {JSON}"),
        *("application/x-protobuf;q=1, application/json;q=0.1", "", "application/recordio", "*/*;q=0", "nonsense"),
        *("text/html, application/json", "application/x-protobuf;q=0, */*", " application/json "),
    )
    for wish in wishes:
        headers = {"Content-Type": JSON, "Accept": wish}
        await script.ask("POST", "/api/v1", body, headers=headers, title=f"GET_HEALTH accepting {wish!r}")


@scenario
async def transport_json_bodies(script: Script) -> None:
    """Bodies that are JSON, or nearly, for the scheduler API and for the operator API."""
    bodies = (
        *(b"", b"{", b"[]", b'"x"', b"1", b"null", b"{}", b'{"type":"NOPE"}', b'{"type":7}', b'{"type":null}'),
        *(b'{"type":"UNKNOWN"}', b'{"type":"SUBSCRIBE","extra":{"more":1}}', b'{"type":"TEARDOWN"}'),
        *(b'{"type":["TEARDOWN"]}', b'{"type":"ACCEPT","accept":{}}', b'{"type":"ACCEPT","accept":[]}'),
    )
    for path in APIS:
        for body in bodies:
            if path == "/api/v1" and b"SUBSCRIBE" in body:
                continue
            if path == SCHEDULER and b"UNKNOWN" in body:
                continue
            await script.ask("POST", path, body, headers=BOTH_JSON, title=f"POST {path} {body.decode()}")


@scenario
async def transport_stream_ids(script: Script) -> None:
    """Calls without a stream's id, with another's, for a framework that is not there, or is away."""
    framework = Framework(script)
    await framework.subscribe()
    own = {"value": framework.id}
    revive = {"type": "REVIVE", "framework_id": own}
    await framework.send(revive, "no stream id", BOTH_JSON)
    await framework.send(revive, "another stream id", BOTH_JSON | {"Mesos-Stream-Id": "x"})
    await framework.send(revive, "an empty stream id", BOTH_JSON | {"Mesos-Stream-Id": ""})
    await framework.send({"type": "REVIVE"}, "no framework id")
    await framework.send({"type": "REVIVE", "framework_id": {"value": ""}}, "an empty framework id")
    await framework.send({"type": "REVIVE", "framework_id": {}}, "a framework id without a value")
    await framework.send({"type": "REVIVE", "framework_id": {"value": "nobody"}}, "an unknown framework id")
    await framework.send(revive, "no Accept at all", {k: v for k, v in BOTH_JSON.items() if k != "Accept"})
    again = {"type": "SUBSCRIBE", "subscribe": {"framework_info": {"user": "root", "name": "x"}}}
    await framework.send(again, "SUBSCRIBE with a stream id")
    await framework.send(again, "SUBSCRIBE that accepts nothing", {"Content-Type": JSON, "Accept": "text/html"})
    await framework.send(
        {"type": "REVIVE", "framework_id": own},
        "an Accept that nobody needs",
        BOTH_JSON | {"Accept": "text/html", "Mesos-Stream-Id": framework.live.stream_id},
    )


@scenario
async def transport_compression(script: Script) -> None:
    """Large answers come compressed to those who take that."""
    for path in ("/state", "/flags", "/version", "/metrics/snapshot"):
        answer = await script.send("GET", path, headers={"Accept-Encoding": "gzip"})
        script.note(f"GET {path} with gzip", status=answer.status, encoding=answer.headers.get("Content-Encoding", ""))

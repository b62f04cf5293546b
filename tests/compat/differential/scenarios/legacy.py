"""The older endpoints: paths, methods, queries."""

from __future__ import annotations

from typing import Any

from ..framework import Framework, launch, task
from ..script import Script
from .catalogue import scenario

READS = ("/state", "/state-summary", "/slaves", "/frameworks", "/tasks", "/roles", "/maintenance/schedule")


async def show_shape(script: Script, method: str, path: str) -> None:
    """What a client sees of an answer at first: the status, its headers, and which keys there are."""
    answer = await script.send(method, path)
    headers = {name: answer.headers.get(name) for name in ("Content-Type", "Location", "Allow")}
    text = answer.body.decode("latin-1")
    keys: Any = script.masks.text(text)
    if answer.headers.get("Content-Type") == "application/json":
        document = answer.document
        keys = dict.fromkeys(document, True) if isinstance(document, dict) else type(document).__name__
    elif "javascript" in (answer.headers.get("Content-Type") or ""):
        keys = [text[: text.index("(") + 1], text[-2:]]
    script.note(f"{method} {path}", status=answer.status, headers=headers, keys=keys)


@scenario
async def legacy_paths(script: Script) -> None:
    """Where an endpoint answers, and where nothing does."""
    for path in READS:
        for name in (path, f"/master{path}", f"{path}/", f"{path}/deeper", f"{path}.json", f"{path}?x=1"):
            await show_shape(script, "GET", name)
    for path in (
        "/nothing",
        "/master",
        "/master/",
        "/master/nothing",
        "/slave(1)",
        "/api",
        "/api/v1/nothing",
        "/api/v2",
        "/STATE",
        "//state",
        "/state//",
        "/./state",
        "/%73tate",
        "/help",
        "/help/master",
        "/stats.json",
        "/master/stats.json",
        "/observe",
        "/master/health",
        "/health",
        "/master/redirect",
    ):
        await show_shape(script, "GET", path)


@scenario
async def legacy_methods(script: Script) -> None:
    """Endpoints that read answer every method; those that write say which."""
    for path in (*READS, "/flags", "/version", "/health", "/redirect", "/weights", "/quota"):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            if (path, method) in (("/quota", "DELETE"), ("/quota", "POST"), ("/weights", "PUT")):
                continue
            if (path, method) == ("/maintenance/schedule", "POST"):
                continue
            await show_shape(script, method, path)


@scenario
async def legacy_jsonp(script: Script) -> None:
    """JSONP, wherever it is asked for."""
    for path in (*READS, "/flags", "/version", "/health", "/weights", "/quota", "/maintenance/status"):
        await show_shape(script, "GET", f"{path}?jsonp=callback")
    for name in ("", "a.b", "a%20b", "%3Cscript%3E", "x()"):
        await show_shape(script, "GET", f"/version?jsonp={name}")


ODD_QUERIES = (
    *("limit=x", "limit=-1", "offset=-1", "offset=x", "order=x", "order=", "limit="),
    *("offset=1.5", "limit=99999999999999999999", "framework_id=none", "framework_id=", "limit=%20", "limit=1e1"),
)


@scenario
async def legacy_queries(script: Script) -> None:
    """Queries of /tasks, /slaves and /frameworks, rightly and wrongly."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    agent_id = offer["agent_id"]["value"]
    await framework.accept(offer, launch(*(task(f"task-{number}", agent_id) for number in range(3))))
    await framework.live.until_quietly("UPDATE", 3)
    own = f"framework_id={framework.id}"

    def ids(seen: Any) -> list[str]:
        return [one["id"] for one in seen["tasks"]]

    def count(seen: Any) -> int:
        return len(seen["tasks"])

    for query in ("limit=0", "limit=2", "offset=1", "offset=9", "limit=2&offset=2", "order=asc", "order=des"):
        await script.get(f"/tasks?{own}&{query}", count)
    for query in ("task_id=task-1", "task_id=none"):
        await script.get(f"/tasks?{own}&{query}", ids)
    for query in ODD_QUERIES:
        await script.ask("GET", f"/tasks?{query}")
    for path in ("/slaves?slave_id=none", "/slaves/none", "/frameworks?framework_id=none", "/slaves?slave_id="):
        await script.ask("GET", path)
    await script.get(f"/slaves?slave_id={agent_id}", lambda seen: len(seen["slaves"]))
    await script.get(f"/slaves/{agent_id}", lambda seen: len(seen["slaves"]))
    await script.get(f"/frameworks?framework_id={framework.id}", lambda seen: len(seen["frameworks"]))
    await script.get(f"/frameworks/{framework.id}", sorted)


@scenario
async def legacy_state(script: Script) -> None:
    """All of /state, /flags and /version but the numbers of a build."""
    await script.get("/state", lambda seen: {key: value for key, value in seen.items() if key != "flags"})
    await script.get("/flags")
    await script.get("/version")
    await script.ask("GET", "/redirect?x=1")
    await script.ask("GET", "/health")


@scenario
async def legacy_files(script: Script) -> None:
    """The files endpoints, where nothing is."""
    for door in ("browse", "read", "download"):
        for query in ("", "?path=", "?path=/nothing", "?path=/nothing&offset=0&length=1"):
            await script.ask("GET", f"/files/{door}{query}")
    for query in ("offset=x", "length=x", "offset=-1", "offset=-2", "length=-2"):
        await script.ask("GET", f"/files/read?path=/nothing&{query}")
    for path in ("/files", "/files/", "/files/nothing", "/files/browse.json?path=/nothing"):
        await script.ask("GET", path)
    await script.operate("LIST_FILES", path="/nothing")
    await script.operate("READ_FILE", path="/nothing", offset=0)
    await script.operate("LIST_FILES", title="LIST_FILES without a body")
    await script.operate("READ_FILE", title="READ_FILE without a body")

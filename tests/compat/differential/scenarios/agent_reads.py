"""The agent's older endpoints: paths, methods, queries, files, metrics."""

from __future__ import annotations

from typing import Any

from ..agent import PREFIX, AgentDoor, PlayedExecutor, find_agent
from ..framework import Framework
from ..script import Script
from .catalogue import scenario
from .legacy import show_shape

READS = ("/state", "/flags", "/health", "/containers", "/monitor/statistics")
_FIGURES = (
    "cpus_limit",
    "cpus_system_time_secs",
    "cpus_user_time_secs",
    "mem_limit_bytes",
    "mem_rss_bytes",
    "timestamp",
)
_NAMES = ("slave/", "containerizer/", "gc/", "resource_provider_manager/")


@scenario
async def agent_paths(script: Script) -> None:
    """Where an agent's endpoint answers, and where nothing does."""
    door = (await find_agent(script)).script
    for path in READS:
        for name in (path, f"{path}/", f"{path}/deeper", f"{path}.json", f"{path}?x=1", f"{path}?jsonp=callback"):
            await show_shape(door, "GET", f"{PREFIX}{name}")
    for path in ("", "/", "/nothing", "/monitor", "/tasks", "/version", "/api", "/api/v1/nothing", "/STATE", "/help"):
        await show_shape(door, "GET", f"{PREFIX}{path}")
    for path in (*READS, "/api/v1", "/api/v1/executor", "/api/v1/executor/deeper", "/api/v1/"):
        for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH", "POST"):
            await show_shape(door, method, f"{PREFIX}{path}")


@scenario
async def agent_containers(script: Script) -> None:
    """Queries of /containers, with one executor there."""
    agent = await find_agent(script)
    framework, played = await _running(script, agent)
    shown = (await agent.executors(framework.id))["custom"]
    for query in ("", "container_id=none", "show_nested=true", "show_standalone=true", "show_nested=maybe"):
        await agent.script.get(f"{PREFIX}/containers?{query}", _names_of_figures)
    for query in (f"container_id={shown['container']}", f"framework_id={framework.id}", "executor_id=custom"):
        await agent.script.get(f"{PREFIX}/containers?{query}", len)
    await agent.script.get(f"{PREFIX}/monitor/statistics", _names_of_figures)
    for wanted in (None, {"show_nested": True}, {"show_nested": True, "show_standalone": True}):
        answer = await agent.operate_quietly("GET_CONTAINERS", wanted)
        found = _names_of_figures(answer.document["get_containers"].get("containers", []), "resource_statistics")
        agent.script.note(f"GET_CONTAINERS {wanted}", status=answer.status, body=found)
    played.exit(0)
    await framework.live.until_quietly("FAILURE")


@scenario
async def agent_state(script: Script) -> None:
    """All of /state, but flags and builds, with a task that runs, and after it has ended."""
    agent = await find_agent(script)
    await agent.script.get(f"{PREFIX}/state", _without_flags)
    framework, played = await _running(script, agent)
    await agent.script.get(f"{PREFIX}/state", _without_flags)
    await played.update("first", "TASK_FINISHED")
    await _hear(agent, framework, "completed_tasks")
    await agent.script.get(f"{PREFIX}/state", _without_flags)
    played.exit(0)
    await framework.live.until_quietly("FAILURE")
    await _hear(agent, framework, "completed_executors")
    await agent.script.get(f"{PREFIX}/state", _without_flags)


@scenario
async def agent_files(script: Script) -> None:
    """A sandbox's files: listed, read, downloaded, and each way to ask wrongly."""
    agent = await find_agent(script)
    framework, played = await _running(script, agent)
    door, sandbox = agent.script, played.sandbox
    (sandbox / "lines").write_text("one\ntwo\nthree\n")
    (sandbox / "deep").mkdir()
    (sandbox / "deep" / "er").write_bytes(b"\x00\xffbytes")
    (sandbox / "out").symlink_to("/etc")
    virtual = f"/frameworks/{framework.id}/executors/custom/runs/latest"
    for root in (str(sandbox), virtual, f"{sandbox.parent}/latest"):
        await door.get(f"/files/browse?path={root}/deep", _files)
    for path in (f"{virtual}/lines", f"{virtual}/none", f"{virtual}/../..", f"{virtual}/out", f"{virtual}/out/passwd"):
        await door.ask("GET", f"/files/browse?path={path}")
    for query in (
        *("", "&offset=0", "&offset=4&length=3", "&offset=-1", "&offset=99", "&offset=0&length=0", "&length=-1"),
        *("&offset=x", "&length=x", "&offset=-2", "&length=-2", "&offset=0&length=-1"),
    ):
        await door.ask("GET", f"/files/read?path={virtual}/lines{query}")
    for path in ("deep", "none", "deep/er", "out", "../latest/lines"):
        await door.ask("GET", f"/files/read?path={virtual}/{path}&offset=0")
        await door.ask("GET", f"/files/download?path={virtual}/{path}")
    for kind, body in (("LIST_FILES", {}), ("READ_FILE", {"offset": 0}), ("READ_FILE", {"offset": 4, "length": 3})):
        for path in ("deep/er", "lines", "none"):
            await agent.operate(kind, title=f"{kind} {path} {body}", path=f"{virtual}/{path}", **body)
    await agent.operate("LIST_FILES", title="LIST_FILES of a file", path=f"{virtual}/lines")
    await agent.operate("READ_FILE", title="READ_FILE of a directory", path=f"{virtual}/deep", offset=0)
    await agent.operate("READ_FILE", title="READ_FILE beyond its end", path=f"{virtual}/lines", offset=99)
    played.exit(0)
    await framework.live.until_quietly("FAILURE")
    await door.get(f"/files/read?path={sandbox}/lines&offset=0")


@scenario
async def agent_metrics(script: Script) -> None:
    """Which numbers there are of an agent."""
    agent = await find_agent(script)
    framework, played = await _running(script, agent)
    await agent.script.get(
        "/metrics/snapshot", lambda seen: {name: True for name in sorted(seen) if name.startswith(_NAMES)}
    )
    played.exit(0)
    await framework.live.until_quietly("FAILURE")


async def _running(script: Script, agent: AgentDoor) -> tuple[Framework, PlayedExecutor]:
    """A framework whose executor runs one task; of how it came to that nothing is written down."""
    framework = Framework(script)
    played = PlayedExecutor(framework, agent)
    written = len(script.transcript)
    await framework.subscribe()
    await played.launch("first")
    await played.subscribe()
    await played.live.until("LAUNCH", "")
    await played.update("first", "TASK_RUNNING")
    del script.transcript[written:]
    return framework, played


async def _hear(agent: AgentDoor, framework: Framework, key: str) -> None:
    """Until /state shows something under a key of the framework or of its executor."""

    async def is_so() -> bool:
        state = (await agent.script.send("GET", f"{PREFIX}/state")).document
        both = (*state["frameworks"], *state["completed_frameworks"])
        own = [one for one in both if one["id"] == framework.id]
        return any(one.get(key) or any(inner.get(key) for inner in one["executors"]) for one in own)

    await agent.script.wait(is_so, f"no {key}")


def _without_flags(seen: Any) -> Any:
    kept = {key: value for key, value in seen.items() if key != "flags"}
    kept["completed_frameworks"] = []
    return kept


def _names_of_figures(seen: Any, key: str = "statistics") -> Any:
    """Which figures there are, of those that one need not ask the kernel for twice."""
    return [one | {key: [name for name in _FIGURES if name in one[key]]} if key in one else one for one in seen]


def _files(seen: Any) -> Any:
    return [one | {"size": one["size"] > 0} for one in seen]

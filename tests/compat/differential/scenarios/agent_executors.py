"""The executor API: what an executor may say, what it hears, and what its scheduler hears of it."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import orjson

from koinon_core.wire.json import endpoint_json
from koinon_core.wire.protobuf import ProtobufCodec

from ..agent import EXECUTOR, PREFIX, PlayedExecutor, begin_play, find_agent
from ..framework import Framework, cpus, launch, scalar, task
from ..script import BOTH_JSON, JSON, PROTOBUF, Script
from .catalogue import scenario

_PROTOBUF = ProtobufCodec(endpoint_json)
REAL_EXECUTOR = Path(__file__).parents[1] / "small_executor.py"


@scenario
async def executors_refused(script: Script) -> None:
    """Calls of nobody, calls too early, and bodies that are none."""
    agent, framework, played = await begin_play(script)
    stranger = {"framework_id": {"value": "nobody"}, "executor_id": {"value": "custom"}}
    for kind in ("SUBSCRIBE", "UPDATE", "MESSAGE", "HEARTBEAT"):
        body: dict[str, Any] = {"SUBSCRIBE": {}, "UPDATE": {"status": played.status("x", "TASK_RUNNING")}}.get(
            kind, {"data": "eA=="}
        )
        call = {"type": kind} | ({} if kind == "HEARTBEAT" else {kind.lower(): body})
        await played.send(call, f"{kind} without ids")
        await played.send(call | stranger, f"{kind} of an unknown framework")
        await played.send(call | stranger | {"framework_id": {"value": framework.id}}, f"{kind} of an unknown executor")
        await played.send({"type": kind} | stranger, f"{kind} without a body")
        await played.send(call | stranger | {"framework_id": {"value": ""}}, f"{kind} of an empty framework")
        await played.send(call | stranger | {"executor_id": {"value": ""}}, f"{kind} of an empty executor")
    await played.launch("first")
    await played.call("UPDATE", status=played.status("first", "TASK_RUNNING"), title="UPDATE before SUBSCRIBE")
    await played.call("MESSAGE", data="eA==", title="MESSAGE before SUBSCRIBE")
    await played.call("HEARTBEAT", title="HEARTBEAT before SUBSCRIBE")
    for data in (b"", b"{", b"[]", b"null", b"{}", b'{"type":"NOPE"}', b'{"type":7}', b'{"type":["UPDATE"]}'):
        await played.send(data, f"a body {data.decode()}")
    for kind in (JSON, PROTOBUF, "application/json; charset=utf-8", "text/plain", "application/recordio", ""):
        headers = {"Accept": JSON} | ({"Content-Type": kind} if kind else {})
        data = orjson.dumps(played.call_of("HEARTBEAT"))
        await agent.script.ask("POST", EXECUTOR, data, headers=headers, title=f"HEARTBEAT as {kind or 'nothing'}")
    for accept in ("text/html", "application/recordio", f"{JSON};q=0", "nonsense"):
        await played.send(
            played.call_of("SUBSCRIBE") | {"subscribe": {}},
            f"SUBSCRIBE accepting {accept}",
            {**BOTH_JSON, "Accept": accept},
        )
    await played.subscribe()
    played.exit(0)
    await framework.live.until_quietly("FAILURE")


def _wrong_statuses(played: PlayedExecutor) -> dict[str, dict[str, Any]]:
    right = played.status("first", "TASK_RUNNING", 7)
    changes: dict[str, dict[str, Any]] = {
        "without uuid": {"uuid": None},
        "with a short uuid": {"uuid": "eA=="},
        "with an empty uuid": {"uuid": ""},
        "with a uuid that is no base64": {"uuid": "%%%"},
        "of no source": {"source": None},
        "of the master": {"source": "SOURCE_MASTER"},
        "of the agent": {"source": "SOURCE_AGENT"},
        "of another executor": {"executor_id": {"value": "another"}},
        "that is staging": {"state": "TASK_STAGING"},
        "without a state": {"state": None},
        "in a state that is none": {"state": "TASK_DANCING"},
        "without a task": {"task_id": None},
    }
    return {
        name: {key: value for key, value in (right | change).items() if value is not None}
        for name, change in changes.items()
    }


async def _tell_twice(framework: Framework, played: PlayedExecutor) -> None:
    """A status that goes back to an earlier one, and the same status again."""
    twice = played.status("second", "TASK_RUNNING", 3)
    await played.call("UPDATE", status=twice, title="backwards, from KILLING to RUNNING")
    await played.live.until("ACKNOWLEDGED", "acknowledged")
    await framework.updates()
    await played.call("UPDATE", status=twice, title="the same once more")
    await played.live.until("ACKNOWLEDGED", "acknowledged")


@scenario
async def executors_updates(script: Script) -> None:
    """Statuses that are wrong, statuses with all that they may hold, and what schedulers read of them."""
    _, framework, played = await begin_play(script)
    await played.launch("first", "second")
    await played.subscribe()
    await played.live.until("LAUNCH", "told what to run", 2)
    for name, status in _wrong_statuses(played).items():
        await played.call("UPDATE", status=status, title=f"UPDATE {name}")
    await played.call("UPDATE", title="UPDATE of nothing")
    await played.update("first", "TASK_STARTING")
    await played.update(
        "first",
        "TASK_RUNNING",
        2,
        message="well",
        data="eA==",
        healthy=True,
        reason="REASON_TASK_HEALTH_CHECK_STATUS_UPDATED",
    )
    labels = {"labels": [{"key": "a", "value": "b"}]}
    network = {"network_infos": [{"ip_addresses": [{"ip_address": "10.0.0.7", "protocol": "IPv4"}]}]}
    await played.update("first", "TASK_RUNNING", 3, labels=labels, container_status=network, timestamp=2.5)
    check = {"type": "COMMAND", "command": {"exit_code": 3}}
    await played.update("second", "TASK_RUNNING", 1, check_status=check)
    await played.update("second", "TASK_KILLING", 2, unreachable_time={"nanoseconds": 5})
    await _tell_twice(framework, played)
    await played.update("first", "TASK_LOST", 4, reason="REASON_EXECUTOR_TERMINATED", message="lost")
    await played.update("second", "TASK_FAILED", 4, data="eA==", message="it broke")
    await script.get(f"/tasks?framework_id={framework.id}")
    nil = played.status("first", "TASK_RUNNING", uuid="AAAAAAAAAAAAAAAAAAAAAA==")
    await played.call("UPDATE", status=nil, title="UPDATE with a uuid of no version")
    played.exit(0)
    await framework.live.until_quietly("FAILURE")


@scenario
async def executors_events(script: Script) -> None:
    """Launches, kills and messages as an executor hears them, and its end as its scheduler does."""
    agent, framework, played = await begin_play(script)
    labels = {"labels": [{"key": "tier", "value": "web"}]}
    await played.launch("first", data="eA==", labels=labels)
    event = await played.subscribe()
    script.note("names of the fields", fields=sorted(event["subscribed"]["framework_info"]))
    await played.live.until("LAUNCH", "launched")
    await played.update("first", "TASK_RUNNING")
    offer = await framework.offer_quietly()
    await framework.accept(offer, launch(played.task("second"), played.task("third")), refuse=0)
    await played.live.until("LAUNCH", "launched more", 2)
    ids: dict[str, Any] = {"agent_id": {"value": agent.id}, "executor_id": {"value": "custom"}}
    await framework.call("MESSAGE", **ids, data=base64.b64encode(b"\x00\xff told").decode())
    await played.live.until("MESSAGE", "told")
    await played.call("MESSAGE", data=base64.b64encode(b"answer \xff").decode())
    await framework.live.until("MESSAGE", "answered")
    await played.call("MESSAGE", data="", title="an empty MESSAGE")
    await framework.live.until("MESSAGE", "answered with nothing")
    await played.call("HEARTBEAT")
    await framework.call("KILL", task_id={"value": "first"}, kill_policy={"grace_period": {"nanoseconds": 3 * 10**9}})
    await played.live.until("KILL", "asked to kill")
    await framework.call("KILL", task_id={"value": "second"})
    await played.live.until("KILL", "asked to kill one that never spoke")
    await framework.call("KILL", task_id={"value": "first"})
    await played.live.until("KILL", "asked again")
    await played.update("first", "TASK_KILLED", 2)
    await framework.call("KILL", task_id={"value": "first"}, title="KILL of one that has ended")
    await framework.live.until("UPDATE", "told that it is not there")
    await framework.call("RECONCILE", tasks=[{"task_id": {"value": name}} for name in ("second", "third")])
    await framework.live.until("UPDATE", "reconciled", 2)
    played.exit(3)
    await _end_of_both(framework, "the end of all", 2)
    await script.get(f"/tasks?framework_id={framework.id}", _sorted_tasks)


@scenario
async def executors_ends(script: Script) -> None:
    """An executor whose tasks run as it exits, one that is shut down, and one that exits before it subscribed."""
    agent = await find_agent(script)
    framework = Framework(script)
    await framework.subscribe()
    for number, (status, is_subscribed) in enumerate(((0, True), (7, True), (5, False))):
        played = PlayedExecutor(framework, agent, f"custom-{number}")
        await played.launch(f"task-{number}")
        if is_subscribed:
            await played.subscribe()
            await played.live.until("LAUNCH", "launched")
            await played.update(f"task-{number}", "TASK_RUNNING")
        played.exit(status)
        await _end_of_both(framework, f"the end of {played.id} with {status}")
    played = PlayedExecutor(framework, agent, "shut-down")
    await played.launch("shut-down")
    await played.subscribe()
    await played.live.until("LAUNCH", "launched")
    await played.update("shut-down", "TASK_RUNNING")
    await framework.call("SHUTDOWN", agent_id={"value": agent.id}, executor_id={"value": "shut-down"})
    await played.live.until("SHUTDOWN", "asked to end")
    await played.update("shut-down", "TASK_KILLED", 2)
    played.exit(0)
    await framework.live.until("FAILURE", "its end after SHUTDOWN")
    late = PlayedExecutor(framework, agent, "custom-0")
    await framework.call("SHUTDOWN", agent_id={"value": agent.id}, executor_id={"value": "custom-0"})
    await framework.call("SHUTDOWN", agent_id={"value": agent.id}, executor_id={"value": "nobody"})
    await late.call("HEARTBEAT", title="HEARTBEAT of one that has ended")
    await framework.barrier()


@scenario
async def executors_subscribe_again(script: Script) -> None:
    """A stream that breaks: what an executor brings back, and what it is told again."""
    _, framework, played = await begin_play(script)
    await played.launch("first", "second")
    await played.subscribe()
    await played.live.until("LAUNCH", "launched", 2)
    await played.update("first", "TASK_RUNNING")
    older = played.live
    tasks = [played.task("second")]
    await played.subscribe(unacknowledged_tasks=tasks)
    await older.until_end("the older stream")
    await played.update("first", "TASK_RUNNING", 2)
    missed = {"status": played.status("second", "TASK_RUNNING")}
    await played.subscribe(unacknowledged_tasks=tasks, unacknowledged_updates=[missed])
    await framework.updates()
    await played.live.until("ACKNOWLEDGED", "acknowledged what was missed")
    again = {"status": played.status("first", "TASK_RUNNING", 2)}
    await played.subscribe(unacknowledged_updates=[again])
    await played.live.until("ACKNOWLEDGED", "acknowledged once more")
    await framework.call("KILL", task_id={"value": "second"})
    played.exit(1)
    await _end_of_both(framework, "the end of all", 2)


@scenario
async def executors_in_protobuf(script: Script) -> None:
    """The same API in protobuf: calls, and answers to calls that are wrong."""
    _, framework, played = await begin_play(script)
    await played.launch("first")
    await played.subscribe()
    await played.live.until("LAUNCH", "launched")
    headers = {"Content-Type": PROTOBUF}
    wrong = played.status("first", "TASK_STAGING", 2)
    for title, call in (
        ("UPDATE", played.call_of("UPDATE", status=played.status("first", "TASK_RUNNING"))),
        ("UPDATE that is staging", played.call_of("UPDATE", status=wrong)),
        ("MESSAGE", played.call_of("MESSAGE", data="AP8=")),
        ("HEARTBEAT", played.call_of("HEARTBEAT")),
    ):
        body = _PROTOBUF.encode_document("mesos.v1.executor.Call", call)
        await played.send(body, f"{title} in protobuf", headers)
    await played.live.until("ACKNOWLEDGED", "acknowledged")
    await framework.live.until("UPDATE", "an update came")
    await framework.live.until("MESSAGE", "a message came")
    await played.send(b"\xff\xff", "what is no protobuf", headers)
    await played.send(b"", "nothing at all", headers)
    played.exit(0)
    await framework.live.until_quietly("FAILURE")


@scenario
async def executors_that_differ(script: Script) -> None:
    """A task whose executor is not the one that runs under that id, and one for an executor that ended."""
    agent, framework, played = await begin_play(script)
    await played.launch("first")
    await played.subscribe()
    await played.live.until("LAUNCH", "launched")
    await played.update("first", "TASK_RUNNING")
    await played.update("first", "TASK_FINISHED", 2)
    played.exit(0)
    await framework.live.until("FAILURE", "its end, with nothing left to run")
    (played.sandbox / "up").unlink()
    await played.launch("second")
    await played.subscribe()
    await played.live.until("LAUNCH", "launched in a second run")
    played.exit(0)
    await _end_of_both(framework, "the end of the second run")

    async def are_both_over() -> bool:
        seen = (await agent.script.send("GET", f"{PREFIX}/state")).document
        return [(0, 2)] == [(len(live), len(over)) for live, over in _ended(seen, framework.id)]

    await script.wait(are_both_over, "the acknowledgements do not arrive")
    await agent.script.get(f"{PREFIX}/state", lambda seen: _ended(seen, framework.id))


@scenario
async def executors_that_never_come(script: Script) -> None:
    """An executor that runs, and never subscribes: its task fails when its time is over."""
    agent = await find_agent(script)
    flags = (await agent.script.send("GET", f"{PREFIX}/flags")).document["flags"]
    script.masks.hide(flags["executor_registration_timeout"], "<timeout>")
    framework = Framework(script)
    await framework.subscribe()
    played = PlayedExecutor(framework, agent)
    await played.launch("first")
    await _end_of_both(framework, "it never came")


@scenario
async def executors_real(script: Script) -> None:
    """A program of its own: its environment, its task from launch to end, and SHUTDOWN as its framework goes."""
    agent = await find_agent(script)
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer_quietly()
    own = {
        "executor_id": {"value": "real"},
        "type": "CUSTOM",
        "command": {
            "value": sys.executable,
            "arguments": ["python", str(REAL_EXECUTOR), "a b", "$HOME"],
            "shell": False,
            "environment": {"variables": [{"name": "OWN", "value": "given"}]},
        },
        "resources": [cpus(0.1), scalar("mem", 32)],
        "shutdown_grace_period": {"nanoseconds": 2 * 10**9},
    }
    plain = task("real", agent.id, data=base64.b64encode(b"what to say").decode(), executor=own)
    plain.pop("command")
    await framework.accept(offer, launch(plain), refuse=0)
    seen = await _gather(framework, {"UPDATE": 2, "MESSAGE": 1})
    event = next(one for one in seen if one["type"] == "MESSAGE")
    script.note("its statuses", events=[one for one in seen if one["type"] == "UPDATE"])
    told = orjson.loads(base64.b64decode(event["message"]["data"]))
    for name in ("MESOS_SLAVE_PID", "MESOS_AGENT_ENDPOINT", "MESOS_HTTP_COMMAND_EXECUTOR"):
        script.note(f"whether {name} is there", found=told["environment"].pop(name, None) is not None)
    script.note("its surroundings", told=told)
    sandbox = (await agent.executors(framework.id))["real"]["directory"]
    await framework.call("KILL", task_id={"value": "real"})
    await framework.updates()
    await framework.call("SHUTDOWN", agent_id={"value": agent.id}, executor_id={"value": "real"})
    await framework.live.until("FAILURE", "shut down while idle")
    await agent.script.get(f"/files/read?path={sandbox}/stdout&offset=0")


async def _gather(framework: Framework, wanted: dict[str, int]) -> list[dict[str, Any]]:
    """Events until so many of each type came: which overtakes which is a matter of clocks."""
    seen: list[dict[str, Any]] = []
    while any(sum(one["type"] == kind for one in seen) < count for kind, count in wanted.items()):
        event = await framework.live.next_quietly()
        if "uuid" in event.get("update", {}).get("status", {}):
            await framework.acknowledge(event["update"]["status"])
        seen.append(event)
    return seen


async def _end_of_both(framework: Framework, title: str, tasks: int = 1) -> None:
    """The executor's FAILURE and its tasks' last updates."""
    seen = await _gather(framework, {"FAILURE": 1, "UPDATE": tasks})
    framework.script.note(title, events=sorted(seen, key=_order))


def _order(event: dict[str, Any]) -> tuple[str, str]:
    return event["type"], event["update"]["status"]["task_id"]["value"] if "update" in event else ""


def _sorted_tasks(seen: Any) -> Any:
    return sorted(seen["tasks"], key=lambda one: one["id"])


def _ended(state: Any, framework_id: str) -> Any:
    both = (*state["frameworks"], *state["completed_frameworks"])
    own = [one for one in both if one["id"] == framework_id]
    return [[one["executors"], one["completed_executors"]] for one in own]

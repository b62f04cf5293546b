"""Maintenance, machines that are down, and agents that are drained, deactivated or gone."""

from __future__ import annotations

from typing import Any

import orjson

from ..framework import Framework, describe, launch, task
from ..script import BOTH_JSON, Script
from .catalogue import lonely_scenario, scenario

HERE = {"hostname": "127.0.0.1", "ip": "127.0.0.1"}
START = {"nanoseconds": 4_000_000_000_000_000_000}


def _window(*machines: dict[str, Any], **unavailability: Any) -> dict[str, Any]:
    return {"machine_ids": list(machines), "unavailability": unavailability or {"start": START}}


async def _post(script: Script, path: str, body: Any, title: str) -> None:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    await script.ask("POST", path, data, headers=BOTH_JSON, title=f"POST {path}: {title}")


OTHER = {"hostname": "Other.example", "ip": "10.0.0.9"}
BELOW = {"nanoseconds": -1}
WRONG_SCHEDULES: dict[str, Any] = {
    "nothing": b"",
    "list": [],
    "no JSON": b"{",
    "no machines": {"windows": [_window()]},
    "twice": {"windows": [_window(OTHER), _window(OTHER)]},
    "nobody": {"windows": [_window({})]},
    "twice in one": {"windows": [_window(OTHER, OTHER)]},
    "no unavailability": {"windows": [{"machine_ids": [OTHER]}]},
    "below zero": {"windows": [_window(OTHER, start=START, duration=BELOW)]},
    "start below zero": {"windows": [_window(OTHER, start=BELOW)]},
    "bad ip": {"windows": [_window({"hostname": "x", "ip": "nowhere"})]},
    "empty": {"windows": [_window({"hostname": "", "ip": ""})]},
    "windows no list": {"windows": {}},
}
WRONG_LISTS: dict[str, Any] = {
    "nothing": b"",
    "object": {},
    "empty": [],
    "nobody": [{}],
    "unknown": [{"hostname": "x", "ip": "10.9.9.9"}],
    "twice": [OTHER, OTHER],
    "bad ip": [{"hostname": "x", "ip": "nowhere"}],
}


@scenario
async def maintenance_schedules(script: Script) -> None:
    """Schedules that are taken, read and refused."""
    await script.get("/maintenance/schedule")
    await script.get("/maintenance/status")
    long = {"nanoseconds": 3_600_000_000_000}
    right = {"windows": [_window(OTHER, start=START, duration=long), _window({"ip": "10.0.0.10"})]}
    await _post(script, "/maintenance/schedule", right, "right")
    await script.get("/maintenance/schedule")
    await script.get("/maintenance/status")
    await script.operate("GET_MAINTENANCE_SCHEDULE")
    await script.operate("GET_MAINTENANCE_STATUS")
    for title, body in WRONG_SCHEDULES.items():
        await _post(script, "/maintenance/schedule", body, title)
    for path in ("/machine/down", "/machine/up"):
        for title, body in WRONG_LISTS.items():
            await _post(script, path, body, title)
        await script.ask("GET", path)
    await _post(script, "/machine/up", [OTHER], "not down")
    await _post(script, "/machine/down", [OTHER], "scheduled")
    await script.get("/maintenance/status")
    await _post(script, "/machine/down", [OTHER], "again")
    await _post(script, "/maintenance/schedule", {}, "without one that is down")
    await _post(script, "/machine/up", [OTHER], "is down")
    await script.get("/maintenance/schedule")
    for kind in ("START_MAINTENANCE", "STOP_MAINTENANCE", "UPDATE_MAINTENANCE_SCHEDULE"):
        await script.operate(kind, title=f"{kind} without a body")
    await script.operate("START_MAINTENANCE", machines=[OTHER])
    await script.operate("STOP_MAINTENANCE", machines=[OTHER])
    await script.operate("UPDATE_MAINTENANCE_SCHEDULE", schedule={})
    await script.get("/maintenance/schedule")
    for method in ("PUT", "DELETE"):
        await script.ask(method, "/maintenance/schedule")
    await script.ask("POST", "/maintenance/status")


@scenario
async def maintenance_offers(script: Script) -> None:
    """Offers of a machine that is to go, inverse offers, and their answers."""
    framework = Framework(script)
    await framework.subscribe()
    await framework.offer()
    schedule = {"windows": [_window(HERE)]}
    await _post(script, "/maintenance/schedule", schedule, "of the agent's machine")
    await framework.live.until("RESCIND", "its offer is rescinded")
    offer = await framework.offer()
    await framework.accept(offer, launch(task("stays", offer["agent_id"]["value"])), refuse=1000)
    await framework.updates(2)
    event = await framework.live.until("INVERSE_OFFERS", "an inverse offer")
    inverse = event["inverse_offers"]["inverse_offers"][0]
    await script.operate("GET_FRAMEWORKS")
    await framework.call("ACCEPT_INVERSE_OFFERS", inverse_offer_ids=[inverse["id"]], filters={"refuse_seconds": 1000})
    await framework.barrier()
    await script.get("/maintenance/status")
    await _post(script, "/maintenance/schedule", {}, "nothing is to go")
    await script.get("/maintenance/status")


def _agents_without_sums(seen: Any) -> Any:
    """How agents are, but for what their tasks use: those may be on their way out."""
    return [{key: value for key, value in agent.items() if "resources" not in key} for agent in seen["slaves"]]


@scenario
async def drains(script: Script) -> None:
    """DRAIN_AGENT and back: refusals, how it shows, and tasks that are killed."""
    framework = Framework(script)
    await framework.subscribe(describe(failover_timeout=60))
    offer = await framework.offer()
    await framework.accept(offer, launch(task("drained", offer["agent_id"]["value"])))
    await framework.updates(2)
    about: dict[str, Any] = {"agent_id": offer["agent_id"]}
    nobody: dict[str, Any] = {"agent_id": {"value": "nobody"}}
    for kind in ("DRAIN_AGENT", "DEACTIVATE_AGENT", "REACTIVATE_AGENT", "MARK_AGENT_GONE"):
        await script.operate(kind, title=f"{kind} without a body")
        await script.operate(kind, **nobody, title=f"{kind} of nobody")
    await script.operate("REACTIVATE_AGENT", **about, title="REACTIVATE_AGENT of an active agent")
    await script.operate("DRAIN_AGENT", **about, max_grace_period={"seconds": 2})
    await script.get("/slaves", _agents_without_sums)
    await script.operate("DEACTIVATE_AGENT", **about, title="DEACTIVATE_AGENT while it drains")
    await framework.end()

    async def is_drained() -> bool:
        agent = (await script.send("GET", "/slaves")).document["slaves"][0]
        return bool(agent["drain_info"]["state"] == "DRAINED")

    await script.wait(is_drained, "the agent is drained")
    await script.get("/slaves")
    await script.operate("GET_AGENTS")
    await framework.call("SUPPRESS")
    await framework.barrier()
    await script.operate("REACTIVATE_AGENT", **about)
    await script.get("/slaves")


@scenario
async def deactivations(script: Script) -> None:
    """DEACTIVATE_AGENT and back."""
    about: dict[str, Any] = {"agent_id": {"value": await script.agent_id()}}
    await script.operate("DEACTIVATE_AGENT", **about)
    await script.operate("DEACTIVATE_AGENT", **about, title="DEACTIVATE_AGENT again")
    await script.get("/slaves")
    await script.operate("GET_AGENTS")
    await script.operate("REACTIVATE_AGENT", **about)
    await script.get("/slaves")


@lonely_scenario
async def drains_below_zero(script: Script) -> None:
    """A grace that is less than none."""
    about: dict[str, Any] = {"agent_id": {"value": await script.agent_id()}}
    await script.operate("DRAIN_AGENT", **about, max_grace_period={"seconds": -1})


@lonely_scenario
async def machines_down(script: Script) -> None:
    """A machine that goes down takes its agent with it."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    await framework.accept(offer, launch(task("lost", offer["agent_id"]["value"])))
    await framework.updates(2)
    stream = await script.open("/api/v1", {"type": "SUBSCRIBE"})
    await stream.until_quietly("SUBSCRIBED")
    await _post(script, "/machine/down", [HERE], "not scheduled")
    await _post(script, "/maintenance/schedule", {"windows": [_window(HERE)]}, "scheduled")
    await _post(script, "/machine/down", [HERE], "scheduled")
    await framework.live.until("FAILURE", "what the framework hears")
    await stream.until("AGENT_REMOVED", "what operators hear")
    await script.get("/slaves")
    await script.get("/maintenance/status")
    await script.get("/tasks")
    await framework.call("RECONCILE", tasks=[{"task_id": {"value": "lost"}, "agent_id": offer["agent_id"]}])
    await framework.live.until("UPDATE", "what became of it")
    await _post(script, "/machine/up", [HERE], "is down")


@lonely_scenario
async def agents_gone(script: Script) -> None:
    """An agent that is marked gone."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    await framework.accept(offer, launch(task("gone", offer["agent_id"]["value"])))
    await framework.updates(2)
    about: dict[str, Any] = {"agent_id": offer["agent_id"]}
    await script.operate("MARK_AGENT_GONE", **about)
    await framework.live.until("FAILURE", "what the framework hears")
    await script.get("/slaves")
    await script.get("/tasks")
    await script.operate("MARK_AGENT_GONE", **about, title="MARK_AGENT_GONE again")
    for row in ({"task_id": {"value": "gone"}} | about, {"task_id": {"value": "other"}} | about):
        await framework.call("RECONCILE", tasks=[row])
        await framework.live.until("UPDATE", "what became of it")
    for kind in ("DRAIN_AGENT", "DEACTIVATE_AGENT", "REACTIVATE_AGENT"):
        await script.operate(kind, **about, title=f"{kind} of one that is gone")
    await framework.call("KILL", task_id={"value": "gone"}, **about)
    await framework.live.until("UPDATE", "what KILL says")

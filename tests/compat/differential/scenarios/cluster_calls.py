"""Quota, weights, logging, metrics and files: what operators set and read of the cluster as a whole."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from ..framework import Framework, describe, scalar
from ..script import BOTH_JSON, Script
from .catalogue import lonely_scenario, scenario


async def _post(script: Script, path: str, body: Any, title: str, method: str = "POST") -> None:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    await script.ask(method, path, data, headers=BOTH_JSON, title=f"{method} {path}: {title}")


@lonely_scenario
async def quota_old(script: Script) -> None:
    """``/quota``: set, read, removed, refused."""
    right = {"role": "dev", "guarantee": [scalar("cpus", 1), scalar("mem", 128)]}
    await script.get("/quota")
    await _post(script, "/quota", right, "right")
    await script.get("/quota")
    await script.operate("GET_QUOTA")
    await script.get("/roles")
    wrong: dict[str, Any] = {
        "again": right,
        "nothing": b"",
        "no object": [],
        "no JSON": b"{",
        "no role": {"guarantee": right["guarantee"]},
        "no guarantee": {"role": "a"},
        "empty guarantee": {"role": "a", "guarantee": []},
        "bad role": right | {"role": "a b"},
        "empty role": right | {"role": ""},
        "too much": {"role": "a", "guarantee": [scalar("cpus", 1000)]},
        "reserved": {"role": "a", "guarantee": [scalar("cpus", 1, role="b")]},
        "revocable": {"role": "a", "guarantee": [scalar("cpus", 1, revocable={})]},
        "ranges": {
            "role": "a",
            "guarantee": [{"name": "ports", "type": "RANGES", "ranges": {"range": [{"begin": 1, "end": 2}]}}],
        },
        "disk": {"role": "a", "guarantee": [scalar("disk", 1, disk={"persistence": {"id": "x"}})]},
        "below": {"role": "a", "guarantee": [scalar("cpus", -1)]},
    }
    for title, body in wrong.items():
        await _post(script, "/quota", body, title)
    await script.ask("DELETE", "/quota/nobody")
    await script.ask("DELETE", "/quota")
    await script.ask("DELETE", "/quota/a/b")
    await script.ask("PUT", "/quota")
    await script.ask("DELETE", "/quota/dev")
    await script.get("/quota")
    await script.get("/roles")


@lonely_scenario
async def quota_new(script: Script) -> None:
    """UPDATE_QUOTA with guarantees and limits, and what it is refused for."""
    one = {"cpus": {"value": 1.0}}
    right = {"role": "dev", "guarantees": one, "limits": {"cpus": {"value": 2.0}, "mem": {"value": 256}}}
    await script.operate("UPDATE_QUOTA", quota_configs=[right], force=False)
    await script.operate("GET_QUOTA")
    await script.get("/quota")
    await script.get("/roles")
    await script.operate("GET_ROLES")
    framework = Framework(script)
    await framework.subscribe(describe(roles=["dev"]))
    offer = await framework.offer()
    await script.get("/roles")
    await framework.decline(offer)
    wrong: dict[str, list[Any]] = {
        "guarantee above limit": [{"role": "a", "guarantees": {"cpus": {"value": 3}}, "limits": one}],
        "below zero": [{"role": "a", "limits": {"cpus": {"value": -1}}}],
        "role *": [{"role": "*", "limits": one}],
        "bad role": [{"role": "a b", "limits": one}],
        "twice": [{"role": "a", "limits": one}, {"role": "a", "limits": one}],
        "none": [],
        "child above parent": [
            {"role": "dev/x", "guarantees": {"cpus": {"value": 5}}, "limits": {"cpus": {"value": 5}}}
        ],
        "too much": [{"role": "a", "guarantees": {"cpus": {"value": 1000}}}],
        "huge": [{"role": "a", "guarantees": {"cpus": {"value": 1e18}}}],
        "no role": [{"limits": one}],
        "bad resource": [{"role": "a", "limits": {"": {"value": 1}}}],
    }
    for title, configs in wrong.items():
        await script.operate("UPDATE_QUOTA", quota_configs=configs, title=f"UPDATE_QUOTA {title}")
    await script.operate("UPDATE_QUOTA", title="UPDATE_QUOTA without a body")
    await script.operate("SET_QUOTA", title="SET_QUOTA without a body")
    await script.operate("REMOVE_QUOTA", title="REMOVE_QUOTA without a body")
    await script.operate("UPDATE_QUOTA", quota_configs=[{"role": "dev"}], title="UPDATE_QUOTA resets")
    await script.operate("SET_QUOTA", quota_request={"role": "b", "guarantee": [scalar("cpus", 1)]})
    await script.operate("GET_QUOTA")
    await script.operate("REMOVE_QUOTA", role="b")
    await script.operate("GET_QUOTA")


@lonely_scenario
async def weights(script: Script) -> None:
    """``/weights`` and its calls."""
    await _post(script, "/weights", [{"role": "dev", "weight": 2.5}], "right", "PUT")
    await script.get("/weights")
    await script.operate("GET_WEIGHTS")
    await script.get("/roles")
    wrong: dict[str, Any] = {
        "zero": [{"role": "dev", "weight": 0}],
        "below": [{"role": "dev", "weight": -1}],
        "no list": {"role": "dev"},
        "no role": [{"weight": 1}],
        "no weight": [{"role": "dev"}],
        "bad role": [{"role": "a b", "weight": 1}],
        "nothing": b"",
        "no JSON": b"[",
        "empty list": [],
        "empty role": [{"role": "", "weight": 1}],
        "text": [{"role": "dev", "weight": "2"}],
        "blanks": [{"role": " dev ", "weight": 2}],
        "number": [1],
    }
    for title, body in wrong.items():
        await _post(script, "/weights", body, title, "PUT")
    for method in ("POST", "DELETE"):
        await script.ask(method, "/weights")
    await script.operate("UPDATE_WEIGHTS", weight_infos=[{"role": "dev", "weight": 0}], title="UPDATE_WEIGHTS zero")
    await script.operate("UPDATE_WEIGHTS", title="UPDATE_WEIGHTS without a body")
    await script.operate("UPDATE_WEIGHTS", weight_infos=[{"role": "dev", "weight": 1}])
    await script.get("/weights")


@lonely_scenario
async def metrics(script: Script) -> None:
    """Which metrics there are, of the master, of a framework, and of roles."""
    framework = Framework(script)
    await framework.subscribe(describe(name="counted one", roles=["dev/a"]))
    offer = await framework.offer()

    def own_names(seen: Any) -> dict[str, bool]:
        """Of the master alone: the genuine one may share a process with an agent and a scheduler."""
        shared = ("/roles/*/", "slave", "scheduler", "containerizer", "gc/", "resource_provider")
        own = (name for name in seen if not name.startswith(shared[1:]) and shared[0] not in name)
        return {script.masks.text(one): True for one in own if "/frameworks/" not in one or framework.id in one}

    await script.get("/metrics/snapshot", own_names)
    await framework.decline(offer)
    await framework.call("SUPPRESS")
    await framework.barrier()

    def own_numbers(seen: Any) -> dict[str, Any]:
        return {name: seen[name] for name in sorted(seen) if framework.id in name}

    await script.get("/metrics/snapshot", own_numbers)
    for query in ("timeout=1secs", "timeout=x", "timeout=", "timeout=1", "jsonp=f", "timeout=0secs"):
        answer = await script.send("GET", f"/metrics/snapshot?{query}")
        script.note(f"metrics with {query}", status=answer.status, kind=answer.headers.get("Content-Type"))
    await script.operate("GET_METRICS", title="GET_METRICS without a body")


@scenario
async def logging_levels(script: Script) -> None:
    """How much is logged, and for how long."""
    await script.operate("GET_LOGGING_LEVEL")
    await script.operate("SET_LOGGING_LEVEL", level=1, duration={"nanoseconds": 200_000_000})
    await script.operate("GET_LOGGING_LEVEL")
    await asyncio.sleep(0.4)
    await script.operate("GET_LOGGING_LEVEL")
    await script.operate("SET_LOGGING_LEVEL", title="SET_LOGGING_LEVEL without a body")
    for query in (
        "",
        "?level=1",
        "?duration=1secs",
        "?level=9&duration=1secs",
        "?level=x&duration=1secs",
        "?level=1&duration=x",
        "?level=1&duration=1ms",
        "?level=-1&duration=1secs",
    ):
        await script.ask("GET", f"/logging/toggle{query}")

"""Launches, right and wrong, and what becomes of them."""

from __future__ import annotations

from typing import Any

from ..framework import Framework, cpus, describe, launch, reserved, scalar, task
from ..script import Script
from .catalogue import lonely_scenario, scenario


def _executor(executor_id: str = "custom", **more: Any) -> dict[str, Any]:
    own = {"executor_id": {"value": executor_id}, "command": {"value": "sleep 100"}, "type": "CUSTOM"}
    return own | {"resources": [cpus(0.1), scalar("mem", 32)]} | more


async def _try_each(framework: Framework, wrong: dict[str, dict[str, Any]]) -> None:
    """Launch each wrong task alone, and read what the master says of it."""
    for title, change in wrong.items():
        offer = await framework.whole_offer()
        answer = await framework.accept(offer, launch(task(title, offer["agent_id"]["value"]) | change), refuse=0)
        if answer.status == 202:
            await _read_verdict(framework, title)
        else:
            await framework.decline(offer, refuse=0)


async def _read_verdict(framework: Framework, task_id: str) -> None:
    """What the master says of a task. One that got past it is ended, and what agents make of it is not written down."""
    script, is_launched = framework.script, False
    while True:
        status = (await framework.live.until_quietly("UPDATE"))["update"]["status"]
        if status["source"] == "SOURCE_MASTER" and not is_launched:
            script.note(f"the verdict on {task_id}", status=status)
            return
        await framework.acknowledge(status)
        is_over = status["state"] not in ("TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_STAGING")
        if not is_launched:
            is_launched = True
            script.note(f"the verdict on {task_id}", launched=True)
            if not is_over:
                await framework.send_quietly("KILL", task_id={"value": task_id})
        if is_over:
            return


@scenario
async def tasks_that_run(script: Script) -> None:
    """A command task from launch to end, as its scheduler, operators and older tools see it."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    agent_id = offer["agent_id"]["value"]
    labels = {"labels": [{"key": "tier", "value": "web"}]}
    discovery = {"visibility": "CLUSTER", "name": "web", "ports": {"ports": [{"number": 31000, "name": "http"}]}}
    ports = {"name": "ports", "type": "RANGES", "ranges": {"range": [{"begin": 31000, "end": 31001}]}}
    more: dict[str, Any] = {
        "labels": labels,
        "discovery": discovery,
        "resources": [cpus(0.5), scalar("mem", 64), ports],
    }
    await framework.accept(offer, launch(task("runs", agent_id, **more), task("fails", agent_id, "sleep 1; exit 3")))
    for _ in range(4):
        event = await framework.live.until_quietly("UPDATE")
        await framework.acknowledge(event["update"]["status"])
    await framework.call("KILL", task_id={"value": "runs"}, kill_policy={"grace_period": {"nanoseconds": 10**9}})
    seen: list[str] = []
    while len([one for one in seen if one in ("TASK_KILLED", "TASK_FAILED")]) < 2:
        event = await framework.live.until_quietly("UPDATE")
        status = event["update"]["status"]
        seen.append(status["state"])
        await framework.acknowledge(status)
    script.note("ends", states=sorted(one for one in seen if one in ("TASK_KILLED", "TASK_FAILED")))
    await script.get(f"/tasks?framework_id={framework.id}")
    await script.get("/frameworks")
    await script.operate("GET_TASKS")


@lonely_scenario
async def tasks_running(script: Script) -> None:
    """Everything that shows a running task."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    await framework.accept(offer, launch(task("runs", offer["agent_id"]["value"])))
    await framework.updates(2)
    for path in ("/tasks", "/frameworks", "/slaves", "/roles", "/state-summary"):
        await script.get(path)
    for kind in ("GET_TASKS", "GET_FRAMEWORKS", "GET_AGENTS", "GET_ROLES", "GET_EXECUTORS", "GET_STATE"):
        await script.operate(kind)
    await framework.call("KILL", task_id={"value": "runs"})
    await framework.end()


@scenario
async def tasks_invalid(script: Script) -> None:
    """What is wrong with a task is said in TASK_ERROR."""
    framework = Framework(script)
    await framework.subscribe()
    await _try_each(
        framework,
        {
            "too-much": {"resources": [cpus(400), scalar("mem", 64)]},
            "no-resources": {"resources": []},
            "unknown-resource": {"resources": [cpus(0.1), scalar("mem", 32), scalar("moons", 1)]},
            "elsewhere": {"agent_id": {"value": "nobody"}},
            "no-command": {"command": None},
            "both": {"executor": _executor()},
            "bad/id": {},
            ".": {},
            "..": {},
            "a b": {},
            "x" * 256: {},
            "reserved-elsewhere": {"resources": [cpus(0.1, **reserved("ops")), scalar("mem", 32)]},
            "no-cpus": {"resources": [scalar("mem", 64)]},
            "other-allocation": {"resources": [cpus(0.1, allocation_info={"role": "ops"}), scalar("mem", 32)]},
            "revocable": {"resources": [cpus(0.1, revocable={}), scalar("mem", 32)]},
            "gpus": {"resources": [scalar("gpus", 0.5), cpus(0.1), scalar("mem", 32)]},
            "limits": {"limits": {"cpus": {"value": 0.1}}},
            "limits-unknown": {"limits": {"disk": {"value": 5}}},
            "kill-policy": {"kill_policy": {"grace_period": {"nanoseconds": -1}}},
            "max-completion": {"max_completion_time": {"nanoseconds": -1}},
        },
    )


HTTP_CHECK = {"type": "HTTP", "http": {"port": 80, "path": "no-slash"}}
NETWORK = {"name": "network"}
WRONG_PARTS: dict[str, dict[str, Any]] = {
    "health-none": {"health_check": {}},
    "health-http": {"health_check": HTTP_CHECK},
    "health-command": {"health_check": {"type": "COMMAND"}},
    "health-both": {"health_check": {"type": "COMMAND", "command": {"value": "true"}, "http": {"port": 1}}},
    "health-delay": {"health_check": {"type": "TCP", "tcp": {"port": 1}, "delay_seconds": -1}},
    "check-none": {"check": {}},
    "check-command": {"check": {"type": "COMMAND", "command": {}}},
    "check-http": {"check": HTTP_CHECK},
    "container-docker": {"container": {"type": "DOCKER"}},
    "container-mesos": {"container": {"type": "MESOS", "docker": {"image": "x"}}},
    "container-networks": {"container": {"type": "MESOS", "network_infos": [NETWORK, NETWORK]}},
    "volume-no-source": {"container": {"type": "MESOS", "volumes": [{"mode": "RW", "container_path": "x"}]}},
    "volume-two-sources": {
        "container": {
            "type": "MESOS",
            "volumes": [{"mode": "RW", "container_path": "x", "host_path": "/x", "image": {"type": "DOCKER"}}],
        }
    },
    "environment": {"command": {"value": "x", "environment": {"variables": [{"name": "A"}]}}},
    "environment-secret": {
        "command": {
            "value": "x",
            "environment": {"variables": [{"name": "A", "type": "SECRET", "secret": {"type": "VALUE"}}]},
        }
    },
    "executor-no-command": {"command": None, "executor": {"executor_id": {"value": "e"}, "type": "CUSTOM"}},
    "executor-default": {"command": None, "executor": _executor(type="DEFAULT")},
    "executor-bad-id": {"command": None, "executor": _executor("a/b")},
    "executor-other-framework": {"command": None, "executor": _executor(framework_id={"value": "other"})},
    "executor-grace": {"command": None, "executor": _executor(shutdown_grace_period={"nanoseconds": -1})},
    "executor-empty-id": {"command": None, "executor": _executor("")},
    "executor-resources": {"command": None, "executor": _executor(resources=[cpus(1000)])},
}


@scenario
async def tasks_invalid_parts(script: Script) -> None:
    """What is wrong with a task's checks, containers, executor or command is said, too."""
    framework = Framework(script)
    await framework.subscribe()
    await _try_each(framework, WRONG_PARTS)


@scenario
async def tasks_twice(script: Script) -> None:
    """An id that is in use is refused; one bad task does not harm its neighbours; all share an offer."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    agent_id = offer["agent_id"]["value"]
    await framework.accept(offer, launch(task("same", agent_id)), refuse=0)
    await framework.updates(2)
    offer = await framework.offer()
    await framework.accept(offer, launch(task("same", agent_id)), refuse=0)
    await framework.updates(acknowledge=False)
    offer = await framework.offer()
    big = [cpus(3), scalar("mem", 64)]
    await framework.accept(
        offer, launch(task("fits", agent_id, resources=big), task("fits-no-more", agent_id, resources=big)), refuse=0
    )
    await framework.live.until("UPDATE", "three updates of two tasks", 2)


@scenario
async def task_groups_invalid(script: Script) -> None:
    """Task groups that no agent gets to see."""
    framework = Framework(script)
    await framework.subscribe()
    own: dict[str, Any] = {"framework_id": {"value": framework.id}}
    default = _executor("default", type="DEFAULT", resources=[cpus(0.1), scalar("mem", 32), scalar("disk", 32)]) | own
    del default["command"]
    stranger = {key: value for key, value in default.items() if key != "framework_id"}
    wrong: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "no-tasks": (default, {}),
        "no-executor-id": ({"type": "DEFAULT"}, {"command": {"value": "x"}}),
        "custom": (_executor() | own, {}),
        "stranger": (stranger, {}),
        "with-command": (_executor(type="DEFAULT") | own, {}),
        "with-executor": (default, {"executor": _executor()}),
        "no-task-command": (default, {"command": None}),
        "no-type": ({"executor_id": {"value": "e"}} | own, {}),
        "no-disk": (default | {"resources": [cpus(0.1), scalar("mem", 32)]}, {}),
        "too-much": (default, {"resources": [cpus(99), scalar("mem", 32)]}),
        "bad-task": (default, {"resources": []}),
        "docker": (default, {"container": {"type": "DOCKER", "docker": {"image": "x"}}}),
    }
    for title, (executor, change) in wrong.items():
        offer = (await framework.live.until_quietly("OFFERS"))["offers"]["offers"][0]
        tasks = [] if title == "no-tasks" else [task(title, offer["agent_id"]["value"]) | change]
        own_id = {"executor_id": {"value": f"of-{title}"}} if "executor_id" in executor else {}
        group = {
            "type": "LAUNCH_GROUP",
            "launch_group": {"executor": executor | own_id, "task_group": {"tasks": tasks}},
        }
        answer = await framework.accept(offer, group, refuse=0)
        if answer.status == 202 and tasks:
            await _read_verdict(framework, title)
        elif answer.status != 202:
            await framework.decline(offer, refuse=0)


@scenario
async def tasks_without_partitions(script: Script) -> None:
    """What a framework without PARTITION_AWARE and without roles of its own is told of a wrong launch."""
    framework = Framework(script)
    await framework.subscribe({"user": "root", "name": "old"})
    offer = await framework.offer()
    await framework.accept(offer, launch(task("too-much", offer["agent_id"]["value"], resources=[cpus(99)])), refuse=0)
    await framework.updates(acknowledge=False)
    offer = await framework.offer()
    await framework.accept(offer, launch(task("runs", offer["agent_id"]["value"])))
    await framework.updates(2)
    await framework.accept(offer, launch(task("late", offer["agent_id"]["value"])))
    await framework.updates(acknowledge=False)
    await script.get("/frameworks")


@lonely_scenario
async def tasks_counted(script: Script) -> None:
    """What ended tasks leave behind in sums."""
    framework = Framework(script)
    await framework.subscribe(describe(name="counted"))
    offer = await framework.offer()
    agent_id = offer["agent_id"]["value"]
    await framework.accept(offer, launch(task("ends", agent_id, "true"), task("wrong", agent_id, resources=[])))
    await framework.call("SUPPRESS")
    await framework.end()
    await framework.end()

    async def is_counted() -> bool:
        seen = (await script.send("GET", "/metrics/snapshot")).document
        return bool(seen["master/tasks_finished"] == 1)

    await script.wait(is_counted, "an end is counted once it is acknowledged")
    await script.get("/state-summary")
    counts = ("master/tasks_", "master/task_")
    await script.get(
        "/metrics/snapshot", lambda seen: {name: seen[name] for name in sorted(seen) if name.startswith(counts)}
    )

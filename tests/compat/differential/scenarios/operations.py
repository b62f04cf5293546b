"""Operations on offered resources, by frameworks and by operators."""

from __future__ import annotations

from typing import Any

import orjson

from ..framework import Framework, cpus, describe, reserved, scalar
from ..script import Script
from .catalogue import lonely_scenario, scenario


def _operation(kind: str, operation_id: str | None = None, **body: Any) -> dict[str, Any]:
    named = {} if operation_id is None else {"id": {"value": operation_id}}
    return {"type": kind, kind.lower(): body} | named


def _volume(size: float = 64, volume_id: str = "v", role: str = "dev", **more: Any) -> dict[str, Any]:
    disk = {"persistence": {"id": volume_id}, "volume": {"mode": "RW", "container_path": "data"}}
    return scalar("disk", size, **reserved(role), disk=disk) | more


@scenario
async def operations_of_frameworks(script: Script) -> None:
    """RESERVE, CREATE, GROW_VOLUME, SHRINK_VOLUME, DESTROY, UNRESERVE, one offer after another."""
    framework = Framework(script)
    await framework.subscribe()
    small = scalar("disk", 64, **reserved())
    steps = (
        _operation("RESERVE", resources=[scalar("disk", 128, **reserved())]),
        _operation("CREATE", volumes=[_volume()]),
        _operation("GROW_VOLUME", volume=_volume(), addition=small),
        _operation("SHRINK_VOLUME", volume=_volume(128), subtract={"value": 64}),
        _operation("DESTROY", volumes=[_volume()]),
        _operation("UNRESERVE", resources=[scalar("disk", 128, **reserved())]),
    )
    for step in steps:
        offer = await framework.offer()
        await framework.accept(offer, step, refuse=0)
    await framework.offer()
    await script.get("/slaves")


@scenario
async def operations_shown(script: Script) -> None:
    """Reservations and volumes as everybody reads them."""
    framework = Framework(script)
    await framework.subscribe(describe(principal="p"))
    offer = await framework.offer()
    kept = [scalar("disk", 64, **reserved(principal="p")), cpus(1, **reserved(principal="p"))]
    volume = _volume(**reserved(principal="p"))
    volume["disk"]["persistence"]["principal"] = "p"
    await framework.accept(
        offer, _operation("RESERVE", resources=kept), _operation("CREATE", volumes=[volume]), refuse=0
    )
    offer = await framework.offer()
    await script.until_no_operation()
    for path in ("/slaves", "/roles", "/frameworks"):
        await script.get(path)
    for kind in ("GET_AGENTS", "GET_ROLES", "GET_OPERATIONS"):
        await script.operate(kind)
    back = _operation("UNRESERVE", resources=kept)
    await framework.accept(offer, _operation("DESTROY", volumes=[volume]), back, refuse=0)
    await framework.offer()


@scenario
async def operations_refused(script: Script) -> None:
    """Operations that are dropped, and what their feedback says."""
    framework = Framework(script)
    await framework.subscribe(describe(principal="p"))
    own = reserved(principal="p")
    wrong: dict[str, dict[str, Any]] = {
        "reserve-nothing": _operation("RESERVE", "1", resources=[]),
        "reserve-unreserved": _operation("RESERVE", "2", resources=[cpus(1)]),
        "reserve-too-much": _operation("RESERVE", "3", resources=[cpus(100, **own)]),
        "reserve-for-others": _operation("RESERVE", "4", resources=[cpus(1, **reserved("ops", principal="p"))]),
        "reserve-as-another": _operation("RESERVE", "5", resources=[cpus(1, **reserved(principal="q"))]),
        "unreserve-none": _operation("UNRESERVE", "6", resources=[cpus(1, **own)]),
        "unreserve-plain": _operation("UNRESERVE", "7", resources=[cpus(1)]),
        "create-unreserved": _operation("CREATE", "8", volumes=[_volume() | {"reservations": []}]),
        "create-no-disk": _operation("CREATE", "9", volumes=[scalar("disk", 1, **own)]),
        "create-bad-id": _operation("CREATE", "10", volumes=[_volume(volume_id="a/b")]),
        "create-unoffered": _operation("CREATE", "11", volumes=[_volume()]),
        "destroy-none": _operation("DESTROY", "12", volumes=[_volume()]),
        "destroy-plain": _operation("DESTROY", "13", volumes=[cpus(1)]),
        "grow-none": _operation("GROW_VOLUME", "14", volume=_volume(), addition=scalar("disk", 1, **reserved())),
        "shrink-none": _operation("SHRINK_VOLUME", "15", volume=_volume(), subtract={"value": 1}),
        "shrink-below": _operation("SHRINK_VOLUME", "16", volume=_volume(), subtract={"value": -1}),
        "create-disk": _operation("CREATE_DISK", "17", source=_volume(), target_type="MOUNT"),
        "destroy-disk": _operation("DESTROY_DISK", "18", source=_volume()),
        "unknown": {"type": "UNKNOWN"},
        "bodiless": {"type": "RESERVE"},
    }
    for title, operation in wrong.items():
        offer = await framework.offer()
        script.note(title)
        answer = await framework.accept(offer, operation, refuse=0)
        if answer.status != 202:
            await framework.decline(offer, refuse=0)
        elif "id" in operation:
            await framework.live.until("UPDATE_OPERATION_STATUS", title)


@scenario
async def operation_feedback(script: Script) -> None:
    """Feedback of operations, acknowledged and reconciled."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    agent = offer["agent_id"]
    await framework.accept(offer, _operation("RESERVE", "mine", resources=[cpus(1, **reserved())]), refuse=0)
    event = await framework.live.until("UPDATE_OPERATION_STATUS", "the feedback")
    status = event["update_operation_status"]["status"]
    await script.operate("GET_OPERATIONS")
    rows: tuple[dict[str, Any], ...] = (
        {"operation_id": {"value": "mine"}},
        {"operation_id": {"value": "mine"}, "agent_id": agent},
        {"operation_id": {"value": "other"}},
        {"operation_id": {"value": "other"}, "agent_id": agent},
        {"operation_id": {"value": "other"}, "agent_id": {"value": "nobody"}},
        {"operation_id": {"value": "other"}, "resource_provider_id": {"value": "nobody"}},
    )
    for row in rows:
        await framework.call("RECONCILE_OPERATIONS", operations=[row])
        await framework.live.until("UPDATE_OPERATION_STATUS", "the answer to RECONCILE_OPERATIONS")
    about: dict[str, Any] = {"agent_id": agent, "operation_id": {"value": "mine"}}
    await framework.call("ACKNOWLEDGE_OPERATION_STATUS", **about, uuid="AAAAAAAAAAAAAAAAAAAAAA==")
    await framework.call("ACKNOWLEDGE_OPERATION_STATUS", **about, uuid="b25l")
    await framework.call("ACKNOWLEDGE_OPERATION_STATUS", **about, uuid=status["uuid"]["value"])
    await script.until_no_operation()
    await script.operate("GET_OPERATIONS")
    offer = await framework.offer()
    await framework.accept(offer, _operation("UNRESERVE", resources=[cpus(1, **reserved())]), refuse=0)
    await framework.offer()


@scenario
async def operations_of_operators(script: Script) -> None:
    """/reserve, /unreserve, /create-volumes, /destroy-volumes and their calls, right and wrong."""
    agent_id = await script.agent_id()
    stake = orjson.dumps([cpus(1, **reserved("ops")), scalar("disk", 64, **reserved("ops"))]).decode()
    volume = _volume(role="ops")
    volumes = orjson.dumps([volume]).decode()
    await script.form("/reserve", slaveId=agent_id, resources=stake)
    await script.get("/slaves")
    await script.form("/create-volumes", slaveId=agent_id, volumes=volumes)
    await script.get("/slaves")
    await script.get("/roles")
    await script.form("/create-volumes", slaveId=agent_id, volumes=volumes)
    await script.form("/unreserve", slaveId=agent_id, resources=stake)
    about: dict[str, Any] = {"agent_id": {"value": agent_id}}
    addition = scalar("disk", 8, **reserved("ops"))
    await script.operate("RESERVE_RESOURCES", **about, resources=[addition])
    await script.operate("GROW_VOLUME", **about, volume=volume, addition=addition)
    await script.operate("SHRINK_VOLUME", **about, volume=_volume(72, role="ops"), subtract={"value": 8})
    await script.operate("UNRESERVE_RESOURCES", **about, resources=[addition])
    await script.get("/slaves")
    await script.operate("DESTROY_VOLUMES", **about, volumes=[volume])
    await script.form("/destroy-volumes", slaveId=agent_id, volumes=volumes)
    await script.form("/unreserve", slaveId=agent_id, resources=stake)
    await script.get("/slaves")


@scenario
async def operations_of_operators_refused(script: Script) -> None:
    """What operators' reservations and volumes are refused for."""
    agent_id = await script.agent_id()
    plain = orjson.dumps([cpus(1)]).decode()
    right = orjson.dumps([cpus(1, **reserved("ops"))]).decode()
    for path, name in (
        ("/reserve", "resources"),
        ("/unreserve", "resources"),
        ("/create-volumes", "volumes"),
        ("/destroy-volumes", "volumes"),
    ):
        await script.ask("GET", path)
        await script.form(path)
        await script.form(path, slaveId=agent_id)
        await script.form(path, slaveId="nobody", **{name: right})
        for text in ("", "[]", "{}", "[", "1", "[1]", '[{"name":"cpus"}]', plain, right):
            await script.form(path, slaveId=agent_id, **{name: text})
    await script.form("/reserve", slaveId=agent_id, resources=orjson.dumps([cpus(99, **reserved("ops"))]).decode())
    await script.form("/reserve", slaveId=agent_id, resources=orjson.dumps([cpus(1, **reserved("a b"))]).decode())
    about: dict[str, Any] = {"agent_id": {"value": agent_id}}
    nobody: dict[str, Any] = {"agent_id": {"value": "nobody"}}
    kinds: dict[str, dict[str, Any]] = {
        "RESERVE_RESOURCES": {"resources": [cpus(1, **reserved("ops"))]},
        "UNRESERVE_RESOURCES": {"resources": [cpus(1, **reserved("ops"))]},
        "CREATE_VOLUMES": {"volumes": [_volume(role="ops")]},
        "DESTROY_VOLUMES": {"volumes": [_volume(role="ops")]},
        "GROW_VOLUME": {"volume": _volume(role="ops"), "addition": scalar("disk", 1, **reserved("ops"))},
        "SHRINK_VOLUME": {"volume": _volume(role="ops"), "subtract": {"value": 1}},
    }
    for kind, body in kinds.items():
        await script.operate(kind, title=f"{kind} without a body")
        await script.operate(kind, **nobody, **body, title=f"{kind} of no agent")
        if kind != "RESERVE_RESOURCES":
            await script.operate(kind, **about, **body, title=f"{kind} of what is not there")


@lonely_scenario
async def operations_while_offered(script: Script) -> None:
    """An operator's reservation takes an offer back, and the rest is offered again."""
    framework = Framework(script)
    await framework.subscribe()
    await framework.offer()
    agent_id = await script.agent_id()
    await script.form("/reserve", slaveId=agent_id, resources=orjson.dumps([cpus(1, **reserved("ops"))]).decode())
    await framework.live.until("RESCIND", "the offer is taken back")
    await framework.offer()

"""A scheduler of a scenario: its calls and what it reads of its stream are written down."""

from __future__ import annotations

from typing import Any

import orjson

from .script import BOTH_JSON, Answer, EventStream, Script

SCHEDULER = "/api/v1/scheduler"
CAPABILITIES = ("MULTI_ROLE", "RESERVATION_REFINEMENT", "PARTITION_AWARE")
LONG = {"refuse_seconds": 1000.0}


def describe(**info: Any) -> dict[str, Any]:
    """A FrameworkInfo in role ``dev`` unless told otherwise."""
    plain = {"user": "root", "name": "script", "roles": ["dev"]}
    return plain | {"capabilities": [{"type": name} for name in CAPABILITIES]} | info


class Framework:
    """One framework, subscribed by ``subscribe``."""

    def __init__(self, script: Script, name: str = "framework") -> None:
        self.script = script
        self.name = name
        self.id = ""
        self.agent_id = ""
        self.stream: EventStream | None = None

    @property
    def live(self) -> EventStream:
        """Its stream. Raises RuntimeError before the first subscription."""
        if self.stream is None:
            raise RuntimeError("not subscribed")
        return self.stream

    async def subscribe(self, info: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Subscribe, and read up to SUBSCRIBED or the end; the last event."""
        info = describe(name=self.name) if info is None else info
        call: dict[str, Any] = {"type": "SUBSCRIBE", "subscribe": {"framework_info": info} | more}
        if "id" in info:
            call["framework_id"] = info["id"]
        self.stream = await self.script.open(SCHEDULER, call)
        response, headers = self.stream.response, self.stream.response.headers
        if response.status != 200:
            self.script.note(f"{self.name} SUBSCRIBE", status=response.status, body=await response.text())
            return {}
        self.script.note(
            f"{self.name} SUBSCRIBE",
            status=response.status,
            content_type=headers.get("Content-Type"),
            transfer=headers.get("Transfer-Encoding"),
            has_stream_id=bool(self.stream.stream_id),
        )
        event = await self.stream.until("SUBSCRIBED", f"{self.name} subscribed")
        if event.get("type") == "SUBSCRIBED":
            self.id = event["subscribed"]["framework_id"]["value"]
            self.script.frameworks.append(self.id)
        return event

    async def call(self, kind: str, *, title: str = "", **body: Any) -> Answer:
        """Make one call in order."""
        call: dict[str, Any] = {"type": kind, "framework_id": {"value": self.id}}
        if body:
            call[kind.lower()] = body
        return await self.send(call, title or f"{self.name} {kind}")

    async def send(self, call: Any, title: str, headers: dict[str, str] | None = None) -> Answer:
        """Send any call, with headers of one's own."""
        own = BOTH_JSON | {"Mesos-Stream-Id": self.live.stream_id}
        data = call if isinstance(call, bytes) else orjson.dumps(call)
        return await self.script.ask("POST", SCHEDULER, data, headers=own if headers is None else headers, title=title)

    async def offers(self, count: int = 1) -> list[dict[str, Any]]:
        """The offers of the next OFFERS event."""
        event = await self.live.until("OFFERS", f"{self.name} is offered", count)
        found: list[dict[str, Any]] = event.get("offers", {}).get("offers", [])
        if found:
            self.agent_id = found[0]["agent_id"]["value"]
        return found

    async def offer(self) -> dict[str, Any]:
        """The one offer that comes next."""
        return (await self.offers())[0]

    async def offer_quietly(self) -> dict[str, Any]:
        """The next offer; nothing is written down."""
        event = await self.live.until_quietly("OFFERS")
        found: dict[str, Any] = event["offers"]["offers"][0]
        self.agent_id = found["agent_id"]["value"]
        return found

    async def whole_offer(self, at_least: float = 3.5) -> dict[str, Any]:
        """An offer of so many cpus; nothing is written down. What comes free in pieces is given back until it is whole.

        A master that waits for no tick may offer what a task left before a refusal of the rest is over.
        """
        while True:
            offer = await self.offer_quietly()
            found = sum(one["scalar"]["value"] for one in offer["resources"] if one["name"] == "cpus")
            if found >= at_least:
                return offer
            await self.send_quietly("DECLINE", offer_ids=[offer["id"]], filters={"refuse_seconds": 0})

    async def updates(self, count: int = 1, *, acknowledge: bool = True) -> dict[str, Any]:
        """The next so many status updates; acknowledged, those that ask for it."""
        status: dict[str, Any] = {}
        for _ in range(count):
            event = await self.live.until("UPDATE", f"{self.name} is told of a task")
            status = event.get("update", {}).get("status", {})
            if acknowledge and "uuid" in status:
                await self.acknowledge(status)
        return status

    async def end(self) -> None:
        """Follow a task to its end. What its executor says on the way, and how it puts it, is not written down."""
        while True:
            event = await self.live.until_quietly("UPDATE")
            status = event["update"]["status"]
            if "uuid" in status:
                await self.acknowledge(status)
            if status["state"] not in ("TASK_STARTING", "TASK_RUNNING", "TASK_KILLING"):
                spoken = {key: value for key, value in status.items() if key not in ("message", "container_status")}
                self.script.note(f"{self.name} is told of an end", status=spoken)
                return

    async def acknowledge(self, status: dict[str, Any]) -> None:
        """Acknowledge a status update; nothing is written down."""
        body = {"agent_id": status["agent_id"], "task_id": status["task_id"], "uuid": status["uuid"]}
        await self.send_quietly("ACKNOWLEDGE", **body)

    async def send_quietly(self, kind: str, **body: Any) -> None:
        """Make one call in order; nothing is written down."""
        call = {"type": kind, "framework_id": {"value": self.id}, kind.lower(): body}
        headers = BOTH_JSON | {"Mesos-Stream-Id": self.live.stream_id}
        await self.script.send("POST", SCHEDULER, orjson.dumps(call), headers)

    async def accept(self, offer: dict[str, Any], *operations: dict[str, Any], refuse: float = 1000.0) -> Answer:
        """Accept one offer for operations."""
        return await self.call(
            "ACCEPT",
            offer_ids=[offer["id"]],
            operations=list(operations),
            filters={"refuse_seconds": refuse},
            title=f"{self.name} ACCEPT {' '.join(one['type'] for one in operations)}",
        )

    async def decline(self, *offers: dict[str, Any], refuse: float = 1000.0) -> Answer:
        """Decline offers."""
        return await self.call(
            "DECLINE", offer_ids=[offer["id"] for offer in offers], filters={"refuse_seconds": refuse}
        )

    async def barrier(self) -> None:
        """Read everything that the master has to say of tasks and operations so far."""
        await self.call("RECONCILE", tasks=[{"task_id": {"value": "nobody's"}}], title=f"{self.name} asks for a sign")
        await self.live.until("UPDATE", f"{self.name} has heard all")


def cpus(amount: float, **more: Any) -> dict[str, Any]:
    """A share of cpus, allocated to ``dev``."""
    return scalar("cpus", amount, **more)


def scalar(name: str, amount: float, **more: Any) -> dict[str, Any]:
    """A share of anything scalar."""
    return {"name": name, "type": "SCALAR", "scalar": {"value": amount}} | more


def reserved(role: str = "dev", **more: Any) -> dict[str, Any]:
    """Fields of a dynamic reservation."""
    return {"reservations": [{"type": "DYNAMIC", "role": role} | more]}


def task(task_id: str, agent_id: str, command: str = "sleep 100", **more: Any) -> dict[str, Any]:
    """A command task of half a cpu."""
    return {
        "name": f"name of {task_id}",
        "task_id": {"value": task_id},
        "agent_id": {"value": agent_id},
        "command": {"value": command},
        "resources": [cpus(0.5), scalar("mem", 64)],
    } | more


def launch(*tasks: dict[str, Any]) -> dict[str, Any]:
    """The operation that launches tasks."""
    return {"type": "LAUNCH", "launch": {"task_infos": list(tasks)}}

"""Every call of the scheduler API, as it should be and as it should not."""

from __future__ import annotations

from typing import Any

from ..framework import Framework, cpus, describe, launch, task
from ..script import Script
from .catalogue import scenario


@scenario
async def calls_without_bodies(script: Script) -> None:
    """Each type of call without what belongs to it."""
    framework = Framework(script)
    await framework.subscribe()
    kinds = (
        *("ACCEPT", "DECLINE", "ACCEPT_INVERSE_OFFERS", "DECLINE_INVERSE_OFFERS", "REVIVE", "SUPPRESS", "KILL"),
        *("SHUTDOWN", "ACKNOWLEDGE", "ACKNOWLEDGE_OPERATION_STATUS", "RECONCILE", "RECONCILE_OPERATIONS"),
        *("MESSAGE", "REQUEST", "UPDATE_FRAMEWORK"),
    )
    for kind in kinds:
        await framework.call(kind)
        call = {"type": kind, "framework_id": {"value": framework.id}, kind.lower(): {}}
        await framework.send(call, f"{kind} of nothing")


@scenario
async def calls_about_strangers(script: Script) -> None:
    """Calls that name tasks, agents, executors and offers that are not there."""
    framework = Framework(script)
    await framework.subscribe()
    agent = {"value": await script.agent_id()}
    nobody = {"value": "nobody"}
    bodies: tuple[tuple[str, dict[str, Any]], ...] = (
        ("KILL", {"task_id": nobody}),
        ("KILL", {"task_id": nobody, "agent_id": agent}),
        ("KILL", {"task_id": nobody, "agent_id": nobody}),
        ("KILL", {"task_id": {"value": ""}}),
        ("SHUTDOWN", {"executor_id": nobody, "agent_id": agent}),
        ("SHUTDOWN", {"executor_id": nobody, "agent_id": nobody}),
        ("SHUTDOWN", {"executor_id": nobody}),
        ("MESSAGE", {"executor_id": nobody, "agent_id": agent, "data": "aGVsbG8="}),
        ("MESSAGE", {"executor_id": nobody, "agent_id": nobody, "data": "aGVsbG8="}),
        ("MESSAGE", {"executor_id": nobody, "agent_id": agent, "data": "not base64!"}),
        ("ACKNOWLEDGE", {"task_id": nobody, "agent_id": agent, "uuid": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        ("ACKNOWLEDGE", {"task_id": nobody, "agent_id": agent, "uuid": "b25l"}),
        ("ACKNOWLEDGE", {"task_id": nobody, "agent_id": agent}),
        ("REQUEST", {"requests": [{"agent_id": agent, "resources": [cpus(1)]}]}),
        ("REVIVE", {"roles": ["ops"]}),
        ("SUPPRESS", {"roles": ["ops"]}),
        ("REVIVE", {"roles": ["not a role"]}),
        ("DECLINE", {"offer_ids": [nobody]}),
        ("DECLINE", {"offer_ids": [nobody], "filters": {"refuse_seconds": -1}}),
        ("DECLINE", {"offer_ids": [nobody], "filters": {"refuse_seconds": "NaN"}}),
        ("ACCEPT", {"offer_ids": [nobody]}),
        ("ACCEPT", {"offer_ids": [], "operations": [launch(task("of-no-offer", agent["value"]))]}),
        ("ACCEPT", {"offer_ids": [nobody], "operations": [launch(task("of-a-strange-offer", agent["value"]))]}),
        ("ACCEPT_INVERSE_OFFERS", {"inverse_offer_ids": [nobody]}),
        ("DECLINE_INVERSE_OFFERS", {"inverse_offer_ids": [nobody]}),
    )
    for number, (kind, body) in enumerate(bodies):
        await framework.call(kind, **body, title=f"{kind} of strangers {number}")
        await framework.barrier()


@scenario
async def reconcile(script: Script) -> None:
    """What is answered about tasks that are known, unknown, on an agent that is known, unknown, or none."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    await framework.accept(offer, launch(task("known", offer["agent_id"]["value"])))
    await framework.updates(2)
    agent, nobody = offer["agent_id"], {"value": "nobody"}
    rows: tuple[dict[str, Any], ...] = (
        {"task_id": {"value": "known"}},
        {"task_id": {"value": "known"}, "agent_id": agent},
        {"task_id": {"value": "known"}, "agent_id": nobody},
        {"task_id": nobody},
        {"task_id": nobody, "agent_id": agent},
        {"task_id": nobody, "agent_id": nobody},
        {"task_id": nobody, "agent_id": {"value": agent["value"].rpartition("-S")[0] + "-S99"}},
    )
    for row in rows:
        await framework.call("RECONCILE", tasks=[row])
        await framework.live.until("UPDATE", "an answer")
    await framework.call("RECONCILE", tasks=list(rows))
    await framework.live.until("UPDATE", "all answers", len(rows))
    await framework.call("RECONCILE", tasks=[])
    await framework.live.until("UPDATE", "what is implied")
    await framework.call("RECONCILE", tasks=[{"task_id": nobody}, {"task_id": {}}])
    await framework.barrier()


@scenario
async def reconcile_without_partitions(script: Script) -> None:
    """A framework that does not know of partitions is told TASK_LOST where others are told more."""
    framework = Framework(script)
    await framework.subscribe(describe(name="old", capabilities=[{"type": "MULTI_ROLE"}]))
    nobody = {"value": "nobody"}
    agent = {"value": await script.agent_id()}
    for row in ({"task_id": nobody}, {"task_id": nobody, "agent_id": agent}, {"task_id": nobody, "agent_id": nobody}):
        await framework.call("RECONCILE", tasks=[row])
        await framework.live.until("UPDATE", "an answer")
    await framework.call("KILL", task_id=nobody)
    await framework.live.until("UPDATE", "the answer to KILL")
    await framework.call("KILL", task_id=nobody, agent_id=agent)
    await framework.live.until("UPDATE", "the answer to KILL on an agent")


@scenario
async def suppress_and_revive(script: Script) -> None:
    """No offers while a role is suppressed; all of them after REVIVE, filters or not."""
    framework = Framework(script)
    await framework.subscribe(describe(name="two", roles=["dev", "ops"]), suppressed_roles=["ops"])
    offer = await framework.offer()
    await framework.call("SUPPRESS", roles=["dev"])
    await framework.decline(offer)
    await framework.call("REVIVE", roles=["ops"])
    await framework.decline(await framework.offer())
    await framework.call("SUPPRESS")
    await framework.call("REVIVE", roles=["dev"])
    await framework.offer()
    await script.get("/frameworks")
    await script.operate("GET_FRAMEWORKS")


@scenario
async def tear_down_by_operators(script: Script) -> None:
    """An operator's teardown ends the stream, by either door; unknown ids and odd requests are refused."""
    for number, door in enumerate(("form", "call")):
        framework = Framework(script, f"framework {number}")
        await framework.subscribe()
        if door == "form":
            await script.form("/teardown", frameworkId=framework.id)
        else:
            await script.operate("TEARDOWN", framework_id={"value": framework.id})
        await framework.live.until_end("its stream")
        await script.form("/teardown", frameworkId=framework.id)
    await script.form("/teardown", frameworkId="nobody")
    await script.form("/teardown", other="x")
    await script.form("/teardown")
    await script.operate("TEARDOWN", framework_id={"value": "nobody"})
    await script.operate("TEARDOWN", title="TEARDOWN without a body")
    for method in ("GET", "PUT", "DELETE"):
        await script.ask(method, "/teardown")

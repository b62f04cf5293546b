"""Offers: what they hold, what refuses them, what takes them back."""

from __future__ import annotations

from ..framework import LONG, Framework, describe, launch, task
from ..script import Script
from .catalogue import scenario


@scenario
async def offers_of_everything(script: Script) -> None:
    """An offer of a whole agent; who sees it."""
    framework = Framework(script)
    await framework.subscribe()
    await framework.offer()
    await script.get("/slaves")
    await script.get("/frameworks")
    await script.get("/roles")
    await script.operate("GET_FRAMEWORKS")
    await script.operate("GET_AGENTS")
    await script.operate("GET_ROLES")


@scenario
async def offers_declined(script: Script) -> None:
    """A declined offer comes back: at once, after REVIVE, or to somebody else."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    await framework.decline(offer, refuse=0)
    await framework.decline(await framework.offer(), refuse=0.5)
    await framework.decline(await framework.offer())
    await framework.call("REVIVE")
    last = await framework.offer()
    await framework.decline(last, last)
    await framework.decline(offer)
    other = Framework(script, "other")
    await other.subscribe()
    await other.offer()


@scenario
async def offers_shared(script: Script) -> None:
    """What one framework leaves goes to the next; an accept without operations is a decline."""
    first, second = Framework(script, "first"), Framework(script, "second")
    await first.subscribe()
    offer = await first.offer()
    await second.subscribe(describe(name="second", roles=["ops"]))
    await first.accept(offer, launch(task("one", offer["agent_id"]["value"])))
    await first.updates(2)
    rest = await second.offer()
    await script.get("/slaves")
    await second.accept(rest)
    await script.operate("GET_AGENTS")


@scenario
async def offers_used_twice(script: Script) -> None:
    """An offer that was used, or is somebody else's, launches nothing."""
    framework, thief = Framework(script), Framework(script, "thief")
    await framework.subscribe()
    offer = await framework.offer()
    agent_id = offer["agent_id"]["value"]
    await thief.subscribe(describe(name="thief"), suppressed_roles=["dev"])
    await thief.accept(offer, launch(task("stolen", agent_id)))
    await thief.updates()
    await framework.call("ACCEPT", offer_ids=[offer["id"], offer["id"]], operations=[launch(task("twice", agent_id))])
    await framework.updates()
    await framework.accept(offer, launch(task("late", agent_id)))
    await framework.updates()
    await framework.call("REVIVE")
    offer = await framework.offer()
    await framework.accept(offer, launch(task("right", agent_id)))
    await framework.updates(2)
    await framework.accept(offer, launch(task("after", agent_id)))
    await framework.updates()


@scenario
async def offers_after_tasks(script: Script) -> None:
    """What a task held is offered when it ends."""
    framework = Framework(script)
    await framework.subscribe()
    offer = await framework.offer()
    await framework.accept(offer, launch(task("brief", offer["agent_id"]["value"], "true")))
    await framework.updates(3)
    await framework.offer()


@scenario
async def offers_rescinded(script: Script) -> None:
    """Offers are taken back when quota or a reservation needs them, and when an agent is deactivated."""
    framework = Framework(script)
    await framework.subscribe()
    await framework.offer()
    agent_id = await script.agent_id()
    await script.operate("DEACTIVATE_AGENT", agent_id={"value": agent_id})
    await framework.live.until("RESCIND", "the offer of a deactivated agent")
    await script.get("/slaves")
    await script.operate("REACTIVATE_AGENT", agent_id={"value": agent_id})
    offer = await framework.offer()
    await framework.call("DECLINE", offer_ids=[offer["id"]], filters=LONG, title="decline what came back")


@scenario
async def offers_with_minimal_filters(script: Script) -> None:
    """A role that asks for more than an agent has is offered nothing; by less it is."""
    framework = Framework(script)
    least = {"dev": {"min_allocatable_resources": {"quantities": [{"quantities": {"cpus": {"value": 2}}}]}}}
    await framework.subscribe(describe(offer_filters=least))
    offer = await framework.offer()
    await script.get("/frameworks")
    await framework.decline(offer)

"""How frameworks come, change, fail over and end."""

from __future__ import annotations

from typing import Any

from ..framework import Framework, describe
from ..script import Script
from .catalogue import scenario


def _framework_parts(document: dict[str, Any]) -> Any:
    return {key: document[key] for key in ("frameworks", "completed_frameworks", "unregistered_frameworks")}


@scenario
async def subscribe_and_tear_down(script: Script) -> None:
    """A framework's life, with all that is told of it, seen by everybody who looks."""
    framework = Framework(script)
    labels = {"labels": [{"key": "k", "value": "v"}, {"key": "only"}]}
    info = describe(
        failover_timeout=3600,
        checkpoint=True,
        hostname="h.example",
        webui_url="http://ui.example/",
        principal="p",
        labels=labels,
        roles=["dev", "ops/web"],
    )
    await framework.subscribe(info, suppressed_roles=info["roles"])
    await script.get(f"/frameworks?framework_id={framework.id}")
    await script.get("/state", _framework_parts)
    await script.operate("GET_FRAMEWORKS")
    await framework.call("TEARDOWN")
    await framework.live.until_end("the stream after TEARDOWN")
    await script.get("/frameworks", _framework_parts)
    await script.operate("GET_FRAMEWORKS")
    removed = Framework(script, "removed")
    await removed.subscribe(info | {"id": {"value": framework.id}})
    await removed.live.until_end("the stream of a removed id")


@scenario
async def subscribe_old_style(script: Script) -> None:
    """Frameworks of one role, as they were before MULTI_ROLE."""
    plain = Framework(script, "plain")
    await plain.subscribe({"user": "root", "name": "plain"})
    offer = await plain.offer()
    await script.get("/frameworks", _framework_parts)
    await script.operate("GET_FRAMEWORKS")
    await plain.decline(offer)
    role = Framework(script, "role")
    await role.subscribe({"user": "", "name": "", "role": "dev"})
    await role.offer()
    await script.get("/frameworks", _framework_parts)


@scenario
async def subscribe_refused(script: Script) -> None:
    """Descriptions that are refused, by an answer or by an ERROR on the stream."""
    multi = [{"type": "MULTI_ROLE"}]
    wrong: dict[str, dict[str, Any]] = {
        "roles without MULTI_ROLE": {"capabilities": [], "roles": ["dev"]},
        "role with MULTI_ROLE": {"role": "dev", "roles": [], "capabilities": multi},
        "a role twice": {"roles": ["dev", "dev"], "capabilities": multi},
        "role .": {"roles": ["."]},
        "role ..": {"roles": [".."]},
        "role -x": {"roles": ["-x"]},
        "role a/": {"roles": ["a/"]},
        "role /a": {"roles": ["/a"]},
        "role a//b": {"roles": ["a//b"]},
        "role a/./b": {"roles": ["a/./b"]},
        "role with a blank": {"roles": ["a b"]},
        "no name role": {"roles": [""]},
        "role a/*": {"roles": ["a/*"]},
        "role with a tab": {"roles": ["a\tb"]},
        "role */a": {"roles": ["*/a"]},
        "timeout too long": {"failover_timeout": 1e20},
        "timeout below zero": {"failover_timeout": -1},
        "id of its own": {"id": {"value": "of-its-own"}},
        "bad id": {"id": {"value": "a/b"}},
        "empty id": {"id": {"value": ""}},
        "offer filters of no role of its": {"offer_filters": {"other": {"min_allocatable_resources": {}}}},
        "offer filters": {
            "offer_filters": {
                "dev": {"min_allocatable_resources": {"quantities": [{"quantities": {"cpus": {"value": -1}}}]}}
            }
        },
        "no user": {"user": None},
        "no name": {"name": None},
    }
    for title, info in wrong.items():
        framework = Framework(script, title)
        await framework.subscribe(describe(name="refused") | info)
        framework.live.close()


@scenario
async def subscribe_suppressed(script: Script) -> None:
    """Roles that start suppressed, rightly and wrongly."""
    framework = Framework(script, "quiet")
    await framework.subscribe(describe(roles=["dev", "ops"]), suppressed_roles=["dev", "ops"])
    wrong = Framework(script, "wrong")
    await wrong.subscribe(describe(), suppressed_roles=["ops"])
    await wrong.live.until_end("the stream of wrong suppression")
    twice = Framework(script, "twice")
    await twice.subscribe(describe(), suppressed_roles=["dev", "dev"])
    await framework.call("REVIVE", roles=["ops"])
    await framework.offer()


def _constraints(document: dict[str, Any]) -> Any:
    return {
        "frameworks": [{"constraints": one["offer_constraints"]} for one in document["frameworks"] if one.get("roles")]
    }


@scenario
async def subscribe_constraints(script: Script) -> None:
    """Offer constraints, rightly and wrongly."""

    def by(selector: dict[str, Any], **test: Any) -> dict[str, Any]:
        one = {"selector": selector} | test
        return {"role_constraints": {"dev": {"groups": [{"attribute_constraints": [one]}]}}}

    host = {"pseudoattribute_type": "HOSTNAME"}
    wrong: dict[str, Any] = {
        "no groups": {"role_constraints": {"dev": {"groups": []}}},
        "empty group": {"role_constraints": {"dev": {"groups": [{}]}}},
        "role not its own": {"role_constraints": {"ops": {"groups": []}}},
        "no predicate": by(host),
        "no selector": by({}, predicate={"exists": {}}),
        "bad pattern": by(host, predicate={"text_matches": {"regex": "("}}),
        "unknown selector": by({"pseudoattribute_type": "UNKNOWN"}, predicate={"exists": {}}),
        "long pattern": by(host, predicate={"text_matches": {"regex": "(a{100}){9}"}}),
        "right": by(host, predicate={"text_equals": {"value": "elsewhere"}}),
        "of an attribute": by({"attribute_name": "rack"}, predicate={"not_exists": {}}),
    }
    for title, constraints in wrong.items():
        framework = Framework(script, title)
        await framework.subscribe(offer_constraints=constraints)
        await script.get("/frameworks", _constraints)
        if framework.id:
            await framework.call("TEARDOWN")
            await framework.live.until_end(title)


@scenario
async def fail_over(script: Script) -> None:
    """A second scheduler takes a framework over: with a new description, from a stream that lives, or is gone."""
    first = Framework(script, "first")
    info = describe(failover_timeout=3600)
    await first.subscribe(info)
    await first.offer()
    second = Framework(script, "second")
    known = {"id": {"value": first.id}}
    await second.subscribe(info | known | {"name": "renamed", "user": "other", "checkpoint": True, "roles": ["ops"]})
    await first.live.until_end("the first stream")
    await second.offer()
    await first.call("REVIVE", title="the first calls on its old stream")
    await script.get("/frameworks", _framework_parts)
    second.live.close()

    async def is_away() -> bool:
        seen = (await script.send("GET", f"/frameworks?framework_id={first.id}")).document["frameworks"]
        return not seen[0]["connected"]

    await script.wait(is_away, "a framework whose stream broke is disconnected")
    await second.call("REVIVE", title="a framework that is away calls")
    await script.get("/frameworks", _framework_parts)
    await script.operate("GET_FRAMEWORKS")
    third = Framework(script, "third")
    await third.subscribe(info | known)
    await third.offer()
    wrong = Framework(script, "wrong")
    wrong.id = first.id
    await wrong.subscribe(info | known | {"principal": "somebody"})
    await wrong.live.until_end("the stream of a changed principal")
    await third.barrier()


@scenario
async def gone_without_failover_timeout(script: Script) -> None:
    """A framework without a failover timeout is over when its stream breaks."""
    framework = Framework(script)
    await framework.subscribe()
    framework.live.close()

    async def is_over() -> bool:
        over = (await script.send("GET", "/frameworks")).document["completed_frameworks"]
        return any(one["id"] == framework.id for one in over)

    await script.wait(is_over, "a framework whose time is over is completed")
    await script.get("/frameworks", _framework_parts)
    again = Framework(script, "again")
    await again.subscribe(describe(id={"value": framework.id}))
    await again.live.until_end("the stream of an ended id")


@scenario
async def update_framework(script: Script) -> None:
    """UPDATE_FRAMEWORK: what may change, and what may not."""
    framework = Framework(script)
    info = describe(roles=["dev", "ops"], failover_timeout=60)
    await framework.subscribe(info, suppressed_roles=["ops"])
    await framework.offers()
    own = info | {"id": {"value": framework.id}}
    changes: dict[str, dict[str, Any]] = {
        "nothing": {},
        "name": {"name": "renamed", "webui_url": "http://x/", "hostname": "h"},
        "user": {"user": "other"},
        "checkpoint": {"checkpoint": True},
        "principal": {"principal": "p"},
        "no id": {"id": None},
        "another id": {"id": {"value": "another"}},
        "bad role": {"roles": ["a b"]},
        "no multi role": {"capabilities": []},
        "timeout": {"failover_timeout": -1},
        "roles": {"roles": ["ops"]},
    }
    for title, change in changes.items():
        await framework.call("UPDATE_FRAMEWORK", framework_info=own | change, title=f"UPDATE_FRAMEWORK {title}")
        if title == "roles":
            await framework.live.until("RESCIND", "what the old role was offered is taken back")
            await framework.offer()
        await script.get("/frameworks", _framework_parts)
    await framework.call(
        "UPDATE_FRAMEWORK",
        framework_info=own,
        suppressed_roles=["web"],
        title="UPDATE_FRAMEWORK suppressing a stranger",
    )
    await framework.call("UPDATE_FRAMEWORK", framework_info=own, suppressed_roles=["dev", "ops"])
    await framework.call("UPDATE_FRAMEWORK", title="UPDATE_FRAMEWORK without a body")
    await framework.call(
        "UPDATE_FRAMEWORK", framework_info=own, offer_constraints={"role_constraints": {"dev": {"groups": [{}]}}}
    )

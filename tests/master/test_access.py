"""What access control lists refuse at a real master's doors, and what they leave out of its answers."""

from __future__ import annotations

from aiohttp import ClientSession

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import RunTask
from support.guarded_master import CLERK, FW, OPS, call, get, proof


async def test_refused_role_is_told_on_the_stream(guarded: str) -> None:
    """200, an ERROR event and the end, not a 4xx (mesos-v1-api 2.1)."""
    async with HttpFramework(guarded, credential=FW) as framework:
        event = await framework.subscribe(roles=["ads"], capabilities=[{"type": "MULTI_ROLE"}])

        assert framework.stream is not None
        assert 200 == framework.stream.status
        assert "ERROR" == event["type"]
        assert "(roles: 'ads'): in the ACLs, register_frameworks[1] refuses" in event["error"]["message"]


async def test_new_role_is_refused_by_403(guarded: str) -> None:
    """UPDATE_FRAMEWORK has an answer of its own; the framework stays as it was (mesos-v1-api 2.4)."""
    info = {"user": "nobody", "name": "raw", "capabilities": [{"type": "MULTI_ROLE"}], "principal": "fw"}
    async with HttpFramework(guarded, credential=FW) as framework:
        await framework.subscribe(**info, roles=["web"])
        changed = info | {"roles": ["ads"], "id": framework.framework_id}
        response = await framework.call("UPDATE_FRAMEWORK", framework_info=changed)

        assert 403 == response.status
        assert "'ads'" in await response.text()


async def test_changes_are_refused_by_403_with_the_reason(guarded: str, session: ClientSession) -> None:
    """By the operator's API and by the older endpoints; nothing has changed."""
    async with HttpFramework(guarded, credential=FW) as framework:
        await framework.subscribe(roles=["web"], capabilities=[{"type": "MULTI_ROLE"}])
        framework_id = framework.framework_id or {}
        weights = [{"role": "web", "weight": 2.0}]
        told = [
            await call(session, guarded, CLERK, type="TEARDOWN", teardown={"framework_id": framework_id}),
            await call(session, guarded, CLERK, type="UPDATE_WEIGHTS", update_weights={"weight_infos": weights}),
        ]
        form = {"frameworkId": framework_id["value"]}
        async with session.post(f"{guarded}/teardown", data=form, headers=proof(CLERK)) as response:
            told.append((response.status, await response.text()))
        async with session.put(f"{guarded}/weights", json=weights, headers=proof(CLERK)) as response:
            told.append((response.status, await response.text()))
        _, left = await get(session, f"{guarded}/frameworks", OPS)

    assert [403] * 4 == [status for status, _ in told]
    assert "teardown_frameworks[0] refuses" in told[0][1]
    assert "update_weights[0] refuses" in told[3][1]
    assert 1 == len(left["frameworks"])


async def test_closed_doors(guarded: str, session: ClientSession) -> None:
    """Flags, logs, their level and endpoints by name; whoever may enter enters."""
    level = {"level": 1, "duration": {"nanoseconds": 1}}
    log = {"path": "/master/log"}
    doors = [
        await get(session, f"{guarded}/flags", CLERK),
        await get(session, f"{guarded}/metrics", CLERK),
        await get(session, f"{guarded}/files/debug", CLERK),
        await get(session, f"{guarded}/files/read?path=/master/log", CLERK),
        await get(session, f"{guarded}/logging/toggle?level=1&duration=1secs", CLERK),
        await call(session, guarded, CLERK, type="GET_FLAGS"),
        await call(session, guarded, CLERK, type="LIST_FILES", list_files=log),
        await call(session, guarded, CLERK, type="READ_FILE", read_file=log | {"offset": 0}),
        await call(session, guarded, CLERK, type="SET_LOGGING_LEVEL", set_logging_level=level),
    ]
    entered = [
        await get(session, f"{guarded}/metrics/snapshot", CLERK),
        await get(session, f"{guarded}/flags", OPS),
        await get(session, f"{guarded}/metrics", OPS),
    ]
    _, state = await get(session, f"{guarded}/state", CLERK)

    assert [403] * len(doors) == [status for status, _ in doors]
    assert "as principal 'clerk' to get endpoints (paths: '/flags')" in doors[0][1]
    assert "as principal 'clerk' to view flags: in the ACLs, view_flags[0] refuses" in doors[5][1]
    assert [200] * len(entered) == [status for status, _ in entered]
    assert "flags" not in state


async def test_readers_see_their_part(guarded: str, session: ClientSession) -> None:
    """What is hidden is left out of lists without a word (mesos-operator-api 1)."""
    async with (
        LinkAgent(guarded, credential=OPS) as agent,
        HttpFramework(guarded, credential=FW) as alices,
        HttpFramework(guarded, credential=FW) as bobs,
    ):
        await agent.register()
        capabilities = [{"type": "MULTI_ROLE"}]
        await alices.subscribe(user="alice", name="alices", roles=["web"], capabilities=capabilities)
        offer = (await alices.expect("OFFERS"))["offers"]["offers"][0]
        await alices.launch(offer, "t1")
        await agent.expect(RunTask)
        await bobs.subscribe(user="bob", name="bobs", roles=["db"], capabilities=capabilities)
        seen = {}
        for by in (OPS, CLERK):
            _, state = await get(session, f"{guarded}/state", by)
            _, tasks = await get(session, f"{guarded}/tasks", by)
            _, roles = await get(session, f"{guarded}/roles", by)
            _, frameworks = await call(session, guarded, by, type="GET_FRAMEWORKS")
            _, whole = await call(session, guarded, by, type="GET_STATE")
            seen[by.principal] = (
                [(one["name"], len(one["tasks"])) for one in state["frameworks"]],
                len(tasks["tasks"]),
                [one["name"] for one in roles["roles"]],
                [one["framework_info"]["name"] for one in frameworks["get_frameworks"]["frameworks"]],
                len(whole["get_state"]["get_tasks"]["tasks"]),
                len(state["slaves"]),
            )

    assert ([("alices", 1), ("bobs", 0)], 1, ["db", "web"], ["alices", "bobs"], 1, 1) == seen["ops"]
    assert ([("alices", 0)], 0, ["web"], ["alices"], 0, 1) == seen["clerk"]

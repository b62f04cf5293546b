"""`POST /koinon/plan`: a look at a change before it is made."""

from typing import Any

import pytest

from fakes.marathon_desk import Desk

AGENT = {
    "agent_info": {
        "id": {"value": "S0"},
        "hostname": "host-1",
        "attributes": [{"name": "rack", "type": "TEXT", "text": {"value": "r1"}}],
    },
    "active": True,
    "total_resources": [
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": 4}},
        {"name": "mem", "type": "SCALAR", "scalar": {"value": 1024}},
        {"name": "disk", "type": "SCALAR", "scalar": {"value": 1024}},
        {"name": "ports", "type": "RANGES", "ranges": {"range": [{"begin": 31000, "end": 31100}]}},
    ],
    "allocated_resources": [
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": 3}, "allocation_info": {"role": "*"}}
    ],
}
WEB: dict[str, Any] = {"id": "/web", "cmd": "sleep 9", "cpus": 0.5, "mem": 64, "instances": 2}


async def plan(desk: Desk, *agents: object, **fields: object) -> Any:
    """The answer for the app with these fields."""
    reply = await desk.ask("POST", "/koinon/plan?partialUpdate=false", {"apps": [WEB | fields], "agents": agents})
    assert reply.status == 200, reply.text
    return reply.body


async def test_new_app(desk: Desk) -> None:
    """Steps as Marathon names them; instances land on what the agent has unused."""
    body = await plan(desk, AGENT)

    assert [
        {"actions": [{"action": "StartApplication", "app": "/web"}]},
        {"actions": [{"action": "ScaleApplication", "app": "/web"}]},
    ] == body["steps"]
    assert ("/web", "create") == (body["changes"][0]["id"], body["changes"][0]["action"])
    assert {"path": "/cmd", "to": "sleep 9"} in body["changes"][0]["fields"]
    assert [
        {
            "id": "/web",
            "wanted": 2,
            "placed": 2,
            "agents": [{"agentId": "S0", "hostname": "host-1", "instances": 2}],
            "refusals": [],
        }
    ] == body["placement"]
    assert (await desk.ask("GET", "/v2/apps/web")).status == 404


async def test_change_of_an_app(desk: Desk) -> None:
    """Field by field from what to what; a restart places all anew; who is in the way is named."""
    created = await desk.ask("POST", "/v2/apps", WEB | {"env": {"A": "1"}})

    body = await plan(desk, AGENT, cmd="sleep 10", env={"B": "2"}, cpus=0.8)

    assert [
        {"path": "/cmd", "from": "sleep 9", "to": "sleep 10"},
        {"path": "/cpus", "from": 0.5, "to": 0.8},
        {"path": "/env/A", "from": "1"},
        {"path": "/env/B", "to": "2"},
    ] == sorted(body["changes"][0]["fields"], key=lambda field: field["path"])
    assert [{"actions": [{"action": "RestartApplication", "app": "/web"}]}] == body["steps"]
    assert [{"id": created.headers["Marathon-Deployment-Id"]}] == body["conflicts"]
    (landing,) = body["placement"]
    assert (2, 1, ["cpus: 0.8 wanted, 0.2 offered"]) == (
        landing["wanted"],
        landing["placed"],
        landing["refusals"][0]["explanation"],
    )


async def test_change_of_nothing(desk: Desk) -> None:
    """No step, no change, no place."""
    await desk.ask("POST", "/v2/apps", WEB)

    body = await plan(desk, AGENT)

    assert ([], [], []) == (body["steps"], body["changes"], body["placement"])


async def test_without_agents_nothing_is_said_of_places(desk: Desk) -> None:
    """Nobody told of any; an agent that is not connected is none."""
    assert [] == (await plan(desk))["placement"]
    assert [] == (await plan(desk, AGENT | {"active": False}))["placement"]


async def test_group(desk: Desk) -> None:
    """All that is in it, and what would no longer be."""
    await desk.ask("POST", "/v2/apps", WEB | {"id": "/shop/old"})

    reply = await desk.ask(
        "POST", "/koinon/plan", {"group": {"id": "/shop", "apps": [WEB | {"id": "web"}]}, "agents": [AGENT]}
    )

    assert [("/shop/old", "remove"), ("/shop/web", "create")] == [
        (change["id"], change["action"]) for change in reply.body["changes"]
    ]
    assert [("/shop/web", 2)] == [(each["id"], each["placed"]) for each in reply.body["placement"]]


async def test_pod(desk: Desk) -> None:
    """Its containers are placed as one, and its action bears Marathon's word for pods."""
    container = {"name": "one", "exec": {"command": {"shell": "sleep 9"}}, "resources": {"cpus": 0.3, "mem": 32}}
    pod = {
        "id": "/pod",
        "containers": [container, container | {"name": "two"}],
        "scaling": {"kind": "fixed", "instances": 2},
    }

    reply = await desk.ask("POST", "/koinon/plan", {"pod": pod, "agents": [AGENT]})

    assert {"action": "StartPod", "pod": "/pod"} == reply.body["steps"][0]["actions"][0]
    (landing,) = reply.body["placement"]
    assert (2, 1, ["cpus: 0.7 wanted, 0.3 offered"]) == (
        landing["wanted"],
        landing["placed"],
        landing["refusals"][0]["explanation"],
    )


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"apps": [{"id": "/web", "cpus": "x"}]}, "(0)/cpus"),
        ({"apps": {}}, ""),
        ([], ""),
        ({"agents": []}, ""),
        ({"group": {"apps": 3}}, "/apps"),
        ({"apps": [WEB], "agents": {}}, "/agents"),
        ({"apps": [WEB], "agents": [3]}, "/agents(0)"),
        ({"apps": [WEB], "agents": [{}]}, "/agents(0)/agent_info"),
        ({"apps": [WEB], "agents": [AGENT | {"total_resources": [{"name": "x"}]}]}, "/agents(0)/total_resources"),
        ({"apps": [WEB], "agents": [AGENT | {"agent_info": {"hostname": 3}}]}, "/agents(0)/agent_info/hostname"),
    ],
)
async def test_what_can_not_be_read_is_named(desk: Desk, body: object, path: str) -> None:
    """422 with the path of the field, as for any other body."""
    reply = await desk.ask("POST", "/koinon/plan", body)

    assert reply.status == 422
    assert path == reply.body["details"][0]["path"]

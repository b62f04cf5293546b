"""Wrong calls over real HTTP: status and text are those that the genuine Mesos 1.11 gave to the same bytes."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientSession

from fakes.http_framework import HttpFramework

NIL = "a" * 22 + "=="
UNKNOWN = {"value": "nobody"}
INFO = {"user": "nobody", "name": "raw"}
BROKEN = "Failed to validate scheduler::Call: "
MISSING = BROKEN + "Expecting '{}' to be present"
DIFFERS = BROKEN + "'framework_id' differs from '{}.framework_info.id'"
LAUNCH = {"type": "LAUNCH", "launch": {"task_infos": []}}

BODIES: dict[str, tuple[dict[str, Any], int, str]] = {
    "no type": ({}, 400, MISSING.format("type")),
    "no framework": ({"framework_id": None, "type": "REVIVE"}, 400, MISSING.format("framework_id")),
    "another's framework": ({"framework_id": UNKNOWN, "type": "REVIVE"}, 400, "Framework cannot be found"),
    "an empty framework": ({"framework_id": {"value": ""}, "type": "REVIVE"}, 400, "Framework cannot be found"),
    "accept": ({"type": "ACCEPT"}, 400, MISSING.format("accept")),
    "decline": ({"type": "DECLINE"}, 400, MISSING.format("decline")),
    "kill": ({"type": "KILL"}, 400, MISSING.format("kill")),
    "shutdown": ({"type": "SHUTDOWN"}, 400, MISSING.format("shutdown")),
    "acknowledge": ({"type": "ACKNOWLEDGE"}, 400, MISSING.format("acknowledge")),
    "message": ({"type": "MESSAGE"}, 400, MISSING.format("message")),
    "request": ({"type": "REQUEST"}, 400, MISSING.format("request")),
    "update": ({"type": "UPDATE_FRAMEWORK"}, 400, MISSING.format("update_framework")),
    "accept inverse": ({"type": "ACCEPT_INVERSE_OFFERS"}, 400, MISSING.format("accept_inverse_offers")),
    "decline inverse": ({"type": "DECLINE_INVERSE_OFFERS"}, 400, MISSING.format("decline_inverse_offers")),
    "acknowledge operation": (
        {"type": "ACKNOWLEDGE_OPERATION_STATUS"},
        400,
        MISSING.format("acknowledge_operation_status"),
    ),
    "revive all": ({"type": "REVIVE"}, 202, ""),
    "suppress all": ({"type": "SUPPRESS"}, 202, ""),
    "revive a strange role": ({"type": "REVIVE", "revive": {"roles": ["zz"]}}, 202, ""),
    "suppress a wrong role": ({"type": "SUPPRESS", "suppress": {"roles": ["-z"]}}, 202, ""),
    "decline nothing": ({"type": "DECLINE", "decline": {}}, 202, ""),
    "decline an unknown offer": ({"type": "DECLINE", "decline": {"offer_ids": [UNKNOWN]}}, 202, ""),
    "accept nothing": ({"type": "ACCEPT", "accept": {}}, 202, ""),
    "an operation without a type": (
        {"type": "ACCEPT", "accept": {"offer_ids": [UNKNOWN], "operations": [{}]}},
        202,
        "",
    ),
    "an operation of tomorrow": (
        {"type": "ACCEPT", "accept": {"offer_ids": [UNKNOWN], "operations": [{"type": "FOO"}]}},
        202,
        "",
    ),
    "a launch without tasks": (
        {"type": "ACCEPT", "accept": {"offer_ids": [UNKNOWN], "operations": [{"type": "LAUNCH"}]}},
        202,
        "",
    ),
    "a launch with an id": (
        {"type": "ACCEPT", "accept": {"offer_ids": [UNKNOWN], "operations": [LAUNCH | {"id": UNKNOWN}]}},
        202,
        "",
    ),
    "kill a wrong id": ({"type": "KILL", "kill": {"task_id": {"value": "a/b"}}}, 202, ""),
    "kill on a wrong agent": ({"type": "KILL", "kill": {"task_id": UNKNOWN, "agent_id": UNKNOWN}}, 202, ""),
    "kill with a wrong grace": (
        {"type": "KILL", "kill": {"task_id": UNKNOWN, "kill_policy": {"grace_period": {"nanoseconds": -1}}}},
        202,
        "",
    ),
    "shut an unknown executor down": (
        {"type": "SHUTDOWN", "shutdown": {"executor_id": UNKNOWN, "agent_id": UNKNOWN}},
        202,
        "",
    ),
    "message to nobody": (
        {"type": "MESSAGE", "message": {"executor_id": UNKNOWN, "agent_id": UNKNOWN, "data": "AA=="}},
        202,
        "",
    ),
    "acknowledge by a short uuid": (
        {"type": "ACKNOWLEDGE", "acknowledge": {"agent_id": UNKNOWN, "task_id": UNKNOWN, "uuid": "AAAA"}},
        400,
        BROKEN + "Not a valid UUID",
    ),
    "acknowledge an operation by a short uuid": (
        {
            "type": "ACKNOWLEDGE_OPERATION_STATUS",
            "acknowledge_operation_status": {"operation_id": UNKNOWN, "uuid": ""},
        },
        400,
        BROKEN + "Not a valid UUID",
    ),
    "acknowledge what nobody sent": (
        {"type": "ACKNOWLEDGE", "acknowledge": {"agent_id": UNKNOWN, "task_id": UNKNOWN, "uuid": NIL}},
        202,
        "",
    ),
    "update without the id": (
        {"type": "UPDATE_FRAMEWORK", "update_framework": {"framework_info": INFO}},
        400,
        DIFFERS.format("update_framework"),
    ),
    "update of another": (
        {"type": "UPDATE_FRAMEWORK", "update_framework": {"framework_info": INFO | {"id": UNKNOWN}}},
        400,
        DIFFERS.format("update_framework"),
    ),
}


async def test_each_wrong_call_is_answered_as_mesos_does(master_url: str) -> None:
    """What a call lacks is a 400; what it says of offers, roles and tasks is a 202, and told by events."""
    async with HttpFramework(master_url) as framework:
        await framework.subscribe()

        answers = {}
        for label, (body, _, _) in BODIES.items():
            call = {"framework_id": framework.framework_id} | body
            response = await framework.session.post(framework.url, json=call, headers=framework.stream_headers)
            answers[label] = (response.status, await response.text())

    assert {label: (status, text) for label, (_, status, text) in BODIES.items()} == answers


async def test_headers_and_ids_of_subscribe(master_url: str) -> None:
    """No stream id, and one framework id in both places."""
    url = f"{master_url}/api/v1/scheduler"
    subscribe = {"type": "SUBSCRIBE", "subscribe": {"framework_info": INFO}}
    named = {"type": "SUBSCRIBE", "subscribe": {"framework_info": INFO | {"id": UNKNOWN}}}

    async with ClientSession() as session:
        answers = []
        for call, headers in (
            (subscribe, {"Mesos-Stream-Id": "x"}),
            (subscribe | {"framework_id": UNKNOWN}, {}),
            (named, {}),
            ({"type": "SUBSCRIBE"}, {}),
        ):
            response = await session.post(url, json=call, headers=headers)
            answers.append((response.status, await response.text()))

    differs = DIFFERS.format("subscribe")
    assert [
        (400, "Subscribe calls should not include the 'Mesos-Stream-Id' header"),
        (400, differs),
        (400, differs),
        (400, MISSING.format("subscribe")),
    ] == answers


async def test_update_of_a_framework_is_answered_when_it_is_done(master_url: str) -> None:
    """200 with nothing in it, or 400 with the reason, in Mesos's order and words."""
    async with HttpFramework(master_url) as framework:
        await framework.subscribe()
        info = INFO | {"id": framework.framework_id}
        wrong_constraints: dict[str, Any] = {"role_constraints": {"zz": {"groups": []}}}

        answers = []
        for changes, beside in (
            ({"name": "new", "failover_timeout": -1}, {}),
            ({"user": "bob"}, {}),
            ({"checkpoint": True}, {}),
            ({"principal": "p", "user": "bob"}, {}),
            ({"role": "-q"}, {}),
            ({}, {"suppressed_roles": ["zz"]}),
            ({}, {"offer_constraints": wrong_constraints}),
        ):
            response = await framework.call("UPDATE_FRAMEWORK", framework_info=info | changes, **beside)
            answers.append((response.status, await response.text()))

    unsupported = "FrameworkInfo update is not valid: Updating 'FrameworkInfo.{}' is unsupported; attempted to update"
    assert [
        (200, ""),
        (400, unsupported.format("user") + " from 'nobody' to 'bob'"),
        (400, unsupported.format("checkpoint") + " from 'false' to 'true'"),
        (400, "FrameworkInfo update is not valid: Changing framework's principal is not allowed."),
        (
            400,
            "Supplied FrameworkInfo is not valid: 'FrameworkInfo.role' is not a valid role: Role component '-q' is"
            " invalid because it starts with a dash",
        ),
        (400, "Supplied FrameworkInfo is not valid: Suppressed role 'zz' is not contained in the list of roles"),
        (
            400,
            "'UpdateFramework.offer_constraints' are not valid: 'OfferConstraints::role_constraints' has an empty"
            " 'RoleConstraints::groups' for role zz",
        ),
    ] == answers

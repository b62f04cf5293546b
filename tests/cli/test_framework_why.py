"""``koinon framework why``: what holds a framework back, and the one line that says what would feed it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from koinon_cli.errors import ExitCode
from koinon_cli.framework_advice import RoleView, advise
from support.operated_cluster import OperatedCluster

Koinon = Callable[..., Any]


def rival(name: str, share: float, weight: float = 1.0, **fields: Any) -> dict[str, Any]:
    """One that competes, as the master tells it."""
    defaults = {"kind": "role", "id": name, "wants_offers": True, "is_own": name == "own"}
    return {**defaults, "name": name, "share": share, "weight": weight, "rank": share / weight, **fields}


def refusal(found: str, reason: str = "because", **free: float) -> dict[str, Any]:
    """An agent that is not offered."""
    return {"filter": found, "reason": reason, "agent_id": "m-S0", "hostname": "h", "free": free}


def view(*refusals: dict[str, Any], **fields: Any) -> RoleView:
    """A role of weight 1 that holds nothing, alone, with this in its way."""
    standing = {"role": "own", "levels": [[rival("own", 0.0)]], "least": [], "refused": []} | fields.pop("standing", {})
    return RoleView(standing=standing, refusals=refusals, **{"quota": None, "agents": 1} | fields)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("suppressed", "a REVIVE of role own: it asked to be offered nothing until then"),
        ("inactive", "coming back: the master has no connection to it"),
        ("headroom", "lower guarantees of other roles, for which what is free is kept: koinon quota list"),
        ("gpus", "the capability GPU_RESOURCES: without it agents with GPUs are not offered"),
        ("agent", "agents that are connected and active: koinon agent list, koinon agent reactivate"),
        ("paused", "because"),
        ("a filter of tomorrow", "because"),
    ],
)
def test_each_filter_has_its_advice(found: str, expected: str) -> None:
    """What nobody can help says its own reason."""
    assert expected == advise(view(refusal(found)))


def test_nothing_in_the_way() -> None:
    """Then it is a matter of time, unless there is no agent at all."""
    assert "nothing more: what is free is about to be offered to it" == advise(view())
    assert "an agent: none is registered" == advise(view(agents=0))


def test_what_holds_most_agents_back_is_what_to_begin_with() -> None:
    """But what holds for the role as a whole comes before anything of single agents."""
    agents = [refusal("agent"), refusal("gpus"), refusal("gpus")]

    assert "the capability GPU_RESOURCES" in advise(view(*agents))
    assert "a REVIVE of role own" in advise(view(*agents, refusal("suppressed")))


def test_limit_is_named_even_where_a_refusal_hides_it() -> None:
    """What is offered up to a limit lacks what is wanted, and is refused for that."""
    quota = {"limit": {"cpus": 0.0, "mem": 64.0}, "guarantee": {}, "consumed": {"mem": 32.0}}
    expected = (
        "a higher limit of role own, which may have cpus:0 mem:64 and has mem:32: koinon quota set own --limit cpus=..."
    )

    assert expected == advise(view(refusal("limit"), quota=quota))
    assert expected == advise(view(refusal("refused"), quota=quota))


def test_who_refuses_all_wants_more_than_there_is() -> None:
    """The most that is free on any one agent, and what it says it wants at least, where it says so."""
    agents = [refusal("refused", cpus=4.0, mem=100.0), refusal("refused", cpus=2.0, mem=900.0)]
    refused = [{"agent_id": "S0", "amounts": {"cpus": 4.0, "mem": 100.0}}]
    revive = "; or a REVIVE, which ends its refusals, if it can use what is there after all"
    free = "(cpus:4 mem:900 is the most that is free now)"

    assert f"an agent with more than it refused, which was up to cpus:4 mem:100 {free}{revive}" == advise(
        view(*agents, standing={"refused": refused})
    )
    assert f"an agent with mem:9999 {free}{revive}" == advise(view(*agents, standing={"least": [{"mem": 9999.0}]}))
    assert "an agent with mem:9999 free: at most cpus:1 is free on one" == advise(
        view(refusal("too little", cpus=1.0), standing={"least": [{"mem": 9999.0}]})
    )


def test_next_in_line_waits_for_tasks_that_end() -> None:
    """The role with most by its weight is named, not the one with most."""
    levels = [[rival("own", 0.0), rival("heavy", 0.6, 6.0), rival("light", 0.4)]]

    assert (
        "tasks of role light that end (its share is 40%), or another agent: it is next in line for whatever comes free"
        == advise(view(refusal("allocated"), standing={"levels": levels}))
    )


def test_weight_that_would_put_it_first() -> None:
    """Its share by that weight is just what the one before it has by his."""
    levels = [[rival("heavy", 0.6, 6.0), rival("own", 0.4)]]
    advice = advise(view(refusal("allocated"), standing={"levels": levels}))

    assert "a weight of more than 4 (koinon role weight own ...): role heavy is asked before it" in advice


def test_who_holds_all_competes_with_nobody() -> None:
    """Its own tasks are all that could end."""
    assert "it has all that there is" in advise(view(refusal("allocated")))


def test_holder_of_an_open_offer_is_told_what_it_has(run: Koinon, cluster: OperatedCluster) -> None:
    """On a real master: what it holds, its shares, the agent that is not offered again, the advice at the end."""
    lines = run("framework", "why", "raw").out.splitlines()
    document = json.loads(run("framework", "why", "raw", "--json").out)

    assert f"raw ({cluster.framework_id}) is connected; it holds -, and is offered cpus:4 " in lines[0]
    assert "role *: it has 100.0%, its fair share is 100.0%" == lines[1]
    assert lines[2].startswith("  fake (S")
    assert "nothing free: everything is allocated" in lines[2]
    assert f"would be fed by: {document['advice']}" == lines[-1]
    assert [cluster.agent_id] == [each["agent_id"] for each in document["roles"][0]["agents"]]


def test_of_nobody_there_is_nothing_to_say(run: Koinon) -> None:
    """A framework that is not there is 3."""
    assert ExitCode.NOT_FOUND == run("framework", "why", "nobody").code

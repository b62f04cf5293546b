"""Rows of roles: shares, dues, and why those who want something get nothing."""

from __future__ import annotations

from typing import Any

from fakes.master_bench import MasterBench, make_framework
from fakes.ui_bench import UiBench
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.offers import Filters
from koinon_core.operator_api import DeactivateAgent, UpdateQuota, UpdateWeights
from koinon_core.permissions import NONE, Acls, Action, Entity, Rule
from koinon_core.quota import QuotaConfig, WeightInfo
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Decline, Suppress
from koinon_master.allocator.interface import Refusal
from koinon_master.config import MasterConfig
from koinon_master.ui.roles import find_dominant, find_fair_shares
from koinon_master.ui.starvation import Cause, Starvation, count_causes, find_wishes

CLERK = Entity.of("clerk")


def refusal(agent: str, name: str, reason: str) -> Refusal:
    """Of one framework in one role."""
    return Refusal(framework_id=FrameworkId("f"), role="r", agent_id=AgentId(agent), filter=name, reason=reason)


def role(weight: float = 1.0, wants: bool = True, **more: Any) -> dict[str, Any]:
    """What dues are found from."""
    return {"weight": weight, "wants": wants, "allocated": {}, "offered": {}, "frameworks": [], **more}


def test_a_role_says_what_it_holds_and_what_is_its_due() -> None:
    """By weight, among those that want something; quota beside what counts against it."""
    bench = MasterBench()
    bench.ask(UpdateWeights(weight_infos=(WeightInfo(role="web", weight=3.0),)))
    limit = QuotaConfig(role="web", guarantees={"cpus": Scalar.of(1)}, limits={"cpus": Scalar.of(8)})
    bench.ask(UpdateQuota(force=True, quota_configs=(limit,)))
    bench.add_agent("cpus:8;mem:1024")
    web = bench.add_framework(make_framework("web", "web"))
    bench.launch(web, "t1", resources="cpus:2;mem:768")
    bench.add_framework(make_framework("db", "db"))
    rows = UiBench(bench).rows("roles")

    assert (0.75, "mem", 0.75) == tuple(rows["web"][name] for name in ("share", "dominant", "fair_share"))
    assert ({"cpus": 1.0}, {"cpus": 8.0}) == (rows["web"]["guarantees"], rows["web"]["limits"])
    assert {"cpus": 2.0, "mem": 768.0} == rows["web"]["allocated"] == rows["web"]["consumed"]
    assert (0.25, True, [web]) == (rows["db"]["fair_share"], rows["db"]["wants"], rows["web"]["frameworks"])


def test_who_starves_is_told_why() -> None:
    """In the allocator's words, with how many agents each reason holds for; who holds an offer does not starve."""
    bench = MasterBench()
    framework_id = bench.add_framework(make_framework("web", "web"))
    agents = [bench.add_agent() for _ in range(3)]
    for offer in bench.offers(framework_id):
        bench.call(framework_id, Decline(offer_ids=(offer.id,), filters=Filters(500.0)))
    bench.ask(DeactivateAgent(agents[0]))
    ui = UiBench(bench)
    starving = ui.rows("roles")["web"]["starves"]
    bench.add_agent()
    bench.now += 2

    assert [2, 1] == [cause["agents"] for cause in starving]
    assert "refused cpus:4" in starving[0]["reason"]
    assert (
        "the agent is deactivated: nothing of it is offered until it is activated again; its tasks go on"
        == starving[1]["reason"]
    )
    assert "starves" not in ui.rows("roles")["web"]


def test_who_wants_nothing_does_not_starve() -> None:
    """One that suppressed its offers, and one that is away."""
    bench = MasterBench()
    quiet = bench.add_framework(make_framework("quiet", "a"))
    away = bench.add_framework(make_framework("away", "b", failover_timeout=60.0))
    loud = bench.add_framework(make_framework("loud", "c"))
    bench.call(quiet, Suppress())
    bench.leave(away)
    rows = UiBench(bench).rows("roles")

    assert [(loud, "c")] == find_wishes(bench.master.state)
    assert [False, False, True] == [rows[name]["wants"] for name in "abc"]


def test_a_few_are_asked_about_at_a_time() -> None:
    """Those longest ago first, so that all have their turn; who wants nothing any more is forgotten."""
    bench = MasterBench()
    ids = [bench.add_framework(make_framework(f"f{n}", f"r{n}")) for n in range(3)]
    for _ in range(2):
        bench.ask(DeactivateAgent(bench.add_agent()))
    wishes = find_wishes(bench.master.state)
    starvation, seen = Starvation(max_pairs=4), []
    for _ in range(3):
        starvation.look(bench.master.state, wishes)
        seen.append([len(starvation.causes_of([wish])) for wish in wishes])
    starvation.look(bench.master.state, wishes[:1])

    assert [(framework_id, f"r{n}") for n, framework_id in enumerate(ids)] == wishes
    assert [[1, 1, 0], [1, 1, 1], [1, 1, 1]] == seen
    assert [] == starvation.causes_of(wishes[1:])


def test_reasons_are_counted_by_agents() -> None:
    """One sentence where all have the same, else what is common to them with one for example."""
    found = [
        refusal("a", "allocated", "everything is allocated: cpus:1 to x"),
        refusal("b", "allocated", "everything is allocated: cpus:2 to y"),
        refusal("a", "agent", "the agent is away"),
        refusal("c", "new", "odd"),
        refusal("d", "new", "odder"),
        refusal("e", "new", "odd"),
    ]

    assert [
        Cause("the agent is not offered; for example, odd", 3),
        Cause("for example, everything is allocated: cpus:1 to x", 2),
        Cause("the agent is away", 1),
    ] == count_causes(found)


def test_dues_go_down_the_tree() -> None:
    """Siblings share their parent's due; who wants and holds nothing takes no part, but is told its own due."""
    rows = {
        "a": role(2.0, frameworks=["f"]),
        "a/x": role(),
        "a/y": role(2.0),
        "b": role(),
        "idle": role(wants=False),
        "held": role(wants=False, allocated={"cpus": 1.0}),
    }

    assert {"a": 0.5, "a/x": 0.125, "a/y": 0.25, "b": 0.25, "idle": 0.2, "held": 0.25} == find_fair_shares(rows)


def test_the_dominant_resource_is_the_one_of_which_most_is_held() -> None:
    """As a part of all there is; what there is none of does not count."""
    assert ("mem", 0.5) == find_dominant({"cpus": 1.0, "mem": 50.0, "ports": 7.0}, {"cpus": 4.0, "mem": 100.0})
    assert (None, 0.0) == find_dominant({"ports": 7.0}, {"cpus": 4.0})


def test_roles_are_hidden_from_those_who_may_not_see_them() -> None:
    """And why they starve with them."""
    rules = {Action.VIEW_ROLES: (Rule(CLERK, Entity.of("web")), Rule(CLERK, NONE))}
    bench = MasterBench(MasterConfig(registry="in_memory", acls=Acls(rules=rules)))
    for name in ("web", "db"):
        bench.add_framework(make_framework(name, name))
    ui = UiBench(bench)

    assert {"web"} == set(ui.rows("roles", "clerk"))
    assert {"web", "db"} == set(ui.rows("roles", "boss"))


def test_roles_are_added_up_at_most_every_two_seconds() -> None:
    """However much happens: it takes a look at all agents."""
    bench = MasterBench()
    ui = UiBench(bench)
    bench.add_framework(make_framework("a", "a"))
    before = ui.rows("roles")
    bench.add_framework(make_framework("b", "b"))
    at_once = ui.rows("roles")
    bench.now += 2

    assert before == at_once
    assert {"a", "b"} == set(ui.rows("roles"))

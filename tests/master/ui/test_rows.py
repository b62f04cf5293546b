"""What single rows say: of agents, tasks, frameworks, the cluster, and to whom."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework, make_task
from fakes.ui_bench import UiBench
from koinon_core.agent_link import UsageReport
from koinon_core.containers import CommandInfo, DurationInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.operator_api import DeactivateAgent, DrainAgent
from koinon_core.permissions import NONE, Acls, Action, Entity, Rule
from koinon_core.tasks import TaskState
from koinon_daemon.errors import ApiError
from koinon_master.config import MasterConfig
from koinon_master.ui.source import MAX_SIGHTS

CLERK = Entity.of("clerk")


def test_an_agent_says_what_it_has_and_who_has_it() -> None:
    """Amounts by name, of ports how many."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:1024;ports:[31000-31009];disk(db):100")
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t1", resources="cpus:1.5;mem:128;ports:[31002-31003]")
    bench.say(agent_id, UsageReport(cpus=0.25, mem=12.5))
    row = UiBench(bench).rows("agents")[agent_id]

    assert {"cpus": 4.0, "mem": 1024.0, "ports": 10.0, "disk": 100.0} == row["total"]
    assert {"cpus": 1.5, "mem": 128.0, "ports": 2.0} == row["allocated"]
    assert {"db": {"disk": 100.0}} == row["reserved"]
    assert {"cpus": 0.25, "mem": 12.5} == row["used"]
    assert ("active", 1) == (row["state"], row["tasks"])


def test_an_agent_that_broke_off_says_nothing_of_its_use() -> None:
    """What it measured last is no news any more."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    bench.say(agent_id, UsageReport(cpus=0.25, mem=12.5))
    bench.break_link(agent_id)
    row = UiBench(bench).rows("agents")[agent_id]

    assert "disconnected" == row["state"]
    assert "used" not in row


def test_why_an_agent_is_not_offered_is_a_sentence() -> None:
    """One that is drained has its terms beside it; one that was given up stays for a look."""
    bench = MasterBench()
    off, emptied, lost = (bench.add_agent() for _ in range(3))
    bench.launch(bench.add_framework(make_framework("f", capabilities="PARTITION_AWARE")), "t1")
    bench.ask(DeactivateAgent(off))
    bench.ask(DrainAgent(agent_id=emptied, max_grace_period=DurationInfo(7_000_000_000), mark_gone=False))  # type: ignore[arg-type]
    bench.break_link(lost)
    bench.pass_time(bench.config.agent_timeout + 1)
    rows = UiBench(bench).rows("agents")

    assert ["deactivated", "drained", "unreachable"] == [rows[one]["state"] for one in (off, emptied, lost)]
    assert {"gone": False, "began": 1000.0, "grace": 7.0} == rows[emptied]["drain"]
    assert "given up at 1970-01-01" in rows[lost]["why"]
    assert {} == rows[lost]["allocated"]


def test_a_task_says_since_when_and_where() -> None:
    """From its launch on, before anything is heard of it."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t1", resources="cpus:1;mem:64;ports:[31004-31005]")
    ui, key = UiBench(bench), f"{framework_id}/t1"
    staging = ui.rows("tasks")[key]
    bench.now += 5
    bench.update(framework_id, task, TaskState.TASK_RUNNING)
    running = ui.rows("tasks")[key]

    assert ("TASK_STAGING", 1000.0, 1000.0) == (staging["state"], staging["began"], staging["since"])
    assert ("TASK_RUNNING", 1000.0, 1005.0) == (running["state"], running["began"], running["since"])
    bench.now += 5
    bench.update(framework_id, task, TaskState.TASK_RUNNING, healthy=True)
    assert (1005.0, True) == ((row := ui.rows("tasks")[key])["since"], row["healthy"])
    assert ("h1", [31004, 31005]) == (running["host"], running["ports"])


def test_what_ended_is_counted_though_it_is_forgotten() -> None:
    """A framework's counts are of all that happened under this leader; live ones are where they stand."""
    bench = MasterBench(MasterConfig(registry="in_memory", max_completed_tasks_per_framework=1))
    bench.add_agent()
    framework_id = bench.add_framework()
    tasks = bench.launch(framework_id, "t1", "t2", "t3")
    for task in tasks[:2]:
        bench.update(framework_id, task, TaskState.TASK_FINISHED)
    bench.update(framework_id, tasks[2], TaskState.TASK_RUNNING)
    found = UiBench(bench).all_rows("frameworks", "cluster")

    assert {"TASK_RUNNING": 1, "TASK_FINISHED": 2} == found["frameworks"][framework_id]["tasks"]
    assert {"TASK_RUNNING": 1, "TASK_FINISHED": 2} == found["cluster"]["cluster"]["tasks"]
    assert {"sent": 1, "accepted": 1, "declined": 0, "rescinded": 0} == found["frameworks"][framework_id]["offers"]


def test_the_cluster_adds_up() -> None:
    """What tasks hold and what offers hold are told apart."""
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:1024")
    bench.add_agent("cpus:4;mem:1024")
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t1", resources="cpus:1;mem:64")
    row = UiBench(bench).rows("cluster")["cluster"]

    assert {"cpus": 8.0, "mem": 2048.0} == row["total"]
    assert {"cpus": 1.0, "mem": 64.0} == row["allocated"]
    assert {"cpus": 4.0, "mem": 1024.0} == row["offered"]
    assert ("m1:5050", 7.0, {"active": 2}, {"active": 1}) == tuple(
        row[name] for name in ("leader", "elected", "agents", "frameworks")
    )


def test_a_framework_that_ended_stays_for_a_look() -> None:
    """With its tasks."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t1")
    bench.leave(framework_id)
    found = UiBench(bench).all_rows("frameworks", "tasks", "cluster")

    assert ("completed", 1000.0) == tuple(found["frameworks"][framework_id][name] for name in ("state", "ended"))
    assert "TASK_KILLED" == found["tasks"][f"{framework_id}/t1"]["state"]
    assert {"completed": 1} == found["cluster"]["cluster"]["frameworks"]


def test_everybody_sees_what_they_may() -> None:
    """The clerk sees alice's frameworks alone, with their tasks, offers and answers; agents are everybody's.

    A guest, who sees no task, does not find them named in what became of offers either.
    """
    rules = {
        Action.VIEW_FRAMEWORKS: (Rule(CLERK, Entity.of("alice")), Rule(CLERK, NONE)),
        Action.VIEW_TASKS: (Rule(Entity.of("guest"), NONE),),
    }
    bench = MasterBench(MasterConfig(registry="in_memory", acls=Acls(rules=rules)))
    owners = {}
    for user in ("alice", "bob"):
        bench.add_agent()
        owners[user] = bench.add_framework(FrameworkInfo(user=user, name=user))
        bench.launch(owners[user], f"{user}s", resources="cpus:1;mem:64")
        bench.add_agent()
        bench.allocate()
    ui = UiBench(bench)
    seen, all_of_it = (ui.all_rows(principal=one) for one in ("clerk", "boss"))

    done = [[row["operations"] for row in ui.rows("answers", one).values()] for one in ("clerk", "boss", "guest")]
    assert [[["LAUNCH alices"]], [["LAUNCH alices"], ["LAUNCH bobs"]], [["LAUNCH"], ["LAUNCH"]]] == done
    assert {owners["alice"]} == set(seen["frameworks"])
    assert {f"{owners['alice']}/alices"} == set(seen["tasks"])
    for name in ("offers", "answers"):
        assert {owners["alice"]} == {row["framework"] for row in seen[name].values()}
        assert set(owners.values()) == {row["framework"] for row in all_of_it[name].values()}
    assert {"active": 1} == seen["cluster"]["cluster"]["frameworks"]
    assert {"TASK_STAGING": 2} == all_of_it["cluster"]["cluster"]["tasks"]
    assert [1, 0] == sorted((row["tasks"] for row in seen["agents"].values()), reverse=True)[:2]
    for agent_id, row in all_of_it["agents"].items():
        assert row | {"tasks": 0} == seen["agents"][agent_id] | {"tasks": 0}


def test_what_is_hidden_is_neither_named_nor_counted_in_what_is_not() -> None:
    """A framework of two roles and two users: the clerk's row of it, and of the agent, knows of one of each."""
    shown = {Action.VIEW_ROLES: "web", Action.VIEW_TASKS: "alice"}
    rules = {action: (Rule(CLERK, Entity.of(one)), Rule(CLERK, NONE)) for action, one in shown.items()}
    bench = MasterBench(MasterConfig(registry="in_memory", acls=Acls(rules=rules)))
    agent_id = bench.add_agent("cpus:4;mem:1024;cpus(db):1;cpus(web):1")
    framework_id = bench.add_framework(evolve(make_framework("two", "db", "web"), user="alice"))
    users = {"mine": "alice", "his": "bob", "ended": "bob"}
    tasks = [
        evolve(make_task(name, agent_id, "cpus:0.5;mem:32"), command=CommandInfo(value="true", user=user))
        for name, user in users.items()
    ]
    bench.accept(framework_id, [bench.offers(framework_id)[0].id], *tasks)
    bench.update(framework_id, tasks[2], TaskState.TASK_FINISHED)
    seen, whole = (UiBench(bench).all_rows("agents", "frameworks", "cluster", principal=one) for one in ("clerk", "b"))

    assert (["web"], ["db", "web"]) == tuple(each["frameworks"][framework_id]["roles"] for each in (seen, whole))
    assert ({"web"}, {"db", "web"}) == tuple(set(each["agents"][agent_id]["reserved"]) for each in (seen, whole))
    assert (1, 2) == tuple(each["agents"][agent_id]["tasks"] for each in (seen, whole))
    for name, key in (("frameworks", framework_id), ("cluster", "cluster")):
        assert {"TASK_STAGING": 1} == seen[name][key]["tasks"]
        assert {"TASK_STAGING": 2, "TASK_FINISHED": 1} == whole[name][key]["tasks"]


def test_more_readers_than_there_is_room_for_are_told() -> None:
    """Each with rights of his own: who reads already goes on, and a newcomer has the place of one who left."""
    rules = {Action.VIEW_FRAMEWORKS: (Rule(CLERK, NONE),)}
    bench = MasterBench(MasterConfig(registry="in_memory", acls=Acls(rules=rules)))
    ui = UiBench(bench)
    names = [str(number) for number in range(MAX_SIGHTS)]
    before = [ui.tables("offers", principal=name)["offers"] for name in names]
    with pytest.raises(ApiError, match="as many as are served"):
        ui.tables("offers", principal="one more")
    again = [ui.tables("offers", principal=name)["offers"] for name in names]
    bench.pass_time(60.0)
    newcomer = ui.tables("offers", principal="one more")

    assert all(table is the_same for table, the_same in zip(before, again, strict=True))
    assert ["offers"] == list(newcomer)

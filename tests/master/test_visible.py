"""The part of a master's memory that a principal may see: documents, events, and that nothing leaks between readers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework, make_task
from koinon_core.agents import Unavailability
from koinon_core.containers import CommandInfo, TimeInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import ExecutorId, FrameworkId
from koinon_core.maintenance import MachineId, Schedule, Window
from koinon_core.operator_api import ReserveResources
from koinon_core.permissions import NONE, Acls, Action, Entity, Rule
from koinon_core.quota import QuotaConfig
from koinon_core.resources import Kind, Reservation, ReservationType, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_core.tasks import ExecutorInfo, TaskState
from koinon_core.visibility import Visibility
from koinon_master import views
from koinon_master.config import MasterConfig
from koinon_master.operator_events import (
    AgentAdded,
    FrameworkAdded,
    FrameworkRemoved,
    FrameworkUpdated,
    OperatorEvent,
    TaskAdded,
    TaskUpdated,
)
from koinon_master.registry.records import MaintenanceRecord
from koinon_master.state import ClusterState
from koinon_master.views.visible import is_event_visible, visible_part

CLERK = Entity.of("clerk")


def hiding(action: Action, *shown: str) -> Acls:
    """The clerk may see these and no others."""
    return Acls(rules={action: (Rule(CLERK, Entity.of(*shown)), Rule(CLERK, NONE))})


def make_bench(acls: Acls) -> tuple[MasterBench, FrameworkId, FrameworkId]:
    """Two frameworks, of alice in role web and of bob in role db, with a task each."""
    bench = MasterBench(MasterConfig(registry="in_memory", acls=acls))
    bench.add_agent("cpus:2;mem:1024")
    alices = bench.add_framework(owned_by("alice", "web"))
    bench.launch(alices, "a1")
    bench.add_agent("cpus:2;mem:1024")
    bobs = bench.add_framework(owned_by("bob", "db"))
    bench.launch(bobs, "b1")
    return bench, alices, bobs


def owned_by(user: str, role: str) -> FrameworkInfo:
    return evolve(make_framework(user, role), user=user)


def seen_by(state: ClusterState, principal: str) -> ClusterState:
    return visible_part(state, Visibility(permissions=state.permissions, principal=principal))


def plain(document: Any) -> Any:
    return orjson.loads(orjson.dumps(document))


def names_and_tasks(state: ClusterState) -> list[tuple[str, list[str]]]:
    shown = plain(views.show_state(state))["frameworks"]
    return [(one["name"], [task["id"] for task in one["tasks"]]) for one in shown]


WHOLE = [("alice", ["a1"]), ("bob", ["b1"])]


def test_whole_memory_is_itself_where_nothing_is_hidden() -> None:
    """No list of what may be seen: not even a copy is made."""
    bench, _, _ = make_bench(hiding(Action.RUN_TASKS, "alice", "bob"))

    assert bench.master.state is seen_by(bench.master.state, "clerk")


@pytest.mark.parametrize(
    ("action", "expected"),
    [(Action.VIEW_FRAMEWORKS, [("alice", ["a1"])]), (Action.VIEW_TASKS, [("alice", ["a1"]), ("bob", [])])],
)
def test_hidden_things_are_left_out_for_their_reader_alone(action: Action, expected: list[Any]) -> None:
    """Whoever asked before: what is kept of a document never serves another reader."""
    bench, _, _ = make_bench(hiding(action, "alice"))
    state = bench.master.state
    readings = [names_and_tasks(seen_by(state, who)) for who in ("ops", "clerk", "ops", "clerk")]

    assert [WHOLE, expected, WHOLE, expected] == readings


def test_every_document_leaves_it_out() -> None:
    """Of the older endpoints and of the operator API."""
    bench, _, bobs = make_bench(hiding(Action.VIEW_FRAMEWORKS, "alice"))
    seen = seen_by(bench.master.state, "clerk")
    documents = {
        "frameworks": views.show_frameworks(seen),
        "tasks": views.encode_tasks(views.all_tasks(seen)),
        "summary": views.show_summary(seen)["frameworks"],
        "GET_TASKS": views.answer_tasks(seen),
        "GET_FRAMEWORKS": views.answer_frameworks(seen),
        "GET_EXECUTORS": views.answer_executors(seen),
        "GET_STATE": {name: part for name, part in views.answer_state(seen).items() if name != "get_agents"},
    }

    assert [] == [name for name, document in documents.items() if bobs in str(plain(document))]


def test_executors_are_hidden_by_their_user() -> None:
    """In GET_EXECUTORS and with their framework; what they use of agents is still counted."""
    bench = MasterBench(MasterConfig(registry="in_memory", acls=hiding(Action.VIEW_EXECUTORS, "alice")))
    bench.add_agent()
    framework_id = bench.add_framework(owned_by("bob", "db"))
    launch_with_executor(bench, framework_id)
    state = bench.master.state
    readings = []
    for who in ("ops", "clerk", "ops"):
        seen = seen_by(state, who)
        shown = plain(views.show_state(seen))
        readings.append(
            (
                len(plain(views.answer_executors(seen))["executors"]),
                [len(one["executors"]) for one in shown["frameworks"]],
                [agent["used_resources"]["cpus"] for agent in shown["slaves"]],
            )
        )

    assert [(1, [1], [1.5]), (0, [0], [1.5]), (1, [1], [1.5])] == readings


def launch_with_executor(bench: MasterBench, framework_id: FrameworkId) -> None:
    offer = bench.offers(framework_id)[0]
    executor = ExecutorInfo(
        executor_id=ExecutorId("e"),
        framework_id=framework_id,
        command=CommandInfo(value="run"),
        resources=parse_resources("cpus:0.5;mem:32"),
    )
    task = evolve(make_task("t", offer.agent_id), command=None, executor=executor)
    bench.accept(framework_id, [offer.id], task)


def test_roles_their_weights_and_quotas_are_hidden_by_name() -> None:
    """Weights go with the role; quotas have a list of their own."""
    rules = {**hiding(Action.VIEW_ROLES, "web").rules, **hiding(Action.GET_QUOTAS, "db").rules}
    bench, _, _ = make_bench(Acls(rules=rules))
    state = bench.master.state
    state.weights.update(web=2.0, db=3.0)
    state.quotas.update({role: QuotaConfig(role=role, limits={"cpus": Scalar.of(1)}) for role in ("web", "db")})
    seen = seen_by(state, "clerk")

    assert ["web"] == [role["name"] for role in plain(views.answer_roles(seen))["roles"]]
    assert ["web"] == [weight["role"] for weight in views.show_weights(seen)]
    assert ["db"] == [config["role"] for config in plain(views.answer_quota(seen))["configs"]]


def test_agents_do_not_name_hidden_roles() -> None:
    """Whoever asked before. Older endpoints still tell all amounts, in sums; the operator API lists the rest alone."""
    bench = MasterBench(MasterConfig(registry="in_memory", acls=hiding(Action.VIEW_ROLES, "web", "*")))
    bench.add_agent("cpus:4;mem:1024;cpus(db):1;cpus(web):1")
    bench.launch(bench.add_framework(owned_by("bob", "db")), "b1")
    readings = []
    for who in ("ops", "clerk", "ops", "clerk"):
        seen = seen_by(bench.master.state, who)
        documents = [views.show_state(seen)["slaves"], views.show_summary(seen)["slaves"], views.answer_agents(seen)]
        texts = [str(plain(document)) for document in (*documents, views.show_agents(seen))]
        readings.append([("'web'" in text, "'db'" in text) for text in texts])
        assert [6.0] == [agent["resources"]["cpus"] for agent in plain(views.show_agents(seen))["slaves"]]

    whole, part = [(True, True)] * 4, [(True, False)] * 4
    assert [whole, part, whole, part] == readings


def test_maintenance_is_seen_whole_or_not_at_all() -> None:
    """Schedule and status have lists of their own (mesos-semantics 11)."""
    schedule = {Action.GET_MAINTENANCE_SCHEDULES: (Rule(CLERK, NONE),)}
    bench, _, _ = make_bench(Acls(rules=schedule))
    state = bench.master.state
    window = Window(unavailability=Unavailability(start=TimeInfo(1)), machine_ids=(MachineId(hostname="h1"),))
    state.machines.set(MaintenanceRecord(schedule=Schedule((window,))))
    shown = [
        (bool(views.show_schedule(seen)), bool(views.show_status(seen)))
        for seen in (seen_by(state, "ops"), seen_by(state, "clerk"))
    ]

    assert [(True, True), (False, True)] == shown


def test_operations_are_hidden_by_the_roles_of_their_resources() -> None:
    """GET_OPERATIONS shows reservations of roles that one may see."""
    bench = MasterBench(MasterConfig(registry="in_memory", acls=hiding(Action.VIEW_ROLES, "web")))
    agent_id = bench.add_agent()
    for role in ("web", "db"):
        reservation = Reservation(role=role, type=ReservationType.DYNAMIC, principal="ops")
        wanted = Resources((Resource(Kind(name="cpus", reservations=(reservation,)), Scalar.of(1)),))
        assert (202, "") == bench.ask(ReserveResources(agent_id=agent_id, resources=wanted), "ops")
    state = bench.master.state
    shown = [str(plain(views.answer_operations(seen_by(state, who)))) for who in ("ops", "clerk")]

    assert [(True, True), (True, False)] == [("'web'" in text, "'db'" in text) for text in shown]


def test_subscribers_hear_of_what_they_may_see() -> None:
    """Agents' events are everybody's."""
    rules = {**hiding(Action.VIEW_FRAMEWORKS, "alice").rules, **hiding(Action.VIEW_TASKS, "alice").rules}
    bench, alices, bobs = make_bench(Acls(rules=rules))
    state = bench.master.state
    clerk = Visibility(permissions=state.permissions, principal="clerk")

    def events_of(framework_id: FrameworkId, task_id: str) -> list[OperatorEvent]:
        framework = state.frameworks[framework_id]
        task = next(task for task in framework.tasks.values() if task.id == task_id)
        status = bench.update(framework_id, task.info, TaskState.TASK_RUNNING)
        return [
            TaskAdded(task),
            TaskUpdated(framework_id=framework_id, status=status, state=status.state),
            FrameworkAdded(framework),
            FrameworkUpdated(framework),
            FrameworkRemoved(framework.info),
        ]

    heard = [
        [is_event_visible(state, clerk, one) for one in events_of(*whose)] for whose in ((alices, "a1"), (bobs, "b1"))
    ]
    agent = next(iter(state.agents.values()))

    assert [[True] * 5, [False] * 5] == heard
    assert is_event_visible(state, clerk, AgentAdded(agent))

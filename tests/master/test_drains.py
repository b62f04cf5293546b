"""Agents that operators drain, deactivate, reactivate or declare gone."""

from __future__ import annotations

import pytest

from fakes.master_bench import MasterBench, make_framework
from koinon_core.agent_link import AgentTask, Drain, Reactivate, Refused, ShutdownAgent
from koinon_core.agents import AgentInfo, DrainConfig, DrainInfo, DrainState, DurationValue
from koinon_core.containers import DurationInfo
from koinon_core.ids import AgentId, FrameworkId, TaskId, Uuid
from koinon_core.operator_api import DeactivateAgent, DrainAgent, MarkAgentGone, OperatorWrite, ReactivateAgent
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Acknowledge, Failure, Reconcile, ReconcileTask, Rescind
from koinon_core.tasks import TaskInfo, TaskState, TaskStatusReason
from koinon_master.events import RegistryRecovered
from koinon_master.operator_events import AgentRemoved
from koinon_master.registry.records import AgentRecord, BeginDrain, Registry

OK = (200, "")


def _busy_bench() -> tuple[MasterBench, AgentId, FrameworkId, TaskInfo]:
    """An agent with one task, and a framework that holds the rest in an offer."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework(make_framework(capabilities="PARTITION_AWARE"))
    (task,) = bench.launch(framework_id, "t")
    return bench, agent_id, framework_id, task


def _end(bench: MasterBench, framework_id: FrameworkId, task: TaskInfo) -> None:
    bench.update(framework_id, task, TaskState.TASK_KILLED)
    bench.call(framework_id, Acknowledge(agent_id=task.agent_id, task_id=task.task_id, uuid=Uuid(b"u" * 16)))


def _drain_state(bench: MasterBench, agent_id: AgentId) -> DrainState | None:
    drain = bench.master.state.agents[agent_id].drain
    return None if drain is None else drain.state


def test_agent_is_drained_when_its_last_task_is_acknowledged() -> None:
    """It is told the terms, offers nothing any more, and is DRAINED once nothing of it is left."""
    bench, agent_id, framework_id, task = _busy_bench()
    other = bench.add_framework()

    answer = bench.ask(DrainAgent(agent_id=agent_id, max_grace_period=DurationValue(seconds=5)))
    told = bench.orders_for(agent_id, Drain)
    under_way = _drain_state(bench, agent_id)
    bench.update(framework_id, task, TaskState.TASK_KILLED)
    unacknowledged = _drain_state(bench, agent_id)
    bench.call(framework_id, Acknowledge(agent_id=agent_id, task_id=task.task_id, uuid=Uuid(b"u" * 16)))

    assert OK == answer
    assert [Drain(DrainConfig(max_grace_period=DurationInfo.of_seconds(5)))] == told
    assert [DrainState.DRAINING] * 2 == [under_way, unacknowledged]
    assert DrainState.DRAINED == _drain_state(bench, agent_id)
    assert [] == bench.offers(framework_id) + bench.offers(other)


def test_offers_of_a_draining_agent_are_rescinded() -> None:
    """And its resources go to nobody until it is reactivated."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    (offer,) = bench.offers(framework_id)

    bench.ask(DrainAgent(agent_id=agent_id))
    meanwhile = bench.offers(framework_id)
    answer = bench.ask(ReactivateAgent(agent_id))

    assert [Rescind(offer.id)] == bench.heard(bench.stream_of(framework_id), Rescind)
    assert [] == meanwhile
    assert OK == answer
    assert 1 == len(bench.offers(framework_id))
    assert [Reactivate()] == bench.orders_for(agent_id, Reactivate)
    assert _drain_state(bench, agent_id) is None


def test_nothing_is_done_before_the_registry_has_it() -> None:
    """Neither the agent nor the operator hears of a drain that a crash would forget."""
    bench, agent_id, _, _ = _busy_bench()
    bench.stores_at_once = False

    early = bench.ask(DrainAgent(agent_id=agent_id))
    told = bench.orders_for(agent_id, Drain)
    operations = bench.operations[:]
    bench.store()

    assert early is None
    assert [] == told
    assert [BeginDrain] == [type(one) for one in operations]
    assert 1 == len(bench.orders_for(agent_id, Drain))
    assert [OK] == list(bench.answers.values())


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (DrainAgent(agent_id=AgentId("no")), (400, "Unknown agent")),
        (DeactivateAgent(AgentId("no")), (400, "Unknown agent")),
        (ReactivateAgent(AgentId("no")), (400, "Agent is not deactivated")),
        (MarkAgentGone(AgentId("no")), (404, "Agent 'no' not found")),
    ],
)
def test_agent_that_nobody_knows(call: OperatorWrite, expected: tuple[int, str]) -> None:
    """The answers of Mesos."""
    assert expected == MasterBench().ask(call)


def test_draining_agent_is_not_reactivated() -> None:
    """It has to be empty first; an agent that was never deactivated can't be reactivated either."""
    bench, agent_id, _, _ = _busy_bench()

    before = bench.ask(ReactivateAgent(agent_id))
    bench.ask(DrainAgent(agent_id=agent_id))

    assert (400, "Agent is not deactivated") == before
    assert (400, "Agent is still in the DRAINING state") == bench.ask(ReactivateAgent(agent_id))


def test_negative_grace_is_refused() -> None:
    """The field is named."""
    bench = MasterBench()
    agent_id = bench.add_agent()

    status, text = bench.ask(DrainAgent(agent_id=agent_id, max_grace_period=DurationValue(seconds=-1))) or (0, "")

    assert 400 == status
    assert "max_grace_period" in text


def test_deactivated_agent_keeps_its_tasks() -> None:
    """Its offers go, and nothing else; it stays so over a broken link."""
    bench, agent_id, framework_id, task = _busy_bench()
    info = bench.agent_info(agent_id)

    answer = bench.ask(DeactivateAgent(agent_id))
    bench.break_link(agent_id)
    bench.return_agent(info, AgentTask(framework_id=framework_id, task=task))
    fresh = bench.add_framework()

    assert OK == answer
    assert [] == bench.updates(framework_id)
    assert [] == bench.offers(fresh)
    assert [] == bench.orders_for(agent_id, Drain)


def test_unreachable_agent_is_drained_when_it_is_back() -> None:
    """It is told on its return, and its tasks count until they have ended."""
    bench, agent_id, framework_id, task = _busy_bench()
    info = bench.agent_info(agent_id)
    bench.break_link(agent_id)
    bench.pass_time(75)

    answer = bench.ask(DrainAgent(agent_id=agent_id))
    bench.return_agent(info, AgentTask(framework_id=framework_id, task=task))
    under_way = _drain_state(bench, agent_id)
    _end(bench, framework_id, task)

    assert OK == answer
    assert [Drain(DrainConfig())] == bench.orders_for(agent_id, Drain)
    assert DrainState.DRAINING is under_way
    assert DrainState.DRAINED is _drain_state(bench, agent_id)


def test_draining_agent_that_turns_unreachable_goes_on_draining() -> None:
    """What was wanted of it is remembered with it."""
    bench, agent_id, framework_id, task = _busy_bench()
    info = bench.agent_info(agent_id)
    bench.ask(DrainAgent(agent_id=agent_id))

    bench.break_link(agent_id)
    bench.pass_time(75)
    bench.return_agent(info, AgentTask(framework_id=framework_id, task=task))

    assert DrainState.DRAINING is _drain_state(bench, agent_id)
    assert 1 == len(bench.orders_for(agent_id, Drain))


def test_drain_survives_the_leader() -> None:
    """The next leader finds it in the registry, waits for the agent, and goes on."""
    bench, agent_id, framework_id, task = _busy_bench()
    bench.stores_at_once = False
    bench.ask(DrainAgent(agent_id=agent_id, mark_gone=False))
    info = bench.agent_info(agent_id)
    registry = Registry({agent_id: AgentRecord(info=info)})
    registry.apply(bench.operations[0])
    next_leader = MasterBench()
    next_leader.push(RegistryRecovered(registry))
    waiting = _drain_state(next_leader, agent_id)

    described = bench.master.state.frameworks[framework_id].info
    next_leader.return_agent(info, AgentTask(framework_id=framework_id, task=task), frameworks=(described,))

    assert DrainState.DRAINING is waiting
    assert DrainState.DRAINING is _drain_state(next_leader, agent_id)
    assert 1000.0 == next_leader.master.state.agents[agent_id].drain_started
    assert 1 == len(next_leader.orders_for(agent_id, Drain))


def test_agent_that_is_not_back_yet_waits_for_its_drain() -> None:
    """Nobody knows what runs on it, so it is not drained before it says so; and it may be gone without coming back."""
    info = AgentInfo(hostname="h", id=AgentId("old-S0"), resources=parse_resources("cpus:1;mem:64"))
    bench = MasterBench()
    bench.push(RegistryRecovered(Registry({AgentId("old-S0"): AgentRecord(info=info)})))

    answers = [bench.ask(DrainAgent(agent_id=AgentId("old-S0"))), bench.ask(DeactivateAgent(AgentId("old-S0")))]
    waiting = _drain_state(bench, AgentId("old-S0"))
    answers.append(bench.ask(MarkAgentGone(AgentId("old-S0"))))

    assert [OK] * 3 == answers
    assert DrainState.DRAINING is waiting
    assert [AgentId("old-S0")] == list(bench.master.state.gone)
    assert set() == bench.master.state.recovering


def test_agent_that_is_drained_for_good_is_gone_afterwards() -> None:
    """Its id is burnt, and it is told to end."""
    bench, agent_id, framework_id, task = _busy_bench()
    link_id = bench.link_of(agent_id)

    bench.ask(DrainAgent(agent_id=agent_id, mark_gone=True))
    _end(bench, framework_id, task)

    assert {} == bench.master.state.agents
    assert [agent_id] == list(bench.master.state.gone)
    assert ShutdownAgent("Agent has been marked gone") in bench.orders[link_id]


def test_agent_marked_gone_loses_its_tasks_and_never_returns() -> None:
    """Tasks are gone by the operator, frameworks hear FAILURE, operators AGENT_REMOVED; the second time is fine."""
    bench, agent_id, framework_id, task = _busy_bench()
    info, link_id = bench.agent_info(agent_id), bench.link_of(agent_id)

    answers = [bench.ask(MarkAgentGone(agent_id)), bench.ask(MarkAgentGone(agent_id))]
    told = bench.return_agent(info, AgentTask(framework_id=framework_id, task=task))

    assert [OK, OK] == answers
    (status,) = bench.updates(framework_id)
    assert (TaskState.TASK_GONE_BY_OPERATOR, TaskStatusReason.REASON_AGENT_REMOVED_BY_OPERATOR) == (
        status.state,
        status.reason,
    )
    assert [Failure(agent_id=agent_id)] == bench.heard(bench.stream_of(framework_id), Failure)
    assert AgentRemoved(agent_id) in bench.published
    assert ShutdownAgent("Agent has been marked gone") in bench.orders[link_id]
    assert [Refused(reason="Agent has been marked gone", is_final=True)] == told


def test_unreachable_agent_can_be_gone_too() -> None:
    """What was unreachable on it is gone then, and reconciliation says the same."""
    bench, agent_id, framework_id, _ = _busy_bench()
    bench.break_link(agent_id)
    bench.pass_time(75)

    answer = bench.ask(MarkAgentGone(agent_id))
    bench.call(framework_id, Reconcile((ReconcileTask(task_id=TaskId("t"), agent_id=agent_id),)))

    assert OK == answer
    assert {} == bench.master.state.unreachable
    assert [TaskState.TASK_UNREACHABLE, TaskState.TASK_GONE_BY_OPERATOR, TaskState.TASK_GONE_BY_OPERATOR] == [
        status.state for status in bench.updates(framework_id)
    ]


def test_agent_whose_membership_changes_can_not_be_gone_now() -> None:
    """503 while the registry is being told that it is unreachable; 409 for other wishes while it is being gone."""
    bench, agent_id, _, _ = _busy_bench()
    other = bench.add_agent()
    bench.stores_at_once = False
    bench.break_link(agent_id)
    bench.now += 75
    bench.pass_time(0)

    losing = bench.ask(MarkAgentGone(agent_id))
    first = bench.ask(MarkAgentGone(other))
    drain = bench.ask(DrainAgent(agent_id=other))
    reactivate = bench.ask(ReactivateAgent(other))
    second = bench.ask(MarkAgentGone(other))

    assert losing is not None
    assert first is None
    assert drain is not None
    assert reactivate is not None
    assert second is not None
    assert [503, 409, 409, 503] == [losing[0], drain[0], reactivate[0], second[0]]


def test_agent_that_goes_while_it_is_asked_for() -> None:
    """The operator hears that it was removed meanwhile."""
    bench, agent_id, _, _ = _busy_bench()
    bench.stores_at_once = False

    bench.ask(MarkAgentGone(agent_id))
    bench.master.state.marking_gone.clear()
    bench.ask(DeactivateAgent(agent_id))
    bench.store()

    assert [OK, (409, "Agent removed while processing the call")] == list(bench.answers.values())


def test_terms_of_a_drain_can_change() -> None:
    """The agent hears the new ones; a drained agent is drained anew."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    bench.ask(DrainAgent(agent_id=agent_id))

    bench.ask(DrainAgent(agent_id=agent_id, max_grace_period=DurationValue(seconds=1)))

    config = DrainConfig(max_grace_period=DurationInfo.of_seconds(1))
    assert DrainInfo(DrainState.DRAINED, config) == bench.master.state.agents[agent_id].drain
    assert 2 == len(bench.orders_for(agent_id, Drain))

"""How fast and how many agents are given up, who is let in, and how long those who left are remembered."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework
from koinon_core.agent_link import LINK_VERSION, Refused, Register, Unregister
from koinon_core.agents import AgentCapability, AgentCapabilityType, AgentInfo, DomainInfo, Unavailability
from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId
from koinon_core.maintenance import MachineId, Schedule, Window
from koinon_core.operator_api import MarkAgentGone, StartMaintenance, UpdateMaintenanceSchedule
from koinon_core.quota import QuotaConfig
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Failure
from koinon_core.tasks import TaskState
from koinon_master.agents.removal_limits import Percentage, RemovalRate, parse_percentage, parse_removal_rate
from koinon_master.config import MasterConfig
from koinon_master.errors import TooManyAgentsMissing
from koinon_master.events import LinkClosed, LinkId, OperationStored, RegisterReceived, RegistryRecovered
from koinon_master.operator_events import AgentAdded, AgentRemoved
from koinon_master.registry.records import AgentRecord, ForgetAgents, MarkAgentUnreachable, Registry, RemoveAgent

INFO = AgentInfo(hostname="h", resources=parse_resources("cpus:4;mem:4096"))
DAY = 86400.0


def _config(**changes: Any) -> MasterConfig:
    return evolve(MasterConfig(registry="in_memory"), **changes)


def _registry(count: int, **changes: Any) -> Registry:
    """So many agents of an earlier leader."""
    names = [AgentId(f"old-S{number}") for number in range(count)]
    return Registry({name: AgentRecord(info=evolve(INFO, id=name, port=6000 + len(name)), **changes) for name in names})


def _limit(role: str) -> QuotaConfig:
    return QuotaConfig(role=role, limits={"cpus": Scalar.of(1)})


# Silence


def test_silence_counts_from_the_last_sign_of_life() -> None:
    """However long it took to see that the link is dead."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    heard = bench.now
    bench.now += 22

    bench.push(LinkClosed(bench.link_of(agent_id), heard))
    bench.pass_time(52)
    before = list(bench.master.state.unreachable)
    bench.pass_time(1)

    assert [] == before
    assert [agent_id] == list(bench.master.state.unreachable)
    assert AgentRemoved(agent_id) in bench.published


def test_rate_limit_lets_agents_go_one_by_one() -> None:
    """The first at once, each next one after its time; one that comes back first is spared."""
    bench = MasterBench(_config(agent_removal_rate_limit=RemovalRate(1, 600.0)))
    first, second, third = (bench.add_agent() for _ in range(3))
    info = bench.agent_info(second)
    for agent_id in (first, second, third):
        bench.break_link(agent_id)

    bench.pass_time(75)
    at_once = list(bench.master.state.unreachable)
    bench.return_agent(info)
    bench.pass_time(599)
    waiting = list(bench.master.state.unreachable)
    bench.pass_time(1)

    assert [first] == at_once
    assert [first] == waiting
    assert [first, third] == list(bench.master.state.unreachable)
    assert bench.master.state.agents[second].is_connected
    tallies = bench.master.state.tallies
    assert (3, 2, 1) == tuple(tallies[f"slave_unreachable_{word}"] for word in ("scheduled", "completed", "canceled"))
    assert 2 == tallies["slave_removals/reason_unhealthy"]


@pytest.mark.parametrize("text", ["1", "0/1mins", "1/0secs", "x/1mins", "1/x", "-1/1mins"])
def test_bad_rate_is_refused(text: str) -> None:
    """The flag names what it wants."""
    with pytest.raises(ValueError, match=r"is not|removed"):
        parse_removal_rate(text)


@pytest.mark.parametrize("text", ["100", "101%", "-1%", "x%", "nan%", "50%%"])
def test_bad_percentage_is_refused(text: str) -> None:
    """From 0% to 100%, with the sign."""
    with pytest.raises(ValueError, match=r"is not|removed"):
        parse_percentage(text)


def test_limits_are_read_as_mesos_writes_them() -> None:
    """A count and a time; a percentage."""
    assert RemovalRate(1, 1200.0) == parse_removal_rate("1/20mins")
    assert Percentage(33.5) == parse_percentage("33.5%")


# Recovery


def test_leader_that_misses_too_many_agents_gives_up() -> None:
    """It says how many, and marks none unreachable."""
    bench = MasterBench(_config(recovery_agent_removal_limit=Percentage(50.0)))
    bench.push(RegistryRecovered(_registry(3)))
    bench.register(evolve(INFO, id=AgentId("old-S0")))

    bench.pass_time(600)

    (error,) = bench.given_up
    assert isinstance(error, TooManyAgentsMissing)
    assert "2 of 3 agents did not come back in time, more than --recovery_agent_removal_limit=50%" in str(error)
    assert {} == bench.master.state.unreachable


def test_agents_that_miss_the_new_leader_are_counted() -> None:
    """Within the limit they are unreachable, and every framework hears of it."""
    bench = MasterBench(_config(recovery_agent_removal_limit=Percentage(70.0)))
    bench.push(RegistryRecovered(_registry(3)))
    framework_id = bench.add_framework()
    bench.register(evolve(INFO, id=AgentId("old-S0")))

    bench.pass_time(600)

    assert [] == bench.given_up
    assert 2 == bench.master.state.tallies["recovery_slave_removals"]
    assert 2 == len(bench.heard(bench.stream_of(framework_id), Failure))


def test_quota_waits_for_most_agents_after_a_failover() -> None:
    """Nothing is offered until four of five are back: until then nobody can tell what is used."""
    bench = MasterBench()
    registry = _registry(5)
    bench.push(RegistryRecovered(evolve(registry, quotas={"a": _limit("a")})))
    framework_id = bench.add_framework(make_framework("f", "b"))

    counts = []
    for number in range(5):
        name = AgentId(f"old-S{number}")
        bench.register(evolve(INFO, id=name, port=7000 + number))
        bench.allocate()
        counts.append(len(bench.offers(framework_id)))

    assert [0, 0, 0, 4, 5] == counts


def test_quota_waits_for_ten_minutes_at_most() -> None:
    """Then those that are there are offered."""
    bench = MasterBench(_config(agent_reregister_timeout=3600.0))
    bench.push(RegistryRecovered(evolve(_registry(5), quotas={"a": _limit("a")})))
    framework_id = bench.add_framework(make_framework("f", "b"))
    bench.register(evolve(INFO, id=AgentId("old-S0")))
    bench.allocate()

    before = bench.offers(framework_id)
    bench.pass_time(600)

    assert [] == before
    assert 1 == len(bench.offers(framework_id))


# Who is let in


@pytest.mark.parametrize(
    ("version", "is_let_in"),
    [("1.11.0", True), ("1.0.0", True), ("2.0", True), ("1.12.0-dev+x", True), ("0.28.3", False), ("x", False)],
)
def test_old_agents_are_refused(version: str, is_let_in: bool) -> None:
    """Below 1.0.0, or of no version at all; they may try again."""
    bench = MasterBench()
    register = Register(version=LINK_VERSION, agent_info=INFO, ip="127.0.0.1", agent_version=version)

    bench.push(RegisterReceived(link_id=LinkId(1), register=register))

    refusals = [one for one in bench.orders[LinkId(1)] if isinstance(one, Refused)]
    assert is_let_in is not bool(refusals)
    assert not any(one.is_final for one in refusals)


def test_domains_of_agents_and_masters_must_go_together() -> None:
    """One that has a domain needs a master with one; one without is refused only where that is said."""
    domain = DomainInfo()
    bench = MasterBench()
    strict = MasterBench(_config(require_agent_domain=True))

    with_domain = bench.register(evolve(INFO, domain=domain))
    without = strict.register(INFO)

    assert "--domain" in bench.closed[with_domain]
    assert "--require_agent_domain" in strict.closed[without]
    assert {} == bench.master.state.agents | strict.master.state.agents


def test_capabilities_are_remembered() -> None:
    """As the agent says them."""
    bench = MasterBench()
    capability = AgentCapability(AgentCapabilityType.AGENT_DRAINING)
    register = Register(
        version=LINK_VERSION, agent_info=INFO, ip="127.0.0.1", agent_version="1.11.0", capabilities=(capability,)
    )

    bench.push(RegisterReceived(link_id=LinkId(1), register=register))

    (agent,) = bench.master.state.agents.values()
    assert (capability,) == agent.capabilities


def test_operators_hear_of_new_and_recovered_agents_once() -> None:
    """Not of one that only reconnects."""
    bench = MasterBench()
    bench.push(RegistryRecovered(_registry(1)))
    info = evolve(INFO, id=AgentId("old-S0"))

    bench.register(info)
    bench.break_link(AgentId("old-S0"))
    bench.register(info)
    added = [event.agent.id for event in bench.published if isinstance(event, AgentAdded)]

    assert ["old-S0"] == added


def test_agent_stays_until_the_registry_forgot_it() -> None:
    """Its offers go at once; tasks are lost, and operators told, when that is durable."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t")
    bench.stores_at_once = False

    bench.say(agent_id, Unregister("shut down"))
    early = bench.updates(framework_id)
    is_member = agent_id in bench.master.state.agents
    bench.store()

    assert [] == early
    assert is_member
    assert [TaskState.TASK_LOST] == [status.state for status in bench.updates(framework_id)]
    assert [agent_id] == list(bench.master.state.removed)


def test_agent_that_returns_while_it_is_removed_is_a_member_again() -> None:
    """The registry hears of the end, then of the beginning."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    info = bench.agent_info(agent_id)
    bench.stores_at_once = False
    bench.say(agent_id, Unregister("shut down"))

    bench.register(info)
    bench.store()

    assert bench.master.state.agents[agent_id].is_connected
    assert {} == bench.master.state.removed


def test_agent_whose_link_breaks_on_its_way_back_is_still_unreachable() -> None:
    """The registry said that it is back; it says again since when it is not."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    info = bench.agent_info(agent_id)
    bench.break_link(agent_id)
    bench.pass_time(75)
    bench.stores_at_once = False

    link_id = bench.register(info)
    bench.push(LinkClosed(link_id))
    bench.push(OperationStored(bench.operations.pop()))
    operations = bench.operations[:]
    bench.store()

    assert [MarkAgentUnreachable(info=info, since=1075.0)] == operations
    assert [agent_id] == list(bench.master.state.unreachable)


def test_agent_whose_machine_goes_down_on_its_way_in_is_not_let_in() -> None:
    """What was true when it asked is judged again when the registry has it; and the registry forgets it."""
    bench = MasterBench()
    machine = MachineId(hostname="h")
    window = Window(unavailability=Unavailability(start=TimeInfo(1)), machine_ids=(machine,))
    bench.ask(UpdateMaintenanceSchedule(Schedule((window,))))
    bench.stores_at_once = False

    bench.ask(StartMaintenance((machine,)))
    link_id = bench.register(INFO)
    bench.push(OperationStored(bench.operations.pop(0)))
    bench.push(OperationStored(bench.operations.pop(0)))

    assert [Refused(reason="Machine is `DOWN`", is_final=True)] == bench.orders[link_id]
    assert [RemoveAgent(AgentId("m-S0"))] == bench.operations
    assert {} == bench.master.state.agents


def test_registrations_are_counted_by_what_they_are() -> None:
    """One that comes back from being unreachable registers again, as does one of an id that nobody knows."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    info = bench.agent_info(agent_id)
    bench.break_link(agent_id)
    bench.pass_time(75)

    bench.return_agent(info)
    bench.register(evolve(INFO, id=AgentId("stranger"), port=7777))

    tallies = bench.master.state.tallies
    assert (1, 2) == (tallies["slave_registrations"], tallies["slave_reregistrations"])
    assert bench.now == bench.master.state.agents[agent_id].reregistered_time


# Upkeep


def test_registry_forgets_what_is_too_old() -> None:
    """Two weeks after it was lost or gone; younger ones stay."""
    bench = MasterBench()
    bench.push(RegistryRecovered(Registry({**_registry(1, unreachable_since=bench.now).agents})))
    gone = bench.add_agent()
    bench.pass_time(DAY)
    bench.ask(MarkAgentGone(gone))

    bench.pass_time(13 * DAY)
    still = (list(bench.master.state.unreachable), list(bench.master.state.gone))
    bench.pass_time(900)
    later = (list(bench.master.state.unreachable), list(bench.master.state.gone))
    bench.pass_time(DAY)

    assert (["old-S0"], [gone]) == still
    assert ([], [gone]) == later
    assert {} == bench.master.state.gone


def test_registry_forgets_the_oldest_of_too_many() -> None:
    """In operations of bounded size, stored before they count."""
    bench = MasterBench(_config(registry_max_agent_count=2))
    agents = {
        AgentId(f"old-S{number}"): AgentRecord(info=INFO, unreachable_since=900.0 + number) for number in range(300)
    }
    bench.push(RegistryRecovered(Registry(agents)))
    bench.stores_at_once = False

    bench.pass_time(900)
    operations = bench.operations[:]
    before = len(bench.master.state.unreachable)
    bench.store()

    assert [100, 100, 98] == [len(one.agent_ids) for one in operations if isinstance(one, ForgetAgents)]
    assert 300 == before
    assert ["old-S298", "old-S299"] == list(bench.master.state.unreachable)

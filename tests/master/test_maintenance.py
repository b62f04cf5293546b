"""Scheduled machines: what is refused, what their agents' offers say, who is asked to leave, what taking down does."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework
from koinon_core.agent_link import Refused, ShutdownAgent
from koinon_core.agents import AgentInfo, Unavailability
from koinon_core.containers import DurationInfo, TimeInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.maintenance import InverseOfferAnswer, MachineId, Schedule, Window
from koinon_core.offers import Filters, InverseOffer
from koinon_core.operator_api import StartMaintenance, StopMaintenance, UpdateMaintenanceSchedule
from koinon_core.scheduler_api import (
    AcceptInverseOffers,
    DeclineInverseOffers,
    InverseOffers,
    Offers,
    Rescind,
    RescindInverseOffer,
    Revive,
)
from koinon_core.tasks import TaskState
from koinon_master.events import RegistryRecovered
from koinon_master.maintenance.schedule import DrainingMachine, MaintenanceStatus, maintenance_status
from koinon_master.operator_events import AgentRemoved
from koinon_master.registry.records import AgentRecord, MaintenanceRecord, Registry

OK = (200, "")
SOON, LATER = Unavailability(start=TimeInfo(2 * 10**18)), Unavailability(start=TimeInfo(3 * 10**18))
A, B = MachineId(hostname="a"), MachineId(hostname="b", ip="10.0.0.2")


def _plan(*windows: Window) -> UpdateMaintenanceSchedule:
    return UpdateMaintenanceSchedule(Schedule(windows))


def _window(*machines: MachineId, when: Unavailability = SOON) -> Window:
    return Window(unavailability=when, machine_ids=machines)


def _machine_of(bench: MasterBench, agent_id: AgentId) -> MachineId:
    return MachineId(hostname=bench.agent_info(agent_id).hostname, ip="127.0.0.1")


def _asked(bench: MasterBench, framework_id: FrameworkId) -> list[InverseOffer]:
    """Every inverse offer that a framework got on its present stream."""
    events = bench.heard(bench.stream_of(framework_id), InverseOffers)
    return [offer for event in events for offer in event.inverse_offers]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (_plan(_window()), "List of machines in the maintenance window is empty"),
        (_plan(_window(MachineId())), "Both 'hostname' and 'ip' for a machine are empty"),
        (_plan(_window(MachineId(ip="1.2.3"))), "Failed to parse IPv4: 1.2.3"),
        (
            _plan(_window(A), _window(MachineId(hostname="A"))),
            'Machine \'{"hostname":"A"}\' appears more than once in the schedule',
        ),
        (
            _plan(_window(A, when=evolve(SOON, duration=DurationInfo(-5)))),
            "Unavailability 'duration' is negative",
        ),
        (StartMaintenance(), "List of machines is empty"),
        (StartMaintenance((A,)), 'Machine \'{"hostname":"a"}\' is not part of a maintenance schedule'),
        (StopMaintenance((MachineId(),)), "Both 'hostname' and 'ip' for a machine are empty"),
    ],
)
def test_wrong_plan_is_refused_in_the_words_of_mesos(call: UpdateMaintenanceSchedule, problem: str) -> None:
    """Each with 400, and nothing is stored."""
    bench = MasterBench()
    bench.stores_at_once = False

    assert (400, problem) == bench.ask(call)
    assert [] == bench.operations


def test_machine_goes_down_and_up_again() -> None:
    """DRAINING by the schedule, DOWN by the operator, out of the schedule when it is up; each step in its turn."""
    bench = MasterBench()
    named = MachineId(hostname="B", ip="10.0.0.2")

    answers = [bench.ask(call) for call in (_plan(_window(A, B)), StopMaintenance((B,)), StartMaintenance((named,)))]
    down = maintenance_status(bench.master.state)
    refused = [bench.ask(call) for call in (StartMaintenance((B,)), _plan(_window(A)))]
    answers.append(bench.ask(StopMaintenance((B,))))

    shown = '{"hostname":"b","ip":"10.0.0.2"}'
    assert [OK, (400, f"Machine '{shown}' is not in DOWN mode and cannot be brought up"), OK, OK] == answers
    assert MaintenanceStatus(draining_machines=(DrainingMachine(A),), down_machines=(B,)) == down
    assert [
        (400, f"Machine '{shown}' is not in DRAINING mode and cannot be brought down"),
        (400, f"Machine '{shown}' is deactivated and cannot be removed from the schedule"),
    ] == refused
    assert Schedule((_window(A),)) == bench.master.state.schedule


def test_calls_are_judged_by_what_waits_to_be_stored() -> None:
    """Two operators at once do not undo each other's work."""
    bench = MasterBench()
    bench.ask(_plan(_window(A, B)))
    bench.stores_at_once = False

    bench.ask(StartMaintenance((A,)))
    bench.ask(StartMaintenance((B,)))
    again = bench.ask(StartMaintenance((A,)))
    bench.store()

    assert again is not None
    assert 400 == again[0]
    assert (A, B) == maintenance_status(bench.master.state).down_machines


def test_offers_say_when_their_machine_is_away() -> None:
    """The old offer is rescinded, the new one says it; and again when the window moves or goes."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    machine = _machine_of(bench, agent_id)
    framework_id = bench.add_framework()
    stream = bench.stream_of(framework_id)

    said = [bench.offers(framework_id)[0].unavailability]
    for call in (_plan(_window(machine)), _plan(_window(machine, when=LATER)), _plan()):
        bench.ask(call)
        (offer,) = bench.offers(framework_id)
        said.append(offer.unavailability)

    assert [None, SOON, LATER, None] == said
    assert 3 == len(bench.heard(stream, Rescind))


def test_schedule_that_changes_nothing_for_an_agent_leaves_its_offers() -> None:
    """The same window again, or one of other machines, rescinds nothing."""
    bench = MasterBench()
    machine = _machine_of(bench, bench.add_agent())
    framework_id = bench.add_framework()
    bench.ask(_plan(_window(machine)))
    before = bench.offers(framework_id)

    bench.ask(_plan(_window(machine), _window(A, when=LATER)))

    assert before == bench.offers(framework_id)


def test_host_name_alone_names_a_machine() -> None:
    """An operator need not know addresses; upper and lower case are the same."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()

    bench.ask(_plan(_window(MachineId(hostname=bench.agent_info(agent_id).hostname.upper()))))

    assert SOON == bench.offers(framework_id)[0].unavailability


def test_who_holds_something_is_asked_to_leave_once() -> None:
    """By tasks or by offers; a framework without either on that agent is not asked."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    holder = bench.add_framework()
    bench.launch(holder, "t", resources="cpus:4;mem:4096")
    idle = bench.add_framework()

    bench.ask(_plan(_window(_machine_of(bench, agent_id))))
    bench.allocate()

    (asked,) = _asked(bench, holder)
    assert (agent_id, SOON, holder) == (asked.agent_id, asked.unavailability, asked.framework_id)
    assert [] == _asked(bench, idle)
    assert {asked.id: asked} == bench.master.state.inverse_offers


def test_answers_are_shown_and_asked_for_again_when_the_refusal_is_over() -> None:
    """DECLINE for 7 seconds, then ACCEPT; both stand in the status with their time."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    machine = _machine_of(bench, agent_id)
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t")
    bench.ask(_plan(_window(machine)))
    (first,) = _asked(bench, framework_id)

    bench.call(framework_id, DeclineInverseOffers(inverse_offer_ids=(first.id,), filters=Filters(7)))
    (draining,) = maintenance_status(bench.master.state).draining_machines
    bench.pass_time(6)
    quiet = len(_asked(bench, framework_id))
    bench.pass_time(1)
    second = _asked(bench, framework_id)[-1]
    bench.call(framework_id, AcceptInverseOffers(inverse_offer_ids=(second.id, first.id)))
    (accepted,) = maintenance_status(bench.master.state).draining_machines

    assert [(InverseOfferAnswer.DECLINE, framework_id)] == [(one.status, one.framework_id) for one in draining.statuses]
    assert 1 == quiet
    assert first.id != second.id
    assert [(InverseOfferAnswer.ACCEPT, TimeInfo.of_seconds(1007.0))] == [
        (one.status, one.timestamp) for one in accepted.statuses
    ]


def test_revive_asks_again_at_once() -> None:
    """It clears the refusals of inverse offers, too."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t")
    bench.ask(_plan(_window(_machine_of(bench, agent_id))))
    (asked,) = _asked(bench, framework_id)
    bench.call(framework_id, DeclineInverseOffers(inverse_offer_ids=(asked.id,), filters=Filters(1000)))

    bench.call(framework_id, Revive())

    assert 2 == len(_asked(bench, framework_id))


def test_changed_window_voids_what_was_asked_and_answered() -> None:
    """The inverse offer is rescinded, a new one made, and old answers are gone."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    machine = _machine_of(bench, agent_id)
    framework_id, other = bench.add_framework(), bench.add_framework(make_framework("g"))
    bench.launch(framework_id, "t")
    bench.ask(_plan(_window(machine)))
    (asked,) = _asked(bench, framework_id)

    bench.ask(_plan(_window(machine, when=LATER)))
    second = _asked(bench, framework_id)[-1]
    bench.ask(_plan())

    stream = bench.stream_of(framework_id)
    assert [RescindInverseOffer(asked.id), RescindInverseOffer(second.id)] == bench.heard(stream, RescindInverseOffer)
    assert LATER == second.unavailability
    assert {} == bench.master.state.inverse_offers
    assert bench.master.state.frameworks[other].is_connected


def test_framework_that_comes_back_is_asked_anew() -> None:
    """What it was asked on its old stream is forgotten without a word."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework(make_framework(failover_timeout=60))
    bench.launch(framework_id, "t")
    bench.ask(_plan(_window(_machine_of(bench, agent_id))))
    info = bench.master.state.frameworks[framework_id].info
    bench.leave(framework_id)
    meanwhile = dict(bench.master.state.inverse_offers)

    bench.subscribe(info)
    bench.allocate()

    assert {} == meanwhile
    assert 1 == len(_asked(bench, framework_id))


def test_answer_to_an_unknown_inverse_offer_changes_nothing() -> None:
    """Another framework's, or one that was rescinded."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t", resources="cpus:4;mem:4096;ports:[31000-31009]")
    bench.ask(_plan(_window(_machine_of(bench, agent_id))))
    (asked,) = _asked(bench, framework_id)
    stranger = bench.add_framework()

    bench.call(stranger, AcceptInverseOffers(inverse_offer_ids=(asked.id,)))

    assert {} == bench.master.state.inverse_answers
    assert [asked.id] == list(bench.master.state.inverse_offers)


def test_agents_of_a_machine_that_goes_down_are_shut_down() -> None:
    """Their tasks are lost, they can't come back, and are welcome when the machine is up."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    machine, info = _machine_of(bench, agent_id), bench.agent_info(agent_id)
    framework_id = bench.add_framework()
    bench.launch(framework_id, "t")
    link_id = bench.link_of(agent_id)
    bench.ask(_plan(_window(machine)))

    answer = bench.ask(StartMaintenance((machine,)))
    refused = bench.return_agent(evolve(info, id=None))
    bench.ask(StopMaintenance((machine,)))
    bench.return_agent(evolve(info, id=None))

    assert OK == answer
    assert ShutdownAgent("Operator initiated 'Machine DOWN'") in bench.orders[link_id]
    assert [TaskState.TASK_LOST] == [status.state for status in bench.updates(framework_id)]
    assert AgentRemoved(agent_id) in bench.published
    assert [Refused(reason="Machine is `DOWN`", is_final=True)] == refused
    assert 1 == len(bench.master.state.agents)


def test_framework_that_holds_a_whole_agent_is_asked_when_it_returns() -> None:
    """Nothing of the agent is free, so no offer reminds the master of it."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework(make_framework(failover_timeout=60))
    bench.launch(framework_id, "t", resources="cpus:4;mem:4096")
    bench.ask(_plan(_window(_machine_of(bench, agent_id))))
    info = bench.master.state.frameworks[framework_id].info
    bench.leave(framework_id)

    bench.subscribe(info)

    assert 1 == len(_asked(bench, framework_id))


def test_agent_that_is_not_back_yet_is_removed_with_its_machine() -> None:
    """An operator who takes the machine down need not wait for it."""
    info = AgentInfo(hostname="a", id=AgentId("old-S0"))
    bench = MasterBench()
    bench.push(RegistryRecovered(Registry({AgentId("old-S0"): AgentRecord(info=info)})))
    bench.ask(_plan(_window(A)))

    answer = bench.ask(StartMaintenance((A,)))

    assert OK == answer
    assert {} == bench.master.state.agents
    assert set() == bench.master.state.recovering


def test_plan_survives_the_leader() -> None:
    """The next leader offers with the window, and keeps out what is down."""
    bench = MasterBench()
    record = MaintenanceRecord(schedule=Schedule((_window(A, MachineId(hostname="h2")),)), down=(A,))

    bench.push(RegistryRecovered(Registry(maintenance=record)))
    framework_id = bench.add_framework()
    bench.add_agent()

    assert (A,) == maintenance_status(bench.master.state).down_machines
    assert "h2" == bench.agent_info(next(iter(bench.master.state.agents))).hostname
    assert SOON == bench.offers(framework_id)[0].unavailability
    assert 1 == len(bench.heard(bench.stream_of(framework_id), Offers))

"""Frameworks come, fail over, go away and end."""

from __future__ import annotations

from attrs import evolve

from fakes.master_bench import MasterBench, make_framework
from koinon_core.agent_link import ShutdownFramework
from koinon_core.ids import FrameworkId
from koinon_core.operator_api import TeardownFramework
from koinon_core.scheduler_api import Error, Heartbeat, Subscribed
from koinon_core.tasks import TaskState
from koinon_master.config import MasterConfig
from koinon_master.events import OperatorCallReceived, RequestId
from koinon_master.frameworks.machine import TRANSITIONS, FrameworkPhase


def test_new_framework_is_told_its_id_then_a_heartbeat_at_once() -> None:
    """SUBSCRIBED with a fresh id is the first event, HEARTBEAT the second."""
    bench = MasterBench()

    stream_id = bench.subscribe(make_framework())

    first, second = bench.events[stream_id]
    assert isinstance(first, Subscribed)
    assert "m-0000" == first.framework_id
    assert Heartbeat() == second


def test_heartbeats_go_on_every_15_seconds() -> None:
    """A stream hears a heartbeat each time 15 seconds have passed, and the master sleeps until then."""
    bench = MasterBench()
    stream_id = bench.subscribe(make_framework())

    assert bench.now + 15 == bench.master.next_deadline()

    bench.pass_time(15)
    bench.pass_time(15)

    assert 3 == len(bench.heard(stream_id, Heartbeat))


def test_unknown_id_is_accepted_as_that_of_a_recovered_framework() -> None:
    """After the leader changed, a framework keeps the id it comes with."""
    bench = MasterBench()

    assert "old-0007" == bench.add_framework(make_framework(id="old-0007"))


def test_failover_ends_the_old_stream_with_an_error() -> None:
    """The old stream gets ERROR and is closed; the new one has the framework's tasks and offers."""
    bench = MasterBench()
    bench.add_agent()
    info = make_framework(failover_timeout=60)
    old = bench.subscribe(info)
    framework_id = bench.heard(old, Subscribed)[0].framework_id

    new = bench.subscribe(evolve(info, id=framework_id))

    assert Error("Framework failed over") == bench.events[old][-1]
    assert "Framework failed over" == bench.closed[old]
    assert new == bench.stream_of(framework_id)
    assert 1 == len(bench.offers(framework_id))


def test_framework_without_failover_timeout_is_removed_with_its_stream() -> None:
    """A timeout of 0 ends the framework as soon as it is away, and its id for good."""
    bench = MasterBench()
    framework_id = bench.add_framework()

    bench.leave(framework_id)
    stream_id = bench.subscribe(make_framework(id=framework_id))

    assert [Error("Framework has been removed")] == bench.events[stream_id]
    assert stream_id in bench.closed


def test_failover_timeout_leaves_tasks_running_until_it_ends() -> None:
    """The agent hears of the end of a framework only when its failover timeout is over."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework(make_framework(failover_timeout=60))
    bench.launch(framework_id, "t")

    bench.leave(framework_id)
    bench.pass_time(59)
    before = bench.orders_for(agent_id, ShutdownFramework)
    bench.pass_time(1)

    assert [] == before
    assert [ShutdownFramework(framework_id)] == bench.orders_for(agent_id, ShutdownFramework)
    assert TaskState.TASK_KILLED is bench.master.state.completed[framework_id].completed_tasks[0].state


def test_teardown_frees_what_the_tasks_held() -> None:
    """After TEARDOWN another framework is offered the whole agent again."""
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:4096")
    first = bench.add_framework()
    bench.launch(first, "t")

    bench.push(OperatorCallReceived(request=RequestId(1), body=TeardownFramework(first)))
    second = bench.add_framework()

    assert "cpus:4; mem:4096" == str(bench.offers(second)[0].resources)


def test_invalid_framework_is_told_on_its_stream() -> None:
    """Wrong roles and root where root is refused come as ERROR events, then the stream is closed."""
    bench = MasterBench(MasterConfig(registry="in_memory", root_submissions=False))
    refused = [
        evolve(make_framework(), user="root"),
        make_framework("f", "a//b"),
        evolve(make_framework("f", "a"), role="b"),
        evolve(make_framework(), roles=("a",)),
        make_framework(failover_timeout=1e300),
        make_framework(failover_timeout=float("nan")),
    ]

    streams = [bench.subscribe(info) for info in refused]

    assert [[Error]] * len(refused) == [[type(event) for event in bench.events[stream]] for stream in streams]
    assert set(streams) == set(bench.closed)


def test_negative_failover_timeout_ends_a_framework_with_its_stream() -> None:
    """It is taken, and means what zero means."""
    bench = MasterBench()

    framework_id = bench.add_framework(make_framework(failover_timeout=-1.0))
    bench.leave(framework_id)

    assert framework_id in bench.master.state.completed


def test_empty_id_asks_for_a_new_one() -> None:
    """Clients that always write the field subscribe anew with ``""``."""
    bench = MasterBench()

    stream_id = bench.subscribe(make_framework(id=""))

    assert (
        Subscribed(framework_id=FrameworkId("m-0000"), master_info=bench.master.state.info)
        == bench.events[stream_id][0]
    )


def test_principal_must_not_change_and_user_silently_stays() -> None:
    """Another principal is refused; another user is ignored, another name taken."""
    bench = MasterBench()
    info = make_framework(failover_timeout=60)
    framework_id = bench.add_framework(info)

    stream_id = bench.subscribe(evolve(info, id=framework_id, principal="p"))
    bench.subscribe(evolve(info, id=framework_id, user="x", name="new"))

    assert isinstance(bench.events[stream_id][0], Error)
    assert ("nobody", "new") == (
        bench.master.state.frameworks[framework_id].info.user,
        bench.master.state.frameworks[framework_id].info.name,
    )


def test_completed_frameworks_are_bounded() -> None:
    """Only so many ended frameworks are remembered, the oldest are forgotten first."""
    bench = MasterBench(MasterConfig(registry="in_memory", max_completed_frameworks=2))

    for _ in range(3):
        bench.leave(bench.add_framework())

    assert [FrameworkId("m-0001"), FrameworkId("m-0002")] == list(bench.master.state.completed)


def test_nothing_follows_removal() -> None:
    """No transition leaves the last phase."""
    assert FrameworkPhase.REMOVED not in {phase for phase, _ in TRANSITIONS}

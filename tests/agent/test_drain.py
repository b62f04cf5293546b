"""An agent that its master empties: what it kills, how it says so, and what it refuses until it is wanted back."""

from __future__ import annotations

from fakes.agent_bench import AGENT_ID, AgentBench, make_framework, make_task, messages, only, states, updates
from koinon_agent.containerizer import ContainerRun, Recovered
from koinon_agent.instructions import KillContainer, LaunchContainer
from koinon_core.agent_link import Drain, Reactivate, Register, Registered, RunTask
from koinon_core.agents import AgentCapabilityType, DrainConfig
from koinon_core.containers import DurationInfo
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.tasks import KillPolicy, TaskState, TaskStatusReason

DRAINING = TaskStatusReason.REASON_AGENT_DRAINING
AWARE = make_framework(FrameworkCapabilityType.PARTITION_AWARE, FrameworkCapabilityType.TASK_KILLING_STATE)


def _drain(seconds: float | None = None, *, mark_gone: bool = False) -> Drain:
    grace = None if seconds is None else DurationInfo.of_seconds(seconds)
    return Drain(DrainConfig(max_grace_period=grace, mark_gone=mark_gone))


def test_every_task_gets_the_smaller_grace() -> None:
    """A task's own grace counts unless the drain allows less."""
    bench = AgentBench().registered()
    patient = make_task("patient", kill_policy=KillPolicy(DurationInfo.of_seconds(60)))
    hasty = make_task("hasty", kill_policy=KillPolicy(DurationInfo.of_seconds(1)))
    for task in (patient, hasty):
        bench.started(bench.run(task))

    killed = [item for item in bench.hear(_drain(5)) if isinstance(item, KillContainer)]

    assert [5.0, 1.0] == [item.grace for item in killed]


def test_task_that_a_drain_ends_says_so() -> None:
    """KILLING and KILLED both carry the reason."""
    bench = AgentBench().registered()
    container = bench.run(framework=AWARE)
    bench.started(container)

    bench.hear(_drain())
    bench.ended(container, exit_code=None, signal=15)
    told = bench.acknowledge_all()

    assert [(TaskState.TASK_KILLING, DRAINING), (TaskState.TASK_KILLED, DRAINING)] == [
        (status.state, status.reason) for status in told[2:]
    ]


def test_task_on_an_agent_that_goes_for_good_is_gone_by_the_operator() -> None:
    """To a framework that knows the state; any other hears of a kill."""
    ends = []
    for framework in (AWARE, make_framework()):
        bench = AgentBench().registered()
        container = bench.run(framework=framework)
        bench.started(container)
        bench.hear(_drain(mark_gone=True))
        bench.ended(container)
        ends.append(bench.acknowledge_all()[-1])

    assert [(TaskState.TASK_GONE_BY_OPERATOR, DRAINING), (TaskState.TASK_KILLED, DRAINING)] == [
        (status.state, status.reason) for status in ends
    ]


def test_reason_survives_the_agent() -> None:
    """An agent that is killed while it drains still knows afterwards why its tasks end."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    bench.hear(_drain())

    survivor = bench.crash()
    survivor.start(Recovered(live=(ContainerRun(container_id=container, started_at=0.0, pid=77),)))
    survivor.register()
    survivor.ended(container)
    last = survivor.acknowledge_all()[-1]

    assert (TaskState.TASK_KILLED, DRAINING) == (last.state, last.reason)


def test_draining_agent_takes_no_task_until_it_is_reactivated() -> None:
    """What is launched meanwhile never runs, and its framework hears why."""
    bench = AgentBench().registered()
    bench.hear(_drain())

    refused = bench.hear(RunTask(framework=make_framework(), task=make_task("early")))
    bench.hear(Reactivate())
    wanted = bench.hear(RunTask(framework=make_framework(), task=make_task("late")))

    assert [(TaskState.TASK_LOST, DRAINING)] == [(status.state, status.reason) for status in updates(refused)]
    assert "late" == only(wanted, LaunchContainer).launch.task_id


def test_agent_that_was_reactivated_while_it_was_away_takes_tasks() -> None:
    """A master that wants it empty says so each time; one that does not wants tasks run."""
    bench = AgentBench().registered()
    bench.hear(_drain())
    bench.lose_link()
    bench.connect()

    bench.hear(Registered(agent_id=AGENT_ID))
    wanted = bench.hear(RunTask(framework=make_framework(), task=make_task("late")))
    bench.lose_link()
    bench.connect()
    refused = bench.hear(
        Registered(agent_id=AGENT_ID), _drain(), RunTask(framework=make_framework(), task=make_task("later"))
    )

    assert "late" == only(wanted, LaunchContainer).launch.task_id
    assert TaskState.TASK_LOST in states(refused)


def test_shorter_grace_overrules_a_kill_that_is_under_way() -> None:
    """A second drain with less patience hurries; one with more changes nothing."""
    bench = AgentBench().registered()
    container = bench.run(make_task(kill_policy=KillPolicy(DurationInfo.of_seconds(60))))
    bench.started(container)
    bench.hear(_drain(30))

    hurried = bench.hear(_drain(2))
    relaxed = bench.hear(_drain(50))

    assert 2.0 == only(hurried, KillContainer).grace
    assert [] == [item for item in relaxed if isinstance(item, KillContainer)]


def test_agent_says_that_it_can_drain() -> None:
    """Its capabilities travel with its registration."""
    bench = AgentBench()
    bench.start()
    bench.connect()

    (register,) = messages(bench.done, Register)
    assert AgentCapabilityType.AGENT_DRAINING in {one.type for one in register.capabilities}

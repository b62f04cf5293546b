"""The machine's wall clock is set back or forward: nothing waits longer than it was to, and nothing breaks."""

from __future__ import annotations

import pytest

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_settings, make_task, only, states
from fakes.executors import EXECUTOR_ID, ExecutorAtBench
from koinon_agent.containerizer import ContainerRun, Recovered
from koinon_agent.events import DiskMeasured
from koinon_agent.instructions import DeleteSandbox, KillContainer
from koinon_core.agent_link import KillTask, ShutdownExecutor
from koinon_core.containers import DurationInfo
from koinon_core.ids import ContainerId, TaskId
from koinon_core.tasks import TaskState

DAY = 86400.0
S = TaskState
JUMPS = pytest.mark.parametrize("jump", [-DAY, DAY])


def restart(bench: AgentBench, container: ContainerId, jump: float) -> AgentBench:
    """The agent dies, the clock is set, and its next life finds the container running."""
    started_at = bench.now.wall
    heir = bench.crash()
    heir.wall_ahead += jump
    heir.start(Recovered(live=(ContainerRun(container_id=container, started_at=started_at),)))
    return heir


@JUMPS
def test_clock_that_is_set_while_the_agent_runs_changes_no_interval(jump: float) -> None:
    """Kills, limits and the deletion of sandboxes go by the steady clock; updates are told as ever."""
    bench = AgentBench(make_settings(gc_delay=100.0)).registered()
    container = bench.run(make_task(max_completion_time=DurationInfo.of_seconds(60)))
    bench.started(container)
    bench.wall_ahead += jump

    assert [] == [item for item in bench.wait(59) if isinstance(item, KillContainer)]
    assert 0.0 == only(bench.wait(2), KillContainer).grace

    bench.ended(container, 137)

    assert S.TASK_FAILED is bench.acknowledge_all()[-1].state
    assert [] == [item for item in bench.wait(99) if isinstance(item, DeleteSandbox)]
    assert 1 == len([item for item in bench.wait(2) if isinstance(item, DeleteSandbox)])


@pytest.mark.parametrize(("jump", "grace"), [(-DAY, 3.0), (DAY, 0.0)])
def test_kill_goes_on_within_its_grace(jump: float, grace: float) -> None:
    """After a restart a task that is to end has its whole grace again at most."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("t1")))
    heir = restart(bench, container, jump)

    assert grace == only(heir.done, KillContainer).grace


@pytest.mark.parametrize(("jump", "seconds"), [(-DAY, 5.0), (DAY, 0.0)])
def test_executor_that_is_to_end_is_ended_within_its_grace(jump: float, seconds: float) -> None:
    """It has its whole grace again at most."""
    bench = AgentBench().registered()
    executor = ExecutorAtBench(bench)
    container = executor.start()
    executor.subscribe()
    bench.hear(ShutdownExecutor(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID))
    heir = restart(bench, container, jump)

    assert [] == [item for item in heir.wait(seconds - 0.1) if isinstance(item, KillContainer)]
    assert KillContainer(container, 0.0) == only(heir.wait(0.2), KillContainer)


def test_old_sandboxes_go_though_the_clock_was_set_back() -> None:
    """After a restart in what seems to be the day before they have their whole time again, and no more; where the disk
    is full they go at once.
    """
    bench = AgentBench(make_settings(gc_delay=100.0)).registered()
    container = bench.run()
    bench.started(container)
    bench.ended(container)
    heirs = [bench.crash(), bench.crash()]
    for heir in heirs:
        heir.wall_ahead -= DAY
        heir.start()

    assert 1 == len([item for item in heirs[0].wait(101) if isinstance(item, DeleteSandbox)])
    assert 1 == len([item for item in heirs[1].handle(DiskMeasured(1.0)) if isinstance(item, DeleteSandbox)])


@JUMPS
def test_task_that_runs_is_taken_up(jump: float) -> None:
    """Whatever its start seems to be, nothing is told of it anew."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    bench.acknowledge_all()
    heir = restart(bench, container, jump)
    heir.register()

    assert [] == states(heir.done)
    assert [] == [item for item in heir.done if isinstance(item, KillContainer)]

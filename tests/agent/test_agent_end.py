"""How an agent ends for good: at its operator's word or its master's."""

from __future__ import annotations

import pytest

from fakes.agent_bench import (
    AgentBench,
    make_framework,
    make_task,
    messages,
    only,
    updates,
)
from koinon_agent.events import ContainerNotStarted, ShutdownRequested
from koinon_agent.instructions import (
    Exit,
    Instruction,
    KillContainer,
)
from koinon_core.agent_link import (
    Refused,
    RunTask,
    ShutdownAgent,
    Unregister,
)
from koinon_core.tasks import TaskState

S = TaskState


def kinds(instructions: list[Instruction]) -> list[type]:
    """What kinds of things are to be done."""
    return [type(item) for item in instructions]


def test_clean_shutdown_ends_tasks_reports_and_says_goodbye() -> None:
    """Kill, report, wait for the acknowledgements, unregister, exit; the id is not used again."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)

    assert [3.0] == [i.grace for i in bench.handle(ShutdownRequested("bye")) if isinstance(i, KillContainer)]
    assert Exit not in kinds(bench.ended(container, 143))

    told = bench.acknowledge_all()

    assert S.TASK_KILLED is told[-1].state
    assert ["bye"] == [goodbye.reason for goodbye in messages(bench.done, Unregister)]
    assert Exit("bye") == only(bench.done, Exit)
    assert bench.image.info is None


def test_clean_shutdown_does_not_wait_for_ever() -> None:
    """A scheduler that never acknowledges delays the end by seconds; no master delays it not at all."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.handle(ShutdownRequested("bye"))
    bench.handle(ContainerNotStarted(container_id=container, reason="killed"))

    only(bench.wait(4.0), Exit)

    alone = AgentBench()
    alone.start()

    only(alone.handle(ShutdownRequested("bye")), Exit)


def test_ending_agent_takes_no_tasks() -> None:
    """A task that comes too late is dropped."""
    bench = AgentBench().registered()
    bench.started(bench.run())
    bench.handle(ShutdownRequested("bye"))
    wanted = bench.hear(RunTask(framework=make_framework(), task=make_task("late")))

    assert [("late", S.TASK_LOST)] == [(status.task_id, status.state) for status in updates(wanted)]


@pytest.mark.parametrize("message", [ShutdownAgent("gone"), Refused(reason="gone", is_final=True)])
def test_burnt_agent_ends_its_tasks_and_itself(message: ShutdownAgent | Refused) -> None:
    """A master's last word kills all and exits with failure, without a goodbye."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    only(bench.hear(message), KillContainer)
    bench.ended(container, 143)
    bench.acknowledge_all()

    assert Exit("gone", is_refused=True) == only(bench.done, Exit)
    assert [] == messages(bench.done, Unregister)

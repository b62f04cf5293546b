"""Which ended tasks are remembered."""

from __future__ import annotations

from attrs import evolve

from fakes.agent_bench import AgentBench, make_framework, make_settings, make_task
from koinon_agent.checkpoint.records import TaskAccepted
from koinon_agent.tasks.history import MAX_FRAMEWORKS, MAX_TASKS, CompletedTask, History
from koinon_core.containers import CommandInfo
from koinon_core.ids import ContainerId, ExecutorId, FrameworkId
from koinon_core.tasks import ExecutorInfo


def ended(name: str, framework: str = "f", executor: str | None = None) -> CompletedTask:
    """A task, with a container of its own or in an executor."""
    info = None if executor is None else ExecutorInfo(executor_id=ExecutorId(executor), command=CommandInfo(value="e"))
    accepted = TaskAccepted(
        framework_id=FrameworkId(framework),
        task=make_task(name, executor=info),
        container_id=ContainerId(name),
        sandbox=f"/{name}",
    )
    return CompletedTask(framework=evolve(make_framework(), id=FrameworkId(framework)), accepted=accepted, statuses=())


def names(history: History) -> list[str]:
    """The tasks that are remembered."""
    return [str(task.accepted.task.task_id) for task in history]


def test_each_framework_has_its_own_bound() -> None:
    """The executors that ended first go; another framework's stay."""
    history = History(max_executors=2)
    history.add(ended("quiet", framework="other"))
    for name in ("a", "b", "c"):
        history.add(ended(name))

    assert ["quiet", "b", "c"] == names(history)
    assert 3 == len(history)


def test_tasks_of_one_executor_count_as_one() -> None:
    """Up to the bound of an executor; one that is still at work moves to the end."""
    history = History(max_executors=2)
    for number in range(MAX_TASKS + 1):
        history.add(ended(str(number), executor="busy"))
    history.add(ended("single"))
    history.add(ended("last", executor="busy"))
    history.add(ended("newer"))

    assert [*(str(number) for number in range(2, MAX_TASKS + 1)), "last", "newer"] == names(history)


def test_frameworks_are_bounded_too() -> None:
    """The one that ended a task longest ago is forgotten."""
    history = History(max_executors=1)
    for number in range(MAX_FRAMEWORKS + 1):
        history.add(ended("t", framework=str(number)))

    assert MAX_FRAMEWORKS == len(history)


def test_flag_bounds_what_an_agent_remembers() -> None:
    """None at all, if that is wanted."""
    for limit in (0, 1):
        bench = AgentBench(make_settings(max_completed_executors=limit)).registered()
        for name in ("a", "b"):
            bench.ended(bench.run(make_task(name)))
            bench.acknowledge_all()

        assert ["b"][:limit] == names(bench.agent.tasks.completed)

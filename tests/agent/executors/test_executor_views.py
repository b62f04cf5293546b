"""Frameworks' own executors and their tasks as /state and the operator API show them."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.agent_bench import FRAMEWORK_ID, AgentBench
from fakes.executors import ExecutorAtBench, hosted
from koinon_agent import views
from koinon_core.tasks import TaskState


@pytest.fixture
def bench() -> AgentBench:
    """A registered agent."""
    return AgentBench().registered()


def framework_in_state(bench: AgentBench) -> Any:
    """The one framework, running or completed."""
    state: dict[str, Any] = views.show_state(bench.agent)
    framework = [*state["frameworks"], *state["completed_frameworks"]][0]
    assert FRAMEWORK_ID == framework["id"]
    return framework


def names(shown: dict[str, list[Any]], key: str, inner: str = "id") -> list[str]:
    """The tasks in a list."""
    return [task[inner]["value"] if inner == "task_id" else task[inner] for task in shown[key]]


def test_a_task_is_launched_once_its_executor_was_told_of_it(bench: AgentBench) -> None:
    """Not only when it says something: what nobody told yet is queued."""
    executor = ExecutorAtBench(bench)
    executor.start(hosted("a"))
    before, before_v1 = framework_in_state(bench)["executors"][0], views.answer_tasks(bench.agent)
    executor.subscribe()
    after, after_v1 = framework_in_state(bench)["executors"][0], views.answer_tasks(bench.agent)

    assert (["a"], []) == (names(before, "queued_tasks"), names(before, "tasks"))
    assert ([], ["a"]) == (names(after, "queued_tasks"), names(after, "tasks"))
    assert ["a"] == names(before_v1, "queued_tasks", "task_id") == names(after_v1, "launched_tasks", "task_id")


def test_an_executor_that_ran_twice_is_shown_twice(bench: AgentBench) -> None:
    """Each run with its own container and its own tasks; a status has no pid, which v1 statuses have."""
    containers = []
    for name in ("first", "second"):
        executor = ExecutorAtBench(bench)
        containers.append(executor.start(hosted(name)))
        executor.subscribe()
        executor.tell(executor.status(TaskState.TASK_RUNNING, name))
        bench.ended(containers[-1], 0)
        bench.acknowledge_all()
    completed = framework_in_state(bench)["completed_executors"]

    assert containers == [one["container"] for one in completed]
    assert [["first"], ["second"]] == [names(one, "completed_tasks") for one in completed]
    statuses = [status for one in completed for task in one["completed_tasks"] for status in task["statuses"]]
    assert not any("executor_pid" in status.get("container_status", {}) for status in statuses)

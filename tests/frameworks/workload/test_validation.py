"""What is wrong with a workload is told all at once, each thing with its task and field."""

from __future__ import annotations

from typing import Any

import pytest

from koinon_core.backoff import Backoff
from koinon_core.ids import ExecutorId
from koinon_core.tasks import ExecutorInfo, HealthCheck, HttpCheckInfo
from koinon_frameworks.errors import InvalidWorkload
from koinon_frameworks.matching import Constraint, Operator
from koinon_frameworks.workload import Outcome, Problem, Retry, TaskPort, TaskSpec, Workload, find_problems

EXECUTOR = ExecutorInfo(executor_id=ExecutorId("e"))
HTTP = HealthCheck(http=HttpCheckInfo(port=0))
PORT = TaskPort(name="http")


def task(**fields: Any) -> TaskSpec:
    """A task that is right but for these fields."""
    return TaskSpec(**{"name": "t", "command": "true"} | fields)


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"name": "a/b"}, "name", "must be up to 100 letters"),
        ({"name": ""}, "name", "must be up to 100 letters"),
        ({"count": -1}, "count", "must be from 0 to 100000, is -1"),
        ({"command": None}, "command", "says nothing to run"),
        ({"command": " "}, "command", "is empty"),
        ({"args": ("x",)}, "args", "there is a command already"),
        ({"image": ""}, "image", "is empty"),
        ({"executor": EXECUTOR}, "executor", "runs the task by its data"),
        ({"data": b"x"}, "data", "only an executor reads it"),
        ({"env": {"A=B": "c"}}, "env['A=B']", "is no name and value"),
        ({"cpus": -1.0}, "cpus", "must be 0 or more, is -1.0"),
        ({"mem": float("nan")}, "mem", "must be 0 or more, is nan"),
        ({"gpus": 0.5}, "gpus", "must be whole, is 0.5"),
        ({"cpus": 0.0, "mem": 0.0}, "cpus", "takes nothing of any resource"),
        ({"max_wait": 0.0}, "max_wait", "must be more than 0 seconds, is 0.0"),
        ({"max_run": float("inf")}, "max_run", "must be more than 0 seconds, is inf"),
        ({"max_run": 3.0, "is_service": True}, "max_run", "a service has no end"),
        ({"lost_after": -1.0}, "lost_after", "must be 0 seconds or more"),
        ({"kill_grace": -1.0}, "kill_grace", "must be 0 seconds or more"),
        ({"ports": (PORT, PORT)}, "ports", "2 are called 'http'"),
        ({"ports": (TaskPort(name="x", number=70000),)}, "ports[0].number", "must be from 1 to 65535, is 70000"),
        ({"ports": (TaskPort(name="x", container_port=80),)}, "ports[0].container_port", "without an image"),
        ({"ports": (TaskPort(name="x", protocol="ip"),)}, "ports[0].protocol", "must be tcp or udp, is 'ip'"),
        ({"ports": (TaskPort(name="/"),)}, "ports[0].name", "is not made of letters"),
        ({"health_port": "http", "ports": (PORT,)}, "health_port", "there is no HTTP or TCP check"),
        ({"health_port": "x", "health_check": HTTP}, "health_port", "no port is called 'x'"),
        ({"constraints": (Constraint("", Operator.UNIQUE),)}, "constraints[0]", "names no attribute"),
        ({"constraints": (Constraint("r", Operator.UNIQUE, "1"),)}, "constraints[0]", "UNIQUE takes no value"),
        ({"constraints": (Constraint("r", Operator.LIKE),)}, "constraints[0]", "LIKE needs a value"),
        ({"constraints": (Constraint("r", Operator.LIKE, "("),)}, "constraints[0]", "is not a valid regular"),
        ({"constraints": (Constraint("r", Operator.MAX_PER, "x"),)}, "constraints[0]", "whole number above 0"),
        ({"roles": ()}, "roles", "names no role"),
        ({"retry": Retry(attempts=0)}, "retry.attempts", "must be 1 or more, or None, is 0"),
        ({"retry": Retry(outcomes=frozenset(Outcome))}, "retry.outcomes", "would refuse again"),
        ({"retry": Retry(backoff=Backoff(initial=5, maximum=1))}, "retry.backoff", "goes from 5 to 1"),
        ({"retry": Retry(backoff=Backoff(initial=1, maximum=2, factor=0))}, "retry.backoff", "a factor of 1 or more"),
        ({"depends_on": ("x",)}, "depends_on", "no task is called 'x'"),
        ({"depends_on": ("t",)}, "depends_on", "a circle: t -> t"),
    ],
)
def test_each_problem_names_its_field(fields: dict[str, Any], field: str, why: str) -> None:
    """One thing is wrong, and that alone is told."""
    found = find_problems([task(**fields)])

    assert [(fields.get("name", "t"), field)] == [(each.task, each.field) for each in found]
    assert why in found[0].why


def test_all_problems_are_told_at_once() -> None:
    """Nobody has to try five times to learn of five mistakes; the exception says them in one line."""
    specs = (task(cpus=-1.0, count=-1), task(), task(name="u", depends_on=("v",)), task(name="v", depends_on=("u",)))
    expected = ["t.name", "t.count", "t.cpus", "u.depends_on"]

    assert expected == [f"{each.task}.{each.field}" for each in find_problems(specs)]
    with pytest.raises(InvalidWorkload, match=r"t\.cpus: must be 0 or more, is -1\.0; u\.depends_on: a circle: u -> v"):
        Workload("w", specs)


def test_executor_task_needs_nothing_else() -> None:
    """A program of one's own may run tasks that take nothing beside what it took itself."""
    spec = task(command=None, executor=EXECUTOR, data=b"x", cpus=0.0, mem=0.0)

    assert () == find_problems([spec])


def test_problem_reads_as_a_path() -> None:
    """Task and field in front, where there are both."""
    assert "t.cpus: no" == str(Problem("t", "cpus", "no"))
    assert "t: no" == str(Problem("t", "", "no"))

"""What is of the wrong kind in a workload is told by field, as people without a type checker will write it."""

from __future__ import annotations

from typing import Any

import pytest

from koinon_frameworks.errors import InvalidWorkload
from koinon_frameworks.matching import Constraint, Operator
from koinon_frameworks.workload import Retry, TaskPort, TaskSpec, Workload, find_problems


def wrong(value: object) -> Any:
    """A value that a type checker would not let pass."""
    return value


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": None}, "name: must be a text, is None (NoneType)"),
        ({"count": "5"}, "t.count: must be a whole number, is '5' (str)"),
        ({"count": 2.5}, "t.count: must be a whole number, is 2.5 (float)"),
        ({"mem": "128MB"}, "t.mem: must be a number, is '128MB' (str)"),
        ({"max_run": "5m"}, "t.max_run: must be a number, is '5m' (str)"),
        ({"command": ["echo", "hi"]}, "t.command: must be a text, is ['echo', 'hi'] (list)"),
        ({"command": "a\0b"}, "t.command: holds a zero byte, which no system call takes"),
        ({"command": "a\udcffb"}, "t.command: is no Unicode text: surrogates not allowed at 1"),
        ({"args": "ls -l"}, "t.args: must be a tuple, is 'ls -l' (str)"),
        ({"depends_on": "db"}, "t.depends_on: must be a tuple, is 'db' (str)"),
        ({"roles": "web"}, "t.roles: must be a tuple, is 'web' (str)"),
        ({"env": {"PORT": 80}}, "t.env: ['PORT'] must be a text, is 80 (int)"),
        ({"env": ["A=1"]}, "t.env: must be a dict, is ['A=1'] (list)"),
        ({"ports": (80,)}, "t.ports: [0] must be of type TaskPort, is 80 (int)"),
        ({"ports": (TaskPort(name="http", number=wrong("80")),)}, "t.ports[0].number: must be a whole number"),
        ({"constraints": ("hostname:UNIQUE",)}, "t.constraints: [0] must be of type Constraint"),
        ({"constraints": (Constraint("r", Operator.MAX_PER, wrong(2)),)}, "t.constraints[0].value: must be a text"),
        ({"retry": 5}, "t.retry: must be of type Retry, is 5 (int)"),
        ({"retry": Retry(attempts=wrong("3"))}, "t.retry.attempts: must be a whole number, is '3' (str)"),
        ({"retry": Retry(backoff=wrong(3))}, "t.retry.backoff: must be of type Backoff, is 3 (int)"),
        ({"is_service": "no"}, "t.is_service: must be of type bool, is 'no' (str)"),
        ({"executor": "e.py"}, "t.executor: must be of type ExecutorInfo, is 'e.py' (str)"),
    ],
)
def test_wrong_kind_is_told_by_its_field(fields: dict[str, Any], told: str) -> None:
    """One problem for one mistake, and nothing is raised on the way to it."""
    (problem,) = find_problems((TaskSpec(**{"name": "t", "command": "true"} | fields),))

    assert str(problem).startswith(told)


def test_what_is_no_task_is_told_by_its_place() -> None:
    """A dict, say, as it came from a file."""
    tasks: Any = (TaskSpec(name="t", command="true"), {"name": "t"})
    (problem,) = find_problems(tasks)

    assert "tasks[1]: must be a TaskSpec, is {'name': 't'} (dict)" == str(problem)


def test_lists_will_do_for_tuples() -> None:
    """Nobody is told off for a list, and one task needs no tuple around it."""
    tasks: Any = TaskSpec(name="t", command="true", depends_on=wrong([]), ports=wrong([TaskPort(name="http")]))

    assert (tasks,) == Workload("w", tasks).tasks


def test_all_tasks_together_have_a_bound() -> None:
    """A thousand names of a hundred thousand each would fill the memory before the first offer came."""
    problems = find_problems([TaskSpec(name=f"t{number}", command="true", count=100_000) for number in range(6)])

    assert ["count: all tasks together may be at most 500000, are 600000"] == list(map(str, problems))


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * 201, None, 5])
def test_workload_needs_a_name_that_can_be_shown(name: Any) -> None:
    """It is the framework's name, and that of its records."""
    with pytest.raises(InvalidWorkload, match="name of the workload: must be a text of 1 to 200 printable characters"):
        Workload(name, ())

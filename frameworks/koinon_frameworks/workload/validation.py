"""What is wrong with a workload: every problem at once, each with the field it is about. Nothing is raised here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite

from attrs import frozen

from ..matching.constraints import find_constraint_problem
from .kinds import Found, find_wrong_kinds, show_kind
from .spec import Outcome, Retry, TaskPort, TaskSpec

MAX_COUNT = 100_000
MAX_TOTAL = 500_000
"""Of all tasks of a workload: each is held in memory and in the store, whether it runs or waits."""
_MAX_NAME = 100
_MAX_WORKLOAD_NAME = 200
_MAX_PORT = 65535
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")


@frozen
class Problem:
    """What is wrong with one field: ``str()`` is like ``build.cpus: must be 0 or more, is -1``."""

    task: str
    field: str
    why: str

    def __str__(self) -> str:
        return ".".join(filter(None, (self.task, self.field))) + f": {self.why}"


def find_name_problem(name: object) -> Problem | None:
    """What is wrong with the name of a workload, which is the framework's and that of its records."""
    if isinstance(name, str) and name.strip() and name.isprintable() and len(name) <= _MAX_WORKLOAD_NAME:
        return None
    why = f"must be a text of 1 to {_MAX_WORKLOAD_NAME} printable characters, is {show_kind(name)}"
    return Problem("", "name of the workload", why)


def find_problems(specs: Sequence[TaskSpec]) -> tuple[Problem, ...]:
    """Everything that is wrong with these tasks, taken together; nothing: they can run, if there is room."""
    return tuple(_problems(specs))


def _problems(specs: Sequence[TaskSpec]) -> Iterator[Problem]:
    strangers = [(number, spec) for number, spec in enumerate(specs) if not isinstance(spec, TaskSpec)]
    yield from (
        Problem("", f"tasks[{number}]", f"must be a TaskSpec, is {show_kind(each)}") for number, each in strangers
    )
    if strangers:
        return
    misfits = [(spec, found) for spec in specs if (found := find_wrong_kinds(spec))]
    for spec, wrong in misfits:
        for field, why in wrong:
            yield Problem(spec.name if isinstance(spec.name, str) else "", field, why)
    if misfits:
        return
    for name, number in Counter(spec.name for spec in specs).items():
        if number > 1:
            yield Problem(name, "name", f"{number} tasks are called so")
    by_name = {spec.name: spec for spec in specs}
    for spec in specs:
        for field, why in _of_one(spec):
            yield Problem(spec.name, field, why)
        for field, why in _of_dependencies(spec, by_name):
            yield Problem(spec.name, field, why)
    total = sum(spec.count for spec in specs)
    if total > MAX_TOTAL:
        yield Problem("", "count", f"all tasks together may be at most {MAX_TOTAL}, are {total}")
    cycle = find_cycle(specs)
    if cycle:
        yield Problem(cycle[0], "depends_on", f"a circle: {' -> '.join((*cycle, cycle[0]))}")


def _of_one(spec: TaskSpec) -> Iterator[Found]:
    if not _NAME.fullmatch(spec.name) or len(spec.name) > _MAX_NAME:
        yield (
            "name",
            f"must be up to {_MAX_NAME} letters, digits, '_', '.' or '-', and begin and end with one of the first",
        )
    count = why_not_count(spec.count)
    if count:
        yield "count", count
    yield from _of_program(spec)
    yield from _of_amounts(spec)
    yield from _of_ports(spec)
    for number, constraint in enumerate(spec.constraints):
        why = find_constraint_problem(constraint)
        if why:
            yield f"constraints[{number}]", why
    if spec.roles is not None and not spec.roles:
        yield "roles", "names no role: nothing could ever be used"
    if spec.retry is not None:
        yield from _of_retry(spec.retry)


def why_not_count(count: int) -> str | None:
    """Why nobody can want so many, or None."""
    if not isinstance(count, int) or isinstance(count, bool):
        return f"must be a whole number, is {show_kind(count)}"
    return None if 0 <= count <= MAX_COUNT else f"must be from 0 to {MAX_COUNT}, is {count}"


def _of_program(spec: TaskSpec) -> Iterator[Found]:
    if spec.command is not None and spec.args:
        yield "args", "there is a command already; a task has one of the two"
    if spec.command is not None and not spec.command.strip():
        yield "command", "is empty"
    runs_itself = spec.command is not None or bool(spec.args) or spec.image is not None
    if spec.executor is not None and runs_itself:
        yield "executor", "runs the task by its data: a command, args or image would never be looked at"
    if spec.executor is None and not runs_itself:
        yield "command", "says nothing to run: a command, args, an image or an executor is needed"
    if spec.executor is None and spec.data is not None:
        yield "data", "only an executor reads it"
    if spec.image is not None and not spec.image.strip():
        yield "image", "is empty"
    for name, value in spec.env.items():
        if not name or "=" in name or "\0" in name + value:
            yield f"env[{name!r}]", "is no name and value of an environment variable"


def _of_amounts(spec: TaskSpec) -> Iterator[Found]:
    amounts = {"cpus": spec.cpus, "mem": spec.mem, "disk": spec.disk, "gpus": spec.gpus}
    for field, amount in amounts.items():
        if not _is_amount(amount):
            yield field, f"must be 0 or more, is {amount}"
    if _is_amount(spec.gpus) and spec.gpus != int(spec.gpus):
        yield "gpus", f"must be whole, is {spec.gpus}"
    if spec.executor is None and not any(amounts.values()) and not spec.ports:
        yield "cpus", "a task that takes nothing of any resource can't be launched"
    times = {"max_wait": spec.max_wait, "max_run": spec.max_run}
    for field, seconds in times.items():
        if seconds is not None and not (isfinite(seconds) and seconds > 0):
            yield field, f"must be more than 0 seconds, is {seconds}"
    for field, seconds in {"lost_after": spec.lost_after, "kill_grace": spec.kill_grace}.items():
        if seconds is not None and not _is_amount(seconds):
            yield field, f"must be 0 seconds or more, is {seconds}"
    if spec.is_service and spec.max_run is not None:
        yield "max_run", "a service has no end"


def _is_amount(value: float) -> bool:
    return isfinite(value) and value >= 0


def _of_ports(spec: TaskSpec) -> Iterator[Found]:
    for name, number in Counter(port.name for port in spec.ports).items():
        if number > 1:
            yield "ports", f"{number} are called {name!r}"
    for place, number in Counter(port.number for port in spec.ports if port.number is not None).items():
        if number > 1:
            yield "ports", f"{number} ask for {place}"
    for index, port in enumerate(spec.ports):
        for field, why in _of_port(port):
            yield f"ports[{index}].{field}", why
        if port.container_port is not None and spec.image is None:
            yield f"ports[{index}].container_port", "without an image there is no container to lead to"
    health = spec.health_check
    asks_port = health is not None and (health.http is not None or health.tcp is not None)
    if spec.health_port is not None and not asks_port:
        yield "health_port", "there is no HTTP or TCP check that would ask it"
    if spec.health_port is not None and spec.health_port not in {port.name for port in spec.ports}:
        yield "health_port", f"no port is called {spec.health_port!r}"


def _of_port(port: TaskPort) -> Iterator[Found]:
    if not _NAME.fullmatch(port.name):
        yield "name", f"{port.name!r} is not made of letters, digits, '_', '.' and '-'"
    for field, number in (("number", port.number), ("container_port", port.container_port)):
        if number is not None and not 1 <= number <= _MAX_PORT:
            yield field, f"must be from 1 to {_MAX_PORT}, is {number}"
    if port.protocol not in ("tcp", "udp"):
        yield "protocol", f"must be tcp or udp, is {port.protocol!r}"


def _of_retry(retry: Retry) -> Iterator[Found]:
    if retry.attempts is not None and retry.attempts < 1:
        yield "retry.attempts", f"must be 1 or more, or None, is {retry.attempts}"
    if Outcome.REJECTED in retry.outcomes:
        yield "retry.outcomes", "what the master refuses it would refuse again"
    backoff = retry.backoff
    if not (0 <= backoff.initial <= backoff.maximum and isfinite(backoff.maximum)):
        yield (
            "retry.backoff",
            f"must go from 0 or more up to a maximum, goes from {backoff.initial} to {backoff.maximum}",
        )
    if not (backoff.factor >= 1 and isfinite(backoff.factor) and 0 <= backoff.jitter <= 1):
        yield (
            "retry.backoff",
            f"needs a factor of 1 or more and a jitter from 0 to 1, has {backoff.factor}, {backoff.jitter}",
        )


def _of_dependencies(spec: TaskSpec, by_name: Mapping[str, TaskSpec]) -> Iterator[Found]:
    for name in spec.depends_on:
        if name not in by_name:
            yield "depends_on", f"no task is called {name!r}"
    for name, number in Counter(spec.depends_on).items():
        if number > 1:
            yield "depends_on", f"names {name!r} {number} times"


def find_cycle(specs: Iterable[TaskSpec]) -> tuple[str, ...]:
    """The names of tasks that wait for one another, each for the next and the last for the first; none: ``()``."""
    needs = {spec.name: spec.depends_on for spec in specs}
    done: set[str] = set()
    for start, first in needs.items():
        path: dict[str, Iterator[str]] = {start: iter(first)} if start not in done else {}
        while path:
            name = next(reversed(path))
            following = next(path[name], None)
            if following is None:
                del path[name]
                done.add(name)
            elif following in path:
                names = list(path)
                return tuple(names[names.index(following) :])
            elif following in needs and following not in done:
                path[following] = iter(needs[following])
    return ()

"""What is wrong with a job, every problem at once, at paths in the values' own names: ``$.retry_backoff.initial``.

What a job says alone is judged by ``find_problems``; what it says of others, by ``find_family_problems``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Final

from koinon_core.containers import Image
from koinon_frameworks.matching.constraints import Constraint, find_constraint_problem

from .due_runs import AT_ONCE
from .due_times import LATEST_MOMENT, find_cron_problem, find_zone_problem
from .job import Job
from .problems import Problem, ProblemKind
from .schedule import After, Cron, Every, JobName, Once, Period

MAX_NAME: Final = 100
MAX_HISTORY: Final = 400
MAX_RETRIES: Final = 1000
MAX_PARENTS: Final = 100
MAX_CHILDREN: Final = 100
"""So many runs that begin in one write are enough."""
MAX_TEXT: Final = 256 * 1024
"""Characters of all that a job says in words."""
_MAX_CONSTRAINTS: Final = 100
_LARGEST_AMOUNT: Final = 1e9
_SHORTEST_PERIOD: Final = 1.0
_LONGEST: Final = 100 * 366 * 86400.0
_NAME: Final = re.compile(r"[A-Za-z0-9_#.-]([A-Za-z0-9_#. -]*[A-Za-z0-9_#.-])?")
_VARIABLE: Final = re.compile(r"[^=\0]+")


def find_problems(job: Job, roles: Sequence[str] = ()) -> tuple[Problem, ...]:
    """All that is wrong with a job as it stands; ``roles`` are the framework's, where these are known."""
    found = (
        *_of_names(job, roles),
        *_of_schedule(job),
        *_of_program(job),
        *_of_amounts(job),
        *_of_policies(job),
        *_of_constraints(job.constraints),
    )
    return tuple(Problem(path, text) for path, text in found)


def find_family_problems(job: Job, parents: Mapping[JobName, tuple[JobName, ...]]) -> tuple[Problem, ...]:
    """What is wrong with its parents, given those of all other jobs."""
    if not isinstance(job.schedule, After):
        return ()
    path = "$.schedule.parents"
    unknown = [name for name in job.schedule.parents if name not in parents and name != job.name]
    if unknown:
        return tuple(Problem(path, f"there is no job {name!r}") for name in unknown)
    circle = _find_circle(job.name, job.schedule.parents, parents)
    if circle:
        return (Problem(path, f"go round in a circle: {' after '.join(map(repr, circle))}", ProblemKind.CONFLICT),)
    children = Counter(parent for name, named in parents.items() if name != job.name for parent in named)
    crowded = [name for name in job.schedule.parents if children[name] >= MAX_CHILDREN]
    why = f"has {MAX_CHILDREN} jobs after it, and may have no more"
    return tuple(Problem(path, f"{name!r} {why}", ProblemKind.CONFLICT) for name in crowded)


def find_name_problem(name: str) -> str | None:
    """Why no job may be called so."""
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters"
    if name in (".", "..") or not _NAME.fullmatch(name):
        return "must be letters, digits, '_', '-', '.', '#', and spaces in between"
    return None


Found = tuple[str, str]
"""A path and what is wrong there."""


def _of_names(job: Job, roles: Sequence[str]) -> Iterator[Found]:
    problem = find_name_problem(job.name)
    if problem is not None:
        yield "$.name", problem
    if roles and job.role is not None and job.role not in roles:
        yield "$.role", f"{job.role!r} is none of this framework's: {', '.join(roles)}"
    for name in job.environment:
        if not _VARIABLE.fullmatch(name):
            yield "$.environment", f"{name!r} is no name of a variable"
    texts = (job.command or "", job.description, job.owner, job.owner_name, job.user or "", *job.arguments)
    pairs = (*job.environment.items(), *job.labels.items())
    words = (*texts, *(text for pair in pairs for text in pair), *(uri.value for uri in job.uris))
    if sum(map(len, words)) > MAX_TEXT:
        yield "$", f"says more than {MAX_TEXT} characters in all"
    if any("\0" in word for word in words):
        yield "$", "holds a NUL character"


def _of_schedule(job: Job) -> Iterator[Found]:
    schedule = job.schedule
    if isinstance(schedule, Cron | Every):
        problem = find_zone_problem(schedule.time_zone)
        if problem is not None:
            yield "$.schedule.time_zone", problem
    match schedule:
        case Cron(expression):
            problem = find_cron_problem(expression)
            if problem is not None:
                yield "$.schedule.expression", problem
        case Every():
            yield from _of_every(schedule)
        case Once(at):
            if at is not None and not 0 <= at <= LATEST_MOMENT:
                yield "$.schedule.at", "is not between 1970 and 2100"
        case After(parents):
            yield from _of_parents(parents)


def _of_every(every: Every) -> Iterator[Found]:
    if every.start is not None and not 0 <= every.start <= LATEST_MOMENT:
        yield "$.schedule.start", "is not between 1970 and 2100"
    if every.repetitions is not None and every.repetitions < 0:
        yield "$.schedule.repetitions", f"must be 0 or more, is {every.repetitions}"
    period = every.period
    if min(period.months, period.days, period.seconds) < 0 or not isfinite(period.seconds):
        yield "$.schedule.period", "must not go backwards"
    elif _length(period) < _SHORTEST_PERIOD and every.repetitions != 1:
        yield "$.schedule.period", f"must be {_SHORTEST_PERIOD:g} second or more"
    elif _length(period) > _LONGEST:
        yield "$.schedule.period", "is longer than a hundred years"


def _length(period: Period) -> float:
    return period.months * 28 * 86400.0 + period.days * 86400.0 + period.seconds


def _of_parents(parents: Sequence[JobName]) -> Iterator[Found]:
    if not parents:
        yield "$.schedule.parents", "names no job"
    if len(parents) > MAX_PARENTS:
        yield "$.schedule.parents", f"names {len(parents)} jobs, {MAX_PARENTS} may be"
    for name, number in Counter(parents).items():
        if number > 1:
            yield "$.schedule.parents", f"names {name!r} {number} times"


def _of_program(job: Job) -> Iterator[Found]:
    if job.command is not None and not job.command.strip():
        yield "$.command", "is empty"
    if job.command is None and not job.arguments and job.container is None:
        yield "$.command", "says nothing to run: a command, arguments or a container is needed"
    if job.command is not None and job.shell and job.arguments:
        yield "$.arguments", "are passed over by a shell: put them into the command, or say that shell is false"
    if job.command is None and job.arguments and job.container is None:
        yield "$.command", "is missing: without a container the first argument names no program"
    for index, uri in enumerate(job.uris):
        if not uri.value.strip():
            yield f"$.uris[{index}].value", "is empty"
    if job.user is not None and not job.user.strip():
        yield "$.user", "is empty"
    container = job.container
    for index, volume in enumerate(() if container is None else container.volumes):
        if not volume.container_path.strip():
            yield f"$.container.volumes[{index}].container_path", "is empty"
    if container is not None and container.docker is not None and not container.docker.image.strip():
        yield "$.container.docker.image", "is empty"
    image: Image | None = container.mesos.image if container is not None and container.mesos is not None else None
    if image is not None and image.docker is not None and not image.docker.name.strip():
        yield "$.container.mesos.image.docker.name", "is empty"


def _of_amounts(job: Job) -> Iterator[Found]:
    for field in ("cpus", "mem", "disk", "gpus"):
        amount: float = getattr(job, field)
        if not (isfinite(amount) and 0 <= amount <= _LARGEST_AMOUNT):
            yield f"$.{field}", f"must be from 0 to {_LARGEST_AMOUNT:g}, is {amount:g}"
    if isfinite(job.gpus) and job.gpus % 1:
        yield "$.gpus", f"must be whole, is {job.gpus:g}"
    if job.cpus == 0 and job.mem == 0:
        yield "$.cpus", "a task that takes neither cpus nor mem can't be launched"


def _of_policies(job: Job) -> Iterator[Found]:
    for field, number, least, most in (
        ("retries", job.retries, 0, MAX_RETRIES),
        ("max_history", job.max_history, 1, MAX_HISTORY),
        ("catch_up", job.catch_up, 1, AT_ONCE - 1),
    ):
        if not least <= number <= most:
            yield f"$.{field}", f"must be from {least} to {most}, is {number}"
    if job.start_window is not None and not 0 <= job.start_window <= _LONGEST:
        yield "$.start_window", f"must be from 0 seconds to a hundred years, is {job.start_window:g}"
    if job.max_run_time is not None and not 0 < job.max_run_time <= _LONGEST:
        yield "$.max_run_time", f"must be more than 0 seconds, at most a hundred years, is {job.max_run_time:g}"
    backoff = job.retry_backoff
    if not 0 <= backoff.initial <= _LONGEST:
        yield "$.retry_backoff.initial", f"must be 0 seconds or more, is {backoff.initial:g}"
    if not backoff.initial <= backoff.maximum <= _LONGEST:
        yield "$.retry_backoff.maximum", f"must be the initial delay or more, is {backoff.maximum:g}"
    if not 1 <= backoff.factor <= 1000:
        yield "$.retry_backoff.factor", f"must be from 1 to 1000, is {backoff.factor:g}"
    if backoff.jitter:
        yield "$.retry_backoff.jitter", "must be 0: when a run is tried again can be told in advance"


def _of_constraints(constraints: Sequence[Constraint]) -> Iterator[Found]:
    if len(constraints) > _MAX_CONSTRAINTS:
        yield "$.constraints", f"are {len(constraints)}, {_MAX_CONSTRAINTS} may be"
    for index, constraint in enumerate(constraints):
        why = find_constraint_problem(constraint)
        if why is not None:
            yield f"$.constraints[{index}]", why


def _find_circle(
    name: JobName, first: Sequence[JobName], parents: Mapping[JobName, tuple[JobName, ...]]
) -> tuple[JobName, ...]:
    """The way from a job over its parents back to itself, if there is one."""
    came_from: dict[JobName, JobName] = {}
    waiting = [(parent, name) for parent in first]
    while waiting:
        here, child = waiting.pop()
        if here in came_from:
            continue
        came_from[here] = child
        if here == name:
            way = [name]
            while (child := came_from[way[-1]]) != name:
                way.append(child)
            return (name, *reversed(way[1:]), name)
        waiting += [(parent, here) for parent in parents.get(here, ())]
    return ()

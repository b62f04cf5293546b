"""A Chronos definition as one of our jobs. ``fates`` tells people what becomes of each field.

Owns the mapping of each field, and what is wrong in it by Chronos's rules; whether the job that comes of it can be is
``validation``'s. What a Job would say in other words, or not at all, ``kept`` keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from koinon_core.containers import CommandUri, ContainerInfo
from koinon_frameworks.matching import Constraint, Operator

from ..due_times import find_zone_problem
from ..iso8601 import parse_period, parse_repeating
from ..job import Job, Missed, Overlap
from ..problems import Problem
from ..schedule import UTC, After, JobName, Once, Schedule
from .containers import to_container_info
from .definition import DEFAULT_CPUS, DEFAULT_DISK, DEFAULT_MEM, ChronosJob
from .time_zones import iana_name

OPERATORS: Final[Mapping[str, Operator]] = {
    "EQUALS": Operator.IS,
    "LIKE": Operator.LIKE,
    "UNLIKE": Operator.UNLIKE,
}
_OFFSET: Final = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)\Z", re.IGNORECASE)
_FETCHED: Final = ("http://", "https://", "ftp://", "ftps://")
_MONTH: Final = 30 * 86400.0
_DAY: Final = 86400.0


def to_job(given: ChronosJob, labels: Mapping[str, str] | None = None) -> Job | tuple[Problem, ...]:
    """The job, or everything that is wrong and where it stands in Chronos's JSON."""
    schedule, window = _schedule(given), _start_window(given)
    problems = [part for part in (schedule, window) if isinstance(part, Problem)]
    problems += _find_problems(given)
    if problems or isinstance(schedule, Problem) or isinstance(window, Problem):
        return tuple(problems)
    return Job(
        name=JobName(given.name),
        schedule=schedule,
        command=_command(given),
        shell=given.shell,
        arguments=() if given.shell else given.arguments,
        container=_container(given),
        environment={each.name: each.value for each in given.environment_variables},
        uris=_uris(given),
        user=given.run_as_user or None,
        cpus=given.cpus or DEFAULT_CPUS,
        mem=given.mem or DEFAULT_MEM,
        disk=given.disk or DEFAULT_DISK,
        constraints=tuple(Constraint(name, OPERATORS[word], value) for name, word, value in given.constraints),
        labels=labels or {},
        retries=given.retries,
        start_window=window,
        max_run_time=float(given.max_completion_time) or None,
        overlap=Overlap.ALLOW if given.concurrent else Overlap.SKIP,
        missed=Missed.SKIP,
        soft_error=given.soft_error,
        enabled=not given.disabled,
        owner=given.owner,
        owner_name=given.owner_name,
        description=given.description,
    )


def _find_problems(given: ChronosJob) -> Iterator[Problem]:
    if given.executor:
        yield Problem(
            "$.executor", f"{given.executor!r} would have to run the job; only '' is possible, the agent's own"
        )
    if given.uris and given.fetch and given.uris != tuple(each.uri for each in given.fetch):
        yield Problem("$.uris", "names other files than $.fetch does; leave it out, it is the older form")
    if given.container is not None and given.container.image == "" and given.container != type(given.container)():
        yield Problem("$.container.image", "is missing")
    for index, words in enumerate(given.constraints):
        path = f"$.constraints[{index}]"
        if len(words) != 3:
            yield Problem(path, f"must be [attribute, operator, value], not {len(words)} words")
        elif words[1] not in OPERATORS:
            yield Problem(f"{path}[1]", f"{words[1]!r} is none of {', '.join(OPERATORS)}")


def _schedule(given: ChronosJob) -> Schedule | Problem:
    """Chronos's zone takes the place of whatever offset the start bears: the fields of the clock stay."""
    if given.parents and given.schedule:
        return Problem("$.parents", "can't stand beside $.schedule: a job follows the clock or other jobs")
    if given.parents:
        return After(tuple(JobName(each) for each in dict.fromkeys(given.parents)))
    if not given.schedule:
        return Once()
    zone = iana_name(given.schedule_time_zone) or UTC
    if (problem := find_zone_problem(zone)) is not None:
        return Problem("$.scheduleTimeZone", problem)
    text = given.schedule
    if given.schedule_time_zone:
        repeats, slash, rest = text.partition("/")
        start, second, period = rest.partition("/")
        text = f"{repeats}{slash}{_OFFSET.sub('', start)}{second}{period}"
    found = parse_repeating(text, zone)
    return Problem("$.schedule", found) if isinstance(found, str) else found


def _start_window(given: ChronosJob) -> float | Problem | None:
    if not given.epsilon:
        return None
    found = parse_period(given.epsilon)
    if isinstance(found, str):
        return Problem("$.epsilon", found)
    return (found.months * _MONTH + found.days * _DAY + found.seconds) or None


def _is_fetched(given: ChronosJob) -> bool:
    """Whether the command is an address, whose file is fetched and run."""
    return given.command.lower().startswith(_FETCHED)


def _command(given: ChronosJob) -> str | None:
    if _is_fetched(given):
        return f'"./{given.command.rpartition("/")[2]}"'
    return given.command or None


def _uris(given: ChronosJob) -> tuple[CommandUri, ...]:
    if _is_fetched(given):
        return (CommandUri(value=given.command, executable=True),)
    fetched = tuple(
        CommandUri(
            value=each.uri,
            executable=each.executable or None,
            extract=each.extract,
            cache=each.cache or None,
            output_file=each.output_file or None,
        )
        for each in given.fetch
    )
    return fetched or tuple(CommandUri(value=each) for each in given.uris)


def _container(given: ChronosJob) -> ContainerInfo | None:
    return to_container_info(given.container) if given.container is not None and given.container.image else None

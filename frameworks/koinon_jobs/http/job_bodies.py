"""A job as the JSON of our own API, read strictly and written back: what is written can be put again.

Owns names, units and shapes. Whether a job can be is ``validation``'s, whose paths ``in_body`` puts into these names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import attrs

from koinon_core.backoff import Backoff
from koinon_core.containers import CommandUri
from koinon_frameworks.matching import Constraint, Operator

from ..chronos.containers import from_container_info, to_container_info
from ..chronos.definition import Container
from ..codec import Codec, Strictness, json_name
from ..due_times import find_zone_problem
from ..iso8601 import format_moment, format_repeating, parse_moment, parse_repeating
from ..job import DEFAULT_BACKOFF, DEFAULT_HISTORY, Job, Missed, Overlap
from ..problems import Problem
from ..schedule import UTC, After, Cron, Every, JobName, Once, Schedule

NOW: Final = "now"
_KINDS: Final = ("cron", "repeating", "once", "parents")
_OPERATORS: Final = {each.value: each for each in Operator}


@attrs.frozen(kw_only=True)
class ScheduleBody:
    """Exactly one of cron, repeating, once and parents."""

    cron: str | None = None
    repeating: str | None = None
    once: str | None = None
    parents: tuple[str, ...] | None = None
    time_zone: str | None = None


@attrs.frozen(kw_only=True)
class UriBody:
    """Something to fetch first."""

    uri: str
    executable: bool = False
    extract: bool = True
    cache: bool = False
    output_file: str | None = None


@attrs.frozen(kw_only=True)
class RetryDelayBody:
    """How long between attempts."""

    initial_seconds: float = DEFAULT_BACKOFF.initial
    maximum_seconds: float = DEFAULT_BACKOFF.maximum
    factor: float = DEFAULT_BACKOFF.factor


@attrs.frozen(kw_only=True)
class JobBody:
    """A definition. What each member means is told in docs/jobs.md and in ``job.Job``."""

    name: str
    description: str = ""
    owner: str = ""
    owner_name: str = ""
    schedule: ScheduleBody
    command: str | None = None
    shell: bool = True
    arguments: tuple[str, ...] = ()
    container: Container | None = None
    environment: Mapping[str, str] = attrs.field(factory=dict)
    uris: tuple[UriBody, ...] = ()
    user: str | None = None
    cpus: float = 0.1
    mem: float = 128.0
    disk: float = 0.0
    gpus: float = 0.0
    constraints: tuple[tuple[str, ...], ...] = ()
    role: str | None = None
    labels: Mapping[str, str] = attrs.field(factory=dict)
    retries: int = 0
    retry_delay: RetryDelayBody = RetryDelayBody()
    start_window_seconds: float | None = None
    max_run_time_seconds: float | None = None
    overlap: Overlap = Overlap.SKIP
    missed: Missed = Missed.ONCE
    catch_up: int = 10
    soft_error: bool = False
    enabled: bool = True
    max_history: int = DEFAULT_HISTORY


_CODEC: Final = Codec(Strictness.STRICT)
_SAME: Final = (
    "description", "owner", "owner_name", "command", "shell", "arguments", "environment", "user", "cpus", "mem", "disk",
    "gpus", "role", "labels", "retries", "overlap", "missed", "catch_up", "soft_error", "enabled", "max_history",
)  # fmt: skip
"""Fields that both call the same and mean alike."""
_IN_BODY: Final = {
    "$.schedule.expression": "$.schedule.cron",
    "$.schedule.period": "$.schedule.repeating",
    "$.schedule.start": "$.schedule.repeating",
    "$.schedule.repetitions": "$.schedule.repeating",
    "$.schedule.at": "$.schedule.once",
    "$.startWindow": "$.startWindowSeconds",
    "$.maxRunTime": "$.maxRunTimeSeconds",
    "$.retryBackoff.initial": "$.retryDelay.initialSeconds",
    "$.retryBackoff.maximum": "$.retryDelay.maximumSeconds",
    "$.retryBackoff": "$.retryDelay",
    "$.container.mesos.image.docker.name": "$.container.image",
    "$.container.docker": "$.container",
    "$.container.mesos": "$.container",
}


def read_job(body: object) -> Job | tuple[Problem, ...]:
    """The job that a JSON object describes, or all that is wrong with it."""
    found = _CODEC.read(body, JobBody)
    if not isinstance(found, JobBody):
        return found
    schedule = _read_schedule(found.schedule)
    problems = [*_find_problems(found), *((schedule,) if isinstance(schedule, Problem) else ())]
    if problems or isinstance(schedule, Problem):
        return tuple(problems)
    delay = found.retry_delay
    return Job(
        name=JobName(found.name),
        schedule=schedule,
        container=None if found.container is None else to_container_info(found.container),
        uris=tuple(
            CommandUri(
                value=each.uri,
                executable=each.executable or None,
                extract=each.extract,
                cache=each.cache or None,
                output_file=each.output_file,
            )
            for each in found.uris
        ),
        constraints=tuple(Constraint(words[0], _OPERATORS[words[1]], *words[2:]) for words in found.constraints),
        retry_backoff=Backoff(initial=delay.initial_seconds, maximum=delay.maximum_seconds, factor=delay.factor),
        start_window=found.start_window_seconds,
        max_run_time=found.max_run_time_seconds,
        **{name: getattr(found, name) for name in _SAME},
    )


def write_job(job: Job) -> dict[str, Any]:
    """What ``read_job`` reads as this job; members that say nothing are left out."""
    delay = job.retry_backoff
    body = JobBody(
        name=job.name,
        schedule=_write_schedule(job.schedule),
        container=None if job.container is None else from_container_info(job.container),
        uris=tuple(
            UriBody(
                uri=each.value,
                executable=bool(each.executable),
                extract=each.extract,
                cache=bool(each.cache),
                output_file=each.output_file,
            )
            for each in job.uris
        ),
        constraints=tuple(each.words for each in job.constraints),
        retry_delay=RetryDelayBody(initial_seconds=delay.initial, maximum_seconds=delay.maximum, factor=delay.factor),
        start_window_seconds=job.start_window,
        max_run_time_seconds=job.max_run_time,
        **{name: getattr(job, name) for name in _SAME},
    )
    return cast("dict[str, Any]", _CODEC.write(body))


def in_body(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The same problems, with paths as the body names them."""
    return tuple(attrs.evolve(each, path=_body_path(each.path)) for each in problems)


def _body_path(path: str) -> str:
    path = re.sub(r"[a-z]+(?:_[a-z]+)+", lambda found: json_name(found[0]), path)
    path = re.sub(r"^(\$\.uris\[\d+\])\.value$", r"\1.uri", path)
    for theirs, ours in _IN_BODY.items():
        if path == theirs or path.startswith((f"{theirs}.", f"{theirs}[")):
            return ours + path.removeprefix(theirs)
    return path


def _find_problems(body: JobBody) -> list[Problem]:
    found = []
    for index, words in enumerate(body.constraints):
        path = f"$.constraints[{index}]"
        if len(words) not in (2, 3):
            found.append(
                Problem(path, f"must be [field, operator] or [field, operator, value], not {len(words)} words")
            )
        elif words[1] not in _OPERATORS:
            found.append(Problem(f"{path}[1]", f"{words[1]!r} is none of {', '.join(_OPERATORS)}"))
    if body.container is not None:
        if not body.container.image:
            found.append(Problem("$.container.image", "is missing"))
        for index, network in enumerate(body.container.network_infos):
            if network.port_mappings or network.protocol:
                path = f"$.container.networkInfos[{index}]"
                found.append(Problem(path, "portMappings and protocol have no effect for jobs; leave them out"))
    return found


def _read_schedule(body: ScheduleBody) -> Schedule | Problem:
    said = [kind for kind in _KINDS if getattr(body, kind) is not None]
    if len(said) != 1:
        return Problem("$.schedule", f"must say exactly one of {', '.join(_KINDS)}, not {' and '.join(said) or 'none'}")
    if body.cron is not None:
        return Cron(body.cron, body.time_zone or UTC)
    if body.repeating is not None:
        return _read_repeating(body.repeating, body.time_zone)
    if body.time_zone is not None:
        return Problem("$.schedule.timeZone", f"has no meaning beside {said[0]}; leave it out")
    if body.parents is not None:
        return After(tuple(JobName(each) for each in body.parents))
    moment = None if body.once == NOW else parse_moment(body.once or "")
    return Problem("$.schedule.once", moment) if isinstance(moment, str) else Once(moment)


def _read_repeating(text: str, time_zone: str | None) -> Schedule | Problem:
    zone = time_zone or UTC
    problem = find_zone_problem(zone)
    if problem is not None:
        return Problem("$.schedule.timeZone", problem)
    found = parse_repeating(text, zone)
    return Problem("$.schedule.repeating", found) if isinstance(found, str) else found


def _write_schedule(schedule: Schedule) -> ScheduleBody:
    match schedule:
        case Cron(expression, zone):
            return ScheduleBody(cron=expression, time_zone=zone)
        case Every() as every:
            return ScheduleBody(repeating=format_repeating(every), time_zone=every.time_zone)
        case After(parents):
            return ScheduleBody(parents=parents)
        case Once(at):
            return ScheduleBody(once=NOW if at is None else format_moment(at))

"""One of our jobs as Chronos would tell it, its counters included; what was posted comes back in its own words.

A field that a Job says in other words (``PT60S`` for ``PT1M``), or has no place for, is kept in a label. It is given
back for as long as it still means what the job does: a job that was changed otherwise since says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import orjson

from koinon_core.containers import CommandUri

from ..codec import parse_object
from ..due_times import next_time
from ..iso8601 import format_moment, format_period, format_repeating
from ..job import Job, Overlap
from ..schedule import UTC, After, Cron, Every, Once, Period
from ..views import JobView
from .codec import CODEC, chronos_name
from .containers import from_container_info
from .definition import RUN_ONCE, ChronosJob, EnvironmentVariable, Fetch
from .to_job import OPERATORS, to_job

KEPT_LABEL: Final = "chronos"
"""Holds a JSON object: the fields of ``KEPT`` that were posted otherwise than ``describe_job`` would say them."""
COUNTED: Final = frozenset({"success_count", "error_count", "last_success", "last_error", "errors_since_last_success"})
"""Told by the job's own history, whatever was posted."""
_ONCE_PERIOD: Final = "PT24H"
_WORDS: Final = {operator: word for word, operator in OPERATORS.items()}
_IF_SAID: Final = frozenset({"container", "data_job", "async_", "epsilon"})
"""Fields that Chronos 3 leaves out where they say nothing."""
_NOT_KEPT: Final = COUNTED | {"uris"}


def with_kept(given: ChronosJob, job: Job) -> Job:
    """The job with what of ``given`` it would not give back by itself."""
    said = describe_job(job, created=0.0)
    blank = ChronosJob(name=given.name)
    kept = {}
    for field in attrs.fields(ChronosJob):
        posted = getattr(given, field.name)
        if field.name not in _NOT_KEPT and posted not in (getattr(said, field.name), getattr(blank, field.name)):
            kept[chronos_name(field.name)] = CODEC.write(posted)
    if not kept:
        return job
    return attrs.evolve(job, labels={**job.labels, KEPT_LABEL: orjson.dumps(kept).decode()})


def chronos_object(view: JobView) -> dict[str, Any]:
    """The JSON object of a job, with the keys that Chronos 3 gives."""
    told = _in_posted_words(describe_job(view.job, view.progress.created), view.job.labels)
    absent = {chronos_name(name) for name in _IF_SAID if not getattr(told, name)}
    absent |= {"schedule", "scheduleTimeZone"} if told.parents else {"parents"}
    told = attrs.evolve(told, uris=tuple(each.uri for each in told.fetch), **_counters(view))
    found: dict[str, Any] = CODEC.write(told)
    for file in found["fetch"]:
        if not file["output_file"]:
            del file["output_file"]
    return {key: value for key, value in found.items() if key not in absent}


def describe_job(job: Job, created: float) -> ChronosJob:
    """The definition in Chronos's terms. ``created`` is the start of one that had none."""
    schedule = job.schedule
    return ChronosJob(
        name=job.name,
        command=job.command or "",
        shell=job.shell,
        arguments=job.arguments,
        schedule=_schedule_text(job, created),
        schedule_time_zone=schedule.time_zone if isinstance(schedule, Every) and schedule.time_zone != UTC else "",
        parents=tuple(schedule.parents) if isinstance(schedule, After) else (),
        epsilon="" if job.start_window is None else format_period(Period(seconds=job.start_window)),
        retries=job.retries,
        owner=job.owner,
        owner_name=job.owner_name,
        description=job.description,
        cpus=job.cpus,
        mem=job.mem,
        disk=job.disk,
        disabled=not job.enabled,
        concurrent=job.overlap is Overlap.ALLOW,
        soft_error=job.soft_error,
        max_completion_time=round(job.max_run_time or 0),
        fetch=tuple(_fetch(each) for each in job.uris),
        environment_variables=tuple(EnvironmentVariable(*each) for each in job.environment.items()),
        run_as_user=job.user or "",
        container=None if job.container is None else from_container_info(job.container),
        constraints=tuple(
            (each.field, _WORDS.get(each.operator, each.operator.value), each.value) for each in job.constraints
        ),
    )


def _schedule_text(job: Job, created: float) -> str | None:
    """What follows a cron expression is told by its next time alone: Chronos has no word for more."""
    match job.schedule:
        case Every() as every if every.start is not None and every.time_zone != UTC:
            start = datetime.fromtimestamp(every.start, ZoneInfo(every.time_zone)).isoformat(timespec="milliseconds")
            repeats, _, period = format_repeating(every).split("/")
            return f"{repeats}/{start}/{period}"
        case Every() as every:
            return format_repeating(every)
        case Once(at):
            return f"{RUN_ONCE}/{format_moment(created if at is None else at)}/{_ONCE_PERIOD}"
        case Cron():
            upcoming = next_time(job.schedule, created)
            return None if upcoming is None else f"{RUN_ONCE}/{format_moment(upcoming)}/{_ONCE_PERIOD}"
        case After():
            return None


def _fetch(uri: CommandUri) -> Fetch:
    return Fetch(
        uri=uri.value,
        output_file=uri.output_file or "",
        executable=bool(uri.executable),
        cache=bool(uri.cache),
        extract=uri.extract,
    )


def _counters(view: JobView) -> dict[str, Any]:
    progress = view.progress
    return {
        "success_count": progress.successes,
        "error_count": progress.failures,
        "last_success": "" if progress.last_success is None else format_moment(progress.last_success),
        "last_error": "" if progress.last_failure is None else format_moment(progress.last_failure),
        "errors_since_last_success": progress.failures_in_a_row,
    }


def _in_posted_words(said: ChronosJob, labels: Mapping[str, str]) -> ChronosJob:
    if KEPT_LABEL not in labels:
        return said
    posted = _read_kept(said.name, labels)
    meant = to_job(said)
    everything = attrs.evolve(said, **posted)
    if to_job(everything) == meant:
        return everything
    for name, value in posted.items():
        trial = attrs.evolve(said, **{name: value})
        if to_job(trial) == meant:
            said = trial
    return said


def _read_kept(name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """What was kept, by the name of the field. A label that somebody else wrote says nothing."""
    kept = parse_object(labels.get(KEPT_LABEL, "{}").encode())
    posted = CODEC.read({"name": name, **kept}, ChronosJob) if isinstance(kept, dict) else ()
    if not isinstance(posted, ChronosJob) or not isinstance(kept, dict):
        return {}
    names = (field.name for field in attrs.fields(ChronosJob) if field.name not in _NOT_KEPT)
    return {each: getattr(posted, each) for each in names if chronos_name(each) in kept}

"""Jobs and runs as the JSON of our own API: every moment is ISO 8601 in UTC, every absent one null."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import orjson

from ..due_times import local_time
from ..iso8601 import format_moment
from ..job import Job
from ..runs import Attempt, Run, RunState
from ..schedule import UTC, After, Cron, Every, Once
from ..views import Explanation, JobView
from .job_bodies import write_job

SUCCESS, FAILURE, RUNNING, NEITHER = "success", "failure", "running", "neither"
_OUTCOMES: Final = {RunState.SUCCEEDED: SUCCESS, RunState.FAILED: FAILURE, RunState.MISSED: FAILURE}


def tag_of(job: Job) -> str:
    """The ETag of a definition: the same for the same definition, whenever it was put."""
    digest = hashlib.sha256(orjson.dumps(write_job(job), option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f'"{digest[:20]}"'


def status_object(view: JobView, waits: Sequence[str], runs: Sequence[Run]) -> dict[str, Any]:
    """How a job stands; ``runs`` are its last ones, the newest first."""
    progress = view.progress
    return {
        "name": view.job.name,
        "summary": schedule_words(view.job),
        "description": view.job.description,
        "owner": view.job.owner,
        "paused": not view.job.enabled,
        "next": _time(view.next_time),
        "nextLocal": None if view.next_time is None else local_time(view.next_time, zone_of(view.job)),
        "created": _time(progress.created),
        "successes": progress.successes,
        "failures": progress.failures,
        "failuresInARow": progress.failures_in_a_row,
        "lastSuccess": _time(progress.last_success),
        "lastFailure": _time(progress.last_failure),
        "active": [run_object(run) for run in view.active],
        "lastRuns": [run_object(run) for run in runs],
        "children": list(view.children),
        "waits": list(waits),
    }


def run_object(run: Run) -> dict[str, Any]:
    """A run with its attempts, the oldest first."""
    newest = run.attempt
    return {
        "id": run.id,
        "job": run.job,
        "cause": run.cause.value,
        "state": run.state.value,
        "outcome": outcome_of(run),
        "message": run.message,
        "scheduledAt": _time(run.scheduled_for),
        "createdAt": _time(run.created),
        "changedAt": _time(run.changed),
        "startedAt": _time(next((each.started for each in run.attempts if each.started is not None), None)),
        "endedAt": _time(run.ended),
        "dueAt": _time(run.due),
        "hostname": None if newest is None else newest.hostname,
        "arguments": None if run.arguments is None else list(run.arguments),
        "attempts": [_attempt_object(each) for each in run.attempts],
    }


def why_object(explanation: Explanation) -> dict[str, Any]:
    """Why a job does not run right now, for each run that waits, and by which agent's offer it was not served."""
    return {
        "job": explanation.job,
        "summary": explanation.summary,
        "subscribed": explanation.is_subscribed,
        "waiting": [
            {
                "run": run_object(each.run),
                "why": each.why,
                "refusals": [
                    {"agentId": refusal.agent_id, "hostname": refusal.hostname, "reasons": list(refusal.reasons)}
                    for refusal in each.refusals
                ],
            }
            for each in explanation.waiting
        ],
    }


def time_object(moment: float, time_zone: str) -> dict[str, Any]:
    """A moment in UTC and as the clocks of a zone show it."""
    return {"utc": _time(moment), "local": local_time(moment, time_zone)}


def outcome_of(run: Run) -> str:
    """In one word for people: ``success``, ``failure``, ``running``, or ``neither``."""
    return RUNNING if run.state.has_task else _OUTCOMES.get(run.state, NEITHER)


def zone_of(job: Job) -> str:
    """The zone that its times are told in."""
    return job.schedule.time_zone if isinstance(job.schedule, Cron | Every) else UTC


def schedule_words(job: Job) -> str:
    """When it runs, in a line."""
    match job.schedule:
        case Cron(expression, zone):
            return f"{expression} ({zone})"
        case Every() as every:
            return f"{write_job(job)['schedule']['repeating']} ({every.time_zone})"
        case After(parents):
            return f"after {', '.join(parents)}"
        case Once(at):
            return "once" if at is None else f"once, at {format_moment(at)}"


def _attempt_object(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "taskId": attempt.task_id,
        "agentId": attempt.agent_id,
        "hostname": attempt.hostname,
        "state": attempt.state.value,
        "message": attempt.message,
        "launchedAt": _time(attempt.launched),
        "startedAt": _time(attempt.started),
        "endedAt": _time(attempt.ended),
    }


def _time(moment: float | None) -> str | None:
    return None if moment is None else format_moment(moment)

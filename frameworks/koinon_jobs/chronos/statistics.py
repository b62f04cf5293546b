"""How long runs took, as Chronos told it: percentiles in milliseconds, and the newest runs one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import fmean
from typing import Any, Final

from ..runs import Attempt, AttemptState, Run
from ..schedule import JobName

PERCENTILES: Final = {
    "75thPercentile": 0.75,
    "95thPercentile": 0.95,
    "98thPercentile": 0.98,
    "99thPercentile": 0.99,
    "median": 0.5,
}
_TIME: Final = "%m/%d/%y %H:%M:%S"
_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "m"))
_STATES: Final = {
    AttemptState.LAUNCHED: "Idle",
    AttemptState.RUNNING: "Running",
    AttemptState.SUCCEEDED: "Success",
    AttemptState.FAILED: "Fail",
    AttemptState.KILLED: "Fail",
    AttemptState.LOST: "Fail",
    AttemptState.NEVER_STARTED: "Fail",
}


def histogram(history: Sequence[Run]) -> dict[str, float]:
    """Of the runs that are kept and succeeded. Zero all over where there is none, as Chronos's."""
    times = sorted(_milliseconds(run.attempts[-1]) for run in history if _is_timed(run))
    found: dict[str, float] = {name: _quantile(times, share) for name, share in PERCENTILES.items()}
    return {**found, "mean": fmean(times) if times else 0.0, "count": len(times)}


def ranking(histories: Mapping[JobName, Sequence[Run]], measure: str) -> list[dict[str, Any]]:
    """The jobs by one number of ``histogram``, the slowest first, in seconds. A measure that is none gives none."""
    found = {name: histogram(history).get(measure) for name, history in histories.items()}
    ranked = sorted(((time, name) for name, time in found.items() if time is not None), key=lambda each: -each[0])
    return [{"jobNameLabel": name, "time": time / 1000} for time, name in ranked]


def stat_object(history: Sequence[Run], limit: int, elements: Mapping[str, int]) -> dict[str, Any]:
    """``/job/stat/NAME``: the newest attempts first. ``elements`` are those processed, by task id."""
    attempts = [(run, attempt) for run in history for attempt in reversed(run.attempts)][:limit]
    told = [_task_stat(run, attempt, elements.get(attempt.task_id)) for run, attempt in attempts]
    return {"histogram": histogram(history), "taskStatHistory": told}


def _is_timed(run: Run) -> bool:
    last = run.attempt
    return last is not None and last.state is AttemptState.SUCCEEDED and last.ended is not None


def _milliseconds(attempt: Attempt) -> float:
    begin = attempt.launched if attempt.started is None else attempt.started
    return max(0.0, round(((attempt.ended or begin) - begin) * 1000, 3))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Between the two neighbours, as the library that Chronos used: position ``share * (n + 1)``."""
    if not ordered:
        return 0.0
    position = share * (len(ordered) + 1)
    lower = int(position)
    if lower < 1:
        return ordered[0]
    if lower >= len(ordered):
        return ordered[-1]
    return ordered[lower - 1] + (position - lower) * (ordered[lower] - ordered[lower - 1])


def _task_stat(run: Run, attempt: Attempt, elements: int | None) -> dict[str, Any]:
    begin = attempt.launched if attempt.started is None else attempt.started
    found = {
        "taskId": attempt.task_id,
        "jobName": run.job,
        "slaveId": attempt.agent_id,
        "startTime": _format_time(begin),
        "endTime": _format_time(attempt.ended),
        "status": _STATES[attempt.state],
    }
    if attempt.ended is not None:
        found["duration"] = _format_duration(attempt.ended - begin)
    return found if elements is None else {**found, "numElementsProcessed": elements}


def _format_time(moment: float | None) -> str:
    return "N/A" if moment is None else datetime.fromtimestamp(moment, UTC).strftime(_TIME)


def _format_duration(seconds: float) -> str:
    """``1h2m3s``."""
    rest, text = max(0, int(seconds)), ""
    for size, unit in _UNITS:
        number, rest = divmod(rest, size)
        text += f"{number}{unit}" if number else ""
    return f"{text}{rest}s"

"""The graph of jobs as Chronos drew it: Graphviz's dot, lines of nodes and links, and the summary of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..runs import RunState
from ..schedule import After, JobName
from ..views import JobView
from .from_job import describe_job

FRESH, SUCCESS, FAILURE = "fresh", "success", "failure"


def last_state(view: JobView) -> str:
    """How the newest run that came to an end ended: ``fresh`` where there was none."""
    succeeded, failed = view.progress.last_success, view.progress.last_failure
    if succeeded is None and failed is None:
        return FRESH
    return SUCCESS if failed is None or (succeeded is not None and succeeded > failed) else FAILURE


def current_state(view: JobView) -> str:
    """``idle``, ``queued`` or ``2 running``."""
    running = sum(run.state.has_task for run in view.active)
    if running:
        return f"{running} running"
    return "queued" if any(run.state is not RunState.RETRYING for run in view.active) else "idle"


def links(views: Sequence[JobView]) -> Iterator[tuple[JobName, JobName]]:
    """From each parent to each job after it."""
    for view in views:
        if isinstance(view.job.schedule, After):
            yield from ((parent, view.job.name) for parent in view.job.schedule.parents)


def dot_text(views: Sequence[JobView]) -> str:
    """The graph in Graphviz's language."""
    numbers = {view.job.name: number for number, view in enumerate(views, 1)}
    lines = [f'  {number} [ label="{name}" ];' for name, number in numbers.items()]
    lines += [f"  {numbers[each]} -> {numbers[after]};" for each, after in links(views) if each in numbers]
    return "\n".join(["digraph G {", *lines, "}", ""])


def csv_text(views: Sequence[JobView]) -> str:
    """``node,NAME,LAST,NOW`` and ``link,PARENT,CHILD``. A name has neither comma nor line end."""
    nodes = [f"node,{view.job.name},{last_state(view)},{current_state(view)}\n" for view in views]
    return "".join([*nodes, *(f"link,{each},{after}\n" for each, after in links(views))])


def summary_object(views: Sequence[JobView]) -> dict[str, Any]:
    """What Chronos's own page was made of."""
    return {"jobs": [_summary(view) for view in views]}


def _summary(view: JobView) -> dict[str, Any]:
    said = describe_job(view.job, view.progress.created)
    return {
        "name": said.name,
        "status": last_state(view),
        "state": current_state(view),
        "schedule": said.schedule or "",
        "parents": list(said.parents),
        "disabled": said.disabled,
    }

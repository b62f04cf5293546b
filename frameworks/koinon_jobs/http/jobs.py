"""``/jobs`` and ``/jobs/NAME``: list, create, replace, change, remove; and a definition tried out at ``/plan``.

A change may insist on what it was made from: ``If-Match`` with the ``ETag`` of a GET.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import hdrs, web

from ..job import Job
from ..problems import Problem
from ..runs import Run
from ..schedule import After, JobName
from ..validation import find_family_problems, find_problems
from ..views import JobView
from .answers import Handler, json_answer, not_found, or_refuse, ours, refusal, wrong
from .desk import Desk
from .job_bodies import in_body, read_job, write_job
from .requests import check_version, name_of, number_of, object_of, path_under
from .upcoming import upcoming
from .views import status_object, tag_of

DEFAULT_PAGE: Final = 100
MOST_PAGE: Final = 1000
MOST_RUNS: Final = 50
_PLANNED: Final = 10
_SHOWN_RUNS: Final = 10
_STATES: Final = ("active", "paused", "failing", "waiting", "idle")


class JobsResource:
    """Definitions, and how each stands."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """All but what is under a job's name."""
        table: list[tuple[str, str, Handler]] = [
            (hdrs.METH_GET, "/jobs", self.list),
            (hdrs.METH_POST, "/jobs", self.create),
            (hdrs.METH_POST, "/plan", self.plan),
            (hdrs.METH_GET, "/jobs/{name}", self.show),
            (hdrs.METH_PUT, "/jobs/{name}", self.put),
            (hdrs.METH_PATCH, "/jobs/{name}", self.patch),
            (hdrs.METH_DELETE, "/jobs/{name}", self.remove),
        ]
        return [web.route(method, path, ours(handler)) for method, path, handler in table]

    async def list(self, request: web.Request) -> web.Response:
        """How jobs stand, sorted by name: those with ``name``, ``owner`` and ``label`` in them, of one ``state``."""
        limit, offset = number_of(request, "limit", DEFAULT_PAGE, MOST_PAGE), number_of(request, "offset", 0)
        runs = number_of(request, "runs", 0, MOST_RUNS)
        state = request.query.get("state")
        if state is not None and state not in _STATES:
            raise wrong("?state", f"must be one of {', '.join(_STATES)}")
        found = [each for each in await self._desk.service.list() if _is_wanted(each, request.query, state)]
        standings = [await self._standing(each, runs) for each in found[offset : offset + limit]]
        # In a thread: a thousand jobs with fifty runs each are a second of everybody's time.
        shown = await asyncio.to_thread(lambda: [status_object(*each) for each in standings])
        return json_answer({"jobs": shown, "total": len(found)})

    async def create(self, request: web.Request) -> web.Response:
        """A new job: 201, and 409 where there is one of that name."""
        job = or_refuse(read_job(await object_of(request)))
        async with self._desk.changing():
            view = or_refuse(_in_body(await self._desk.service.put_job(job, only_new=True)))
        return await self._answer(view, 201, {hdrs.LOCATION: path_under(request.path, view.job.name)})

    async def plan(self, request: web.Request) -> web.Response:
        """What a definition would come to, nothing stored: as it would be kept, its next times, what it replaces."""
        job = or_refuse(read_job(await object_of(request)))
        count = number_of(request, "count", _PLANNED, MOST_PAGE)
        views = await self._desk.service.list()
        families = {each.job.name: parents_of(each.job) for each in views}
        problems = find_problems(job, self._desk.roles) or find_family_problems(job, families)
        if problems:
            raise refusal(in_body(problems))
        before = next((each for each in views if each.job.name == job.name), None)
        return json_answer(
            {
                "definition": write_job(job),
                "replaces": before is not None,
                "changes": before is None or before.job != job,
                "next": upcoming(job, self._desk.clock.now(), count),
            }
        )

    async def show(self, request: web.Request) -> web.Response:
        """One job, with its ETag."""
        return await self._answer(await self._find(name_of(request)))

    async def put(self, request: web.Request) -> web.Response:
        """Create or replace: 201 or 200. The name in the body may be left out."""
        name, body = name_of(request), await object_of(request)
        if body.setdefault("name", name) != name:
            raise wrong("$.name", f"is another than the address has, {name!r}")
        job = or_refuse(read_job(body))
        async with self._desk.changing():
            before = await self._desk.service.find(name)
            check_version(request, None if before is None else tag_of(before.job))
            view = or_refuse(_in_body(await self._desk.service.put_job(job)))
        return await self._answer(view, 201 if before is None else 200)

    async def patch(self, request: web.Request) -> web.Response:
        """Change some members, as RFC 7396 merges: null takes one out, a list is replaced as a whole."""
        name, change = name_of(request), await object_of(request)
        async with self._desk.changing():
            before = (await self._find(name)).job
            check_version(request, tag_of(before))
            body = merge(write_job(before), change)
            if body.get("name") != name:
                raise wrong("$.name", "can't be changed: put a job of the other name, and remove this one")
            view = or_refuse(_in_body(await self._desk.service.put_job(or_refuse(read_job(body)))))
        return await self._answer(view)

    async def remove(self, request: web.Request) -> web.Response:
        """Remove a job with its history and end what runs of it; 409 while other jobs run after it."""
        name = name_of(request)
        async with self._desk.changing():
            before = await self._find(name)
            check_version(request, tag_of(before.job))
            problems = await self._desk.service.remove_job(name)
        if problems:
            raise refusal(in_body(problems))
        return web.Response(status=204)

    async def _find(self, name: JobName) -> JobView:
        view = await self._desk.service.find(name)
        if view is None:
            raise not_found(f"there is no job {name!r}")
        return view

    async def _answer(self, view: JobView, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
        shown = status_object(*await self._standing(view, _SHOWN_RUNS))
        body = {"name": view.job.name, "definition": write_job(view.job), "status": shown}
        return json_answer(body, status, {hdrs.ETAG: tag_of(view.job), **(headers or {})})

    async def _standing(self, view: JobView, runs: int) -> tuple[JobView, Sequence[str], Sequence[Run]]:
        """A job, why its runs wait, and so many of its last runs."""
        name = view.job.name
        history = await self._desk.service.history(name) if runs else ()
        last = [run for run in history if not isinstance(run, Problem)][:runs]
        return view, await self._waits(view), last

    async def _waits(self, view: JobView) -> tuple[str, ...]:
        """Why its runs wait; asked only where one does."""
        if not any(not run.state.has_task for run in view.active):
            return ()
        found = await self._desk.service.why(view.job.name)
        return () if isinstance(found, tuple) else tuple(dict.fromkeys(each.why for each in found.waiting))


def merge(value: Any, change: Any) -> Any:
    """RFC 7396: objects are merged, null removes, everything else replaces. A kind of schedule replaces another."""
    if not isinstance(change, dict):
        return change
    merged = dict(value) if isinstance(value, dict) else {}
    for key, inner in change.items():
        if inner is None:
            merged.pop(key, None)
        else:
            merged[key] = inner if key == "schedule" else merge(merged.get(key), inner)
    return merged


def parents_of(job: Job) -> tuple[JobName, ...]:
    """The jobs it runs after."""
    return job.schedule.parents if isinstance(job.schedule, After) else ()


def _in_body(found: JobView | tuple[Problem, ...]) -> JobView | tuple[Problem, ...]:
    return in_body(found) if isinstance(found, tuple) else found


def _is_wanted(view: JobView, query: Mapping[str, str], state: str | None) -> bool:
    job = view.job
    label, _, value = query.get("label", "").partition("=")
    if query.get("name", "").lower() not in job.name.lower() or query.get("owner", "") not in job.owner:
        return False
    if label and (label not in job.labels or (value and job.labels[label] != value)):
        return False
    return state is None or state in _states(view)


def _states(view: JobView) -> set[str]:
    found = {"active"} if view.active else {"idle"}
    found |= {"waiting"} if any(not run.state.has_task for run in view.active) else set()
    found |= set() if view.job.enabled else {"paused"}
    return found | ({"failing"} if view.progress.failures_in_a_row else set())

"""Chronos's addresses for jobs: posted, listed, searched, run, removed. ``/v1`` is Chronos 3's, without it Chronos 2's.

What its JSON means is ``chronos``'s. What of it has no effect here, or is not taken at all, two headers tell.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import hdrs, web
from attrs import evolve

from .. import chronos
from ..job import Job
from ..schedule import After, JobName, Schedule
from ..views import JobView
from .answers import Handler, json_answer, not_found, or_refuse, refusal, wrong
from .answers import chronos as told_as_chronos
from .chronos_paths import in_chronos
from .desk import Desk
from .requests import name_of, number_of, object_of

PREFIXES: Final = ("/v1", "")
WITHOUT_EFFECT: Final = "Koinon-Without-Effect"
"""Fields that come back as they were posted, and do nothing."""
IGNORED: Final = "Koinon-Ignored"
"""Fields that were not taken at all."""
_SEARCH_LIMIT: Final = 10


class ChronosJobsResource:
    """Jobs as clients of Chronos see them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """With and without ``/v1``."""
        table: list[tuple[str, str, Handler]] = [
            (hdrs.METH_POST, "/iso8601", self.put_scheduled),
            (hdrs.METH_PUT, "/iso8601", self.put_scheduled),
            (hdrs.METH_POST, "/dependency", self.put_dependent),
            (hdrs.METH_PUT, "/dependency", self.put_dependent),
            (hdrs.METH_GET, "/jobs", self.list),
            (hdrs.METH_DELETE, "/jobs", self.remove_all),
            (hdrs.METH_GET, "/jobs/search", self.search),
            (hdrs.METH_GET, "/job/{name}", self.show),
            (hdrs.METH_PUT, "/job/{name}", self.run),
            (hdrs.METH_DELETE, "/job/{name}", self.remove),
            (hdrs.METH_PUT, "/job/success/{name}", self.mark_succeeded),
            (hdrs.METH_DELETE, "/task/kill/{name}", self.kill),
        ]
        return [
            web.route(method, f"{prefix}/scheduler{path}", told_as_chronos(handler))
            for prefix in PREFIXES
            for method, path, handler in table
        ]

    async def put_scheduled(self, request: web.Request) -> web.Response:
        """A job that follows the clock; one without a schedule runs once, now."""
        body = await object_of(request)
        if body.get("parents"):
            raise wrong("$.parents", "a job that follows others is posted to /scheduler/dependency")
        return await self._put(body)

    async def put_dependent(self, request: web.Request) -> web.Response:
        """A job that follows others."""
        body = await object_of(request)
        if not body.get("parents"):
            raise wrong("$.parents", "is missing or empty: which jobs does it run after?")
        return await self._put(body)

    async def list(self, _request: web.Request) -> web.Response:
        """All jobs."""
        return json_answer(await self._tell_all())

    async def search(self, request: web.Request) -> web.Response:
        """Those with ``name`` and ``command`` in them, or with ``any`` in either; capitals don't matter."""
        limit, offset = number_of(request, "limit", _SEARCH_LIMIT), number_of(request, "offset", 0)
        name, command, anything = (request.query.get(each, "").lower() for each in ("name", "command", "any"))
        found = [job for job in await self._tell_all() if _is_found(job, name, command, anything)]
        return json_answer(found[offset : offset + limit])

    async def show(self, request: web.Request) -> web.Response:
        """One job."""
        return json_answer(chronos.chronos_object(await self._find(name_of(request))))

    async def run(self, request: web.Request) -> web.Response:
        """Run it now; ``arguments`` are put after its own, split as a shell would."""
        name, said = name_of(request), request.query.get("arguments", "")
        job = (await self._find(name)).job
        try:
            more = tuple(shlex.split(said))
        except ValueError as error:
            raise wrong("?arguments", f"can't be split: {error}") from None
        or_refuse(await self._desk.service.run_now(name, (*_own_arguments(job), *more) if more else None))
        return web.Response(status=204)

    async def mark_succeeded(self, request: web.Request) -> web.Response:
        """Go on as if it had succeeded now."""
        name = name_of(request)
        or_refuse(await self._desk.service.mark_succeeded(name))
        return web.Response(text=f"marked job {name} as successful: true")

    async def kill(self, request: web.Request) -> web.Response:
        """End whatever runs of a job."""
        or_refuse(await self._desk.service.kill(name_of(request)))
        return web.Response(status=204)

    async def remove(self, request: web.Request) -> web.Response:
        """Remove a job. As with Chronos, jobs after it follow what it followed: its parents, or else its schedule."""
        name = name_of(request)
        async with self._desk.changing():
            view = await self._find(name)
            for child in view.children:
                after = await self._find(child)
                heir = evolve(after.job, schedule=_inherited(after.job.schedule, view.job))
                or_refuse(await self._desk.service.put_job(heir))
            or_refuse(await self._desk.service.remove_job(name) or None)
        return web.Response(status=204)

    async def remove_all(self, _request: web.Request) -> web.Response:
        """Remove every job, those first that others don't run after."""
        async with self._desk.changing():
            for name in leaves_first(await self._desk.service.list()):
                or_refuse(await self._desk.service.remove_job(name) or None)
        return web.Response(status=204)

    async def _put(self, body: dict[str, Any]) -> web.Response:
        given = or_refuse(chronos.CODEC.read(body, chronos.ChronosJob))
        job = chronos.with_kept(given, or_refuse(chronos.to_job(given)))
        async with self._desk.changing():
            found = await self._desk.service.put_job(job)
        if isinstance(found, tuple):
            raise refusal(in_chronos(found))
        told = {WITHOUT_EFFECT: chronos.without_effect(given), IGNORED: chronos.passed_over(body)}
        return web.Response(status=204, headers={name: _header(names) for name, names in told.items() if names})

    async def _tell_all(self) -> Sequence[dict[str, Any]]:
        """In a thread, as all other requests would have to wait for some seconds of ten thousand jobs."""
        views = await self._desk.service.list()
        return await asyncio.to_thread(lambda: [chronos.chronos_object(view) for view in views])

    async def _find(self, name: JobName) -> JobView:
        view = await self._desk.service.find(name)
        if view is None:
            raise not_found(f"Job '{name}' not found")
        return view


def leaves_first(views: Sequence[JobView]) -> list[JobName]:
    """The names, each after all that run after it."""
    children = {view.job.name: set(view.children) for view in views}
    found: list[JobName] = []
    while children:
        free = sorted(name for name, after in children.items() if not after & children.keys())
        found += free or sorted(children)
        for name in free or list(children):
            del children[name]
    return found


def _own_arguments(job: Job) -> tuple[str, ...]:
    """Those a run by hand takes the place of: a shell has none, and a program's name is its own."""
    if job.shell:
        return ()
    return job.arguments if job.command is None else job.arguments[1:]


def _inherited(schedule: Schedule, removed: Job) -> Schedule:
    if not isinstance(schedule, After):
        return schedule
    parents = [each for each in schedule.parents if each != removed.name]
    if isinstance(removed.schedule, After):
        parents += [each for each in removed.schedule.parents if each not in parents]
    return After(tuple(parents)) if parents else removed.schedule


def _is_found(job: dict[str, Any], name: str, command: str, anything: str) -> bool:
    its_name, its_command = job["name"].lower(), job["command"].lower()
    if name in its_name and command in its_command:
        return not anything or bool(name or command) or anything in its_name or anything in its_command
    return bool(anything) and (anything in its_name or anything in its_command)


def _header(names: Sequence[str]) -> str:
    """Field names as a header: whatever a client made up in them can't end it."""
    return ", ".join(
        "".join(char for char in name[:80] if char.isascii() and char.isprintable()) for name in names[:40]
    )

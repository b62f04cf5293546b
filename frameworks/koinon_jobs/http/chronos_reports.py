"""Chronos's addresses for what is told of jobs: statistics, graph, summary, progress; and of the scheduler itself."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from koinon_core.ids import TaskId

from .. import chronos
from ..problems import Problem
from ..runs import Run
from ..schedule import JobName
from .answers import Handler, json_answer, not_found, or_refuse, wrong
from .answers import chronos as told_as_chronos
from .chronos_jobs import IGNORED, PREFIXES
from .desk import Desk
from .requests import name_of, object_of

HISTORY_LIMIT: Final = 10
"""So many attempts ``/job/stat`` told with Chronos's own settings."""
_COMPATIBLE: Final = "3.0.2"
_MOST_ELEMENTS: Final = 2**53


class ChronosReportsResource:
    """What can be asked besides jobs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """With and without ``/v1``; ``/ping`` at the root alone."""
        table: list[tuple[str, str, Handler]] = [
            (hdrs.METH_GET, "/scheduler/job/stat/{name}", self.stat),
            (hdrs.METH_GET, "/scheduler/stats/{measure}", self.ranking),
            (hdrs.METH_GET, "/scheduler/jobs/summary", self.summary),
            (hdrs.METH_GET, "/scheduler/graph/dot", self.dot),
            (hdrs.METH_GET, "/scheduler/graph/csv", self.csv),
            (hdrs.METH_POST, "/scheduler/job/{name}/task/{task}/progress", self.add_progress),
            (hdrs.METH_PUT, "/scheduler/task/{task}", self.note_status),
            (hdrs.METH_GET, "/scheduler/leader", self.leader),
            (hdrs.METH_GET, "/leader", self.leader),
            (hdrs.METH_GET, "/info", self.info),
        ]
        routes = [(method, f"{prefix}{path}", handler) for prefix in PREFIXES for method, path, handler in table]
        routes.append((hdrs.METH_GET, "/ping", self.ping))
        return [web.route(method, path, told_as_chronos(handler)) for method, path, handler in routes]

    async def stat(self, request: web.Request) -> web.Response:
        """How long its runs took, and its newest attempts."""
        history = await self._history(name_of(request))
        return json_answer(chronos.stat_object(history, HISTORY_LIMIT, self._desk.elements))

    async def ranking(self, request: web.Request) -> web.Response:
        """All jobs by one measure of their run times, the slowest first."""
        histories = {}
        for view in await self._desk.service.list():
            history = await self._desk.service.history(view.job.name)
            histories[view.job.name] = [run for run in history if not isinstance(run, Problem)]
        return json_answer(await asyncio.to_thread(chronos.ranking, histories, request.match_info["measure"]))

    async def summary(self, _request: web.Request) -> web.Response:
        """How each job stands."""
        return json_answer(await asyncio.to_thread(chronos.summary_object, await self._desk.service.list()))

    async def dot(self, _request: web.Request) -> web.Response:
        """The graph for Graphviz."""
        return web.Response(text=await asyncio.to_thread(chronos.dot_text, await self._desk.service.list()))

    async def csv(self, _request: web.Request) -> web.Response:
        """The graph line by line."""
        return web.Response(text=await asyncio.to_thread(chronos.csv_text, await self._desk.service.list()))

    async def add_progress(self, request: web.Request) -> web.Response:
        """A task has processed so many elements more. The counts are kept in memory."""
        number = (await object_of(request)).get("numAdditionalElementsProcessed", 0)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _MOST_ELEMENTS:
            raise wrong("$.numAdditionalElementsProcessed", "must be a whole number of at least 0")
        task_id, history = TaskId(request.match_info["task"]), await self._history(name_of(request))
        if not _has_task(history, task_id):
            raise not_found(f"Job '{name_of(request)}' has no task '{task_id}'")
        self._desk.elements.add(task_id, number)
        return web.Response(status=204)

    async def note_status(self, request: web.Request) -> web.Response:
        """Chronos 2's jobs that were ``async`` told so that they were done. Here the task's own end tells it."""
        task_id, body = TaskId(request.match_info["task"]), await object_of(request, may_be_empty=True)
        for view in await self._desk.service.list():
            # A task's id begins with the name of its job: all other histories need not be looked through.
            if task_id.startswith(view.job.name) and _has_task(await self._history(view.job.name), task_id):
                return web.Response(status=204, headers={IGNORED: "statusCode"} if "statusCode" in body else None)
        raise not_found(f"Task '{task_id}' not found")

    async def leader(self, _request: web.Request) -> web.Response:
        """Whoever answers leads: others pass requests on."""
        return json_answer({"leader": urlsplit(self._desk.url).netloc})

    async def info(self, _request: web.Request) -> web.Response:
        """Which Chronos this is like."""
        return json_answer({"name": "jobs", "version": _COMPATIBLE, "leader": urlsplit(self._desk.url).netloc})

    async def ping(self, _request: web.Request) -> web.Response:
        """It lives."""
        return web.Response(text="pong")

    async def _history(self, name: JobName) -> list[Run]:
        found: Any = await self._desk.service.history(name)
        return list(or_refuse(tuple(found)))


def _has_task(history: list[Run], task_id: TaskId) -> bool:
    return any(attempt.task_id == task_id for run in history for attempt in run.attempts)

"""What is under a job's name: run, pause and resume; its runs, its next times, and why it does not run."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web
from attrs import frozen

from ..codec import Codec, Strictness
from ..runs import Run, RunId, RunState
from ..schedule import JobName
from ..views import JobView
from .answers import Handler, json_answer, not_found, or_refuse, ours, wrong
from .desk import Desk
from .requests import name_of, number_of, object_of, path_under, run_of
from .upcoming import upcoming
from .views import run_object, status_object, why_object

_PAGE: Final = 50
_MOST_PAGE: Final = 1000
_MOST_TIMES: Final = 1000
_TIMES: Final = 10


@frozen
class RunBody:
    """What a person says of a run by hand."""

    arguments: tuple[str, ...] | None = None


_CODEC: Final = Codec(Strictness.STRICT)


class RunsResource:
    """One job at work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """Verbs as POST, all else by what it is."""
        table: list[tuple[str, str, Handler]] = [
            (hdrs.METH_POST, "/jobs/{name}/run", self.run),
            (hdrs.METH_POST, "/jobs/{name}/pause", self.pause),
            (hdrs.METH_POST, "/jobs/{name}/resume", self.resume),
            (hdrs.METH_GET, "/jobs/{name}/runs", self.list),
            (hdrs.METH_DELETE, "/jobs/{name}/runs", self.kill_all),
            (hdrs.METH_GET, "/jobs/{name}/runs/{run}", self.show),
            (hdrs.METH_DELETE, "/jobs/{name}/runs/{run}", self.kill),
            (hdrs.METH_GET, "/jobs/{name}/next", self.next),
            (hdrs.METH_GET, "/jobs/{name}/why", self.why),
        ]
        return [web.route(method, path, ours(handler)) for method, path, handler in table]

    async def run(self, request: web.Request) -> web.Response:
        """Run now, whatever the schedule says; 202 with the run, which the overlap policy may have skipped."""
        said = or_refuse(_CODEC.read(await object_of(request, may_be_empty=True), RunBody))
        run = or_refuse(await self._desk.service.run_now(name_of(request), said.arguments))
        location = path_under(request.rel_url.raw_path.removesuffix("/run"), "runs", run.id)
        return json_answer(run_object(run), 202, {hdrs.LOCATION: location})

    async def pause(self, request: web.Request) -> web.Response:
        """No more runs by schedule or after others; those under way go on."""
        return await self._set_enabled(request, enabled=False)

    async def resume(self, request: web.Request) -> web.Response:
        """Go on; times that passed meanwhile are not made up for."""
        return await self._set_enabled(request, enabled=True)

    async def list(self, request: web.Request) -> web.Response:
        """The runs that are kept, the newest first, a page of them; of one ``state``, where one is named."""
        limit, offset = number_of(request, "limit", _PAGE, _MOST_PAGE), number_of(request, "offset", 0)
        state = request.query.get("state")
        if state is not None and state not in RunState.__members__:
            raise wrong("?state", f"must be one of {', '.join(RunState.__members__)}")
        history = or_refuse(await self._desk.service.history(name_of(request)))
        found = [run for run in history if state is None or run.state.name == state]
        return json_answer({"runs": [run_object(run) for run in found[offset : offset + limit]], "total": len(found)})

    async def show(self, request: web.Request) -> web.Response:
        """One run that is kept."""
        return json_answer(run_object(await self._find_run(name_of(request), run_of(request))))

    async def kill(self, request: web.Request) -> web.Response:
        """End a run: 202, and its state says how far that is. 409 for one that is over."""
        name, run = name_of(request), run_of(request)
        await self._find_run(name, run)
        ended = or_refuse(await self._desk.service.kill(name, run))
        return json_answer({"runs": [run_object(each) for each in ended]}, 202)

    async def kill_all(self, request: web.Request) -> web.Response:
        """End every run of the job that is not over: 202 with those."""
        ended = or_refuse(await self._desk.service.kill(name_of(request)))
        return json_answer({"runs": [run_object(each) for each in ended]}, 202)

    async def next(self, request: web.Request) -> web.Response:
        """Its next times, in UTC and in its zone, paused or not."""
        view = await self._find(name_of(request))
        count = number_of(request, "count", _TIMES, _MOST_TIMES)
        times = upcoming(view.job, self._desk.clock.now(), count)
        return json_answer({"job": view.job.name, "paused": not view.job.enabled, "next": times})

    async def why(self, request: web.Request) -> web.Response:
        """Why it does not run right now."""
        return json_answer(why_object(or_refuse(await self._desk.service.why(name_of(request)))))

    async def _set_enabled(self, request: web.Request, *, enabled: bool) -> web.Response:
        async with self._desk.changing():
            view = or_refuse(await self._desk.service.pause(name_of(request), enabled=enabled))
        return json_answer(status_object(view, (), ()))

    async def _find(self, name: JobName) -> JobView:
        view = await self._desk.service.find(name)
        if view is None:
            raise not_found(f"there is no job {name!r}")
        return view

    async def _find_run(self, name: JobName, run_id: RunId) -> Run:
        history = or_refuse(await self._desk.service.history(name))
        found = next((run for run in history if run.id == run_id), None)
        if found is None:
            raise not_found(f"job {name!r} has no run {run_id!r} any more, or never had")
        return found

"""The jobs service on the loop: requests become events, and what is only read comes straight from the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .events import KillRuns, MarkSucceeded, PauseJob, PutJob, RemoveJob, Request, RequestId, RunNow
from .job import Job
from .jobs_service import JobsService, Problems, Watcher
from .loop import JobsLoop
from .problems import Problem, ProblemKind
from .queries import explain_job, find_job, list_jobs, list_runs
from .runs import Run, RunId
from .schedule import JobName
from .views import Explanation, JobView


class LoopService(JobsService):
    """See ``JobsService``."""

    def __init__(self, loop: JobsLoop) -> None:
        self._loop = loop
        self._state = loop.machine.state

    async def put_job(self, job: Job, *, only_new: bool = False) -> JobView | Problems:
        return await self._view(lambda number: PutJob(request_id=number, job=job, only_new=only_new))

    async def remove_job(self, name: JobName) -> Problems:
        result = await self._loop.ask(lambda number: RemoveJob(request_id=number, name=name))
        return _problems(result)

    async def pause(self, name: JobName, *, enabled: bool) -> JobView | Problems:
        return await self._view(lambda number: PauseJob(request_id=number, name=name, enabled=enabled))

    async def run_now(self, name: JobName, arguments: tuple[str, ...] | None = None) -> Run | Problems:
        result = await self._loop.ask(lambda number: RunNow(request_id=number, name=name, arguments=arguments))
        return result if isinstance(result, Run) else _problems(result)

    async def kill(self, name: JobName, run: RunId | None = None) -> tuple[Run, ...] | Problems:
        result = await self._loop.ask(lambda number: KillRuns(request_id=number, name=name, run=run))
        ended = tuple(each for each in result if isinstance(each, Run)) if isinstance(result, tuple) else ()
        return ended or _problems(result)

    async def mark_succeeded(self, name: JobName) -> JobView | Problems:
        return await self._view(lambda number: MarkSucceeded(request_id=number, name=name))

    async def find(self, name: JobName) -> JobView | None:
        return find_job(self._state, name)

    async def list(self) -> Sequence[JobView]:
        return list_jobs(self._state)

    async def history(self, name: JobName) -> Sequence[Run] | Problems:
        entry = self._state.jobs.get(name)
        return _no_job(name) if entry is None else list_runs(entry)

    async def why(self, name: JobName) -> Explanation | Problems:
        entry = self._state.jobs.get(name)
        return _no_job(name) if entry is None else explain_job(self._state, entry)

    def watch(self, tell: Watcher) -> None:
        self._loop.watch(tell)

    async def _view(self, make: Callable[[RequestId], Request]) -> JobView | Problems:
        result = await self._loop.ask(make)
        return result if isinstance(result, JobView) else _problems(result)


def _problems(result: object) -> Problems:
    return tuple(each for each in result if isinstance(each, Problem)) if isinstance(result, tuple) else ()


def _no_job(name: JobName) -> Problems:
    return (Problem("$.name", f"there is no job {name!r}", ProblemKind.NOT_FOUND),)

"""The jobs framework behind a real HTTP server: its real machine on a clock that tests set, without store or master."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

from aiohttp import ClientSession, web
from attrs import define, field

from fakes.marathon_desk import Reply
from koinon_core.ids import AgentId, FrameworkId, OfferId
from koinon_core.offers import AllocationInfo, Offer
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_jobs import events
from koinon_jobs.http import Desk, make_root_routes, make_routes
from koinon_jobs.instructions import Answer, Launch, Persist, Result
from koinon_jobs.job import Job
from koinon_jobs.jobs import Jobs
from koinon_jobs.jobs_service import JobsService, Problems, Watcher
from koinon_jobs.options import Options
from koinon_jobs.problems import Problem, ProblemKind
from koinon_jobs.queries import explain_job, find_job, list_jobs, list_runs
from koinon_jobs.runs import Run, RunId
from koinon_jobs.schedule import JobName
from koinon_jobs.views import Explanation, JobView

NEW_YEAR = 1767225600.0
"""2026-01-01T00:00:00Z, when every desk opens."""
NAME = "jobs"


@define
class SetClock:
    """A clock that stands still."""

    moment: float = NEW_YEAR

    def now(self) -> float:
        """Seconds since 1970."""
        return self.moment

    def monotonic(self) -> float:
        """The same."""
        return self.moment


@define(eq=False)
class MachineService(JobsService):
    """The machine, asked at once: all that a loop does beside is left out."""

    machine: Jobs
    clock: SetClock
    launched: list[TaskInfo] = field(factory=list)
    _watchers: list[Watcher] = field(factory=list)
    _requests: int = 0

    def put(self, event: events.Event) -> Result | None:
        """Let the machine handle an event; what it answers to a request."""
        found: Result | None = None
        for instruction in self.machine.handle(event, self.clock.moment):
            steps = instruction.then if isinstance(instruction, Persist) else (instruction,)
            if isinstance(instruction, Persist):
                for watcher in self._watchers:
                    watcher(instruction.puts, instruction.deletes)
            for step in steps:
                if isinstance(step, Answer):
                    found = step.result
                elif isinstance(step, Launch):
                    self.launched += step.tasks
        self.machine.check()
        return found

    async def put_job(self, job: Job, *, only_new: bool = False) -> JobView | Problems:
        return self._ask(events.PutJob(request_id=self._next(), job=job, only_new=only_new))  # type: ignore[return-value]

    async def remove_job(self, name: JobName) -> Problems:
        return self._ask(events.RemoveJob(request_id=self._next(), name=name))  # type: ignore[return-value]

    async def pause(self, name: JobName, *, enabled: bool) -> JobView | Problems:
        return self._ask(events.PauseJob(request_id=self._next(), name=name, enabled=enabled))  # type: ignore[return-value]

    async def run_now(self, name: JobName, arguments: tuple[str, ...] | None = None) -> Run | Problems:
        return self._ask(events.RunNow(request_id=self._next(), name=name, arguments=arguments))  # type: ignore[return-value]

    async def kill(self, name: JobName, run: RunId | None = None) -> tuple[Run, ...] | Problems:
        return self._ask(events.KillRuns(request_id=self._next(), name=name, run=run))  # type: ignore[return-value]

    async def mark_succeeded(self, name: JobName) -> JobView | Problems:
        return self._ask(events.MarkSucceeded(request_id=self._next(), name=name))  # type: ignore[return-value]

    async def find(self, name: JobName) -> JobView | None:
        return find_job(self.machine.state, name)

    async def list(self) -> Sequence[JobView]:
        return list_jobs(self.machine.state)

    async def history(self, name: JobName) -> Sequence[Run] | Problems:
        entry = self.machine.state.jobs.get(name)
        return _unknown(name) if entry is None else list_runs(entry)

    async def why(self, name: JobName) -> Explanation | Problems:
        entry = self.machine.state.jobs.get(name)
        return _unknown(name) if entry is None else explain_job(self.machine.state, entry)

    def watch(self, tell: Watcher) -> None:
        self._watchers.append(tell)

    def _next(self) -> events.RequestId:
        self._requests += 1
        return events.RequestId(self._requests)

    def _ask(self, request: events.Request) -> Result:
        found = self.put(request)
        assert found is not None
        return found


@define(eq=False)
class JobsDesk:
    """One jobs framework and a client of it."""

    service: MachineService
    desk: Desk
    url: str
    session: ClientSession

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Send a request; a body that is no text goes as JSON."""
        data = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
        request = self.session.request(method, f"{self.url}{path}", data=data, headers=headers, allow_redirects=False)
        async with request as response:
            return Reply(response.status, dict(response.headers.items()), await response.text())

    def move_to(self, moment: float) -> None:
        """Let time pass, timer by timer."""
        machine, clock = self.service.machine, self.service.clock
        while (due := machine.next_deadline()) is not None and due <= moment:
            clock.moment = max(clock.moment, due)
            self.service.put(events.Tick())
        clock.moment = moment

    def launch(self) -> list[TaskInfo]:
        """Offer one agent with room for all, and return what is launched."""
        self.service.launched.clear()
        self.service.put(events.OffersReceived((make_offer(),)))
        return list(self.service.launched)

    def hear(self, task: TaskInfo, state: TaskState, message: str | None = None) -> None:
        """The master says how a task is."""
        status = TaskStatus(task_id=task.task_id, state=state, agent_id=AgentId("a"), message=message)
        self.service.put(events.StatusReceived(status))

    def run_all(self, seconds: float, state: TaskState = TaskState.TASK_FINISHED, message: str | None = None) -> int:
        """Launch what waits, let it run for so long and end so; how many."""
        tasks = self.launch()
        for task in tasks:
            self.hear(task, TaskState.TASK_RUNNING)
        self.service.clock.moment += seconds
        for task in tasks:
            self.hear(task, state, message)
        return len(tasks)


def make_offer(resources: str = "cpus:8;mem:8192;disk:8192") -> Offer:
    """Eight cores on host-1."""
    return Offer(
        id=OfferId("o-1"),
        framework_id=FrameworkId("f-1"),
        agent_id=AgentId("a"),
        hostname="host-1",
        resources=parse_resources(resources),
        allocation_info=AllocationInfo(role="*"),
    )


@asynccontextmanager
async def running_jobs() -> AsyncIterator[JobsDesk]:
    """A jobs framework that is subscribed, mounted as its host mounts it."""
    clock = SetClock()
    service = MachineService(Jobs(Options(), Random(1)), clock)
    service.put(events.Restored())
    service.put(events.Subscribed())
    desk = Desk(service, clock, "http://desk.example:4400/jobs")
    app = make_application([error_middleware()])
    mounted = [
        web.RouteDef(each.method, f"/{NAME}{each.path}", each.handler, each.kwargs) for each in make_routes(desk)
    ]
    app.add_routes([*mounted, *make_root_routes(desk)])
    server = HttpServer(app, Listen(port=0), grace=0.1)
    address = await server.start()
    async with ClientSession() as session:
        yield JobsDesk(service, desk, f"http://{address}", session)
        await server.stop()


def _unknown(name: JobName) -> Problems:
    return (Problem("$.name", f"there is no job {name!r}", ProblemKind.NOT_FOUND),)

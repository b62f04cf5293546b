"""A Marathon behind a real HTTP server: its real machine and loop, over a store in memory and without a master."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from aiohttp import ClientSession
from attrs import define, frozen

from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId
from koinon_core.offers import AllocationInfo, Offer
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_daemon.client import HttpClient
from koinon_daemon.clock import SystemClock
from koinon_daemon.flag_values import HostPort
from koinon_daemon.flags import parse_flags
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer
from koinon_daemon.supervision import Stop
from koinon_frameworks.election import Leadership
from koinon_marathon.config import MarathonConfig
from koinon_marathon.event_stream import EventHub
from koinon_marathon.events import OffersReceived, StatusReceived, Subscribed
from koinon_marathon.health.prober import Prober
from koinon_marathon.http.application import make_marathon_application
from koinon_marathon.http.leader_proxy import ProxySettings, proxy_to_leader
from koinon_marathon.http.service import Service
from koinon_marathon.instructions import Accept
from koinon_marathon.loop import Loop, LoopSettings
from koinon_marathon.marathon import Marathon
from koinon_marathon.plugins.loading import Plugins, make_hooks
from koinon_marathon.scheduler import MasterEffect
from koinon_marathon.store.repository import Repository
from koinon_zk import MemoryStore

FLAGS = ("--master=127.0.0.1:5050", "--zk=sqlite:///tmp/unused?path=/marathon")


@frozen
class Reply:
    """An answer as a client sees it."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The JSON it holds."""
        return json.loads(self.text)


@define
class Desk:
    """One Marathon and a client of it."""

    service: Service
    address: HostPort
    session: ClientSession
    called: list[MasterEffect]

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Send a request; a body that is no text goes as JSON."""
        data = None
        if body is not None:
            data = body if isinstance(body, str) else json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        url = f"http://{self.address}{path}"
        async with self.session.request(method, url, data=data, headers=headers, allow_redirects=False) as response:
            found = dict(response.headers.items())
            return Reply(response.status, found, await response.text())

    async def settle(self) -> None:
        """Let the loop do what it can."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def launch_tasks(self) -> list[TaskInfo]:
        """Offer one agent with room for all, and return what is launched."""
        loop = self.service.loop
        loop.put(Subscribed(framework_id=FrameworkId("f-1")))
        loop.put(OffersReceived((make_offer(),)))
        await self.settle()
        accepts = [effect for effect in self.called if isinstance(effect, Accept)]
        self.called.clear()
        operations = [operation for accept in accepts for operation in accept.operations]
        alone = [task for each in operations if each.launch for task in each.launch.task_infos]
        return alone + [task for each in operations if each.launch_group for task in each.launch_group.task_group.tasks]

    async def run_tasks(self) -> list[TaskStatus]:
        """Offer one agent with room for all, and let whatever is launched run."""
        statuses = [make_status(task.task_id) for task in await self.launch_tasks()]
        for status in statuses:
            self.service.loop.put(StatusReceived(status))
        await self.settle()
        return statuses


def make_status(task_id: TaskId) -> TaskStatus:
    """The task runs."""
    return TaskStatus(task_id=task_id, state=TaskState.TASK_RUNNING, agent_id=AgentId("a"))


def make_offer() -> Offer:
    """Eight cores on host-1."""
    return Offer(
        id=OfferId("o-1"),
        framework_id=FrameworkId("f-1"),
        agent_id=AgentId("a"),
        hostname="host-1",
        resources=parse_resources("cpus:8;mem:8192;disk:8192;ports:[31000-31100]"),
        allocation_info=AllocationInfo(role="*"),
    )


async def serve(service: Service, client: HttpClient) -> HttpServer:
    """Put the application of a service on a free port."""
    proxy = proxy_to_leader(service.leadership, client, ProxySettings(connect=1.0, read=5.0))
    server = HttpServer(make_marathon_application(service, proxy), Listen(port=0), grace=0.1)
    await server.start()
    return server


def make_service(*flags: str, plugins: Plugins | None = None, **leadership: Any) -> Service:
    """A service that nothing was put into."""
    config = parse_flags(MarathonConfig, [*FLAGS, *flags], {})
    me = HostPort("127.0.0.1", 1)
    return Service(
        config=config,
        leadership=Leadership(me=me, **leadership),
        stop=Stop(),
        started_at=SystemClock().now(),
        settings=config.settings(),
        plugins=plugins or Plugins(),
    )


@asynccontextmanager
async def running_desk(*flags: str, plugins: Plugins | None = None) -> AsyncIterator[Desk]:
    """A Marathon that leads, with such flags and plugins."""
    service = make_service(*flags, plugins=plugins, is_acting=True, is_ready=True)
    called: list[MasterEffect] = []
    repository = Repository(MemoryStore())
    service.hub = EventHub(7)
    settings = LoopSettings(clock=SystemClock(), rng=Random(1), publish=service.hub.publish)
    loop = Loop(Marathon(service.config.options(), Random(1), make_hooks(service.plugins)), repository, settings)
    prober = Prober(service.config.max_concurrent_marathon_health_checks, loop.put)
    loop.restore(await repository.restore(), called.append, prober.put)
    loop.may_act.set()
    service.term = loop
    tasks = [asyncio.create_task(each) for each in (loop.decide(), loop.persist(), prober.run())]
    async with HttpClient() as client, ClientSession() as session:
        server = await serve(service, client)
        service.leadership.me = service.leadership.leader = server.address
        yield Desk(service, server.address, session, called)
        await server.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

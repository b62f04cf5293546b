"""Runs one plugin in this process: start it, serve its HTTP, run its driver and its work until one of them ends.

The inner process of ``koinon-framework`` comes in here, and so does a test that wants no processes at all. Watching it
from outside, and starting it again, is ``loop``'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from io import StringIO
from typing import Any

import structlog
from attrs import evolve, field, frozen

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId
from koinon_daemon.credentials import Credential
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer

from ..driver import DriverOptions, SchedulerDriver
from ..driver.counts import DriverCounts
from ..driver.session_machine import Ending, EndKind
from ..errors import PluginError
from ..store.framework_id import StoredFrameworkId
from .framework_check import find_fault_in
from .http.plugin_application import make_plugin_application, show_routes
from .messages import Running
from .plugin import Framework, FrameworkPlugin, OptionsT, Services, Work

DEFAULT_FAILOVER_SECONDS = 3600.0
"""For how long tasks outlive a framework whose plugin says nothing: Mesos's 0 would end them at its first failure."""
CANCEL_SECONDS = 2.0
"""For how long the plugin's work may go on once it is cancelled."""
SLOW_START_SECONDS = 10.0
_logger = structlog.get_logger(__name__)


class Ask:
    """The wish that a run should end, from whoever holds this."""

    def __init__(self) -> None:
        """Nothing is wished yet."""
        self.teardown = False
        self._asked = asyncio.Event()

    def end(self, *, teardown: bool = False) -> None:
        """End in good order; ``teardown``: the framework and its tasks end as well."""
        self.teardown = teardown
        self._asked.set()

    async def wait(self) -> None:
        """Return once it is wished."""
        await self._asked.wait()


@frozen(kw_only=True)
class Hosting:
    """What is the host's to say of a run."""

    framework_id: FrameworkId | None = None
    """Instead of the stored one."""
    credential: Credential | None = None
    calls_per_second: float | None = None
    listen: Listen = field(factory=lambda: Listen(port=0))
    token: str | None = None
    """What requests must prove; None: nothing."""
    on_running: Callable[[Running, SchedulerDriver], object] = field(default=lambda _running, _driver: None)
    """Told once HTTP is served and the driver is about to run."""


async def run_framework(
    plugin: FrameworkPlugin[OptionsT],
    options: OptionsT,
    services: Services,
    hosting: Hosting | None = None,
    ask: Ask | None = None,
) -> Ending:
    """Run it to its end. Raises whatever the plugin, its scheduler or its work raises, PluginError, ListenError."""
    settings = hosting or Hosting()
    ask = ask or Ask()
    starting = plugin.start(options, services)
    if not isinstance(starting, Awaitable):
        raise PluginError(services.name, f"{type(plugin).__name__}.start must be an async def")
    try:
        framework = await _start(starting, ask)
    except _Asked:
        return Ending(EndKind.STOPPED)
    if (fault := find_fault_in(framework)) is not None:
        raise PluginError(services.name, fault)
    info = complete_info(framework.info, services, settings.framework_id)
    driver = SchedulerDriver(
        framework.scheduler, info, services.master, complete_options(framework, services, settings), services.rng
    )
    services.metrics.group("driver", lambda: show_counts(driver.counts()))
    async with AsyncExitStack() as stack:
        app = make_plugin_application(framework, services.name, services.metrics, settings.token)
        server = HttpServer(app, settings.listen, grace=1.0)
        stack.push_async_callback(server.stop)
        address = await server.start()
        settings.on_running(_describe(framework, info, address.port), driver)
        return await _run(framework, driver, ask)


def complete_info(info: FrameworkInfo, services: Services, framework_id: FrameworkId | None = None) -> FrameworkInfo:
    """What the plugin says of itself, with what it left to the host."""
    return evolve(
        info,
        id=framework_id or info.id,
        webui_url=info.webui_url or f"{services.url}/",
        failover_timeout=info.failover_timeout or DEFAULT_FAILOVER_SECONDS,
    )


def complete_options(framework: Framework, services: Services, hosting: Hosting) -> DriverOptions:
    """The plugin's options, with what the host was told and what the plugin left to it."""
    options = framework.driver_options
    return evolve(
        options,
        credential=hosting.credential or options.credential,
        id_keeper=options.id_keeper or StoredFrameworkId(services.store, services.rng),
        calls_per_second=hosting.calls_per_second or options.calls_per_second,
    )


def show_counts(counts: DriverCounts) -> dict[str, float]:
    """What the driver counted, under ``driver/``."""
    shown: dict[str, float] = {"driver/held_back": counts.held_back, "driver/waiting": counts.waiting}
    shown |= {f"driver/events/{name.lower()}": count for name, count in counts.events.items()}
    shown |= {f"driver/calls/{name.lower()}": count for name, count in counts.calls.items()}
    shown |= {f"driver/failed_calls/{kind.value}": count for kind, count in counts.failures.items()}
    for name, times in counts.callbacks.items():
        shown |= {f"driver/callbacks/{name}/count": times.calls, f"driver/callbacks/{name}/seconds": times.seconds}
        shown |= {f"driver/callbacks/{name}/slowest_seconds": times.slowest}
    return shown


def _describe(framework: Framework, info: FrameworkInfo, port: int) -> Running:
    return Running(
        port=port,
        routes=show_routes(framework.routes),
        root_routes=show_routes(framework.root_routes),
        has_page=framework.page is not None or any(route.path == "/" for route in framework.routes),
        framework_name=info.name,
        failover_timeout=info.failover_timeout,
        roles=info.all_roles(),
    )


async def _run(framework: Framework, driver: SchedulerDriver, ask: Ask) -> Ending:
    async def end_when_asked() -> None:
        await ask.wait()
        await driver.stop(teardown=ask.teardown)

    running = asyncio.create_task(driver.run(), name="driver")
    beside: set[asyncio.Task[Any]] = {asyncio.create_task(end_when_asked(), name="end")}
    beside |= {asyncio.create_task(_do(work), name=_name_of(work)) for work in framework.work}
    waiting = {running, *beside}
    try:
        while not running.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {running}:
                task.result()
        return running.result()
    finally:
        await _end_all((running, *beside))


async def _do(work: Work) -> None:
    await work()


def _name_of(work: Work) -> str:
    return getattr(work, "__qualname__", type(work).__name__)


async def _end_all(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancel them; one that does not heed that is named and left behind."""
    for task in tasks:
        task.cancel()
    _, deaf = await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
    for task in deaf:
        _logger.error("task_heeds_no_cancelling", seconds=CANCEL_SECONDS, stack=_stack_of(task))


class _Asked(Exception):
    """It is to end before it has begun."""


async def _start(starting: Awaitable[Any], ask: Ask) -> Any:
    """What it gives; raises _Asked once it is to end. It is named in the log after a while, after twice that..."""
    task, ending = asyncio.ensure_future(starting), asyncio.create_task(ask.wait())
    began, pause = asyncio.get_running_loop().time(), SLOW_START_SECONDS
    try:
        while not task.done() and not ending.done():
            done, _ = await asyncio.wait((task, ending), timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                seconds, pause = asyncio.get_running_loop().time() - began, 2 * pause
                _logger.warning("start_still_running", seconds=round(seconds), stack=_stack_of(task))
        if not task.done():
            raise _Asked
        return task.result()
    finally:
        await _end_all((task, ending))


def _stack_of(task: asyncio.Future[Any]) -> str:
    """Where it waits."""
    text = StringIO()
    if isinstance(task, asyncio.Task):
        task.print_stack(limit=10, file=text)
    return text.getvalue().rstrip()

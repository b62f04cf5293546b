"""The inner process of a hosted framework: the plugin and nothing above it. ``inner_main`` comes in here.

It loads the plugin, reads the command line, waits for the order to start, runs, and says all the while that its loop
goes round. The outer process starts, watches, stops and kills it; the kernel kills it when that process dies.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from random import Random
from typing import Any, Literal

import psutil
import structlog
import uvloop
from attrs import frozen

from koinon_core.ids import FrameworkId
from koinon_daemon.clock import SystemClock
from koinon_daemon.errors import ExitCode, UsageError
from koinon_daemon.flags import flag_texts
from koinon_daemon.logs import configure_logs
from koinon_daemon.metrics import Metrics
from koinon_daemon.run import read_text_file
from koinon_daemon.state_dir import state_dir
from koinon_zk import Store, connect

from ..driver import SchedulerDriver
from ..election import ELECTION, STATE
from ..errors import PluginError
from ..store.writing import insist
from .command_line import CommandLine, describe, parse_command_line, usage_text
from .config import HostConfig
from .failures import report_failure, shorten
from .hosting import Ask, Hosting, run_framework
from .leaving import leave_soon
from .messages import (
    LINE_LIMIT,
    Beat,
    EndOrder,
    Failed,
    Failing,
    Finished,
    Loaded,
    Report,
    Running,
    Start,
    Told,
    decode_order,
    encode,
)
from .plugin import FrameworkPlugin, Services
from .plugins import load_plugin

BEATS_PER_WATCH = 5
"""How often it beats within the time after which it counts as blocked."""
_LONGEST_BEAT = 1.0
_MAX_OPTION = 1_000
"""Characters of an option that the pages show."""
_logger = structlog.get_logger(__name__)


@frozen(kw_only=True)
class _Loading:
    """What came of loading."""

    name: str
    plugin: type[FrameworkPlugin[Any]]
    said: CommandLine


class Control:
    """The line to the outer process."""

    def __init__(self, end: socket.socket) -> None:
        """``end`` is ours."""
        self._end = end
        self.reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def say_now(self, report: Report) -> None:
        """Before there is a loop, and after."""
        self._end.setblocking(True)
        self._end.sendall(encode(report))

    async def open(self) -> asyncio.StreamReader:
        """Read and write by the loop from now on."""
        self._end.setblocking(False)
        self.reader, self._writer = await asyncio.open_unix_connection(sock=self._end.dup(), limit=LINE_LIMIT)
        return self.reader

    def say(self, report: Report) -> None:
        """As soon as the line takes it."""
        if self._writer is not None:
            self._writer.write(encode(report))

    async def flush(self) -> None:
        """Return once all is said."""
        if self._writer is not None:
            await self._writer.drain()


def live(control_descriptor: int, name: str, words: Sequence[str]) -> int:
    """``words`` is the command line behind NAME; the exit code."""
    control = Control(socket.socket(fileno=control_descriptor))
    control.say_now(Beat())
    answer = _load(name, words)
    if not isinstance(answer, _Loading):
        code = ExitCode.CLEAN if isinstance(answer, Told) else ExitCode.PLUGIN_FAILED
        leave_soon(code)
        control.say_now(answer)
        return code
    state = _State()
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    try:
        _prepare(name, answer.said.host)
        code = runner.run(_live(control, answer, state))
        leave_soon(code)
    except BaseException as error:  # noqa: BLE001 - SystemExit, say, which ends the loop in whatever task it is raised
        code = ExitCode.PLUGIN_FAILED
        leave_soon(code)
        control.say_now(report_failure(state.at, error))
    # Waits for tasks that were cancelled: one that does not heed that is why we leave soon.
    runner.close()
    return code


def _prepare(name: str, said: HostConfig) -> None:
    log_format: Literal["console", "json"] = "json" if said.log_format == "json" else "console"
    configure_logs(name, said.logging_level, log_format)
    if said.memory_limit is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (said.memory_limit, said.memory_limit))


def _load(name: str, words: Sequence[str]) -> _Loading | Failed | Told:
    try:
        plugin = load_plugin(name)
        if "--help" in words or "-h" in words:
            return Told(describe(name, plugin))
        return _Loading(
            name=name, plugin=plugin, said=parse_command_line(name, plugin, words, os.environ, read_text_file)
        )
    except UsageError as error:
        return Failed(at=Failing.OPTIONS, why=usage_text(error, name), exit_code=ExitCode.USAGE)
    except PluginError as error:
        return Failed(at=Failing.LOADING, why=str(error))
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's module raises is told, SystemExit as well
        return report_failure(Failing.LOADING, error)


async def _live(control: Control, loading: _Loading, state: _State) -> ExitCode:
    reader = await control.open()
    said = loading.said
    control.say(
        Loaded(is_elected=loading.plugin.is_elected, summary=_summary(loading), options=_option_texts(said.options))
    )
    beating = asyncio.create_task(_beat(control, state, said.host.blocked_after))
    try:
        order = decode_order(await reader.readline())
        if isinstance(order, Start):
            return await _run(control, reader, loading, order, state)
        return ExitCode.CLEAN
    finally:
        beating.cancel()


def _option_texts(options: object) -> Mapping[str, str]:
    return {name: shorten(text, _MAX_OPTION) for name, text in flag_texts(options).items()}


def _summary(loading: _Loading) -> str:
    return (loading.plugin.__doc__ or "").strip().partition("\n")[0]


class _State:
    """How far it is, and what a beat tells beside that it beats."""

    at = Failing.STARTING
    driver: SchedulerDriver | None = None


async def _beat(control: Control, state: _State, blocked_after: float) -> None:
    pause = min(_LONGEST_BEAT, blocked_after / BEATS_PER_WATCH)
    me = psutil.Process()
    while True:
        driver = state.driver
        control.say(
            Beat(
                is_subscribed=driver is not None and driver.is_subscribed,
                framework_id=None if driver is None else driver.framework_id,
                numbers=_read_usage(me),
            )
        )
        await control.flush()
        await asyncio.sleep(pause)


def _read_usage(process: psutil.Process) -> Mapping[str, float]:
    """Nothing where it can't be read: a process that is out of descriptors lives all the same."""
    try:
        used = process.memory_info()
        return {"process/memory_bytes": used.rss, "process/cpu_seconds": sum(process.cpu_times()[:2])}
    except (OSError, psutil.Error) as error:
        _logger.warning("usage_unread", error=str(error))
        return {}


async def _run(
    control: Control, reader: asyncio.StreamReader, loading: _Loading, start: Start, state: _State
) -> ExitCode:
    said, ask = loading.said, Ask()

    def note_running(running: Running, driver: SchedulerDriver) -> None:
        state.at, state.driver = Failing.RUNNING, driver
        control.say(running)

    listening = asyncio.create_task(_hear(reader, ask))
    report: Report
    try:
        async with AsyncExitStack() as stack:
            store = await _open_store(stack, loading, start.epoch)
            ending = await run_framework(
                loading.plugin(),
                said.options,
                _make_services(loading, start, store),
                _make_hosting(said.host, start, note_running),
                ask,
            )
        events = {} if state.driver is None else state.driver.counts().events
        report = Finished(
            kind=ending.kind.value, message=ending.message, was_subscribed=events.get("SUBSCRIBED", 0) > 0
        )
    except BaseException as error:
        if _is_cancelled():
            raise
        report = report_failure(state.at, error)
    finally:
        listening.cancel()
    control.say(report)
    await control.flush()
    return ExitCode.CLEAN if isinstance(report, Finished) else ExitCode.PLUGIN_FAILED


def _is_cancelled() -> bool:
    """Whether it is us whom somebody cancelled, rather than a plugin that raises CancelledError."""
    me = asyncio.current_task()
    return me is not None and me.cancelling() > 0


async def _hear(reader: asyncio.StreamReader, ask: Ask) -> None:
    while line := await reader.readline():
        order = decode_order(line)
        if isinstance(order, EndOrder):
            ask.end(teardown=order.teardown)
    # The outer process is gone.
    os._exit(ExitCode.FAILURE)


async def _open_store(stack: AsyncExitStack, loading: _Loading, epoch: int) -> Store:
    """The records, with everybody shut out who ran before; waits for a store that is away. Raises Fenced."""
    host = loading.said.host
    home = host.home(loading.name, state_dir(os.environ))
    quorum = await connect(home.with_path(f"{home.path}/{ELECTION}"), host.zk_session_timeout)
    stack.push_async_callback(quorum.close)
    store = quorum.store(f"{home.path}/{STATE}")
    await insist(lambda: store.fence(epoch), Random())
    return store


def _make_services(loading: _Loading, start: Start, store: Store) -> Services:
    return Services(
        name=loading.name,
        master=loading.said.host.master,
        clock=SystemClock(),
        rng=Random(),
        store=store,
        epoch=start.epoch,
        metrics=Metrics(),
        logger=structlog.stdlib.get_logger().bind(framework=loading.name),
        url=start.url,
    )


def _make_hosting(host: HostConfig, start: Start, on_running: Callable[[Running, SchedulerDriver], object]) -> Hosting:
    return Hosting(
        framework_id=FrameworkId(host.framework_id) if host.framework_id else None,
        credential=host.credential,
        calls_per_second=host.calls_per_second,
        token=start.token,
        on_running=on_running,
    )

"""Runs the watch machine: the inner process's reports and ends into events, its instructions into deeds."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals
from typing import Any

import structlog

from koinon_daemon.errors import ExitCode

from ..driver.background import Background
from ..driver.session_machine import EndKind
from .fare import Fare
from .inner_process import InnerProcess
from .messages import Beat, EndOrder, Failed, Failing, Finished, Loaded, Report, Running, Start, Told
from .output_bound import OutputBound
from .watch_events import (
    AskToEnd,
    Beaten,
    Conclude,
    DumpStack,
    Ended,
    Freeze,
    HostEvent,
    Instruction,
    IsLoaded,
    IsRunning,
    Kill,
    LastSaid,
    Outcome,
    Spawn,
    TellStart,
    Thaw,
    Tick,
)

_logger = structlog.get_logger(__name__)


class HostLoop:
    """The outer process's one loop around one plugin."""

    def __init__(self, fare: Fare, words: Sequence[str], bound: OutputBound, url: str) -> None:
        """``words`` is the command line behind the name; ``url`` where people find the plugin's page."""
        self._fare, self._words, self._bound, self._url = fare, tuple(words), bound, url
        self._machine = fare.machine
        self._inner: InnerProcess | None = None
        self._end: Failed | Finished | Told | None = None
        self._background = Background()
        self._moved = asyncio.Event()
        self._concluded: asyncio.Future[Conclude] = asyncio.get_running_loop().create_future()
        self.loaded = asyncio.Event()
        """Set once the plugin was loaded."""

    async def run(self) -> Conclude:
        """Until nothing more will be started; the inner process is gone then."""
        self._background.start("tick", self._tick())
        self._background.start("suppressed", self._tell_suppressed())
        try:
            return await self._background.run(self._concluded)
        finally:
            if self._inner is not None:
                await self._inner.close()

    def put(self, event: HostEvent) -> None:
        """Have the machine do what follows."""
        for instruction in self._machine.handle(event, asyncio.get_running_loop().time()):
            self._carry_out(instruction)
        self._moved.set()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self.put(Tick())
        while True:
            self._moved.clear()
            deadline = self._machine.deadline
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await self._moved.wait()
            if self._machine.deadline is not None and self._machine.deadline <= loop.time():
                self.put(Tick())

    async def _tell_suppressed(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._note_suppressed()

    def _note_suppressed(self) -> None:
        count = self._bound.take_suppressed()
        if count:
            self._fare.counts["suppressed_lines"] += count
            _logger.warning("output_suppressed", framework=self._fare.name, lines=count)

    def _carry_out(self, instruction: Instruction) -> None:
        name = self._fare.name
        match instruction:
            case Spawn():
                self._background.start("inner", self._live_through())
            case TellStart(epoch):
                _logger.info("framework_starting", framework=name, epoch=epoch)
                self._send(Start(epoch=epoch, url=self._url, token=self._fare.token))
            case AskToEnd(teardown):
                self._send(EndOrder(teardown))
            case DumpStack(why):
                self._fare.counts["blocked"] += 1
                self._background.start("stack", self._tell_stack(why))
            case Kill(why, is_fault):
                if is_fault:
                    self._fare.counts["killed"] += 1
                    _logger.error("framework_killed", framework=name, pid=self._fare.pid, reason=why)
                self._signal(SIGKILL)
            case Freeze():
                _logger.warning("framework_held_still", framework=name, reason="the election can't be seen")
                self._signal(SIGSTOP)
            case Thaw():
                _logger.info("framework_goes_on", framework=name)
                self._signal(SIGCONT)
            case Conclude():
                if not self._concluded.done():
                    self._concluded.set_result(instruction)

    def _send(self, order: Start | EndOrder) -> None:
        if self._inner is not None:
            self._inner.send(order)

    def _signal(self, number: Signals) -> None:
        if self._inner is not None:
            self._inner.signal(number)

    async def _live_through(self) -> None:
        """One inner process from its start to its end."""
        fare = self._fare
        fare.running, fare.beat, self._end = None, Beat(), None
        self._inner = inner = InnerProcess(self._hear, self._pass_on)
        try:
            await inner.start(fare.name, self._words)
            fare.pid = inner.pid
            code = await inner.wait()
            event = self._judge(inner, code)
        except OSError as error:
            event = Ended(Outcome.FAILED, f"no process can be started: {error}")
        finally:
            self._pass_on(b"", is_last=True)
            await inner.close()
        self._inner, fare.pid, fare.running = None, None, None
        self.put(event)
        if event.outcome is Outcome.FAILED and not self._machine.is_stopping:
            self._tell_failure(event)

    def _judge(self, inner: InnerProcess, code: int) -> Ended:
        """What the end of the process means."""
        match self._end:
            case Finished(kind=EndKind.STOPPED.value):
                return Ended(Outcome.FINISHED, "it ended by itself", ExitCode.CLEAN)
            case Finished(kind=EndKind.REMOVED.value, was_subscribed=True, message=message):
                return Ended(Outcome.FINISHED, f"the master removed it: {message}", ExitCode.FRAMEWORK_REMOVED)
            case Finished(kind=EndKind.FAILED_OVER.value, message=message):
                return Ended(Outcome.FINISHED, f"another run took over: {message}", ExitCode.LOST_LEADERSHIP)
            case Finished(kind=kind, message=message):
                # An id that the master knows to be burnt was forgotten: the next attempt begins anew.
                return Ended(Outcome.FAILED, f"{kind} by the master: {message}")
            case Failed(why=why, exit_code=exit_code):
                return Ended(Outcome.FAILED, why, ExitCode(exit_code))
            case Told():
                return Ended(Outcome.FINISHED, "it told what was asked", ExitCode.CLEAN)
            case None:
                how = f"by {Signals(-code).name}" if code < 0 else f"with exit code {code}"
                return Ended(Outcome.FAILED, inner.broken or f"its process ended {how}, saying nothing")

    def _tell_failure(self, event: Ended) -> None:
        machine, end, fare = self._machine, self._end, self._fare
        fare.counts["failures"] += 1
        at = end.at if isinstance(end, Failed) else None
        if at is Failing.OPTIONS:
            return
        now = asyncio.get_running_loop().time()
        about: dict[str, Any] = {} if machine.next_start is None else {"again_in": round(machine.next_start - now, 2)}
        if isinstance(end, Failed) and end.traceback:
            about["exception"] = end.traceback.rstrip()
        _logger.error(
            "framework_failed",
            framework=fare.name,
            at=at.value if at else "running",
            error=machine.last_failure or event.why,
            failures_in_a_row=machine.failures,
            **about,
        )

    async def _tell_stack(self, why: str) -> None:
        if self._inner is not None:
            stack = await self._inner.dump_stack()
            _logger.error(
                "framework_blocked", framework=self._fare.name, pid=self._fare.pid, reason=why, exception=stack.rstrip()
            )

    def _hear(self, report: Report) -> None:
        fare = self._fare
        match report:
            case Loaded():
                fare.loaded = report
                self.put(IsLoaded())
                self.loaded.set()
            case Running():
                fare.running = report
                self.put(IsRunning(report.failover_timeout))
                _logger.info("framework_running", framework=fare.name, pid=fare.pid, page=f"{self._url}/")
            case Beat():
                fare.beat = report
                self.put(Beaten())
            case Told(text):
                self._end = report
                sys.stdout.write(text)
                sys.stdout.flush()
            case Failed(at=Failing.OPTIONS, why=why):
                self._end = report
                sys.stderr.write(why)
            case Failed() | Finished():
                self._end = report
                self.put(LastSaid())

    def _pass_on(self, chunk: bytes, *, is_last: bool = False) -> None:
        passed = self._bound.end() if is_last else self._bound.take(chunk, asyncio.get_running_loop().time())
        if passed:
            # A stderr that nobody reads any more must not end the host.
            with suppress(OSError, ValueError):
                sys.stderr.write(passed.decode(errors="replace"))
                sys.stderr.flush()
        if is_last:
            self._note_suppressed()

"""One Docker container in the agent's memory: has it begun, is it being killed, how did it end."""

from __future__ import annotations

import asyncio
from math import inf
from pathlib import Path

import structlog

from koinon_core.ids import ContainerId

from ..errors import EngineRefused, EngineUnavailable, UnknownContainer
from ..escalation import Escalation
from ..interface import ContainerRun, Ended
from .inspection import Inspection
from .logs import LogFollower, Logs

_logger = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0
_OVER = (404, 409)
"""What the engine answers to a signal for a container that is removed, or not running any more."""


class DockerRun:
    """From a launch or recovery on until it is let go. An end may be told before the beginning is: it waits."""

    def __init__(self, container_id: ContainerId, logs: Logs, drain_timeout: float) -> None:
        self.container_id = container_id
        self.engine_id: str | None = None
        self.is_orphan = False
        self.killed = asyncio.Event()
        self._engine = logs.engine
        self._logs = logs
        self._drain_timeout = drain_timeout
        self._grace_seconds = inf
        self._inspection: Inspection | None = None
        self._begun = asyncio.Event()
        self._ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._escalation = Escalation(self._signal)
        self._follower: LogFollower | None = None
        self._following: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._log = _logger.bind(container_id=container_id)

    @property
    def has_begun(self) -> bool:
        """Whether it is known to have started."""
        return self._begun.is_set()

    @property
    def pid(self) -> int | None:
        """Its first process as the host sees it; None before it has begun and of orphans."""
        return self._inspection.pid if self._inspection is not None else None

    @property
    def has_ended(self) -> bool:
        """Whether its end is known or being looked into."""
        return self._ending is not None

    def begin(self, inspection: Inspection, sandbox: Path, log_start: tuple[int, int]) -> None:
        """It has started; by now it may even be over."""
        self.engine_id = inspection.engine_id
        self._inspection = inspection
        self._follower = LogFollower(self._logs, inspection, sandbox, log_start)
        self._following = asyncio.create_task(self._follower.run())
        self._begin(is_running=inspection.is_running)

    def adopt(self, engine_id: str, *, is_running: bool) -> None:
        """It was found in the engine and nobody knows it; its output is left alone."""
        self.engine_id = engine_id
        self.is_orphan = True
        self._begin(is_running=is_running)

    def _begin(self, *, is_running: bool) -> None:
        self._begun.set()
        if not is_running:
            self.end(None)
        elif self.killed.is_set():
            self._escalation.ask(self._grace_seconds)

    def as_started(self) -> ContainerRun:
        """What to tell of its start. Only after ``begin``."""
        if self._inspection is None:
            raise RuntimeError(f"container {self.container_id} has not begun")
        seen = self._inspection
        return ContainerRun(
            container_id=self.container_id,
            started_at=seen.started_at,
            pid=seen.pid,
            engine_id=seen.engine_id,
            ip_addresses=seen.ip_addresses,
            inspection=seen.raw,
        )

    def kill(self, grace_seconds: float) -> None:
        """See to its end; before it has begun, only say so."""
        self._grace_seconds = min(grace_seconds, self._grace_seconds)
        self.killed.set()
        if self.has_begun and not self.has_ended:
            self._escalation.ask(grace_seconds)

    async def signal(self, name: str) -> None:
        """Send it a signal, by name or number, if it runs. Raises EngineUnavailable."""
        if not self.has_begun or self.has_ended:
            return
        try:
            await self._engine.call("POST", f"/containers/{self.engine_id}/kill", {"signal": name})
        except EngineRefused as error:
            self._log.info("container_not_signalled", signal=name, reason=error.reason)
            if error.status in _OVER:
                self.end(None)

    def end(self, exit_code: int | None) -> None:
        """It is over. None where nobody has said how: then the engine is asked."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(exit_code))

    async def wait(self) -> Ended:
        """How it ended, once its output is written."""
        return await asyncio.shield(self._ended)

    async def wait_briefly(self, seconds: float) -> None:
        """Give those who wait for the end a chance to hear of it before it is let go."""
        await asyncio.wait((self._ended,), timeout=seconds if self.has_begun else 0)

    def let_go(self) -> None:
        """Do nothing about it any more. Who still waits for its end gets UnknownContainer."""
        self._escalation.stop()
        if not self._ended.done():
            self._ended.set_exception(UnknownContainer(self.container_id))
            self._ended.exception()  # nobody need have waited
        for task in (self._following, self._ending):
            if task is not None:
                task.cancel()

    async def _end(self, exit_code: int | None) -> None:
        await self._begun.wait()
        self._escalation.stop()
        ended = await self._look(exit_code)
        await self._drain()
        if not self._ended.done():
            self._ended.set_result(ended)

    async def _look(self, exit_code: int | None) -> Ended:
        """A clean exit needs no look; behind any other may be the kernel's out-of-memory killer."""
        if exit_code == 0:
            return _ended(self.container_id, 0, is_out_of_memory=False)
        engine_id = self.engine_id or ""
        while True:
            try:
                seen = Inspection.of(await self._engine.call("GET", f"/containers/{engine_id}/json"))
            except EngineRefused as error:
                self._log.warning("ended_container_not_inspected", reason=error.reason)
                return _ended(self.container_id, exit_code, is_out_of_memory=False)
            except EngineUnavailable as error:
                self._log.warning("ended_container_not_inspected", reason=error.reason)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                if exit_code is not None or not seen.is_running:
                    return _ended(
                        self.container_id,
                        seen.exit_code if exit_code is None else exit_code,
                        is_out_of_memory=seen.is_out_of_memory,
                    )
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _drain(self) -> None:
        if self._follower is None or self._following is None:
            return
        self._follower.end()
        progress = -1
        while not self._following.done() and progress != self._follower.progress:
            progress = self._follower.progress
            await asyncio.wait((self._following,), timeout=self._drain_timeout)
        if not self._following.done():
            self._log.warning("container_output_cut", drain_timeout=self._drain_timeout)
            self._following.cancel()
        elif error := self._following.exception():
            self._log.error("container_output_cut", reason=repr(error))

    async def _signal(self, is_forced: bool) -> None:
        stop_signal = self._inspection.stop_signal if self._inspection else "SIGTERM"
        name = "SIGKILL" if is_forced else stop_signal
        try:
            await self.signal(name)
        except EngineUnavailable as error:
            self._log.warning("container_not_signalled", signal=name, reason=error.reason)


def _ended(container_id: ContainerId, exit_code: int | None, *, is_out_of_memory: bool) -> Ended:
    if exit_code is None:
        return Ended(container_id=container_id, message="Container is gone; how it ended is not known")
    cause = " (out of memory)" if is_out_of_memory else ""
    message = f"Container exited with status {exit_code}{cause}"
    return Ended(container_id=container_id, message=message, exit_code=exit_code, is_out_of_memory=is_out_of_memory)

"""The processes of ``koinon up``: start, watch, start again, stop in order. What to start is ``cluster_plan``'s.

Each daemon is a child in a session of its own, so that Ctrl-C reaches us alone, and dies when we do. Its output goes
to a file of its own; its last lines are shown when it ends by itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from koinon_daemon.child import bound_to_parent
from koinon_daemon.errors import ExitCode

from .cluster_plan import ClusterPlan, DaemonPlan, Role
from .restarts import Restarts, describe_last_end

STOP_SECONDS = {Role.FRAMEWORK: 20.0, Role.MARATHON: 15.0, Role.AGENT: 40.0, Role.MASTER: 15.0}
_TAIL_LINES = 5
_TAIL_BYTES = 4096


class SupervisedDaemon:
    """One daemon and its processes, one after the other."""

    def __init__(self, plan: DaemonPlan, log: Path, say: Callable[[str], None]) -> None:
        """``say`` gets one line at a time, for people."""
        self.plan = plan
        self.log = log
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0
        self._restarts = Restarts()
        self._refusals = Restarts()
        self._is_stopping = False
        self._starting = asyncio.Lock()

    async def keep_up(self) -> str:
        """Run it until it is stopped (then an empty text) or can't stay up (then why).

        A framework that can't, or whose work is done, is told of, and the cluster goes on without it.
        """
        why = await self._keep_up()
        if why and self.plan.role is Role.FRAMEWORK:
            self._say(f"{why}\nthe cluster goes on without {self.plan.name}")
            await asyncio.Event().wait()
        return why

    async def _keep_up(self) -> str:
        while not self._is_stopping:
            process = await self._start()
            code = await process.wait()
            if self._is_stopping:
                break
            if code == ExitCode.TURNED_AWAY:
                await self._wait_welcome()
                continue
            over = describe_last_end(code) if self.plan.role is Role.FRAMEWORK else None
            if over is not None:
                return "\n".join([f"{self.plan.name} {over}; the end of {self.log}:", *self.tail()])
            self._restarts = self._restarts.add(asyncio.get_running_loop().time())
            delay = self._restarts.decide_delay()
            what = f"{self.plan.name} ended {describe_code(code)}"
            if code == ExitCode.USAGE:
                return "\n".join([f"{what}: it can't be started like this; the end of {self.log}:", *self.tail()])
            if delay is None:
                return "\n".join([f"{what}, too often to try again; the end of {self.log}:", *self.tail()])
            self._say("\n".join([f"{what}; starting it again in {delay:g} s; its last lines:", *self.tail()]))
            await asyncio.sleep(delay)
        return ""

    async def _wait_welcome(self) -> None:
        """Wait until it may try again with its master, which has not crashed; said once, with the master's words."""
        is_known = bool(self._refusals.ends)
        self._refusals = self._refusals.add(asyncio.get_running_loop().time())
        if not is_known:
            self._say(
                "\n".join([f"{self.plan.name} is turned away for now; it tries again; last it said:", *self.tail()])
            )
        await asyncio.sleep(self._refusals.decide_return())

    async def stop(self) -> str | None:
        """End it in good order, or else at once; what had to be killed is named."""
        self._is_stopping = True
        async with self._starting:
            process = self._process
        if process is None or process.returncode is not None:
            return None
        _signal(process, self.plan.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS[self.plan.role])
        except TimeoutError:
            _signal(process, SIGKILL)
            await process.wait()
            return f"{self.plan.name} (pid {process.pid}) did not end by {self.plan.stop_signal.name} and was killed"
        return None

    def tail(self) -> list[str]:
        """The last lines that its latest process wrote, indented."""
        with self.log.open("rb") as file:
            file.seek(max(self._log_start, self.log.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        return [f"  {line}" for line in lines[-_TAIL_LINES:]]

    async def _start(self) -> asyncio.subprocess.Process:
        plan = self.plan
        words = [sys.executable, "-m", plan.module, *plan.arguments()]
        # SIGTERM for agents, too: if we are killed, tasks live on, and the next run on this work dir takes them up.
        mortal = bound_to_parent(SIGTERM, words)
        # Whoever stops us waits for the lock, so that no process comes to be behind its back.
        async with self._starting:
            with self.log.open("ab") as out:
                self._log_start = out.tell()
                self._process = await asyncio.create_subprocess_exec(
                    *mortal,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    env=plan.environment(os.environ),
                    start_new_session=True,
                )
        return self._process


class Supervisor:
    """All daemons of a cluster."""

    def __init__(self, plan: ClusterPlan, say: Callable[[str], None]) -> None:
        """``say`` gets what people should know."""
        self.daemons = tuple(SupervisedDaemon(daemon, plan.log(daemon), say) for daemon in plan.daemons)
        self._say = say
        self._tasks: set[asyncio.Task[str]] = set()

    def start(self) -> None:
        """Start all at once; they wait for one another."""
        for daemon in self.daemons:
            daemon.log.parent.mkdir(parents=True, exist_ok=True)
            self._tasks.add(asyncio.create_task(daemon.keep_up(), name=daemon.plan.name))

    async def wait_failed(self) -> str:
        """Wait until a daemon can't stay up, and say why."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        return "\n".join(sorted(task.result() for task in done))

    async def stop(self) -> None:
        """Stop the frameworks, Marathon, then the agents with their tasks, then the masters."""
        for role in Role:
            stopping = [daemon.stop() for daemon in self.daemons if daemon.plan.role is role]
            for killed in await asyncio.gather(*stopping):
                if killed is not None:
                    self._say(killed)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def describe_code(code: int) -> str:
    """``with exit code 1`` or ``by SIGKILL``."""
    return f"with exit code {code}" if code >= 0 else f"by {Signals(-code).name}"


def _signal(process: asyncio.subprocess.Process, number: Signals) -> None:
    if process.returncode is not None:
        return
    # Not by process.send_signal, which reaps a child that has just ended, so that nobody learns its exit code.
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)

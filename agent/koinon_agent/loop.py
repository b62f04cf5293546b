"""Runs the agent's machine: one queue, one writer. Events in, instructions out, and their results back as events.

All events that wait are handled together, their checkpoints made durable by one fsync, and only then is anything else
done. So fifty launches cost one fsync, and nothing is said or started that a restart would not remember.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import nan
from random import Random

import structlog

from koinon_core.backoff import Backoff
from koinon_core.clock import Clock
from koinon_daemon.credentials import Credential
from koinon_daemon.errors import ExitCode
from koinon_daemon.flag_values import HostPort
from koinon_daemon.supervision import Stop, Supervisor

from .agent import Agent
from .checkpoint.log import Checkpoint as CheckpointLog
from .checkpoint.records import Record
from .checkpoint.weight import is_light as is_light_record
from .container_work import ContainerInstruction, ContainerWork, ContainerWorkEvent
from .events import Event, Tick
from .executors.streams import ExecutorStreams
from .instructions import (
    AttachExecutor,
    Checkpoint,
    CloseLink,
    CloseStream,
    Connect,
    Exit,
    Instruction,
    Note,
    RemoveContainer,
    Send,
    TellExecutor,
)
from .registration.master_link import MasterLink
from .timers import Moment

MAX_BATCH = 1000
BUSY_SECONDS = 0.005
LINGER_SECONDS = 0.002
"""Where so little time has passed since it last had something to do, the loop waits this long for more: what comes
together is written, said to the master and said to executors together. What comes alone does not wait.
"""
LAST_WORDS_SECONDS = 10.0
"""How long the end of the agent waits for containers to be removed and for the last frame to leave."""
MakeWork = Callable[[Callable[[ContainerWorkEvent], None]], ContainerWork]
_RETRY = Backoff(initial=0.5, maximum=5.0, jitter=0.5)
"""Between attempts to write to a disk that was full: to go on soon after there is room is worth a look now and then."""

_logger = structlog.get_logger(__name__)


class AgentLoop:
    """One agent at work."""

    def __init__(
        self,
        agent: Agent,
        checkpoint: CheckpointLog,
        clock: Clock,
        make_work: MakeWork,
        credential: Credential | None = None,
    ) -> None:
        """``checkpoint`` is open. ``make_work`` makes what runs containers, given where its outcomes go.

        ``credential`` is shown to masters. ``streams`` is where executors listen.
        """
        self._agent = agent
        self._checkpoint = checkpoint
        self._clock = clock
        self._rng = Random()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._busy_until = 0.0
        self._links: dict[int, MasterLink] = {}
        self._work = make_work(self.post)
        self._credential = credential
        self._last_words: set[asyncio.Task[None]] = set()
        self.streams = ExecutorStreams()
        self.recovery_seconds = nan  # until it is over

    def post(self, event: Event) -> None:
        """Let something have happened."""
        self._events.put_nowait(event)

    async def run(self, stop: Stop) -> None:
        """Work until the stop is requested, by somebody else or by the agent's own end."""
        async with Supervisor(stop) as tasks:
            self._tasks = tasks
            self._stop = stop
            tasks.start("events", self._handle_events())
            await stop.wait()

    async def _handle_events(self) -> None:
        """Recover first, whatever else may have happened by then."""
        began = self._clock.monotonic()
        await self._handle([await self._work.recover(self._agent.known_containers(), self._agent.former_id)])
        self.recovery_seconds = self._clock.monotonic() - began
        while True:
            await self._handle(await self._next_events())

    async def _handle(self, events: Sequence[Event]) -> None:
        instructions: list[Instruction] = []
        for event in events:
            instructions += self._agent.handle(event, self._now())
        await self._make_durable([item.record for item in instructions if isinstance(item, Checkpoint)])
        for instruction in instructions:
            self._carry_out(instruction)
        self._busy_until = self._clock.monotonic() + BUSY_SECONDS

    def _now(self) -> Moment:
        return Moment(wall=self._clock.now(), steady=self._clock.monotonic())

    async def _next_events(self) -> list[Event]:
        due = self._agent.next_at()
        wait = None if due is None else max(0.0, due - self._clock.monotonic())
        events: list[Event] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                events.append(await self._events.get())
        if self._clock.monotonic() < self._busy_until:
            await asyncio.sleep(LINGER_SECONDS)
        while len(events) < MAX_BATCH and not self._events.empty():
            events.append(self._events.get_nowait())
        if due is not None and due <= self._clock.monotonic():
            events.append(Tick())
        return events

    async def _make_durable(self, records: list[Record]) -> None:
        """Append, again and again while the disk refuses: the agent then stands still, and says so."""
        attempt = 0
        frameworks = self._agent.tasks.frameworks
        is_light = all(is_light_record(record, frameworks) for record in records)
        while records:
            try:
                if is_light:
                    self._checkpoint.note(records)
                    if self._checkpoint.is_long:
                        await asyncio.to_thread(self._checkpoint.compact)
                else:
                    await asyncio.to_thread(self._checkpoint.append, records)
                return
            except OSError as error:
                _logger.error("checkpoint_failed", error=str(error), records=len(records), attempt=attempt)
                await asyncio.sleep(_RETRY.delay(attempt, self._rng))
                attempt += 1

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Checkpoint():
                pass  # durable by now
            case Note(event, fields):
                _logger.info(event, **fields)
            case Connect(link=number, host=host, port=port):
                self._connect(number, HostPort(host, port))
            case CloseLink(link=number, reason=reason):
                if (link := self._links.get(number)) is not None:
                    link.close(reason)
            case Send(link=number, message=message):
                if (link := self._links.get(number)) is not None:
                    link.send(message)
            case AttachExecutor() | TellExecutor() | CloseStream():
                self.streams.carry_out(instruction)
            case Exit():
                self._tasks.start("exit", self._exit(instruction))
            case _:
                self._work_on(instruction)

    def _work_on(self, instruction: ContainerInstruction) -> None:
        work = self._work.carry_out(instruction)
        task = self._tasks.start(type(instruction).__name__, work)
        if isinstance(instruction, RemoveContainer):
            self._remember(task)

    def _remember(self, task: asyncio.Task[None]) -> None:
        self._last_words.add(task)
        task.add_done_callback(self._last_words.discard)

    def _connect(self, number: int, address: HostPort) -> None:
        link = MasterLink(number, address, self.post, self._credential)
        self._links[number] = link
        task: asyncio.Task[None] = self._tasks.start(f"link {number}", link.run())
        task.add_done_callback(lambda _: self._links.pop(number, None))
        self._remember(task)

    async def _exit(self, exit_: Exit) -> None:
        for link in self._links.values():
            link.close(exit_.reason)
        if self._last_words:
            await asyncio.wait(self._last_words, timeout=LAST_WORDS_SECONDS)
        self._stop.request(exit_.reason, ExitCode.TURNED_AWAY if exit_.is_refused else ExitCode.CLEAN)

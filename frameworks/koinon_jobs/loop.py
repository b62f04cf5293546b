"""One queue, one writer: events into the machine, what it says into the store, and only then out to everybody else.

Two tasks with a queue between them. ``decide`` hands over all events that wait; ``persist`` writes all that is decided
as one change, then carries out what hangs on it: a thousand runs that are due at once cost a few writes. A store that
is away for a while is waited for; one that another has taken ends this run.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

from koinon_core.clock import Clock
from koinon_frameworks.store.writing import insist
from koinon_zk import Fenced

from .errors import ScheduleLost
from .events import Event, Request, RequestId, Restored, Tick
from .instructions import Answer, Effect, Instruction, MasterEffect, Persist, Result
from .jobs import Jobs
from .jobs_service import Watcher
from .problems import Problem, ProblemKind
from .records import Record, RecordKey, record_key
from .repository import MAX_OPERATIONS, Repository

EVENTS_AT_ONCE: Final = 16
"""After so many, some milliseconds, the loop lets HTTP have its turn."""
MAX_REQUESTS: Final = 500
"""That wait at the same time; more are told to come back."""
ANSWER_TIMEOUT: Final = 60.0
"""Seconds after which a request whose change can't be stored is told so; the change may still come to be."""
LONGEST_NAP: Final = 5.0
"""Seconds between two looks at the wall clock, which may jump: what is due then is late by no more."""


class JobsLoop:
    """Runs the machine, from what was stored to the end of the process."""

    def __init__(self, machine: Jobs, repository: Repository, clock: Clock, rng: Random) -> None:
        self.machine = machine
        self.writes = 0
        """Records written since the start."""
        self._repository = repository
        self._clock = clock
        self._rng = rng
        self._events: deque[Event] = deque()
        self._event_waits = asyncio.Event()
        self._decided: deque[Instruction] = deque()
        self._decision_waits = asyncio.Event()
        self._requests: dict[RequestId, asyncio.Future[Result]] = {}
        self._request_ids = itertools.count(1)
        self._call: Callable[[MasterEffect], None] = _refuse
        self._watchers: list[Watcher] = []

    def begin(self, restored: Restored, call: Callable[[MasterEffect], None]) -> None:
        """Start with what the store held; ``call`` sends to the master. Raises UnreadableRecord."""
        self._call = call
        self._decide(restored)

    def watch(self, tell: Watcher) -> None:
        """Have ``tell`` called with every change once it is stored."""
        self._watchers.append(tell)

    def put(self, event: Event) -> None:
        """Let the machine have an event when its turn comes."""
        self._events.append(event)
        self._event_waits.set()

    async def ask(self, make: Callable[[RequestId], Request]) -> Result:
        """Put a request and wait for its answer, which comes once the change is durable.

        A caller who leaves does not stop the change.
        """
        if len(self._requests) >= MAX_REQUESTS:
            return (_unavailable(f"{len(self._requests)} changes wait already: try again later"),)
        request_id = RequestId(next(self._request_ids))
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._requests[request_id] = answer
        self.put(make(request_id))
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await answer
        except TimeoutError:
            return (_unavailable(f"the change is not stored after {ANSWER_TIMEOUT:g} seconds; it may still be"),)
        finally:
            self._requests.pop(request_id, None)

    async def decide(self) -> None:
        """Hand events to the machine for ever, as they come and when the clock says so."""
        while True:
            await self._wait_event()
            waiting = min(len(self._events), EVENTS_AT_ONCE)
            for _ in range(waiting):
                self._decide(self._events.popleft())
            deadline = self.machine.next_deadline()
            # After a nap as well: the clock may have been set back.
            if not waiting or (deadline is not None and deadline <= self._clock.now()):
                self._decide(Tick())
            await asyncio.sleep(0)

    async def persist(self) -> None:
        """Write what is decided and carry out the rest for ever. Raises ScheduleLost when another one writes."""
        while True:
            await self._decision_waits.wait()
            changes: dict[RecordKey, Record | None] = {}
            effects: list[Effect] = []
            while self._decided and (not changes or len(changes) + _size(self._decided[0]) <= MAX_OPERATIONS):
                instruction = self._decided.popleft()
                if isinstance(instruction, Persist):
                    changes |= {record_key(record): record for record in instruction.puts}
                    changes |= dict.fromkeys(instruction.deletes)
                    effects += instruction.then
                else:
                    effects.append(instruction)
            if not self._decided:
                self._decision_waits.clear()
            if changes:
                await self._write(changes)
            for effect in effects:
                self._carry_out(effect)
            await asyncio.sleep(0)

    async def _wait_event(self) -> None:
        """Until there is an event, or the machine's deadline has come."""
        deadline = self.machine.next_deadline()
        delay = LONGEST_NAP if deadline is None else min(LONGEST_NAP, deadline - self._clock.now())
        if self._events or delay <= 0:
            return
        self._event_waits.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._event_waits.wait()

    def _decide(self, event: Event) -> None:
        instructions = self.machine.handle(event, self._clock.now())
        if instructions:
            self._decided.extend(instructions)
            self._decision_waits.set()

    async def _write(self, changes: dict[RecordKey, Record | None]) -> None:
        try:
            await insist(lambda: self._repository.write(changes), self._rng)
        except Fenced as error:
            raise ScheduleLost(f"another scheduler has taken the store over: {error}") from error
        self.writes += len(changes)
        puts = [record for record in changes.values() if record is not None]
        deletes = [key for key, record in changes.items() if record is None]
        for tell in self._watchers:
            tell(puts, deletes)

    def _carry_out(self, effect: Effect) -> None:
        if not isinstance(effect, Answer):
            self._call(effect)
            return
        answer = self._requests.get(effect.request_id)
        if answer is not None and not answer.done():
            answer.set_result(effect.result)


def _size(instruction: Instruction) -> int:
    return len(instruction.puts) + len(instruction.deletes) if isinstance(instruction, Persist) else 0


def _refuse(effect: MasterEffect) -> None:
    raise RuntimeError(f"the loop carries out {type(effect).__name__} before it began")


def _unavailable(text: str) -> Problem:
    return Problem("$", text, ProblemKind.UNAVAILABLE)

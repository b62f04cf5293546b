"""One queue, one writer: events into the machine, what it says into the store, and only then out to everybody else.

Two tasks with a queue between them. `decide` hands over all events that wait; `persist` writes all that is decided as
one change, then carries out what hangs on it. So a burst of fifty statuses costs one write, and no answer, call or
acknowledgement is ahead of the store. A store that is away for a while is waited for; one that another leader took
ends this leadership.
"""

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from random import Random

import structlog
from attrs import field, frozen

from koinon_core.backoff import Backoff
from koinon_core.clock import Clock
from koinon_daemon.clock import ForwardClock
from koinon_daemon.errors import ExitCode
from koinon_frameworks.errors import LeadershipEnded
from koinon_zk import Fenced, StoreUnavailable

from .definition.problems import Rejection
from .events import Event, RequestId, Restored, Tick
from .health.probes import Probe, ProbeEffect, StopProbing
from .instructions import Answer, Effect, Instruction, Persist, Publish, Record, RecordKey, Result
from .marathon import Marathon
from .scheduler import MasterEffect
from .store.repository import MAX_OPERATIONS, Repository, merge_records
from .stream_events import StreamEvent

EVENTS_AT_ONCE = 16
"""After so many, some milliseconds, the loop lets HTTP have its turn. At most half of them are requests if others wait:
people are not kept waiting by a thousand launches, and launches go on however many ask for changes.
"""
EFFECTS_AT_ONCE = 50
"""So does what is carried out: a plan of a thousand steps that are done at once has thousands of things to tell."""
ANSWER_TIMEOUT = 60.0
"""Seconds after which a request whose change can't be stored is told so; the change may still come to be."""
_ABANDONED = Rejection(503, "this Marathon ends: the change may be stored, or not")
LONGEST_NAP = 60.0
"""Seconds between two looks at the wall clock, which may jump."""
_WRITE_BACKOFF = Backoff(initial=0.05, maximum=2.0, jitter=0.3)
_logger = structlog.get_logger(__name__)


@frozen(kw_only=True)
class LoopSettings:
    """What a loop is given besides its machine and its store."""

    clock: Clock
    rng: Random
    max_requests: int = 500
    counts: Counter[str] = field(factory=Counter)
    publish: Callable[[StreamEvent], None] = lambda event: _logger.debug("published", type=event.type)
    """Tells the event stream; must neither block nor raise."""


class Loop:
    """Runs the machine of one term of leadership."""

    def __init__(self, machine: Marathon, repository: Repository, settings: LoopSettings) -> None:
        self.machine = machine
        self.may_act = asyncio.Event()
        """Set while the leadership is certain; a suspended leader decides and sends nothing."""
        self.counts = settings.counts
        self._repository = repository
        self._settings = settings
        self._clock = ForwardClock(settings.clock)
        self._events: deque[Event] = deque()
        self._asked: deque[Event] = deque()
        """Those of requests."""
        self._event_waits = asyncio.Event()
        self._decided: deque[Instruction] = deque()
        self._decision_waits = asyncio.Event()
        self._requests: dict[RequestId, asyncio.Future[Result]] = {}
        self._request_ids = itertools.count(1)
        self._is_over = False
        self._call: Callable[[MasterEffect], None] | None = None
        self._probe: Callable[[ProbeEffect], None] | None = None

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock.now()

    def restore(
        self, restored: Restored, call: Callable[[MasterEffect], None], probe: Callable[[ProbeEffect], None]
    ) -> None:
        """Begin the term with what the store held; `call` sends to the master, `probe` asks tasks how they are.

        Raises FrameworkIdMissing.
        """
        self._call, self._probe = call, probe
        self._decide(restored)

    def put(self, event: Event) -> None:
        """Let the machine have an event when its turn comes."""
        self._events.append(event)
        self._event_waits.set()

    def abandon(self) -> None:
        """Tell everybody who waits that nobody here will know the answer."""
        self._is_over = True
        for answer in self._requests.values():
            if not answer.done():
                answer.set_result(_ABANDONED)

    async def ask(self, make: Callable[[RequestId], Event]) -> Result:
        """Put a request and wait for its answer, which comes once the change is durable.

        A caller who leaves does not stop the change. Raises what `make` raises: then nothing was asked.
        """
        if self._is_over:
            return _ABANDONED
        if len(self._requests) >= self._settings.max_requests:
            return Rejection(503, f"{len(self._requests)} changes wait already: try again later")
        request_id = RequestId(next(self._request_ids))
        event = make(request_id)
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._requests[request_id] = answer
        self._asked.append(event)
        self._event_waits.set()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await answer
        except TimeoutError:
            return Rejection(503, f"the change is not stored after {ANSWER_TIMEOUT:g} seconds; it may still be")
        finally:
            self._requests.pop(request_id, None)

    async def decide(self) -> None:
        """Hand events to the machine for ever, as they come and when the clock says so."""
        while True:
            await self._wait_event()
            await self.may_act.wait()
            for event in self._take_events():
                self._decide(event)
            deadline = self.machine.next_deadline()
            if deadline is not None and deadline <= self.now():
                self._decide(Tick())
            await asyncio.sleep(0)

    async def persist(self) -> None:
        """Write what is decided and carry out the rest for ever. Raises LeadershipEnded when another leader writes."""
        while True:
            await self._decision_waits.wait()
            changes: dict[RecordKey, Record | None] = {}
            effects: list[Effect] = []
            while self._decided and len(changes) < MAX_OPERATIONS:
                instruction = self._decided.popleft()
                if isinstance(instruction, Persist):
                    merge_records(instruction.puts, instruction.deletes, changes)
                    effects += instruction.then
                elif changes:
                    effects.append(instruction)
                else:
                    # Nothing is to be stored before it: offers for a new app are asked for while the app is written.
                    self._carry_out(instruction)
            if not self._decided:
                self._decision_waits.clear()
            if changes:
                await self._write(changes)
            for number, effect in enumerate(effects, start=1):
                self._carry_out(effect)
                if number % EFFECTS_AT_ONCE == 0:
                    await asyncio.sleep(0)

    async def _wait_event(self) -> None:
        """Until there is an event or the machine's deadline has come."""
        deadline = self.machine.next_deadline()
        delay = LONGEST_NAP if deadline is None else min(LONGEST_NAP, deadline - self.now())
        if self._events or self._asked or delay <= 0:
            return
        self._event_waits.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._event_waits.wait()

    def _take_events(self) -> list[Event]:
        others = min(len(self._events), EVENTS_AT_ONCE - min(len(self._asked), EVENTS_AT_ONCE // 2))
        asked = min(len(self._asked), EVENTS_AT_ONCE - others)
        return [self._asked.popleft() for _ in range(asked)] + [self._events.popleft() for _ in range(others)]

    def _decide(self, event: Event) -> None:
        instructions = self.machine.handle(event, self.now())
        if instructions:
            self._decided.extend(instructions)
            self._decision_waits.set()

    async def _write(self, changes: dict[RecordKey, Record | None]) -> None:
        puts = {key: record for key, record in changes.items() if record is not None}
        deletes = [key for key, record in changes.items() if record is None]
        for attempt in itertools.count():
            try:
                await self._repository.write(puts, deletes)
                self.counts["persistence.writes"] += len(changes)
                return
            except Fenced as error:
                raise LeadershipEnded(str(error), ExitCode.LOST_LEADERSHIP) from error
            except StoreUnavailable as error:
                _logger.warning("store_unavailable", error=str(error), attempt=attempt)
                await asyncio.sleep(_WRITE_BACKOFF.delay(attempt, self._settings.rng))

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Answer(request_id, result):
                answer = self._requests.get(request_id)
                if answer is not None and not answer.done():
                    answer.set_result(result)
            case Publish(event):
                self._settings.publish(event)
            case _ if self._call is None or self._probe is None:
                raise RuntimeError("the loop carries out effects before its term began")
            case Probe() | StopProbing():
                self._probe(effect)
            case _:
                self._call(effect)

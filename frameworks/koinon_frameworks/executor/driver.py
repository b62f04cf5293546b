"""Runs an executor beside its agent: the loop of the session machine and the ledger, and the callbacks in their order.

Reading never waits for a callback. What tasks tell goes into the ledger, and out over one connection in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

from koinon_core.ids import AgentId, ExecutorId, FrameworkId, TaskId
from koinon_core.tasks import TaskState, TaskStatus
from koinon_daemon.pipelined import Answer

from .connection import AgentConnection
from .environment import ExecutorEnvironment
from .executor import Executor, ExecutorCalls, task_status
from .ledger import SendUpdate, UpdateLedger
from .options import ExecutorOptions
from .received import (
    Acknowledged,
    ErrorReceived,
    KillAsked,
    Launched,
    MessageReceived,
    ReceivedEvent,
    Registered,
    ShutdownAsked,
    Task,
)
from .running import TaskRunner
from .session_machine import (
    AllTold,
    CloseStream,
    End,
    EndAsked,
    Ending,
    EndKind,
    EndTasks,
    OpenStream,
    Patience,
    SessionEvent,
    SessionInstruction,
    SessionMachine,
    StreamEnded,
    StreamOpened,
    StreamRefused,
    TellDisconnected,
    Tick,
)
from .wire import ExecutorWire

_logger = logging.getLogger(__name__)
_LAST_SHARE = 0.2
"""Of the grace of a shutdown, what is kept for telling of tasks that did not end: then the agent ends everything."""
_MESSAGES_AT_ONCE = 100
_REFUSED = range(400, 500)
_UNREADABLE = (400, 413)
"""The agent would say the same to the same update again: it is too long, or none."""
Delivery = ReceivedEvent | TellDisconnected | EndTasks


class ExecutorDriver(ExecutorCalls):
    """``await ExecutorDriver(executor, read_environment(os.environ)).run()``."""

    def __init__(
        self,
        executor: Executor,
        environment: ExecutorEnvironment,
        options: ExecutorOptions | None = None,
        rng: Random | None = None,
    ) -> None:
        self._executor = executor
        self._environment = environment
        self._options = options or ExecutorOptions()
        self._rng = rng or Random()
        self._wire = ExecutorWire(environment.framework_id, environment.executor_id, self._options.content_type)
        self._connection = AgentConnection(environment, self._options.content_type)
        self._ledger = UpdateLedger(self._rng, self._options.progress_interval)
        self._runner = TaskRunner(executor, self, self._options)
        self._runner.when_idle(self._look_whether_all_is_told)
        self._machine: SessionMachine | None = None
        self._deliveries: deque[Delivery] = deque()
        self._delivery_waits = asyncio.Event()
        self._messages: deque[bytes] = deque(maxlen=self._options.messages)
        self._messages_out = 0
        self._is_winding_down = False
        self._all_told = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due: float | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[Ending] | None = None

    @property
    def framework_id(self) -> FrameworkId:
        return self._environment.framework_id

    @property
    def executor_id(self) -> ExecutorId:
        return self._environment.executor_id

    @property
    def agent_id(self) -> AgentId | None:
        return self._environment.agent_id

    @property
    def sandbox(self) -> str:
        return self._environment.sandbox

    async def run(self) -> Ending:
        """Subscribe, run what comes, until the end. Once only. Raises whatever a callback raises."""
        if self._machine is not None:
            raise RuntimeError("a driver runs once")
        loop = asyncio.get_running_loop()
        environment = self._environment
        patience = Patience(
            recovery_timeout=environment.recovery_timeout if environment.is_checkpointing else None,
            backoff_max=environment.subscription_backoff_max,
            shutdown_grace=environment.shutdown_grace,
        )
        self._ended = loop.create_future()
        self._machine = SessionMachine(self._rng, patience, loop.time())
        self._start(self._deliver())
        self._handle(Tick())
        try:
            return await self._ended
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._connection.close()
            for work in self._work:
                work.cancel()

    def update(self, status: TaskStatus) -> None:
        self.report(status)

    def report(self, status: TaskStatus, *, is_progress: bool = False) -> None:
        """Tell the agent of a task, in order; progress is coalesced. Raises ValueError for one that does not run."""
        self._send(self._ledger.report(status, asyncio.get_running_loop().time(), is_progress=is_progress))

    def message(self, data: bytes) -> None:
        self._messages.append(data)
        self._send_messages()

    def start(self, task: Task) -> None:
        self._runner.start(task)

    def cancel(self, task_id: TaskId, grace: float | None = None) -> None:
        self._runner.cancel(task_id, grace)

    def stop(self, message: str = "") -> None:
        self._ask_end(Ending(kind=EndKind.STOPPED, message=message))

    def _ask_end(self, ending: Ending) -> None:
        self._handle(EndAsked(ending, self._environment.shutdown_grace * (1 - _LAST_SHARE)))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if self._ended is None or self._ended.done():
            return
        # Nobody here cancels before the end: a callback has raised CancelledError, and would be the last ever called.
        error = RuntimeError("a callback was cancelled from within") if task.cancelled() else task.exception()
        if error is not None:
            self._ended.set_exception(error)

    def _handle(self, event: SessionEvent) -> None:
        if self._machine is None:
            return
        for instruction in self._machine.handle(event, asyncio.get_running_loop().time()):
            self._carry_out(instruction)
        self._set_timer()

    def _carry_out(self, instruction: SessionInstruction) -> None:
        match instruction:
            case OpenStream(number):
                self._start(self._read(number))
            case CloseStream():
                self._connection.close_stream()
            case TellDisconnected(reason):
                _logger.warning("disconnected reason=%s", reason)
                self._put(instruction)
            case EndTasks(ending):
                _logger.info("ending kind=%s message=%s", ending.kind.value, ending.message)
                self._put(instruction)
            case End(ending):
                self._start(self._finish(ending))

    def _set_timer(self) -> None:
        """One timer for whatever is due first."""
        deadlines = (self._machine.deadline if self._machine else None, self._ledger.deadline)
        due = min((each for each in deadlines if each is not None), default=None)
        if self._timer is not None:
            if due == self._timer_due:
                return
            self._timer.cancel()
        # Remembered here: what uvloop gives for a moment that is over by now does not know when it was due.
        self._timer_due = due
        self._timer = None if due is None else asyncio.get_running_loop().call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._send(self._ledger.tick(asyncio.get_running_loop().time()))
        self._handle(Tick())

    async def _read(self, number: int) -> None:
        """Live through one stream, or through the failure to open one."""
        self._ledger.reconnect(asyncio.get_running_loop().time())
        subscribe = self._wire.subscribe(self._ledger.unacknowledged_tasks, self._ledger.unacknowledged_updates)
        answer = await self._connection.stream(subscribe, lambda record: self._take(number, record))
        if answer.status in _REFUSED:
            _logger.error("subscribe_refused status=%d text=%s", answer.status, answer.text)
            self._handle(StreamRefused(number, f"the agent answered {answer.status}: {answer.text}"))
        else:
            self._handle(StreamEnded(number, answer.text or f"the agent answered {answer.status}"))

    def _take(self, number: int, record: bytes) -> None:
        """One record of a stream. Raises DecodeError, which ends the stream."""
        if self._machine is None or number != self._machine.stream_number:
            return
        event = self._wire.read(record)
        match event:
            case None:
                _logger.info("event_unknown record=%s", record[:100])
            case Acknowledged(task_id, uuid):
                self._send(self._ledger.acknowledge(task_id, uuid, asyncio.get_running_loop().time()))
                self._look_whether_all_is_told()
            case Registered() if self._machine.is_connected:
                _logger.warning("subscribed_twice")
            case Registered():
                self._handle(StreamOpened(number))
                self._put(event)
                self._send_messages()
            case Launched(tasks):
                new = tuple(task for task in tasks if self._ledger.add(task))
                if new:
                    self._put(Launched(new, event.is_group))
            case ShutdownAsked():
                # At once, whatever a callback is at: the grace is counted from now. Tasks are ended in their turn.
                self._ask_end(Ending(kind=EndKind.SHUTDOWN))
            case _:
                self._put(event)

    def _put(self, delivery: Delivery) -> None:
        self._deliveries.append(delivery)
        self._delivery_waits.set()

    async def _deliver(self) -> None:
        while True:
            while self._deliveries:
                await self._call_back(self._deliveries.popleft())
            self._delivery_waits.clear()
            await self._delivery_waits.wait()

    async def _call_back(self, delivery: Delivery) -> None:
        executor = self._executor
        match delivery:
            case Registered():
                await executor.registered(self, delivery)
            case Launched(tasks) if self._is_winding_down:
                for task in tasks:
                    self.report(task_status(task.task_id, TaskState.TASK_KILLED, "the executor is ending"))
            case Launched((task,), is_group=False):
                await executor.launch(self, task)
            case Launched(tasks):
                await executor.launch_group(self, tasks)
            case KillAsked(task_id, grace):
                await executor.kill(self, task_id, grace)
            case MessageReceived(data):
                await executor.message(self, data)
            case ErrorReceived(message):
                await executor.error(self, message)
                self._ask_end(Ending(kind=EndKind.ERROR, message=message))
            case TellDisconnected(reason):
                await executor.disconnected(self, reason)
            case EndTasks():
                await executor.shutdown(self)
                self._is_winding_down = True
                self._runner.cancel_all(self._environment.shutdown_grace * (1 - _LAST_SHARE))
                self._look_whether_all_is_told()

    def _look_whether_all_is_told(self) -> None:
        if self._machine is None or not self._is_winding_down or not self._runner.is_idle:
            return
        if not self._machine.is_connected or not self._ledger.has_untold:
            self._all_told.set()
            self._handle(AllTold())

    async def _finish(self, ending: Ending) -> None:
        """Tell of what did not end, as long as there is time."""
        if ending.is_overdue:
            self._runner.give_up("the executor ended before the task did")
            if self._ledger.has_untold:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._environment.shutdown_grace * _LAST_SHARE):
                        await self._all_told.wait()
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(ending)

    def _send(self, instructions: Iterable[SendUpdate]) -> None:
        for instruction in instructions:
            # While the agent is away they wait in the ledger: SUBSCRIBE brings them along.
            if self._machine is not None and self._machine.is_connected:
                status = instruction.status
                self._connection.call(self._wire.update(status), partial(self._note_answer, status))
        self._set_timer()

    def _note_answer(self, status: TaskStatus, answer: Answer) -> None:
        if answer.is_taken or status.uuid is None:
            return
        _logger.warning("update_not_taken task=%s status=%d why=%s", status.task_id, answer.status, answer.text)
        now = asyncio.get_running_loop().time()
        bare: list[SendUpdate] = []
        if answer.status in _UNREADABLE:
            bare = self._ledger.refuse(status.task_id, status.uuid, f"{answer.status} {answer.text}")
        if not bare:
            self._ledger.fail(status.task_id, status.uuid, now)
        self._send(bare)

    def _send_messages(self) -> None:
        """Send what waits, some at a time: who floods loses the oldest, and not the agent."""
        is_connected = self._machine is not None and self._machine.is_connected
        while is_connected and self._messages and self._messages_out < _MESSAGES_AT_ONCE:
            self._messages_out += 1
            self._connection.call(self._wire.message(self._messages.popleft()), self._note_message)

    def _note_message(self, answer: Answer) -> None:
        self._messages_out -= 1
        if not answer.is_taken:
            _logger.warning("message_lost status=%d why=%s", answer.status, answer.text)
        self._send_messages()

"""How a ``run_task`` goes, and what is told of it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable

import pytest
import uvloop
from attrs import define, field

from koinon_core.ids import TaskId
from koinon_core.tasks import TaskStatus, TaskStatusReason
from koinon_frameworks.executor import Executor, ExecutorOptions, Progress, Result, Task, TaskFailed, in_thread
from koinon_frameworks.executor.running import TaskRunner

ONE = TaskId("one")
Work = Callable[[Task, Progress], Awaitable[Result]]


@define
class Told:
    """What went out."""

    statuses: list[TaskStatus] = field(factory=list)
    messages: list[bytes] = field(factory=list)
    news: asyncio.Event = field(factory=asyncio.Event)

    def report(self, status: TaskStatus, *, is_progress: bool = False) -> None:
        """Keep it; whether it may be coalesced is the ledger's affair."""
        del is_progress
        self.statuses.append(status)
        self.news.set()

    def message(self, data: bytes) -> None:
        self.messages.append(data)
        self.news.set()

    async def wait(self, look: Callable[[], object]) -> None:
        """Until something is so."""
        while not look():
            self.news.clear()
            await self.news.wait()

    def story(self) -> list[tuple[str, str | None]]:
        """States and messages."""
        return [(each.state.name, each.message) for each in self.statuses]


class Doing(Executor):
    """Does what it is given."""

    def __init__(self, work: Work) -> None:
        self.work = work

    async def run_task(self, task: Task, progress: Progress) -> Result:
        return await self.work(task, progress)


class Blocking(Executor):
    """Waits in a thread until it is told to end."""

    @in_thread
    def run_task(self, task: Task, progress: Progress) -> Result:
        progress.send(threading.current_thread().name.encode())
        if task.data:
            raise ValueError(task.data.decode())
        while not progress.is_killed:
            threading.Event().wait(0.001)
        return "too late"


def make_runner(executor: Executor, **options: float) -> tuple[TaskRunner, Told, asyncio.Event]:
    told, idle = Told(), asyncio.Event()
    runner = TaskRunner(executor, told, ExecutorOptions(**options))  # type: ignore[arg-type]
    runner.when_idle(idle.set)
    return runner, told, idle


async def tell(work: Work, task: Task | None = None) -> Told:
    """Run one task to its end."""
    runner, told, idle = make_runner(Doing(work))
    runner.start(task or Task(task_id=ONE))
    await idle.wait()
    return told


async def test_returning_is_finished() -> None:
    """A text is the message, bytes are the data, and nothing is nothing."""

    async def work(task: Task, _: Progress) -> Result:
        return {b"text": "done", b"bytes": b"\x00", b"": None}[task.data]

    ends = [(await tell(work, Task(task_id=ONE, data=data))).statuses[-1] for data in (b"text", b"bytes", b"")]

    assert ["TASK_FINISHED"] * 3 == [each.state.name for each in ends]
    assert [("done", None), (None, b"\x00"), (None, None)] == [(each.message, each.data) for each in ends]


async def test_raising_is_failed() -> None:
    """The message says which exception it was; TaskFailed chooses its reason and data."""

    async def work(task: Task, _: Progress) -> Result:
        if task.data:
            raise TaskFailed("chosen", TaskStatusReason.REASON_TASK_INVALID, b"why")
        raise KeyError("missing")

    plain = (await tell(work)).statuses[-1]
    chosen = (await tell(work, Task(task_id=ONE, data=b"x"))).statuses[-1]

    assert ("TASK_FAILED", "KeyError: 'missing'") == (plain.state.name, plain.message)
    assert TaskStatusReason.REASON_COMMAND_EXECUTOR_FAILED is plain.reason
    assert (TaskStatusReason.REASON_TASK_INVALID, "chosen", b"why") == (chosen.reason, chosen.message, chosen.data)


async def test_a_result_of_another_kind_is_a_failure() -> None:
    """Nobody could read it; the message says what may be returned."""

    async def work(_: Task, __: Progress) -> Result:
        return 42  # type: ignore[return-value]

    assert ("TASK_FAILED", "run_task returned int; it may return a text, bytes or None") == (await tell(work)).story()[
        -1
    ]


async def test_exit_in_a_task_ends_the_task_alone() -> None:
    """``sys.exit`` in a library is not the executor's end."""

    async def work(_: Task, __: Progress) -> Result:
        sys.exit(3)

    assert ("TASK_FAILED", "SystemExit: 3") == (await tell(work)).story()[-1]


async def test_being_killed_is_killed_after_cleaning_up() -> None:
    """The coroutine is cancelled, and its end is told when it has ended."""
    has_begun = asyncio.Event()

    async def work(_: Task, progress: Progress) -> Result:
        has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            progress.send(b"cleaned up")
        return None

    runner, told, idle = make_runner(Doing(work))
    runner.start(Task(task_id=ONE))
    await has_begun.wait()
    runner.cancel(ONE)
    await idle.wait()

    assert [("TASK_RUNNING", None), ("TASK_KILLED", None)] == told.story()
    assert [b"cleaned up"] == told.messages


async def test_a_task_killed_before_it_began_is_killed() -> None:
    """LAUNCH and KILL in one breath."""
    runner, told, idle = make_runner(Blocking())
    runner.start(Task(task_id=ONE))
    runner.cancel(ONE)
    await idle.wait()

    assert ("TASK_KILLED", None) == told.story()[-1]


async def test_who_outlasts_the_grace_is_told_of() -> None:
    """A coroutine that heeds nothing can't be ended; the scheduler reads so, and of the end when it comes."""
    released = asyncio.Event()

    async def work(_: Task, __: Progress) -> Result:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue
        raise asyncio.CancelledError

    runner, told, idle = make_runner(Doing(work))
    runner.start(Task(task_id=ONE, kill_grace=0.0))
    await asyncio.sleep(0)
    runner.cancel(ONE)
    await told.wait(lambda: len(told.statuses) == 2)
    released.set()
    await idle.wait()

    assert ("TASK_RUNNING", "was asked to end, and did not within 0 seconds") == told.story()[1]
    assert ("TASK_KILLED", None) == told.story()[-1]


async def test_a_task_may_run_no_longer_than_it_may() -> None:
    """Past max_completion_time it fails by that reason."""

    async def work(_: Task, __: Progress) -> Result:
        await asyncio.Event().wait()
        return None

    last = (await tell(work, Task(task_id=ONE, max_completion_time=0.01))).statuses[-1]

    assert ("TASK_FAILED", "did not complete within 0.01 seconds") == (last.state.name, last.message)
    assert TaskStatusReason.REASON_MAX_COMPLETION_TIME_REACHED is last.reason


async def test_short_tasks_may_be_told_by_their_end_alone() -> None:
    """With ``announce_after`` TASK_RUNNING is for those that still run then."""

    async def work(_: Task, __: Progress) -> Result:
        return None

    runner, told, idle = make_runner(Doing(work), announce_after=60.0)
    runner.start(Task(task_id=ONE))
    await idle.wait()

    assert [("TASK_FINISHED", None)] == told.story()


async def test_a_thread_ends_when_it_looks() -> None:
    """It is told as killed once its thread has ended, and what it returned then does not count."""
    runner, told, idle = make_runner(Blocking())
    runner.start(Task(task_id=ONE))
    await told.wait(lambda: told.messages)
    runner.cancel(ONE)
    await idle.wait()

    assert [b"task one"] == told.messages
    assert [("TASK_RUNNING", None), ("TASK_KILLED", None)] == told.story()


async def test_what_a_thread_raises_is_the_tasks_failure() -> None:
    """As in a coroutine."""
    runner, told, idle = make_runner(Blocking())
    runner.start(Task(task_id=ONE, data=b"broken"))
    await idle.wait()

    assert ("TASK_FAILED", "ValueError: broken") == told.story()[-1]


async def test_giving_up_tells_of_those_that_run_on() -> None:
    """The process is about to end: so they are killed, and a later end of theirs is not told."""

    async def work(_: Task, __: Progress) -> Result:
        await asyncio.Event().wait()
        return None

    runner, told, idle = make_runner(Doing(work))
    runner.start(Task(task_id=ONE))
    runner.give_up("ends")
    runner.cancel(ONE)
    await idle.wait()

    assert [("TASK_RUNNING", None), ("TASK_KILLED", "ends")] == told.story()


def test_two_wishes_without_grace_are_one_under_uvloop() -> None:
    """Its handle of a timer without delay does not know when it is due; the second wish comes before it is over."""

    async def story() -> list[tuple[str, str | None]]:
        runner, told, idle = make_runner(Doing(lambda *_: asyncio.sleep(100)))
        runner.start(Task(task_id=ONE, kill_grace=0.0))
        await asyncio.sleep(0)
        runner.cancel(ONE)
        runner.cancel(ONE)
        await idle.wait()
        return told.story()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        states = [state for state, _ in loop.run(story())]

    assert "TASK_KILLED" == states[-1]


@pytest.mark.parametrize("field_name", ["announce_after", "progress_interval", "kill_grace"])
def test_options_are_checked(field_name: str) -> None:
    """A time that is less than nothing is refused by name."""
    with pytest.raises(ValueError, match=field_name):
        ExecutorOptions(**{field_name: -1.0})  # type: ignore[arg-type]

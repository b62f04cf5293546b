"""Updates that arrive: in order, at least once, whatever dies in between."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from koinon_agent.checkpoint.image import AgentImage
from koinon_agent.instructions import Checkpoint, Instruction, Send
from koinon_agent.repeats import ResendDue
from koinon_agent.tasks.status_updates import StatusUpdates
from koinon_agent.timers import Moment, TaskKey, Timers
from koinon_core.agent_link import StatusUpdate
from koinon_core.ids import FrameworkId, TaskId, Uuid
from koinon_core.tasks import TaskState, TaskStatus

FRAMEWORK = FrameworkId("f")
KEY = TaskKey(FRAMEWORK, TaskId("t"))


def make_status(number: int, state: TaskState = TaskState.TASK_RUNNING, task: str = "t") -> TaskStatus:
    """The update of that number."""
    return TaskStatus(task_id=TaskId(task), state=state, uuid=Uuid(number.to_bytes(16)), message=str(number))


def uuid_of(status: TaskStatus) -> Uuid:
    """What an acknowledgement repeats."""
    assert status.uuid is not None
    return status.uuid


def sent(instructions: list[Instruction]) -> list[TaskStatus]:
    """What went out."""
    return [
        item.message.status
        for item in instructions
        if isinstance(item, Send) and isinstance(item.message, StatusUpdate)
    ]


def at(steady: float) -> Moment:
    """That time."""
    return Moment(wall=steady, steady=steady)


def test_update_is_remembered_before_it_is_sent() -> None:
    """The record comes first, and nothing leaves without a master."""
    timers = Timers()
    updates = StatusUpdates(timers, Random(1), {})
    updates.resume(1, at(0))
    kinds = [type(item) for item in updates.append(FRAMEWORK, make_status(1), at(0))]

    assert [Checkpoint, Send] == kinds

    updates.pause()

    assert [Checkpoint] == [type(item) for item in updates.append(FRAMEWORK, make_status(2, task="u"), at(0))]


def test_next_update_waits_for_the_acknowledgement_of_the_last() -> None:
    """A task's updates leave one by one."""
    updates = StatusUpdates(Timers(), Random(1), {})
    updates.resume(1, at(0))
    first, second = make_status(1, TaskState.TASK_STARTING), make_status(2)
    updates.append(FRAMEWORK, first, at(0))

    assert [] == sent(updates.append(FRAMEWORK, second, at(0)))
    assert (first, [second]) == (
        (answer := updates.acknowledge(KEY, uuid_of(first), at(1)))[0],
        sent(answer[1]),
    )


def test_head_is_repeated_after_ten_seconds_doubling_to_ten_minutes() -> None:
    """The intervals of mesos-semantics 6.1."""
    timers = Timers()
    updates = StatusUpdates(timers, Random(1), {})
    updates.resume(1, at(0))
    updates.append(FRAMEWORK, make_status(1), at(0))
    times = [0.0]
    for _ in range(8):
        due = timers.next_at()
        assert due is not None
        timers.take_due(due)
        updates.resend(ResendDue(KEY), at(due))
        times.append(due)

    assert [10, 20, 40, 80, 160, 320, 600, 600] == [later - sooner for sooner, later in pairwise(times)]


def test_framework_that_is_back_hears_at_once_what_waits_for_it() -> None:
    """The oldest of each of its tasks and no other framework's, with where the task stands by now; and soon again."""
    timers = Timers()
    updates = StatusUpdates(timers, Random(1), {})
    updates.resume(1, at(0))
    head = make_status(1)
    for status in (head, make_status(2, TaskState.TASK_FINISHED)):
        updates.append(FRAMEWORK, status, at(0))
    updates.append(FrameworkId("other"), make_status(3), at(0))

    told = updates.resend_for(FRAMEWORK, at(500))

    update = StatusUpdate(framework_id=FRAMEWORK, status=head, latest_state=TaskState.TASK_FINISHED)
    assert [Send(1, update)] == told
    assert sent(updates.resend(ResendDue(KEY), at(510)))
    assert [] == updates.resend_for(FrameworkId("nobody"), at(500))


def test_acknowledgement_of_something_else_is_ignored() -> None:
    """Only the uuid of the oldest update counts."""
    updates = StatusUpdates(Timers(), Random(1), {})
    updates.append(FRAMEWORK, make_status(1), at(0))

    assert updates.acknowledge(KEY, Uuid(bytes(16)), at(0))[0] is None
    assert 1 == updates.pending_count


def test_same_update_twice_counts_once() -> None:
    """An update known by its uuid is not appended again."""
    updates = StatusUpdates(Timers(), Random(1), {})
    updates.append(FRAMEWORK, make_status(1), at(0))

    assert [] == updates.append(FRAMEWORK, make_status(1), at(0))


class AnyLife(RuleBasedStateMachine):
    """Tasks report while agent and link die at will; a scheduler acknowledges what it hears, or doesn't."""

    def __init__(self) -> None:
        super().__init__()
        self.image = AgentImage()
        self.time = 0.0
        self.number = 0
        self.link = 0
        self.reported: dict[str, list[TaskStatus]] = {}
        self.heard: dict[str, list[TaskStatus]] = {}
        self.last_heard: list[TaskStatus] = []
        self._live()

    def _live(self) -> None:
        self.timers = Timers()
        self.updates = StatusUpdates(self.timers, Random(3), self.image.streams)
        self.is_linked = False

    def _carry_out(self, instructions: list[Instruction], *, is_durable: bool = True) -> None:
        for item in instructions:
            if isinstance(item, Checkpoint) and is_durable:
                self.image.apply(item.record)
        for status in sent(instructions) if is_durable else []:
            self.last_heard.append(status)
            if (heard := self.heard.setdefault(status.task_id, [])) == [] or status not in heard:
                heard.append(status)

    @rule(task=st.sampled_from("abc"), is_last=st.booleans())
    def report(self, task: str, is_last: bool) -> None:
        """A task has news."""
        history = self.reported.setdefault(task, [])
        if history and history[-1].state.is_terminal:
            return
        self.number += 1
        state = TaskState.TASK_FINISHED if is_last else TaskState.TASK_RUNNING
        status = make_status(self.number, state, task)
        history.append(status)
        self._carry_out(self.updates.append(FRAMEWORK, status, at(self.time)))

    @rule()
    def open_link(self) -> None:
        """A master listens."""
        self.link += 1
        self.is_linked = True
        self._carry_out(self.updates.resume(self.link, at(self.time)))

    @rule()
    def lose_link(self) -> None:
        """Nobody listens."""
        self.is_linked = False
        self.updates.pause()

    @precondition(lambda self: self.last_heard)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        """The scheduler acknowledges something it has heard, now or long ago."""
        status = data.draw(st.sampled_from(self.last_heard))
        key = TaskKey(FRAMEWORK, status.task_id)
        self._carry_out(self.updates.acknowledge(key, uuid_of(status), at(self.time))[1])

    @rule(seconds=st.floats(1.0, 700.0))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.time += seconds
        for key in self.timers.take_due(self.time):
            assert isinstance(key, ResendDue)
            self._carry_out(self.updates.resend(key, at(self.time)))

    @rule()
    def crash(self) -> None:
        """The agent dies; its log is read, and written anew."""
        survivor = AgentImage()
        for record in self.image.records():
            survivor.apply(record)
        self.image = survivor
        self._live()

    @invariant()
    def heard_is_a_prefix_of_what_was_reported(self) -> None:
        """In order, without a gap."""
        for task, heard in self.heard.items():
            assert self.reported[task][: len(heard)] == heard

    def teardown(self) -> None:
        """Once a master listens and acknowledges, everything arrives."""
        self.crash()
        self.open_link()
        for _ in range(self.number + 1):
            for status in list(self.last_heard):
                key = TaskKey(FRAMEWORK, status.task_id)
                self._carry_out(self.updates.acknowledge(key, uuid_of(status), at(self.time))[1])
        assert self.reported == {task: self.heard.get(task, []) for task in self.reported}
        assert 0 == self.updates.pending_count


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)

"""Updates of tasks: in order, one at a time, again until acknowledged, and no flood."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koinon_core.ids import TaskId, Uuid
from koinon_core.tasks import TaskState, TaskStatus
from koinon_frameworks.executor.executor import task_status
from koinon_frameworks.executor.ledger import RETRY, UNANSWERED, SendUpdate, UpdateLedger
from koinon_frameworks.executor.received import Task

ONE = TaskId("one")


def make_ledger(*task_ids: TaskId) -> UpdateLedger:
    ledger = UpdateLedger(Random(1), progress_interval=1.0)
    for task_id in task_ids or (ONE,):
        ledger.add(Task(task_id=task_id))
    return ledger


def status(state: TaskState, message: str = "", task_id: TaskId = ONE) -> TaskStatus:
    return task_status(task_id, state, message)


def said(instructions: list[SendUpdate]) -> list[tuple[str, str | None]]:
    """State and message of what is sent."""
    return [(each.status.state.name, each.status.message) for each in instructions]


def acknowledge(ledger: UpdateLedger, sent: list[SendUpdate], now: float) -> list[SendUpdate]:
    """The agent has taken the last of these."""
    last = sent[-1].status
    return ledger.acknowledge(last.task_id, last.uuid or Uuid(b""), now)


def test_one_update_of_a_task_is_under_way_at_a_time() -> None:
    """The next goes out when the one before it is acknowledged."""
    ledger = make_ledger()
    first = ledger.report(status(TaskState.TASK_RUNNING), 0.0)
    second = ledger.report(status(TaskState.TASK_FINISHED), 0.1)

    assert [("TASK_RUNNING", None)] == said(first)
    assert [] == second
    assert [("TASK_FINISHED", None)] == said(acknowledge(ledger, first, 0.2))


def test_each_update_has_a_uuid_of_its_own() -> None:
    """Sixteen bytes, and never the same."""
    ledger = make_ledger(TaskId("a"), TaskId("b"))
    uuids = {
        each.status.uuid
        for name in ("a", "b")
        for each in ledger.report(status(TaskState.TASK_RUNNING, task_id=TaskId(name)), 0.0)
    }

    assert 2 == len(uuids)
    assert {16} == {len(uuid or b"") for uuid in uuids}


def test_an_update_is_sent_again_until_it_is_acknowledged() -> None:
    """The same update, by the same uuid, less and less often."""
    ledger = make_ledger()
    first = ledger.report(status(TaskState.TASK_RUNNING), 0.0)

    assert RETRY.initial == ledger.deadline
    assert first == ledger.tick(RETRY.initial)
    assert RETRY.initial + RETRY.initial == ledger.deadline
    assert [] == acknowledge(ledger, first, 6.0)
    assert ledger.deadline is None


def test_an_update_that_never_arrived_is_sent_again_soon() -> None:
    """A call that broke, or was not taken, waits for less than one that was only not acknowledged yet."""
    ledger = make_ledger()
    (sent,) = ledger.report(status(TaskState.TASK_RUNNING), 0.0)
    ledger.fail(ONE, sent.status.uuid or Uuid(b""), 1.0)

    assert 1.0 + UNANSWERED.initial == ledger.deadline
    assert [sent] == ledger.tick(1.0 + UNANSWERED.initial)


def test_what_the_agent_has_not_acknowledged_goes_along_when_it_is_back() -> None:
    """Tasks it has heard nothing of, and updates that were sent; what waits behind them follows later."""
    ledger = make_ledger(ONE, TaskId("two"))
    first = ledger.report(status(TaskState.TASK_RUNNING), 0.0)
    ledger.report(status(TaskState.TASK_FINISHED), 0.0)
    before = ledger.unacknowledged_tasks, ledger.unacknowledged_updates
    acknowledge(ledger, first, 1.0)

    assert (ONE, "two") == tuple(task.task_id for task in before[0])
    assert (first[0].status,) == before[1]
    assert ["two"] == [task.task_id for task in ledger.unacknowledged_tasks]
    assert ["TASK_FINISHED"] == [each.state.name for each in ledger.unacknowledged_updates]


def test_a_task_is_forgotten_with_its_end() -> None:
    """Once the end is acknowledged nothing is kept; the same id may come again."""
    ledger = make_ledger()
    sent = ledger.report(status(TaskState.TASK_FINISHED), 0.0)
    acknowledge(ledger, sent, 1.0)

    assert not ledger.has_untold
    assert () == ledger.unacknowledged_tasks
    assert ledger.add(Task(task_id=ONE))


def test_a_task_comes_once() -> None:
    """An agent that launches again what runs already is not obeyed twice."""
    assert not make_ledger().add(Task(task_id=ONE))


def test_nothing_follows_the_end() -> None:
    """A report of a task that has ended is the caller's mistake, as is one of a task that never was."""
    ledger = make_ledger()
    ledger.report(status(TaskState.TASK_FINISHED), 0.0)

    for task_id in (ONE, TaskId("nobody")):
        with pytest.raises(ValueError, match=f"task {task_id} does not run"):
            ledger.report(status(TaskState.TASK_RUNNING, task_id=task_id), 1.0)


def test_of_progress_that_waits_the_newest_is_told() -> None:
    """A hundred reports in a second are two updates: the first, and the last a second later."""
    ledger = make_ledger()
    sent = ledger.report(status(TaskState.TASK_RUNNING, "0%"), 0.0, is_progress=True)
    acknowledge(ledger, sent, 0.01)
    for percent in range(1, 100):
        sent += ledger.report(status(TaskState.TASK_RUNNING, f"{percent}%"), percent / 100, is_progress=True)

    assert [("TASK_RUNNING", "0%")] == said(sent)
    assert 1.0 == ledger.deadline
    assert [("TASK_RUNNING", "99%")] == said(ledger.tick(1.0))


def test_the_last_progress_comes_before_the_end() -> None:
    """The end waits for nothing but the order: what was told before it arrives before it."""
    ledger = make_ledger()
    first = ledger.report(status(TaskState.TASK_RUNNING, "0%"), 0.0, is_progress=True)
    acknowledge(ledger, first, 0.01)
    ledger.report(status(TaskState.TASK_RUNNING, "99%"), 0.02, is_progress=True)
    sent = ledger.report(status(TaskState.TASK_FINISHED), 0.03)

    assert [("TASK_RUNNING", "99%")] == said(sent)
    assert [("TASK_FINISHED", None)] == said(acknowledge(ledger, sent, 0.04))


STEPS = st.lists(
    st.tuples(st.sampled_from(["report", "progress", "end", "ack", "fail", "tick", "reconnect"]), st.integers(0, 2)),
    max_size=60,
)


@given(STEPS)
def test_nothing_is_lost_and_nothing_overtakes(steps: list[tuple[str, int]]) -> None:
    """Whatever is reported, lost and acknowledged: an agent that at last takes all has each task's reports in order."""
    names = [TaskId(f"t{n}") for n in range(3)]
    ledger = make_ledger(*names)
    reported: dict[TaskId, list[str]] = {name: [] for name in names}
    taken: dict[TaskId, list[TaskStatus]] = {name: [] for name in names}
    now, number = 0.0, 0
    for step, which in steps:
        now, number, name = now + 0.3, number + 1, names[which]
        under_way = next((each for each in ledger.unacknowledged_updates if each.task_id == name), None)
        is_over = "end" in reported[name]
        if step == "report" and not is_over:
            ledger.report(status(TaskState.TASK_RUNNING, str(number), name), now)
            reported[name].append(str(number))
        elif step == "progress" and not is_over:
            ledger.report(status(TaskState.TASK_RUNNING, "progress", name), now, is_progress=True)
        elif step == "end" and not is_over:
            ledger.report(status(TaskState.TASK_FINISHED, "end", name), now)
            reported[name].append("end")
        elif step == "ack" and under_way is not None and under_way.uuid is not None:
            taken[name].append(under_way)
            ledger.acknowledge(name, under_way.uuid, now)
        elif step == "fail" and under_way is not None and under_way.uuid is not None:
            ledger.fail(name, under_way.uuid, now)
        elif step == "tick":
            ledger.tick(now)
        elif step == "reconnect":
            ledger.reconnect(now)
        ledger.check()
    while ledger.has_untold:
        now += 1.0
        ledger.tick(now)
        for each in ledger.unacknowledged_updates:
            taken[each.task_id].append(each)
            ledger.acknowledge(each.task_id, each.uuid or Uuid(b""), now)
        ledger.check()

    assert reported == {
        name: [each.message for each in told if each.message != "progress"] for name, told in taken.items()
    }


def test_update_that_the_agent_will_never_take_goes_out_bare() -> None:
    """A result that is too long is lost, the task's end is not: it has failed, and says why, once."""
    ledger = make_ledger()
    sent = ledger.report(task_status(ONE, TaskState.TASK_FINISHED, "x" * 100, b"y" * 100), 0.0)
    uuid = sent[0].status.uuid or Uuid(b"")
    (bare,) = ledger.refuse(ONE, uuid, "413 too long")
    again = ledger.refuse(ONE, uuid, "413 too long")
    ledger.acknowledge(ONE, uuid, 1.0)

    assert (TaskState.TASK_FAILED, None, uuid) == (bare.status.state, bare.status.data, bare.status.uuid)
    assert "the agent refused what was told of TASK_FINISHED: 413 too long" == bare.status.message
    assert [] == again
    assert not ledger.has_untold
    ledger.check()

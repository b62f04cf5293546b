"""What an update means to the record of its task."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koinon_core.containers import ContainerStatus
from koinon_core.tasks import TaskState, TaskStatusReason
from koinon_frameworks.store.task_records import (
    UUIDS_KEPT,
    TaskRecord,
    Verdict,
    end_without_word,
    is_over,
    judge,
    take_status,
)
from support.framework_tasks import make_status, make_task

INTENT = TaskRecord(task=make_task("a"), intended_at=1.0)


def after(*states: str) -> TaskRecord:
    """The record of a task that went through these states, each update with a uuid of its own."""
    record = INTENT
    for number, state in enumerate(states, start=1):
        record = take_status(record, make_status("a", state, number), float(number))
    return record


@pytest.mark.parametrize(
    ("states", "state", "uuid", "verdict"),
    [
        ((), "STAGING", None, Verdict.NEW),
        ((), "RUNNING", 9, Verdict.NEW),
        (("STARTING",), "RUNNING", 9, Verdict.NEW),
        (("STARTING",), "STARTING", 1, Verdict.REPEATED),
        (("STARTING", "RUNNING"), "STARTING", 1, Verdict.REPEATED),
        (("RUNNING",), "RUNNING", 9, Verdict.NEW),
        (("RUNNING",), "RUNNING", None, Verdict.REPEATED),
        (("RUNNING",), "STAGING", None, Verdict.LATE),
        (("RUNNING",), "STARTING", 9, Verdict.LATE),
        (("RUNNING",), "UNREACHABLE", None, Verdict.NEW),
        (("RUNNING", "UNREACHABLE"), "RUNNING", None, Verdict.NEW),
        (("RUNNING", "UNREACHABLE"), "STARTING", 9, Verdict.NEW),
        (("RUNNING",), "UNKNOWN", None, Verdict.NEW),
        (("RUNNING", "FINISHED"), "RUNNING", 9, Verdict.RETURNED),
        (("RUNNING", "FINISHED"), "LOST", None, Verdict.REPEATED),
        (("RUNNING", "UNKNOWN"), "RUNNING", 9, Verdict.RETURNED),
        (("RUNNING", "LOST"), "UNREACHABLE", None, Verdict.REPEATED),
    ],
)
def test_an_update_is_news_unless_it_was_heard_or_outrun(
    states: tuple[str, ...], state: str, uuid: int | None, verdict: Verdict
) -> None:
    """Duplicates fall out by uuid, states never go back, and a task that is over stays so."""
    assert verdict is judge(after(*states), make_status("a", state, uuid))


def test_a_change_of_health_is_news_without_a_uuid() -> None:
    """A master that answers a reconciliation says by ``healthy`` what was missed."""
    record = take_status(INTENT, make_status("a", "RUNNING", 1, healthy=True), 1.0)

    assert Verdict.NEW is judge(record, make_status("a", "RUNNING", healthy=False))
    assert Verdict.REPEATED is judge(record, make_status("a", "RUNNING", healthy=True))
    assert Verdict.REPEATED is judge(record, make_status("a", "RUNNING"))


def test_a_task_without_a_record_is_a_strangers() -> None:
    """Such a one is to be killed, but only where it runs: a kill of any other would be answered by the same words."""
    assert Verdict.STRANGER is judge(None, make_status("a", "RUNNING", 1))
    assert [Verdict.REPEATED] * 3 == [
        judge(None, make_status("a", state)) for state in ("UNKNOWN", "UNREACHABLE", "LOST")
    ]
    assert [Verdict.RETURNED, Verdict.STRANGER] == [verdict for verdict in Verdict if verdict.is_unwanted]


def test_a_record_keeps_the_latest_uuids_and_no_data() -> None:
    """A task that reports for months does not grow its record."""
    record = INTENT
    for number in range(100):
        record = take_status(record, make_status("a", "RUNNING", number, data=b"x" * 1000), 2.0)

    assert [number.to_bytes(16) for number in range(100 - UUIDS_KEPT, 100)] == list(record.uuids)
    assert record.status is not None
    assert None is record.status.data


def test_an_answer_to_reconciliation_does_not_take_the_address_away() -> None:
    """Such an answer may lack the container's status, of which the record still knows."""
    address = ContainerStatus()
    known = take_status(INTENT, make_status("a", "STARTING", 1, container_status=address), 1.0)
    answer = make_status("a", "RUNNING", reason=TaskStatusReason.REASON_RECONCILIATION)

    found = take_status(known, answer, 2.0).status

    assert found is not None
    assert address is found.container_status


def test_an_end_without_a_word_says_why() -> None:
    """A task that was given up is over, with the reason in its status."""
    record = end_without_word(INTENT, TaskState.TASK_DROPPED, "nothing was heard", 5.0)

    assert record.is_over
    assert (TaskState.TASK_DROPPED, "nothing was heard", 5.0) == (
        record.state,
        getattr(record.status, "message", None),
        record.noted_at,
    )


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(TaskState), st.none() | st.integers(0, 5)), max_size=12))
def test_what_is_over_stays_over(updates: list[tuple[TaskState, int | None]]) -> None:
    """Whatever is said of a task, and however often, it ends once and each uuid counts once."""
    record, taken, ends = INTENT, [], 0
    for number, (state, uuid) in enumerate(updates):
        status = make_status("a", state.name.removeprefix("TASK_"), uuid)
        if judge(record, status) is Verdict.NEW:
            record = take_status(record, status, float(number))
            taken.append(uuid)
            ends += is_over(state)

    uuids = [uuid for uuid in taken if uuid is not None]
    assert len(set(uuids)) == len(uuids)
    assert int(record.is_over) == ends

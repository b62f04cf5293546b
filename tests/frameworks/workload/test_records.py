"""Records of a workload come back as they were, and one that can't be read is named with its field."""

from __future__ import annotations

import orjson
import pytest

from koinon_core.attributes import parse_attributes
from koinon_core.ids import AgentId, ExecutorId, TaskId
from koinon_frameworks.errors import UnreadableRecord
from koinon_frameworks.matching import Placement
from koinon_frameworks.workload.instructions import CountRecord, Persist, SlotRecord
from koinon_frameworks.workload.records import decode, dump_slot, encode_changes, load_slot
from koinon_frameworks.workload.slot import Attempt, Goal, SlotKey, SlotState

PLACE = Placement(
    hostname="h", attributes=parse_attributes("rack:r1;zone:2;ports:[1-2];tags:{a,b}"), region="r", zone="z"
)
ATTEMPT = Attempt(
    task_id=TaskId("web.1.2-ab"),
    agent_id=AgentId("S1"),
    placement=PLACE,
    address="10.0.0.1",
    ports=(31000, 31005),
    executor_id=ExecutorId("e"),
    launched_at=1.5,
    has_been_seen=True,
    started_at=2.0,
    missing_since=3.25,
    is_healthy=False,
    message="exit 1",
    reason="REASON_X",
)
RECORD = SlotRecord(
    key=SlotKey("web", 1),
    fingerprint="f",
    state=SlotState.UNREACHABLE,
    since=3.0,
    serial=2,
    failures=1,
    drops=0,
    attempt=ATTEMPT,
    goal=Goal.OVERDUE,
    why="away",
    is_leaving=True,
    due=63.25,
)


def test_records_come_back() -> None:
    """Slots with everything that can be said of them, and numbers wanted."""
    count = CountRecord("web", 2, 5)
    changes = encode_changes(Persist(slots=(RECORD,), counts=(count,)))
    restored = decode({name: value for name, value in changes.items() if value is not None})

    assert ["workload/slots/web/1", "workload/counts/web"] == list(changes)
    assert (RECORD,) == restored.slots
    assert (count,) == restored.counts


def test_what_is_forgotten_is_deleted() -> None:
    """None stands for a record that goes."""
    changes = encode_changes(Persist(forgotten=(SlotKey("web", 1),), forgotten_counts=("web",)))

    assert {"workload/slots/web/1": None, "workload/counts/web": None} == changes


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("version", 2, "version: 2 is of a newer release"),
        ("state", "asleep", "state: 'asleep' is no SlotState"),
        ("serial", True, "serial: True is no int"),
        ("since", "x", "since: 'x' is no float"),
        ("key", None, "key: None is no dict"),
        ("attempt", {"task_id": 1}, "task_id: 1 is no str"),
        ("due", [], r"due: \[\] is no float"),
    ],
)
def test_unreadable_record_is_named(field: str, value: object, why: str) -> None:
    """With its name and the field: a start stops there, and nothing is guessed."""
    raw = orjson.loads(dump_slot(RECORD)) | {field: value}

    with pytest.raises(UnreadableRecord, match=f"workload/slots/web/1 can't be read: {why}"):
        load_slot("workload/slots/web/1", orjson.dumps(raw))


def test_bytes_that_are_no_json_are_named() -> None:
    """Another program's record is not taken for ours."""
    with pytest.raises(UnreadableRecord, match=r"workload/counts/web can't be read: it is no JSON"):
        decode({"workload/counts/web": b"\xff"})

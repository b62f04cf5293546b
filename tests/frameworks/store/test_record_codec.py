"""Records as bytes and back."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from koinon_core.ids import FrameworkId, Uuid
from koinon_frameworks.errors import UnreadableRecord
from koinon_frameworks.store.record_codec import dump_framework_id, dump_record, load_framework_id, load_record
from koinon_frameworks.store.task_records import TaskRecord, take_status
from support.framework_tasks import make_status, make_task

RECORD = TaskRecord(task=make_task("a"), intended_at=1.5)
NOTED = take_status(RECORD, make_status("a", "RUNNING", 7, message="well", healthy=True), 2.5)


@pytest.mark.parametrize("record", [RECORD, NOTED])
def test_a_record_comes_back_as_it_was(record: TaskRecord) -> None:
    """Intents and noted tasks alike."""
    assert record == load_record("tasks/a", dump_record(record))


def test_a_stored_record_of_the_first_version_is_read() -> None:
    """The form that is out there: whoever changes it must read this, too."""
    stored = (
        b'{"version":1,"task":{"name":"a","task_id":{"value":"a"},"agent_id":{"value":"S0"},"resources":[],'
        b'"command":{"value":"true"}},"intended_at":1.0,"status":{"task_id":{"value":"a"},"state":"TASK_RUNNING",'
        b'"uuid":"AAAAAAAAAAAAAAAAAAAABw=="},"noted_at":2.0,"uuids":["00000000000000000000000000000007"]}'
    )

    found = load_record("tasks/a", stored)

    assert ("a", "TASK_RUNNING") == (found.task.name, found.state and found.state.name)
    assert (Uuid((7).to_bytes(16)),) == found.uuids


def change(**fields: Any) -> bytes:
    """A good record but for these fields."""
    return orjson.dumps({**orjson.loads(dump_record(NOTED)), **fields})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is no JSON"),
        (b"\xff\x00", "it is no JSON"),
        (b"[]", "version: None is no version"),
        (change(version="1"), "version: '1' is no version"),
        (change(version=2), "version: 2 is of a newer release, this one reads up to 1"),
        (change(task=None), "task"),
        (change(task={"name": "a"}), "task.task_id: required field missing"),
        (change(status={"state": "TASK_RUNNING"}), "status.task_id: required field missing"),
        (change(status=3), "status"),
        (change(intended_at="now"), "intended_at: 'now' is no number"),
        (change(noted_at=True), "noted_at: True is no number"),
        (change(uuids=["zz"]), "uuids: "),
        (change(uuids=None), "uuids: "),
    ],
)
def test_an_unreadable_record_names_key_and_field(data: bytes, why: str) -> None:
    """Whoever mends the store finds the record and what is wrong with it."""
    with pytest.raises(UnreadableRecord) as caught:
        load_record("tasks/a", data)

    assert "tasks/a" == caught.value.key
    assert caught.value.why.startswith(why), caught.value.why


def test_a_framework_id_comes_back_or_is_refused() -> None:
    """An empty id would subscribe as somebody new, and leave the old tasks alone."""
    assert "F-1" == load_framework_id("framework-id", dump_framework_id(FrameworkId("F-1")))
    with pytest.raises(UnreadableRecord, match="framework_id: '' is no id"):
        load_framework_id("framework-id", b'{"version":1,"framework_id":""}')

"""Records as bytes and back: JSON with a version, so that people can read a record. Pure.

What can't be read raises UnreadableRecord with the key and the field at fault: a start stops there, nothing is skipped.
"""

from __future__ import annotations

from typing import Any

import orjson

from koinon_core.errors import DecodeError
from koinon_core.ids import FrameworkId, Uuid
from koinon_core.tasks import TaskInfo, TaskStatus
from koinon_core.wire import refined_json

from ..errors import UnreadableRecord
from .task_records import TaskRecord

RECORD_VERSION = 1


def open_record(key: str, data: bytes, newest: int) -> dict[str, Any]:
    """The JSON object of a record of any version up to ``newest``, without its version. Raises UnreadableRecord."""
    try:
        raw = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise UnreadableRecord(key, f"it is no JSON: {error}") from error
    version = raw.pop("version", None) if isinstance(raw, dict) else None
    if not isinstance(version, int) or version < 1:
        raise UnreadableRecord(key, f"version: {version!r} is no version")
    if version > newest:
        raise UnreadableRecord(key, f"version: {version} is of a newer release, this one reads up to {newest}")
    return dict(raw)


def dump_task(task: TaskInfo) -> bytes:
    """The part of a record that never changes, to be encoded once."""
    return refined_json.encode(task)


def dump_record(record: TaskRecord, task: bytes | None = None) -> bytes:
    """The bytes of a task's record. ``task`` is what ``dump_task`` made of its task, where that is at hand."""
    return orjson.dumps(
        {
            "version": RECORD_VERSION,
            "task": orjson.Fragment(dump_task(record.task) if task is None else task),
            "intended_at": record.intended_at,
            "status": None if record.status is None else refined_json.to_plain(record.status),
            "noted_at": record.noted_at,
            "uuids": [uuid.hex() for uuid in record.uuids],
        }
    )


def load_record(key: str, data: bytes) -> TaskRecord:
    """The record of a task. Raises UnreadableRecord."""
    raw = open_record(key, data, RECORD_VERSION)
    status, noted_at = raw.get("status"), raw.get("noted_at")
    return TaskRecord(
        task=_part(key, raw.get("task"), "task", TaskInfo),
        intended_at=_number(key, raw.get("intended_at"), "intended_at"),
        status=None if status is None else _part(key, status, "status", TaskStatus),
        noted_at=None if noted_at is None else _number(key, noted_at, "noted_at"),
        uuids=_uuids(key, raw.get("uuids")),
    )


def dump_framework_id(framework_id: FrameworkId) -> bytes:
    """The bytes of the framework's id."""
    return orjson.dumps({"version": RECORD_VERSION, "framework_id": framework_id})


def load_framework_id(key: str, data: bytes) -> FrameworkId:
    """The framework's id. Raises UnreadableRecord."""
    found = open_record(key, data, RECORD_VERSION).get("framework_id")
    if not isinstance(found, str) or not found:
        raise UnreadableRecord(key, f"framework_id: {found!r} is no id")
    return FrameworkId(found)


def _part(key: str, raw: Any, name: str, wanted: type[Any]) -> Any:
    try:
        return refined_json.from_plain(raw, wanted)
    except DecodeError as error:
        raise UnreadableRecord(key, f"{name}{error.path.removeprefix('$')}: {error.why}") from error


def _number(key: str, raw: Any, name: str) -> float:
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        raise UnreadableRecord(key, f"{name}: {raw!r} is no number")
    return float(raw)


def _uuids(key: str, raw: Any) -> tuple[Uuid, ...]:
    try:
        return tuple(Uuid(bytes.fromhex(each)) for each in raw)
    except (TypeError, ValueError) as error:
        raise UnreadableRecord(key, f"uuids: {error}") from error

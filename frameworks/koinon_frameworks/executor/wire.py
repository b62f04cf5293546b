"""The executor's side of mesos-v1-api 3 as bytes: calls out, events in, in either content type.

JSON is read and written here only as far as an executor looks into it; what goes deeper, and all of protobuf, is the
shared codecs', which are loaded when that happens.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import orjson
from attrs import frozen

from koinon_core import wire
from koinon_core.errors import DecodeError
from koinon_core.ids import ExecutorId, FrameworkId, TaskId, Uuid
from koinon_core.tasks import TaskStatus

from .received import (
    Acknowledged,
    ErrorReceived,
    HeartbeatReceived,
    KillAsked,
    Launched,
    MessageReceived,
    ReceivedEvent,
    Registered,
    ShutdownAsked,
    Task,
)

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
CONTENT_TYPES = (JSON, PROTOBUF)
_CALL = "mesos.v1.executor.Call"
_DEEP_FIELDS = ("check_status", "labels", "container_status", "unreachable_time", "limitation")
_FLAT_FIELDS = ("message", "timestamp", "healthy")
_NANOSECONDS = 1e9


@frozen
class ExecutorWire:
    """Bytes of one executor's conversation."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    content_type: str = JSON

    def subscribe(self, tasks: Iterable[Task], updates: Iterable[TaskStatus]) -> bytes:
        """SUBSCRIBE, with what the agent has not acknowledged."""
        return self._write(
            "SUBSCRIBE",
            {
                "unacknowledged_tasks": [orjson.Fragment(task.document) for task in tasks],
                "unacknowledged_updates": [{"status": status_document(status)} for status in updates],
            },
        )

    def update(self, status: TaskStatus) -> bytes:
        """UPDATE."""
        return self._write("UPDATE", {"status": status_document(status)})

    def message(self, data: bytes) -> bytes:
        """MESSAGE."""
        return self._write("MESSAGE", {"data": _text(data)})

    def read(self, record: bytes) -> ReceivedEvent | None:
        """One event; None for one of a type that this release does not know. Raises DecodeError."""
        if self.content_type == PROTOBUF:
            record = wire.event_to_json(record)
        return read_event(record)

    def _write(self, kind: str, body: Mapping[str, Any]) -> bytes:
        document = orjson.dumps(
            {
                "executor_id": {"value": self.executor_id},
                "framework_id": {"value": self.framework_id},
                "type": kind,
                kind.lower(): body,
            }
        )
        if self.content_type == JSON:
            return document
        return wire.codec(wire.ContentType.PROTOBUF, wire.ResourceFormat.PRE_REFINEMENT).encode_document(
            _CALL, document
        )


def status_document(status: TaskStatus) -> dict[str, Any]:
    """A status as JSON says it."""
    if any(getattr(status, name) is not None for name in _DEEP_FIELDS):
        document: dict[str, Any] = wire.plain_json.to_plain(status)
        return document
    document = {"task_id": {"value": status.task_id}, "state": status.state.name}
    for name in _FLAT_FIELDS:
        if (value := getattr(status, name)) is not None:
            document[name] = value
    for name, one_of in (("source", status.source), ("reason", status.reason)):
        if isinstance(one_of, Enum):
            document[name] = one_of.name
    for name, data in (("data", status.data), ("uuid", status.uuid)):
        if data is not None:
            document[name] = _text(data)
    for name, value in (("agent_id", status.agent_id), ("executor_id", status.executor_id)):
        if value is not None:
            document[name] = {"value": value}
    return document


def read_event(record: bytes) -> ReceivedEvent | None:
    """An event's JSON; None for one of a type that this release does not know. Raises DecodeError."""
    try:
        raw = orjson.loads(record)
    except orjson.JSONDecodeError as error:
        raise DecodeError("$", f"is no JSON: {error}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise DecodeError("$.type", "a text is expected")
    if raw["type"] == "SUBSCRIBED":
        return Registered(record)
    reader = _READERS.get(raw["type"])
    return None if reader is None else reader(raw)


def _read_launch(raw: Any) -> Launched:
    return Launched((_read_task(_pick(raw, "$", "launch", "task"), "$.launch.task"),))


def _read_group(raw: Any) -> Launched:
    tasks = _pick(raw, "$", "launch_group", "task_group").get("tasks", [])
    where = "$.launch_group.task_group.tasks"
    if not isinstance(tasks, list):
        raise DecodeError(where, "a list is expected")
    return Launched(tuple(_read_task(task, f"{where}[{n}]") for n, task in enumerate(tasks)), is_group=True)


def _read_task(raw: Any, where: str) -> Task:
    policy = raw.get("kill_policy") if isinstance(raw, dict) else None
    return Task(
        task_id=_read_task_id(raw, where),
        name=_read_text(raw, where, "name"),
        data=_read_bytes(raw, where, "data"),
        kill_grace=_read_seconds(policy, f"{where}.kill_policy", "grace_period"),
        max_completion_time=_read_seconds(raw, where, "max_completion_time"),
        document=orjson.dumps(raw),
    )


def _read_kill(raw: Any) -> KillAsked:
    kill = _pick(raw, "$", "kill")
    grace = _read_seconds(kill.get("kill_policy"), "$.kill.kill_policy", "grace_period")
    return KillAsked(_read_task_id(kill, "$.kill"), grace)


def _read_acknowledged(raw: Any) -> Acknowledged:
    body = _pick(raw, "$", "acknowledged")
    uuid = _read_bytes(body, "$.acknowledged", "uuid")
    return Acknowledged(_read_task_id(body, "$.acknowledged"), Uuid(uuid))


def _read_message(raw: Any) -> MessageReceived:
    return MessageReceived(_read_bytes(_pick(raw, "$", "message"), "$.message", "data"))


def _read_error(raw: Any) -> ErrorReceived:
    return ErrorReceived(_read_text(_pick(raw, "$", "error"), "$.error", "message"))


_READERS: Mapping[str, Callable[[Any], ReceivedEvent]] = {
    "LAUNCH": _read_launch,
    "LAUNCH_GROUP": _read_group,
    "KILL": _read_kill,
    "ACKNOWLEDGED": _read_acknowledged,
    "MESSAGE": _read_message,
    "ERROR": _read_error,
    "SHUTDOWN": lambda _: ShutdownAsked(),
    "HEARTBEAT": lambda _: HeartbeatReceived(),
}


def _pick(raw: Any, where: str, *keys: str) -> dict[str, Any]:
    """The object beneath these keys."""
    for key in keys:
        raw, where = raw.get(key), f"{where}.{key}"
        if not isinstance(raw, dict):
            raise DecodeError(where, "an object is expected")
    return raw  # type: ignore[no-any-return]


def _read_task_id(raw: Any, where: str) -> TaskId:
    if not isinstance(raw, dict):
        raise DecodeError(where, "an object is expected")
    value = _pick(raw, where, "task_id").get("value")
    if not isinstance(value, str) or not value:
        raise DecodeError(f"{where}.task_id.value", "a text is expected")
    return TaskId(value)


def _read_text(raw: Any, where: str, key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str | None):
        raise DecodeError(f"{where}.{key}", "a text is expected")
    return value or ""


def _read_bytes(raw: Any, where: str, key: str) -> bytes:
    try:
        return base64.b64decode(_read_text(raw, where, key), validate=True)
    except binascii.Error:
        raise DecodeError(f"{where}.{key}", "is not valid base64") from None


def _read_seconds(raw: Any, where: str, key: str) -> float | None:
    length = raw.get(key) if isinstance(raw, dict) else None
    if length is None:
        return None
    nanoseconds: Any = length.get("nanoseconds") if isinstance(length, dict) else None
    try:
        return int(nanoseconds) / _NANOSECONDS
    except (TypeError, ValueError):
        raise DecodeError(f"{where}.{key}.nanoseconds", "a whole number is expected") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

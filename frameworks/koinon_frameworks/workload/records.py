"""What survives of a workload as bytes and back: JSON with a version, so that people can read a record. Pure.

What can't be read raises UnreadableRecord with the key and the field at fault: a start stops there, nothing is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Protocol, TypeVar

import orjson
from attrs import asdict

from koinon_core.attributes import Attribute, format_value, parse_value
from koinon_core.ids import AgentId, ExecutorId, TaskId

from ..errors import UnreadableRecord
from ..matching import Placement
from ..store.record_codec import open_record
from .instructions import CountRecord, Persist, SlotRecord
from .restoring import Restored
from .slot import Attempt, Goal, SlotKey, SlotState

RECORD_VERSION = 1
ROOT = "workload"
SLOTS = f"{ROOT}/slots"
COUNTS = f"{ROOT}/counts"
EnumT = TypeVar("EnumT", bound=Enum)


class WorkloadStore(Protocol):
    """Where records are kept: ``FrameworkStore`` is one. All methods return once it is durable."""

    async def get_all(self, prefix: str = "") -> dict[str, bytes]:
        """The records whose names begin with ``prefix/``, by name."""
        ...

    async def write(self, *, puts: Mapping[str, bytes] | None = None, deletes: Iterable[str] = ()) -> None:
        """Change several at once, all or none."""
        ...


def encode_changes(persist: Persist) -> dict[str, bytes | None]:
    """Names of records and what they are to be; None: to be forgotten."""
    changes: dict[str, bytes | None] = {slot_name(key): None for key in persist.forgotten}
    changes.update({f"{COUNTS}/{name}": None for name in persist.forgotten_counts})
    changes.update({slot_name(record.key): dump_slot(record) for record in persist.slots})
    changes.update({f"{COUNTS}/{record.name}": _dump(asdict(record)) for record in persist.counts})
    return changes


def decode(found: Mapping[str, bytes], *, is_new_framework: bool = False) -> Restored:
    """What was kept. Raises UnreadableRecord."""
    slots = tuple(load_slot(name, data) for name, data in found.items() if name.startswith(f"{SLOTS}/"))
    counts = tuple(_load_count(name, data) for name, data in found.items() if name.startswith(f"{COUNTS}/"))
    return Restored(slots=slots, counts=counts, is_new_framework=is_new_framework)


def slot_name(key: SlotKey) -> str:
    """The name of a slot's record."""
    return f"{SLOTS}/{key.name}/{key.index}"


def dump_slot(record: SlotRecord) -> bytes:
    """The bytes of a slot's record."""
    attempt = None if record.attempt is None else _plain_attempt(record.attempt)
    plain = asdict(record, recurse=False)
    return _dump(
        {
            **plain,
            "key": {"name": record.key.name, "index": record.key.index},
            "attempt": attempt,
        }
    )


def load_slot(name: str, data: bytes) -> SlotRecord:
    """A slot's record. Raises UnreadableRecord."""
    fields = _Fields(name, open_record(name, data, RECORD_VERSION))
    key, attempt = fields.part("key"), fields.maybe_part("attempt")
    return SlotRecord(
        key=SlotKey(key.get("name", str), key.get("index", int)),
        fingerprint=fields.get("fingerprint", str),
        state=fields.one_of("state", SlotState),
        since=fields.get("since", float),
        serial=fields.get("serial", int),
        failures=fields.get("failures", int),
        drops=fields.get("drops", int),
        attempt=None if attempt is None else _load_attempt(attempt),
        goal=fields.one_of("goal", Goal),
        why=fields.get("why", str),
        is_leaving=fields.get("is_leaving", bool),
        due=fields.maybe("due", float),
    )


def _plain_attempt(attempt: Attempt) -> dict[str, Any]:
    place = attempt.placement
    attributes = [{"name": each.name, "value": format_value(each.value)} for each in place.attributes]
    placement = {"hostname": place.hostname, "attributes": attributes, "region": place.region, "zone": place.zone}
    return {**asdict(attempt, recurse=False), "placement": placement}


def _load_attempt(fields: _Fields) -> Attempt:
    executor_id = fields.maybe("executor_id", str)
    return Attempt(
        task_id=TaskId(fields.get("task_id", str)),
        agent_id=AgentId(fields.get("agent_id", str)),
        placement=_load_placement(fields.part("placement")),
        address=fields.get("address", str),
        ports=tuple(fields.get("ports", list)),
        executor_id=None if executor_id is None else ExecutorId(executor_id),
        launched_at=fields.get("launched_at", float),
        has_been_seen=fields.get("has_been_seen", bool),
        started_at=fields.maybe("started_at", float),
        ended_at=fields.maybe("ended_at", float),
        missing_since=fields.maybe("missing_since", float),
        is_healthy=fields.maybe("is_healthy", bool),
        message=fields.get("message", str),
        reason=fields.get("reason", str),
    )


def _load_placement(fields: _Fields) -> Placement:
    return Placement(
        hostname=fields.get("hostname", str),
        attributes=tuple(
            Attribute(each.get("name", str), parse_value(each.get("value", str))) for each in fields.parts("attributes")
        ),
        region=fields.maybe("region", str),
        zone=fields.maybe("zone", str),
    )


def _load_count(name: str, data: bytes) -> CountRecord:
    fields = _Fields(name, open_record(name, data, RECORD_VERSION))
    return CountRecord(fields.get("name", str), fields.get("declared", int), fields.get("count", int))


def _dump(fields: dict[str, Any]) -> bytes:
    return orjson.dumps({"version": RECORD_VERSION, **fields})


class _Fields:
    """The fields of one object of a record, each checked when it is read."""

    def __init__(self, record: str, raw: dict[str, Any]) -> None:
        self._record = record
        self._raw = raw

    def get(self, field: str, kind: type[Any]) -> Any:
        """A field that must be there."""
        value = self._raw.get(field)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise UnreadableRecord(self._record, f"{field}: {value!r} is no {kind.__name__}")
        return value

    def maybe(self, field: str, kind: type[Any]) -> Any:
        """A field that may be null."""
        return None if self._raw.get(field) is None else self.get(field, kind)

    def one_of(self, field: str, kind: type[EnumT]) -> EnumT:
        """A member of an Enum, by its value."""
        value = self.get(field, str)
        found = next((member for member in kind if member.value == value), None)
        if found is None:
            raise UnreadableRecord(self._record, f"{field}: {value!r} is no {kind.__name__}")
        return found

    def part(self, field: str) -> _Fields:
        """An object within."""
        return _Fields(self._record, self.get(field, dict))

    def maybe_part(self, field: str) -> _Fields | None:
        """An object within that may be null."""
        return None if self._raw.get(field) is None else self.part(field)

    def parts(self, field: str) -> list[_Fields]:
        """A list of objects within."""
        items = self.get(field, list)
        if not all(isinstance(item, dict) for item in items):
            raise UnreadableRecord(self._record, f"{field}: not all of them are objects")
        return [_Fields(self._record, item) for item in items]

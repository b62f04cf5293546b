"""Records as bytes and back: JSON with a version, so that people can read a record. Pure.

What can't be read raises UnreadableRecord with the key and the field at fault: a start stops there, nothing is skipped.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, TypeVar

import orjson
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.preconf.orjson import make_converter

from koinon_core.attributes import Attribute
from koinon_core.containers import CommandUri, ContainerInfo
from koinon_core.errors import CoreError, describe_error
from koinon_core.wire import refined_json
from koinon_frameworks.errors import UnreadableRecord
from koinon_frameworks.store.record_codec import open_record

from .job import Job
from .records import DOOMED, JOBS, PROGRESS, RUNS, Doomed, Record, record_key
from .runs import Run
from .schedule import After, Cron, Every, Once, Schedule
from .views import Progress

RECORD_VERSION: Final = 1
_KINDS: Final[dict[str, type[Job | Progress | Run | Doomed]]] = {
    JOBS: Job,
    PROGRESS: Progress,
    RUNS: Run,
    DOOMED: Doomed,
}
_SCHEDULES: Final[dict[str, type[Cron | Every | Once | After]]] = {
    "cron": Cron,
    "every": Every,
    "once": Once,
    "after": After,
}
_NAMES: Final = {kind: name for name, kind in _SCHEDULES.items()}

T = TypeVar("T")


def dump_record(record: Record) -> bytes:
    """The bytes of any record."""
    return orjson.dumps({"version": RECORD_VERSION, **_CONVERTER.unstructure(record)})


def load_record(key: str, data: bytes) -> Record:
    """The record under ``key``. Raises UnreadableRecord."""
    kind = _KINDS.get(key.partition("/")[0])
    if kind is None:
        raise UnreadableRecord(key, "no record of ours has such a key")
    raw = open_record(key, data, RECORD_VERSION)
    record = _structure(key, raw, kind)
    if record_key(record) != key:
        raise UnreadableRecord(key, f"it is the record of {record_key(record)}")
    return record


def _structure(key: str, raw: Any, kind: type[T]) -> T:
    try:
        return _CONVERTER.structure(raw, kind)
    except BaseValidationError as error:
        raise UnreadableRecord(key, transform_error(error)[0]) from error
    except (ValueError, TypeError, KeyError, AttributeError, CoreError) as error:
        raise UnreadableRecord(key, describe_error(error)) from error


def _dump_schedule(schedule: Any) -> dict[str, Any]:
    return {_NAMES[type(schedule)]: _CONVERTER.unstructure(schedule)}


def _load_schedule(raw: Any, _: Any) -> Any:
    if not isinstance(raw, dict) or len(raw) != 1:
        raise ValueError(f"must be one of {', '.join(_SCHEDULES)}")
    ((name, value),) = raw.items()
    if name not in _SCHEDULES:
        raise ValueError(f"{name!r} is not one of {', '.join(_SCHEDULES)}")
    return _CONVERTER.structure(value, _SCHEDULES[name])


def _load_enum(value: Any, kind: type[Enum]) -> Enum:
    if value not in kind.__members__:
        raise ValueError(f"{value!r} is not one of {', '.join(kind.__members__)}")
    return kind[value]


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _make_converter() -> Converter:
    converter = make_converter(detailed_validation=True)
    converter.register_structure_hook_func(_is_enum, _load_enum)
    converter.register_unstructure_hook_func(_is_enum, lambda member: member.name)
    for kind in (Attribute, ContainerInfo, CommandUri):
        converter.register_structure_hook(kind, refined_json.from_plain)
        converter.register_unstructure_hook(kind, refined_json.to_plain)
    converter.register_structure_hook_func(lambda kind: kind == Schedule, _load_schedule)
    converter.register_unstructure_hook_func(lambda kind: kind == Schedule, _dump_schedule)
    return converter


_CONVERTER: Final = _make_converter()

"""Records of older Marathons brought to today's form, one storage version at a time (marathon-semantics 23). Pure.

A step takes a record as it was, parsed, and returns it as it is from its version on; what it finds in the new form
already it leaves alone, so that a migration which broke off half-way is begun anew without harm. Reading the store and
writing it back is `repository`'s.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from .errors import UnreadableRecord

STORAGE_VERSION: Final = 2
"""1 held apps alone: an instance had one task and named its app. Since 2 it has several and names a spec."""

Fields = dict[str, Any]
_Step = Callable[[str, Fields], Fields]


def migrate(records: Mapping[str, bytes], version: int) -> dict[str, bytes]:
    """What must be written to bring a store of `version` to ours: the records that change, by key.

    Raises UnreadableRecord for a record that has not the form of its version.
    """
    changed: dict[str, bytes] = {}
    for step in _STEPS[version - 1 :]:
        for key, data in (dict(records) | changed).items():
            migrated = _migrate_record(key, data, step)
            if migrated is not None:
                changed[key] = migrated
    return changed


def _migrate_record(key: str, data: bytes, step: _Step) -> bytes | None:
    try:
        found = orjson.loads(data)
        migrated = step(key, found)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableRecord(key, f"it can't be migrated: {error or type(error).__name__}") from error
    return None if migrated == found else orjson.dumps(migrated)


def _name_specs(key: str, record: Fields) -> Fields:
    """To version 2: `app_id` is `spec_id`, and an instance's `task` the only one of its `tasks`."""
    match key.partition("/")[0]:
        case "instances":
            return _rename_app(_list_tasks(record))
        case "failures":
            return _rename_app(record)
        case "deployments":
            return {**record, "steps": [_rename_actions(step) for step in record["steps"]]}
        case _:
            return record


def _list_tasks(instance: Fields) -> Fields:
    if "task" not in instance:
        return instance
    task = instance["task"]
    others = {name: value for name, value in instance.items() if name != "task"}
    condition = "UNREACHABLE" if instance["condition"] == "UNREACHABLE_INACTIVE" else instance["condition"]
    return {**others, "tasks": [] if task is None else [{**task, "condition": condition}]}


def _rename_actions(step: Fields) -> Fields:
    return {**step, "actions": [_rename_app(action) for action in step["actions"]]}


def _rename_app(record: Fields) -> Fields:
    return {"spec_id" if name == "app_id" else name: value for name, value in record.items()}


_STEPS: tuple[_Step, ...] = (_name_specs,)
"""The step at place n leads from version n + 1 to n + 2."""

"""Records of older Marathons brought to today's form, one storage version at a time (marathon-semantics 23). Pure.

A step takes a record as it was, parsed, with its key, and returns both as they are from its version on; what it finds
in the new form already it leaves alone, so that a migration which broke off half-way is begun anew without harm.
Reading the store and writing it back is `repository`'s.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from ..errors import UnreadableRecord

STORAGE_VERSION: Final = 2
"""1 held apps alone: an instance had one task and named its app, and only the present tree was kept.

Since 2 it has several and names a spec, and each version of the tree has a record of its own.
"""

Fields = dict[str, Any]
_Step = Callable[[str, Fields], tuple[str, Fields]]


def migrate(records: Mapping[str, bytes], version: int) -> dict[str, bytes | None]:
    """What must be written to bring a store of `version` to ours: the records that change, by key; None is removed.

    Raises UnreadableRecord for a record that has not the form of its version.
    """
    changed: dict[str, bytes | None] = {}
    for step in _STEPS[version - 1 :]:
        for key, data in ({**records, **changed}).items():
            if data is not None:
                changed |= _migrate_record(key, data, step)
    return changed


def _migrate_record(key: str, data: bytes, step: _Step) -> dict[str, bytes | None]:
    try:
        found = orjson.loads(data)
        new_key, migrated = step(key, found)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableRecord(key, f"it can't be migrated: {error or type(error).__name__}") from error
    if (new_key, migrated) == (key, found):
        return {}
    # In this order: what breaks off in between finds both, and begins anew.
    return {new_key: orjson.dumps(migrated)} | ({} if new_key == key else {key: None})


def _name_specs(key: str, record: Fields) -> tuple[str, Fields]:
    """To version 2: `app_id` is `spec_id`, an instance's `task` one of its `tasks`, the tree the first of many."""
    match key.partition("/")[0]:
        case "instances":
            return key, _rename_app(_list_tasks(record))
        case "failures":
            return key, _rename_app(record)
        case "deployments":
            return key, {**record, "steps": [_rename_actions(step) for step in record["steps"]]}
        case "root":
            return f"roots/{record['version']}", {"version": record["version"], "delta": _flat(record)}
        case _:
            return key, record


def _flat(group: Fields) -> Fields:
    """All groups of a tree beside each other, and all apps."""
    fields = {"dependencies": group["dependencies"], "enforce_role": group["enforce_role"]}
    found: Fields = {"groups": {group["id"]: fields}, "apps": dict(group["apps"])}
    for child in group["groups"]:
        below = _flat(child)
        found = {name: {**members, **below[name]} for name, members in found.items()}
    return found


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

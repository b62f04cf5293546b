"""Access control lists as Mesos writes them in JSON, to values and back (mesos-semantics 11). Pure.

Stricter than Mesos in one thing: a name that is no action, or no field of it, is refused and not passed over, as a
misspelled rule protects nothing. What the lists mean is `koinon_core.permissions`.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from koinon_core.permissions import SUBTREE, Acls, Action, Entity, EntityType, Rule

_PERMISSIVE = "permissive"
_PRINCIPALS = "principals"
ENDPOINTS = frozenset(
    {
        "/containers",
        "/files/debug",
        "/files/debug.json",
        "/flags",
        "/logging/toggle",
        "/metrics",
        "/metrics/snapshot",
        "/monitor/statistics",
        "/monitor/statistics.json",
    }
)
"""What get_endpoints can name; ``/metrics`` is ours."""


def parse_acls(text: str) -> Acls:
    """Read the lists. Raises ValueError that names the field, as in ``$.run_tasks[0].users``."""
    try:
        document: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("$ must be an object of lists")
    is_permissive = document.get(_PERMISSIVE, True)
    if not isinstance(is_permissive, bool):
        raise ValueError("$.permissive must be true or false")
    lists = {name: entries for name, entries in document.items() if name != _PERMISSIVE}
    rules = {_read_action(name): entries for name, entries in lists.items()}
    return Acls(
        rules={action: _read_rules(action, entries) for action, entries in rules.items()}, is_permissive=is_permissive
    )


def format_acls(acls: Acls) -> str:
    """The lists as JSON on one line; what `/flags` shows."""
    lists: dict[str, Any] = {
        action.value: [
            {_PRINCIPALS: _show_entity(rule.principals), action.objects: _show_entity(rule.objects)} for rule in rules
        ]
        for action, rules in acls.rules.items()
    }
    return orjson.dumps({_PERMISSIVE: acls.is_permissive} | lists).decode()


def _read_action(name: str) -> Action:
    names = [action.value for action in Action]
    if name in names:
        return Action(name)
    raise ValueError(f"$.{name} is no action{_hint(name, names)}")


def _read_rules(action: Action, entries: Any) -> tuple[Rule, ...]:
    path = f"$.{action.value}"
    if not isinstance(entries, list):
        raise ValueError(f"{path} must be a list")
    return tuple(_read_rule(action, entry, f"{path}[{number}]") for number, entry in enumerate(entries))


def _read_rule(action: Action, entry: Any, path: str) -> Rule:
    fields = (_PRINCIPALS, action.objects)
    if not isinstance(entry, dict):
        raise ValueError(f"{path} must be an object of {' and '.join(fields)}")
    _refuse_unknown(entry, fields, path)
    for name in fields:
        if name not in entry:
            raise ValueError(f"{path}.{name} is missing: name some by values, or say ANY or NONE by type")
    principals = _read_entity(entry[_PRINCIPALS], f"{path}.{_PRINCIPALS}")
    objects = _read_entity(entry[action.objects], f"{path}.{action.objects}")
    return Rule(principals, _refine_objects(action, objects, f"{path}.{action.objects}"))


def _read_entity(raw: Any, path: str) -> Entity:
    if not isinstance(raw, dict):
        raise ValueError(f"{path} must be an object of type or values")
    _refuse_unknown(raw, ("type", "values"), path)
    kinds = [kind.value for kind in EntityType]
    kind, values = raw.get("type", EntityType.SOME.value), raw.get("values")
    if kind not in kinds:
        raise ValueError(f"{path}.type must be one of {', '.join(kinds)}")
    if EntityType(kind) is not EntityType.SOME:
        return Entity(EntityType(kind))
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{path}.values must be a list of texts, or type be ANY or NONE")
    return Entity.of(*values)


def _refine_objects(action: Action, objects: Entity, path: str) -> Entity:
    """What only some actions have: subtrees of roles, known paths, and objects that can't be told apart."""
    if objects.type is not EntityType.SOME:
        return objects
    if action.is_all_or_nothing:
        raise ValueError(f"{path}.type must be ANY or NONE: {action.value} is for all or nobody")
    if action.objects == "roles":
        return Entity.of_roles(*_check_roles(objects.values, path))
    if action is Action.GET_ENDPOINTS and (unknown := sorted(objects.values - ENDPOINTS)):
        raise ValueError(f"{path}: {unknown[0]!r} is none of {', '.join(sorted(ENDPOINTS))}")
    return objects


def _check_roles(roles: Iterable[str], path: str) -> Iterable[str]:
    for role in roles:
        if "%" in role.removesuffix(SUBTREE):
            raise ValueError(f"{path}: {role!r} has a % elsewhere than in a '/%' at its end")
        yield role


def _refuse_unknown(found: Mapping[str, Any], known: Iterable[str], path: str) -> None:
    names = list(known)
    for name in found:
        if name not in names:
            raise ValueError(f"{path}.{name} is unknown{_hint(name, names)}")


def _hint(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else f" (known here: {', '.join(names)})" if len(names) <= 3 else ""


def _show_entity(entity: Entity) -> dict[str, Any]:
    if entity.type is not EntityType.SOME:
        return {"type": entity.type.value}
    return {"values": sorted(entity.values) + [f"{prefix}%" for prefix in entity.subtrees]}

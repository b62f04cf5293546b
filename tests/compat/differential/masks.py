"""What two runs can never share (ids, addresses, times), replaced by names that tell which is which.

Everything else stays as it was read. Lists whose order nobody promised are sorted.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IDS = re.compile(rf"({UUID})(-O\d+|-S\d+|-I\d+|-\d{{4}})?")
_KINDS = {"-O": "offer", "-S": "agent", "-I": "inverse-offer"}
_ADDRESS = re.compile(r"127\.0\.0\.1:\d+")
_AMOUNT = r"\b[a-z]+(?:\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\]|\{\w+\}|<\w+>)*:(?:\[[^\]]*\]|[^; ]+)"
_SUMS = re.compile(rf"(?:{_AMOUNT}; )+{_AMOUNT}")
_TIMES = re.compile(r"(?:^|_)(?:time|timestamp|nanoseconds|date)(?:_seconds)?$")
_MASKED = {
    "port": "<port>",
    "git_sha": "<sha>",
    "build_user": "<user>",
    "executor_pid": "<pid>",
    "master_hostname": "<host>",
}
UNORDERED = frozenset(
    (
        *("slaves", "agents", "frameworks", "completed_frameworks", "tasks", "completed_tasks", "roles", "executors"),
        *("offers", "inverse_offers", "capabilities", "operations", "slave_ids", "framework_ids", "resources"),
        *("used_resources_full", "offered_resources_full", "unreserved_resources_full", "total_resources"),
        *("allocated_resources", "offered_resources", "weight_infos", "metrics", "flags", "infos", "configs"),
        *("completed_executors", "launched_tasks", "queued_tasks", "terminated_tasks"),
        *("guarantee", "draining_machines", "down_machines", "inverse_offer_ids", "offer_ids", "suppressed_roles"),
    )
)
"""Lists that stand for sets: tables of the master, walked in whatever order."""


class Masks:
    """One transcript's names: the first framework that appears is ``<framework-1>``, and so on."""

    def __init__(self, strangers: frozenset[str] = frozenset()) -> None:
        self._strangers = strangers
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._hidden: dict[str, str] = {}

    def hide(self, text: str, name: str) -> None:
        """From now on this text (a path of one machine) is called by a name."""
        self._hidden[text] = name

    def mask(self, value: Any, key: str = "") -> Any:
        """A decoded document (or text) with its names."""
        if key in ("uuid", "status_update_uuid") and value:
            return "<uuid>"
        if isinstance(value, dict):
            return self._mask_object(value)
        if isinstance(value, list):
            kept = [self.mask(one, key) for one in value if not self._is_strange(one)]
            if key == "roles":
                kept = [one for one, was in zip(kept, value, strict=False) if not self._is_role_of_strangers(was)]
            return sorted(kept, key=_sort_key) if key in UNORDERED else kept
        if key in _MASKED and not isinstance(value, bool):
            return _MASKED[key]
        if _TIMES.search(key) and value:
            return f"<{'time' if not isinstance(value, str) else 'time text'}>"
        return self.text(value) if isinstance(value, str) else value

    def _mask_object(self, value: dict[str, Any]) -> dict[str, Any]:
        """In an order of keys that is the same for both, so that both number their ids alike."""
        kept = {name: value[name] for name in sorted(value) if name not in self._strangers}
        return {self.text(name): self.mask(inner, name) for name, inner in kept.items()}

    def _is_role_of_strangers(self, role: Any) -> bool:
        """Whether a role is there only since frameworks are that were here before."""
        if not isinstance(role, dict) or not role.get("frameworks"):
            return False
        return all(self._is_strange(one) for one in role["frameworks"])

    def _is_strange(self, value: Any) -> bool:
        """Whether this is of a framework that was here before the scenario began."""
        if isinstance(value, str):
            return value in self._strangers
        if not isinstance(value, dict):
            return False
        about = value.get("framework", value)
        about = about.get("framework_info", about) if isinstance(about, dict) else value
        about = about.get("executor_info", about) if isinstance(about, dict) else value
        names = ("id", "framework_id", "value")
        return any(_plain_id(about.get(name)) in self._strangers for name in names)

    def text(self, text: str) -> str:
        """A text with the names of ids and without ports; sums of resources in one order."""
        for hidden, name in self._hidden.items():
            text = text.replace(hidden, name)
        named = _ADDRESS.sub("127.0.0.1:<port>", _IDS.sub(self._name, text))
        return _SUMS.sub(lambda match: "; ".join(sorted(match[0].split("; "))), named)

    def _name(self, match: re.Match[str]) -> str:
        found = match[0]
        suffix = match[2]
        kind = "uuid" if suffix is None else _KINDS.get(suffix[:2], "framework")
        if kind == "uuid":
            return "<uuid>"
        if found not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[found] = f"<{kind}-{self._counts[kind]}>"
        return self._names[found]


def _plain_id(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _sort_key(value: Any) -> bytes:
    return orjson.dumps(_IDS.sub("", orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()))

"""Agents and frameworks by the names that people use: an id, the end of one, a host's or a framework's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .errors import NotFound, UsageFault
from .settings import Settings

_AGENT_ID = re.compile(r".+-S\d+")


def find_agent(settings: Settings, name: str) -> dict[str, Any]:
    """The one registered agent, as ``/slaves`` has it. Raises NotFound, and UsageFault where there are several."""
    return _pick("agent", name, settings.ask_master("/slaves")["slaves"], "hostname")


def find_agent_id(settings: Settings, name: str) -> str:
    """The same, but a whole id is taken as it is: masters know unreachable agents, too, and list none of them."""
    try:
        return str(find_agent(settings, name)["id"])
    except NotFound:
        if _AGENT_ID.fullmatch(name):
            return name
        raise


def find_framework(settings: Settings, name: str) -> dict[str, Any]:
    """The one framework that is not over, as ``/frameworks`` has it. Raises NotFound and UsageFault."""
    return _pick("framework", name, settings.ask_master("/frameworks")["frameworks"], "name")


def _pick(kind: str, name: str, members: Sequence[dict[str, Any]], title: str) -> dict[str, Any]:
    exact = [each for each in members if each["id"] == name]
    found = exact or [each for each in members if each["id"].endswith(f"-{name}") or each[title] == name]
    if not found:
        raise NotFound(f"no {kind} is called {name!r}: koinon {kind} list shows all")
    if len(found) > 1:
        raise UsageFault(
            f"{name!r} is several {kind}s; say which by its id", problems=tuple(each["id"] for each in found)
        )
    return found[0]

"""Which path of another daemon a relay may ask for. Pure: a path comes as it stands in the request, still encoded.

Nothing a browser sends leaves the place that it is meant for: no step up, no second host, no line break.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from attrs import frozen

_LOOKING: Final = frozenset({"GET", "HEAD"})
_AGENT_PATHS: Final[Mapping[str, frozenset[str]]] = {
    "files": _LOOKING,
    "containers": _LOOKING,
    "monitor/statistics": _LOOKING,
    "state": _LOOKING,
    "metrics/snapshot": _LOOKING,
    "api/v1": frozenset({"POST"}),
}
"""What of an agent is shown, and by which methods."""
_TREES: Final = frozenset({"files", "containers"})
"""Those of them that have more below."""
_BAD: Final = re.compile(r"[\x00-\x20\x7f\\]")
_AGENT_ID: Final = re.compile(r"[0-9A-Za-z._-]{1,255}")


@frozen
class RelayRefusal:
    """Why something is not relayed: an HTTP status, and a sentence."""

    status: int
    text: str


def find_path_problem(raw: str) -> RelayRefusal | None:
    """Why a path can't be handed on. It begins with a slash; an encoded slash is one of a name's and stays."""
    decoded = raw
    # A second time: a server behind us may decode what we took for a name.
    for _ in range(2):
        decoded = unquote(decoded, errors="replace")
        if _BAD.search(decoded):
            return RelayRefusal(400, "the path holds a blank, a backslash or a control character")
        if any(part in (".", "..") for part in decoded.split("/")):
            return RelayRefusal(400, "the path holds . or .. as a part")
    words = [word for word in decoded.split("/") if word]
    if words[:1] == ["ui"] or words[:2] == ["master", "ui"]:
        return RelayRefusal(404, "the UI's own paths are not relayed")
    return None


def find_agent_problem(method: str, raw: str) -> RelayRefusal | None:
    """Why this path of an agent can't be asked for by this method."""
    problem = find_path_problem(raw)
    if problem is not None:
        return problem
    if "%" in raw:
        return RelayRefusal(400, "the path of an agent holds nothing encoded")
    path = raw.strip("/").removeprefix("slave(1)/")
    for allowed, methods in _AGENT_PATHS.items():
        if path == allowed or (path.startswith(f"{allowed}/") and allowed in _TREES):
            if method in methods:
                return None
            return RelayRefusal(405, f"/{allowed} of an agent takes {' and '.join(sorted(methods))} here")
    return RelayRefusal(404, f"of an agent only {', '.join(_AGENT_PATHS)} are shown here")


def find_agent_id_problem(agent_id: str) -> RelayRefusal | None:
    """Why this can't be an agent's id."""
    if _AGENT_ID.fullmatch(agent_id) is None or agent_id in (".", ".."):
        return RelayRefusal(404, "this is no id of an agent")
    return None

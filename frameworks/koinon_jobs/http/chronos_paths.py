"""Problems of a Job as Chronos's JSON names the fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import evolve

from ..codec import json_name
from ..problems import Problem

_CHRONOS: Final = {
    "start_window": "epsilon",
    "max_run_time": "maxCompletionTime",
    "user": "runAsUser",
    "environment": "environmentVariables",
    "uris": "fetch",
    "enabled": "disabled",
    "overlap": "concurrent",
}


def in_chronos(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The same problems, with paths as Chronos has them."""
    return tuple(evolve(each, path=_path(each.path)) for each in problems)


def _path(path: str) -> str:
    if path.startswith("$.schedule.parents"):
        return path.replace("$.schedule.", "$.")
    if path.startswith("$.schedule."):
        return "$.scheduleTimeZone" if path.endswith("time_zone") else "$.schedule"
    first = re.match(r"\$\.(\w+)", path)
    if first is None:
        return path
    path = re.sub(r"^(\$\.uris\[\d+\])\.value$", r"\1.uri", path)
    return f"$.{_CHRONOS.get(first[1], json_name(first[1]))}{path[first.end() :]}"

"""App definitions from a file or from stdin."""

from __future__ import annotations

from typing import Any

from .errors import UsageFault
from .json_file import read_json, source_name


def read_apps(name: str) -> list[dict[str, Any]]:
    """The definitions in a JSON file (``-``: stdin): one object or an array. Raises UsageFault."""
    document = read_json(name)
    apps = document if isinstance(document, list) else [document]
    if not apps or not all(isinstance(app, dict) for app in apps):
        raise UsageFault(f"{source_name(name)} must hold an app's JSON object, or an array of them")
    return apps

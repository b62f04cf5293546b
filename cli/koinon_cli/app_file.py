"""App definitions from a file or from stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

from .errors import UsageFault


def read_apps(name: str) -> list[dict[str, Any]]:
    """The definitions in a JSON file (``-``: stdin): one object or an array. Raises UsageFault."""
    source = "stdin" if name == "-" else name
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        document = orjson.loads(data)
    except OSError as error:
        raise UsageFault(f"{source} can't be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise UsageFault(f"{source} is no JSON: {error}") from error
    apps = document if isinstance(document, list) else [document]
    if not apps or not all(isinstance(app, dict) for app in apps):
        raise UsageFault(f"{source} must hold an app's JSON object, or an array of them")
    return apps


def app_path(app_id: str) -> str:
    """Where Marathon keeps that app."""
    return f"/v2/apps/{app_id.strip('/')}"

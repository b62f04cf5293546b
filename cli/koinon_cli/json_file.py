"""JSON from a file or from stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

from .errors import UsageFault


def read_json(name: str) -> Any:
    """The document in a file (``-``: stdin). Raises UsageFault."""
    source = source_name(name)
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return orjson.loads(data)
    except OSError as error:
        raise UsageFault(f"{source} can't be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise UsageFault(f"{source} is no JSON: {error}") from error


def source_name(name: str) -> str:
    """What to call a file in a sentence."""
    return "stdin" if name == "-" else name


def read_object(name: str) -> dict[str, Any]:
    """The JSON object in a file. Raises UsageFault."""
    document = read_json(name)
    if not isinstance(document, dict):
        raise UsageFault(f"{source_name(name)} must hold a JSON object")
    return document

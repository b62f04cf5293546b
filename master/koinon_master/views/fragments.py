"""JSON that is encoded once and stands in every document until its thing changes (design 3.6).

A fragment is kept with what it shows, by name of the view. What it shows beyond the fields of its thing is its key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orjson import Fragment, dumps

from ..kept import Kept


def fragment(kept: Kept, name: str, show: Callable[[], Any], key: Any = None) -> Fragment:
    """The encoded ``show()``: as it was kept for an equal key, or made now."""
    known = kept.get(name)
    if known is not None and known[0] == key:
        made: Fragment = known[1]
        return made
    made = Fragment(dumps(show()))
    kept[name] = (key, made)
    return made

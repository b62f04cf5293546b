"""JSON that is encoded once and stands in every document until its thing changes (design 3.6).

A fragment is kept with what it shows, by name of the view. What it shows beyond its thing is its key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from orjson import Fragment, dumps

from ..entities import Task
from ..kept import HeldDict, Kept

_VERSION = attrgetter("kept")


def fragment(kept: Kept, name: str, show: Callable[[], Any], key: Hashable = None) -> Fragment:
    """The encoded ``show()``: as it was kept for an equal key, or made now."""
    known = kept.get(name)
    if known is not None and known[0] == key:
        made: Fragment = known[1]
        return made
    made = Fragment(dumps(show()))
    kept[name] = (key, made)
    return made


def versions(things: Iterable[Any]) -> tuple[Kept, ...]:
    """What stands for these things as they are now: equal only while none of them changed, came or went."""
    return tuple(map(_VERSION, things))


def join_tasks(tasks: Mapping[Any, Task] | Iterable[Task], name: str, show: Callable[[Task], Any]) -> list[Fragment]:
    """Tasks as the elements of a list. All tasks of a ``HeldDict`` are one fragment while none of them changes."""
    if not isinstance(tasks, HeldDict):
        return _encode(tasks.values() if isinstance(tasks, Mapping) else tasks, name, show)
    joined = tasks.kept.get(name)
    if joined is None:
        parts = _encode(tasks.values(), name, show)
        # Elements with commas between them stand in a list just as one element does.
        joined = [Fragment(dumps(parts)[1:-1])] if parts else []
        tasks.kept[name] = joined
    return list(joined)


def keep(thing: Any, name: str, shown: Any) -> Fragment:
    """Encode what is shown of a thing, and keep it until the thing changes."""
    made = Fragment(dumps(shown))
    thing.kept[name] = made
    return made


def _encode(tasks: Iterable[Task], name: str, show: Callable[[Task], Any]) -> list[Fragment]:
    """The loop over all tasks of a cluster: kept short on purpose."""
    return [task.kept.get(name) or keep(task, name, show(task)) for task in tasks]

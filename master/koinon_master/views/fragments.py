"""JSON that is encoded once and stands in every document until its thing changes (design 3.6).

What was made is kept with what it shows, by name of the view. What it shows beyond that is its key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from orjson import Fragment, dumps

from koinon_core.wire import refined_json

from ..entities import Framework, Task
from ..kept import Chunk, HeldDict, HeldSet, Kept

T = TypeVar("T")
_VERSION = attrgetter("kept")


def keep(kept: Kept, name: str, make: Callable[[], T], key: tuple[object, ...] = ()) -> T:
    """What ``make()`` gives: as it was kept for an equal key, or made now."""
    known = kept.get(name)
    if known is None or known[0] != key:
        known = kept[name] = (key, make())
    made: T = known[1]
    return made


def encode(shown: Any) -> bytes:
    """JSON to be kept: orjson's bytes lie in buffers that are several times as large as a task is long."""
    return bytes(memoryview(dumps(shown)))


def fragment(kept: Kept, name: str, show: Callable[[], Any], key: tuple[object, ...] = ()) -> Fragment:
    """The encoded ``show()``, kept."""
    return keep(kept, name, lambda: Fragment(encode(show())), key)


def extend(head: bytes, more: Mapping[str, Any]) -> Fragment:
    """An object that is encoded already and has fields, with more of them."""
    return Fragment(b"%s,%s" % (head[:-1], dumps(more)[1:]) if more else head)


def versions(things: Iterable[Any]) -> tuple[Kept, ...]:
    """What stands for these things as they are now: equal only while none of them changed, came or went."""
    return tuple(map(_VERSION, things))


def version(part: Collection[Any]) -> Kept:
    """What stands for a part of a thing as it is now. Of one that nobody watches each look is another version."""
    return part.kept if isinstance(part, HeldDict | HeldSet) else Kept()


def encode_tasks(tasks: Mapping[Any, Task] | Iterable[Task], name: str, show: Callable[[Task], Any]) -> list[Fragment]:
    """Tasks as the elements of a list. Those of a chunk are one fragment while none of them changes."""
    if isinstance(tasks, HeldDict):
        return [chunk.kept.get(name) or _join_chunk(chunk, name, show) for chunk in tasks.chunks]
    return list(map(Fragment, _encode(tasks.values() if isinstance(tasks, Mapping) else tasks, name, show)))


def encode_history(framework: Framework, name: str, show: Callable[[Task], Any]) -> list[Fragment]:
    """The completed tasks of a framework: one fragment while they are the same, none if there are none."""
    tasks = framework.completed_tasks
    key = (versions(tasks),)
    return [keep(framework.kept, f"{name}_history", lambda: _join(tasks, name, show), key)] if tasks else []


def _join_chunk(chunk: Chunk, name: str, show: Callable[[Task], Any]) -> Fragment:
    joined = chunk.kept[name] = _join(chunk.things, name, show)
    return joined


def _join(tasks: Iterable[Task], name: str, show: Callable[[Task], Any]) -> Fragment:
    """Elements with commas between them, which stand in a list just as one element does."""
    return Fragment(b",".join(_encode(tasks, name, show)))


def _encode(tasks: Iterable[Task], name: str, show: Callable[[Task], Any]) -> list[bytes]:
    """The loop over all tasks of a cluster: kept short on purpose."""
    return [task.kept.get(name) or _encode_task(task, name, show) for task in tasks]


def _encode_task(task: Task, name: str, show: Callable[[Task], Any]) -> bytes:
    made = task.kept[name] = encode(show(task))
    return made


@lru_cache(maxsize=4096)
def encode_shared(value: Any) -> Fragment:
    """A value that many tasks have alike, such as the labels of one app: encoded once for all of them."""
    return Fragment(encode(refined_json.to_plain(value)))

"""What one scenario saw of a master, and in what two such transcripts differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

Step = dict[str, Any]
Transcript = list[Step]
ABSENT = "<absent>"


@frozen
class Difference:
    """Where two transcripts part, as ``step.key.key``, and what each says there."""

    path: str
    genuine: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}\n    genuine: {self.genuine!r}\n    ours:    {self.ours!r}"


def compare(genuine: Transcript, ours: Transcript) -> list[Difference]:
    """All differences, step by step. A step is known by its number and its title."""
    found: list[Difference] = []
    for number in range(max(len(genuine), len(ours))):
        left = genuine[number] if number < len(genuine) else {}
        right = ours[number] if number < len(ours) else {}
        title = f"{number}:{left.get('step') or right.get('step')}"
        found.extend(_walk(title, left, right))
    return found


def _walk(path: str, genuine: Any, ours: Any) -> Iterator[Difference]:
    if isinstance(genuine, dict) and isinstance(ours, dict):
        for key in sorted({*genuine, *ours}):
            yield from _walk(f"{path}.{key}", genuine.get(key, ABSENT), ours.get(key, ABSENT))
    elif isinstance(genuine, list) and isinstance(ours, list):
        for number in range(max(len(genuine), len(ours))):
            yield from _walk(f"{path}[{number}]", _at(genuine, number), _at(ours, number))
    elif not _same(genuine, ours):
        yield Difference(path, genuine, ours)


def _at(items: list[Any], number: int) -> Any:
    return items[number] if number < len(items) else ABSENT


def _same(genuine: Any, ours: Any) -> bool:
    """Equal as a reader of JSON has it: 1 and 1.0 are one number, true is none."""
    return bool(genuine == ours) and (isinstance(genuine, bool) == isinstance(ours, bool))


def count(transcript: Transcript) -> dict[str, int]:
    """How many answers and events a transcript holds."""
    events = sum(len(step.get("events", ())) for step in transcript)
    return {"answers": sum("status" in step for step in transcript), "events": events}

"""Sets of whole numbers kept as intervals: the ports an agent has, a task got, an offer still holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import field, frozen

from .errors import InvalidValue


def _coalesce(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(intervals):
        if begin < 0 or end < begin:
            raise InvalidValue("ranges", f"[{begin}-{end}] is no interval")
        if merged and begin <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return tuple(merged)


@frozen(slots=True)
class Ranges:
    """An immutable set of non-negative integers. ``intervals`` are inclusive, sorted, disjoint and never adjacent."""

    intervals: tuple[tuple[int, int], ...] = field(default=(), converter=_coalesce)

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Ranges:
        """The set of exactly these numbers."""
        return cls(tuple((number, number) for number in numbers))

    @classmethod
    def parse(cls, text: str) -> Ranges:
        """Read ``[31000-32000, 8080-8080]`` (a single ``[8080]`` too). Raises InvalidValue."""
        inner = text.strip()
        if not (inner.startswith("[") and inner.endswith("]")):
            raise InvalidValue("ranges", f"{text!r} is not like [31000-32000]")
        pairs = []
        for part in filter(None, (piece.strip() for piece in inner[1:-1].split(","))):
            begin, _, end = part.partition("-")
            if not (begin.strip().isdecimal() and (end or begin).strip().isdecimal()):
                raise InvalidValue("ranges", f"{part!r} is not like 31000-32000")
            pairs.append((int(begin), int(end or begin)))
        return cls(tuple(pairs))

    def __or__(self, other: Ranges) -> Ranges:
        return Ranges(self.intervals + other.intervals)

    def __sub__(self, other: Ranges) -> Ranges:
        left: list[tuple[int, int]] = []
        for interval in self.intervals:
            left.extend(_cut(interval, other.intervals))
        return Ranges(tuple(left))

    def __and__(self, other: Ranges) -> Ranges:
        return self - (self - other)

    def __ge__(self, other: Ranges) -> bool:
        """Whether every number of ``other`` is in here."""
        return not (other - self)

    def __contains__(self, number: int) -> bool:
        return any(begin <= number <= end for begin, end in self.intervals)

    def __iter__(self) -> Iterator[int]:
        for begin, end in self.intervals:
            yield from range(begin, end + 1)

    def __len__(self) -> int:
        return sum(end - begin + 1 for begin, end in self.intervals)

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __str__(self) -> str:
        return "[" + ", ".join(f"{begin}-{end}" for begin, end in self.intervals) + "]"


def _cut(interval: tuple[int, int], holes: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    begin, end = interval
    for hole_begin, hole_end in holes:
        if hole_end < begin or hole_begin > end:
            continue
        if hole_begin > begin:
            yield begin, hole_begin - 1
        begin = hole_end + 1
    if begin <= end:
        yield begin, end

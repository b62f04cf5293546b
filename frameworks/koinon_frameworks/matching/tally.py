"""Where tasks of one group run, counted by what constraints ask of: each place is looked at once, not once an offer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .placement import Placement


class Tally(list[Placement]):
    """Placements, oldest first, that are only ever added to."""

    def __init__(self, placements: Sequence[Placement] = ()) -> None:
        super().__init__(placements)
        self._counts: dict[str, Counter[str]] = {}
        self._seen: dict[str, int] = {}

    def counts(self, field: str) -> Counter[str]:
        """How many have which value of a constraint's field, the value seen first first. Not to be changed."""
        counts = self._counts.setdefault(field, Counter())
        seen = self._seen.get(field, 0)
        if seen < len(self):
            counts.update(text for place in self[seen:] if (text := place.text_of(field)) is not None)
            self._seen[field] = len(self)
        return counts

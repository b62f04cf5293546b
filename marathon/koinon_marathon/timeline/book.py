"""The entries of every app, bounded for each and in all; what repeats itself is counted and not written again. Pure.

Who writes what is `recording` and `restored`; how entries are shown is `ui/timeline_rows.py`.
"""

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterator

import attrs

from ..definition.path_ids import PathId
from .entries import Entry, Kind

MOST_OF_ONE, MOST_OF_DEPARTED, MOST_IN_ALL = 500, 200, 60_000
"""Entries kept of one app, of one that is removed, and of all together: then the oldest of all goes."""
_MOST_AGENTS = 1000


@attrs.define
class _Repeated:
    """What may happen once more, and its entry: how often, on how many agents."""

    number: int
    count: int = 0
    agents: set[str] = attrs.field(factory=set)


@attrs.define
class _Story:
    """One app's entries by number, and those of them that may repeat themselves."""

    entries: OrderedDict[int, Entry] = attrs.field(factory=OrderedDict)
    repeated: dict[Hashable, _Repeated] = attrs.field(factory=dict)
    most: int = MOST_OF_ONE
    revision: int = 0


class TimelineBook:
    """What happened, by app or pod. An entry keeps its number when it is counted once more."""

    def __init__(self, most_in_all: int = MOST_IN_ALL) -> None:
        self._stories: dict[PathId, _Story] = {}
        self._ages: OrderedDict[int, PathId] = OrderedDict()
        self._most_in_all = most_in_all
        self._newest = 0

    def __len__(self) -> int:
        return len(self._ages)

    def specs(self) -> tuple[PathId, ...]:
        """Those of whom anything is known."""
        return tuple(self._stories)

    def revision(self, spec_id: PathId) -> int:
        """Another with each change of what is known of an app."""
        found = self._stories.get(spec_id)
        return 0 if found is None else found.revision

    def entries(self, spec_id: PathId) -> Iterator[tuple[int, Entry]]:
        """An app's entries with their numbers, the oldest first."""
        found = self._stories.get(spec_id)
        return iter(()) if found is None else iter(found.entries.items())

    def add(self, spec_id: PathId, entry: Entry) -> None:
        """Something happened. What is no offer begins a new chapter: offers declined from here on are counted anew."""
        story = self._story(spec_id)
        if entry.kind is not Kind.OFFER and entry.kind is not Kind.HEALTH:
            story.repeated.clear()
        self._append(spec_id, story, entry)

    def repeat(self, spec_id: PathId, key: Hashable, entry: Entry, agents: Collection[str] = ("",)) -> None:
        """Something happened, once for each of `agents`, that may happen again and again.

        Under the same key it is one entry, whose text is the last one's: `{times}`, `{offers}` and `{agents}` in it
        stand for how often and on how many agents.
        """
        story = self._story(spec_id)
        known = story.repeated.get(key)
        before = None if known is None else story.entries.get(known.number)
        if known is None or before is None:
            known = story.repeated[key] = _Repeated(self._append(spec_id, story, entry))
            before = entry
        known.count += len(agents)
        if len(known.agents) < _MOST_AGENTS:
            known.agents.update(agents)
        story.entries[known.number] = _counted(entry, known, before.at)
        story.revision += 1

    def note_departed(self, spec_id: PathId) -> None:
        """The app is removed: less of it is kept, until it comes again."""
        story = self._stories.get(spec_id)
        if story is not None:
            story.most = MOST_OF_DEPARTED
            self._trim(story)

    def note_present(self, spec_id: PathId) -> None:
        """The app is there."""
        self._story(spec_id).most = MOST_OF_ONE

    def _story(self, spec_id: PathId) -> _Story:
        found = self._stories.get(spec_id)
        if found is None:
            found = self._stories[spec_id] = _Story()
        return found

    def _append(self, spec_id: PathId, story: _Story, entry: Entry) -> int:
        self._newest += 1
        story.entries[self._newest] = entry
        story.revision += 1
        self._ages[self._newest] = spec_id
        self._trim(story)
        while len(self._ages) > self._most_in_all:
            number, oldest = self._ages.popitem(last=False)
            other = self._stories[oldest]
            del other.entries[number]
            other.revision += 1
            if not other.entries:
                del self._stories[oldest]
        return self._newest

    def _trim(self, story: _Story) -> None:
        while len(story.entries) > story.most:
            number, _ = story.entries.popitem(last=False)
            del self._ages[number]
            story.revision += 1


def _counted(entry: Entry, known: _Repeated, began: float) -> Entry:
    times = f"{known.count} times" if known.count > 1 else "once"
    agents = "1 agent" if len(known.agents) == 1 else f"{len(known.agents)} agents"
    offers = "1 offer" if known.count == 1 else f"{known.count} offers"
    text = entry.text.replace("{times}", times).replace("{offers}", offers).replace("{agents}", agents)
    if known.count == 1:
        return attrs.evolve(entry, text=text)
    # Only what all of them have in common can be linked to.
    return attrs.evolve(entry, text=text, at=began, count=known.count, last=entry.at)

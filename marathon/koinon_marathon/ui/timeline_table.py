"""The timeline of one app as rows, by the numbers of its entries."""

from collections.abc import Collection

from koinon_web.tables import Table

from ..definition.path_ids import PathId
from ..queries.change_words import change_words
from ..state import State
from ..timeline import Entry
from .rows import Row, encode_row

_IDS = ("instance", "task", "agent", "host", "offer", "deployment", "version")


class TimelineTable:
    """What happened to one app or pod."""

    def __init__(self, table: Table, spec_id: PathId) -> None:
        self.table = table
        self._spec_id = spec_id
        self._revision = 0
        self._known: dict[int, Entry] = {}

    def note(self, specs: Collection[PathId]) -> None:
        """The timeline itself says whether it is another."""

    def refresh(self, state: State, _now: float) -> None:
        """Encode entries that are new or were counted once more."""
        revision = state.timeline.revision(self._spec_id)
        if revision == self._revision:
            return
        self._revision, before = revision, self._known
        self._known = dict(state.timeline.entries(self._spec_id))
        for number in before.keys() - self._known.keys():
            self.table.remove(str(number))
        for number, entry in self._known.items():
            if before.get(number) is not entry:
                self.table.put(str(number), encode_row(timeline_row(entry)))


def timeline_row(entry: Entry) -> Row:
    """One entry. What changed in a definition follows the text."""
    words = "" if entry.change is None else change_words(entry.change.old, entry.change.new)
    row: Row = {
        "at": entry.at,
        "kind": entry.kind.value,
        "text": f"{entry.text}: {words}" if words else entry.text,
        "tone": entry.tone.value,
    }
    if entry.count > 1:
        row |= {"count": entry.count, "last": entry.last}
    if entry.is_restored:
        row["restored"] = True
    return row | {name: found for name in _IDS if (found := getattr(entry, name)) is not None}

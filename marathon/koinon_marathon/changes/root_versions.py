"""The versions of the whole tree that are kept, and which definitions are kept for their sake (marathon-semantics 23).

The store has one record for each version of the tree, and it holds what that version changed: ids and versions of the
definitions, whose bodies are records of their own. So a change of one app among thousands writes a line, not a list of
all. Every `limit` versions the record also holds the whole tree, and the ones before the last such record go. What
is kept are therefore `limit` versions at least and twice as many at most; with each of them the definitions it names.
In memory they are trees that share what they have in common.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

import attrs

from ..definition.groups import Group
from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..definition.tree_differences import FindSpec, TreeDelta, apply_delta, spec_difference, tree_delta
from ..errors import BrokenRootHistory

SpecVersion = tuple[PathId, datetime]


@attrs.frozen(kw_only=True)
class RootRecord:
    """One version of the tree as the store keeps it: what it changed, and now and then also all there is."""

    version: datetime
    follows: datetime | None = None
    """The version that `delta` changes; None for the first one, which changes the empty tree."""
    delta: TreeDelta
    whole: TreeDelta | None = None

    @property
    def stands_alone(self) -> bool:
        """Whether the tree can be told from this record, without those before it."""
        return self.follows is None or self.whole is not None


@attrs.frozen(kw_only=True)
class RootHistory:
    """Kept trees, the oldest first, and the versions among them whose records stand alone."""

    roots: tuple[Group, ...] = ()
    bases: tuple[datetime, ...] = ()

    @property
    def current(self) -> Group | None:
        """The latest tree."""
        return self.roots[-1] if self.roots else None

    @classmethod
    def of(cls, root: Group) -> "RootHistory":
        """A history that begins with this tree."""
        return cls(roots=(root,), bases=(root.version,))


@attrs.frozen(kw_only=True)
class RootAdded:
    """What a new version of the tree means for the store: a record, stale ones, and definitions nobody names now."""

    record: RootRecord
    stale: tuple[datetime, ...] = ()
    unnamed: tuple[RunSpec, ...] = ()


class RootVersions:
    """The kept versions, the current one the last."""

    def __init__(self, limit: int, history: RootHistory | None = None) -> None:
        """`limit` is `--zk_max_versions`."""
        known = history or RootHistory()
        self._limit = limit
        self._roots = {root.version: root for root in known.roots}
        self._bases = list(known.bases)
        self._departed: dict[SpecVersion, datetime] = {}
        """Definitions that only older trees name, and the version that came without them."""
        self._departing: dict[datetime, list[RunSpec]] = defaultdict(list)
        for old, new in pairwise(known.roots):
            self._note(old, new)

    def add(self, root: Group) -> RootAdded:
        """Keep the tree as it is now."""
        previous = next(reversed(self._roots.values()), None)
        self._roots[root.version] = root
        if previous is None:
            self._bases.append(root.version)
            return RootAdded(record=RootRecord(version=root.version, delta=tree_delta(None, root)))
        self._note(previous, root)
        record = RootRecord(version=root.version, follows=previous.version, delta=tree_delta(previous, root))
        if sum(version > self._bases[-1] for version in self._roots) < self._limit:
            return RootAdded(record=record)
        stale = tuple(version for version in self._roots if version < self._bases[-1])
        self._bases = [self._bases[-1], root.version]
        for version in stale:
            del self._roots[version]
        whole = attrs.evolve(record, whole=tree_delta(None, root))
        return RootAdded(record=whole, stale=stale, unnamed=self._take_unnamed(stale))

    def recent(self) -> list[Group]:
        """The latest versions, the newest first, as many as the limit."""
        return list(reversed(self._roots.values()))[: self._limit]

    def at(self, version: datetime) -> Group | None:
        """The tree as it was at a version."""
        return self._roots.get(version)

    def has_departed(self, spec: RunSpec) -> bool:
        """Whether a kept tree names this definition, though the present one does not."""
        return (spec.id, spec.version) in self._departed

    def _note(self, old: Group, new: Group) -> None:
        difference = spec_difference(old, new)
        for spec in difference.before.values():
            self._departed[spec.id, spec.version] = new.version
            self._departing[new.version].append(spec)
        for spec in difference.after.values():
            self._departed.pop((spec.id, spec.version), None)

    def _take_unnamed(self, stale: Iterable[datetime]) -> tuple[RunSpec, ...]:
        """What left the tree with a version that is gone, or with the oldest that is kept, and did not come back."""
        found: list[RunSpec] = []
        for version in (*stale, next(iter(self._roots))):
            for spec in self._departing.pop(version, ()):
                if self._departed.get((spec.id, spec.version)) == version:
                    del self._departed[spec.id, spec.version]
                    found.append(spec)
        return tuple(found)


def replay(records: Iterable[RootRecord], find: FindSpec) -> RootHistory:
    """The trees that these records tell of; `find` gives the bodies, and raises for one that is not stored.

    Records before the first that stands alone are what is left of a removal that broke off. Raises BrokenRootHistory
    where one is missing in between.
    """
    ordered = sorted(records, key=lambda record: record.version)
    first = next((place for place, record in enumerate(ordered) if record.stands_alone), len(ordered))
    if ordered[:1] and not ordered[first:]:
        raise BrokenRootHistory(ordered[0].version, "no record before it tells of the whole tree")
    roots: list[Group] = []
    for record in ordered[first:]:
        if not roots:
            roots.append(apply_delta(None, record.whole or record.delta, record.version, find))
        elif record.follows == roots[-1].version:
            roots.append(apply_delta(roots[-1], record.delta, record.version, find))
        else:
            raise BrokenRootHistory(record.version, "the record of the version it follows is not stored")
    bases = tuple(record.version for record in ordered[first:] if record.stands_alone)
    return RootHistory(roots=tuple(roots), bases=bases)

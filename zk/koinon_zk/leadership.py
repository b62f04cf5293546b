"""The rules of an election as one candidate lives them: when it joins, leads, pauses, abdicates.

Pure. Who tells it of connections and candidates, and carries its instructions out, is ``contender``. The rules are
Mesos's (mesos-semantics 1): the smallest sequence number leads; a leader that loses its place is done; a follower that
loses its place stands again. ZooKeeper's SUSPENDED is not LOST: a leader pauses, and goes on if its place survived.
"""

from enum import Enum
from typing import Final

from attrs import frozen

from koinon_core.errors import InvalidTransition

from .interfaces import Standing, StandingKind


class Phase(Enum):
    """Where a candidate is in its campaign."""

    WAITING = "waiting"
    """No session, no place in the group."""
    JOINING = "joining"
    FOLLOWING = "following"
    ADRIFT = "adrift"
    """Followed, and the connection is gone."""
    LEADING = "leading"
    SUSPENDED = "suspended"
    """Led, and the connection is gone."""
    RETURNING = "returning"
    """Led, is connected again, and must first see whether it still has its place."""
    LOST = "lost"


@frozen
class Connected:
    """There is a session; after a suspension the same one as before."""


@frozen
class Disconnected:
    """The connection is gone; the session may survive."""


@frozen
class Expired:
    """The session is over, and every place it held."""


@frozen
class Joined:
    """The candidate has its place in the group."""

    sequence: int


@frozen
class GroupChanged:
    """Somebody came or went."""


@frozen
class GroupSeen:
    """The group as just read: all sequence numbers, in any order."""

    sequences: tuple[int, ...]


Event = Connected | Disconnected | Expired | Joined | GroupChanged | GroupSeen


@frozen
class Join:
    """Take a place in the group, then say Joined."""


@frozen
class ReadGroup:
    """Read the group, then say GroupSeen."""


@frozen
class Report:
    """Tell the daemon how it stands."""

    standing: Standing


Instruction = Join | ReadGroup | Report


class _Sight(Enum):
    """What GroupSeen means for the candidate."""

    FIRST = "first"
    BEHIND = "behind"
    ABSENT = "absent"


_P = Phase
TRANSITIONS: Final[dict[tuple[Phase, type | _Sight], Phase]] = {
    (_P.WAITING, Connected): _P.JOINING,
    (_P.WAITING, Disconnected): _P.WAITING,
    (_P.WAITING, Expired): _P.WAITING,
    (_P.WAITING, GroupChanged): _P.WAITING,
    (_P.JOINING, Connected): _P.JOINING,
    (_P.JOINING, Joined): _P.FOLLOWING,
    (_P.JOINING, Disconnected): _P.WAITING,
    (_P.JOINING, Expired): _P.WAITING,
    (_P.JOINING, GroupChanged): _P.JOINING,
    (_P.FOLLOWING, GroupChanged): _P.FOLLOWING,
    (_P.FOLLOWING, _Sight.FIRST): _P.LEADING,
    (_P.FOLLOWING, _Sight.BEHIND): _P.FOLLOWING,
    (_P.FOLLOWING, _Sight.ABSENT): _P.JOINING,
    (_P.FOLLOWING, Disconnected): _P.ADRIFT,
    (_P.FOLLOWING, Expired): _P.WAITING,
    (_P.ADRIFT, Connected): _P.FOLLOWING,
    (_P.ADRIFT, GroupChanged): _P.ADRIFT,
    (_P.ADRIFT, Expired): _P.WAITING,
    (_P.LEADING, GroupChanged): _P.LEADING,
    (_P.LEADING, _Sight.FIRST): _P.LEADING,
    (_P.LEADING, _Sight.BEHIND): _P.LOST,  # only when the group was made anew: then ours is not the epoch that counts
    (_P.LEADING, _Sight.ABSENT): _P.LOST,
    (_P.LEADING, Disconnected): _P.SUSPENDED,
    (_P.LEADING, Expired): _P.LOST,
    (_P.SUSPENDED, Connected): _P.RETURNING,
    (_P.SUSPENDED, GroupChanged): _P.SUSPENDED,
    (_P.SUSPENDED, Expired): _P.LOST,
    (_P.RETURNING, GroupChanged): _P.RETURNING,
    (_P.RETURNING, _Sight.FIRST): _P.LEADING,
    (_P.RETURNING, _Sight.BEHIND): _P.LOST,
    (_P.RETURNING, _Sight.ABSENT): _P.LOST,
    (_P.RETURNING, Disconnected): _P.SUSPENDED,
    (_P.RETURNING, Expired): _P.LOST,
}

_KINDS: Final = {
    _P.FOLLOWING: StandingKind.FOLLOWING,
    _P.LEADING: StandingKind.LEADING,
    _P.SUSPENDED: StandingKind.SUSPENDED,
    _P.LOST: StandingKind.LOST,
}
_READS: Final = {
    (_P.JOINING, _P.FOLLOWING),
    (_P.ADRIFT, _P.FOLLOWING),
    (_P.SUSPENDED, _P.RETURNING),
}


class Leadership:
    """One candidate's campaign."""

    def __init__(self, subject: str) -> None:
        """``subject`` names the campaign in errors."""
        self.phase = Phase.WAITING
        self.sequence: int | None = None
        self._subject = subject
        self._reported: Standing | None = None
        self._story: tuple[str, ...] = ()

    def handle(self, event: Event) -> list[Instruction]:
        """Change by one event and say what to do. Raises InvalidTransition, and then nothing has changed."""
        key = self._see(event.sequences) if isinstance(event, GroupSeen) else type(event)
        before, after = self.phase, TRANSITIONS.get((self.phase, key))
        if after is None:
            raise InvalidTransition(self._subject, before.value, str(event), self._story)
        self.phase = after
        self._story = (*self._story[-9:], f"{before.value}: {type(event).__name__}")
        if isinstance(event, Joined):
            self.sequence = event.sequence
        return [*self._report(), *self._go_on(before, after, event)]

    def check(self) -> None:
        """State the invariants; raises AssertionError when one is broken."""
        placed = self.phase not in (Phase.WAITING, Phase.JOINING)
        if placed and self.sequence is None:
            raise AssertionError(f"{self._subject} is {self.phase.value} without a place")
        if self._reported is not None and self.phase in _KINDS and self._reported.kind is not _KINDS[self.phase]:
            raise AssertionError(f"{self._subject} is {self.phase.value} but reported {self._reported.kind.value}")

    def _see(self, sequences: tuple[int, ...]) -> _Sight:
        if self.sequence not in sequences:
            return _Sight.ABSENT
        return _Sight.FIRST if self.sequence == min(sequences) else _Sight.BEHIND

    def _report(self) -> list[Instruction]:
        kind = _KINDS.get(self.phase)
        if kind is None or self.sequence is None:
            return []
        standing = Standing(kind, self.sequence + 1)
        if standing == self._reported:
            return []
        self._reported = standing
        return [Report(standing)]

    def _go_on(self, before: Phase, after: Phase, event: Event) -> list[Instruction]:
        if after is Phase.JOINING and before is not Phase.JOINING:
            return [Join()]
        reads_on_change = isinstance(event, GroupChanged) and after in (Phase.FOLLOWING, Phase.LEADING, Phase.RETURNING)
        if reads_on_change or (before, after) in _READS:
            return [ReadGroup()]
        return []

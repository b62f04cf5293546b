"""One event being handled: the state it changes, when, and all it asks of the world, in order.

Whatever must not happen before the change is stored goes through `after`, and becomes the `then` of one `Persist`.
"""

from random import Random
from uuid import UUID

from .definition.path_ids import PathId
from .happenings import Happening
from .instructions import Effect, Instruction, Persist, Publish, Record, RecordKey, record_key
from .state import State
from .stream_events import StreamEvent

MADE_PER_TURN, GIVEN_UP_PER_TURN = 1000, 5000
"""So many instances are made, or let go, before others get their turn: a slip of the finger asks for a hundred
thousand.
"""


class Turn:
    """Collects records and effects. `touched` apps are brought to their wanted state before the turn ends;
    `eager` ones may be able to use offers that were refused.
    """

    def __init__(self, state: State, now: float, rng: Random) -> None:
        self.state = state
        self.now = now
        self.rng = rng
        self.touched: dict[PathId, None] = {}
        self.eager: set[PathId] = set()
        self.happenings: list[Happening] = []
        """What people will want to know of it."""
        self.to_make = MADE_PER_TURN
        self.to_give_up = GIVEN_UP_PER_TURN
        self._puts: dict[RecordKey, Record] = {}
        self._deletes: dict[RecordKey, None] = {}
        self._at_once: list[Effect] = []
        self._after: list[Effect] = []

    def touch(self, spec_id: PathId) -> None:
        """Something about the app's instances or definition is new."""
        self.touched[spec_id] = None

    def put(self, record: Record) -> None:
        """Store a record; of several with one key the last counts."""
        key = record_key(record)
        self._deletes.pop(key, None)
        self._puts[key] = record

    def delete(self, key: RecordKey) -> None:
        """Remove a record; one that was never stored is none to remove."""
        self._puts.pop(key, None)
        self._deletes[key] = None

    def after(self, effect: Effect) -> None:
        """Do this once the turn's records are stored."""
        self._after.append(effect)

    def at_once(self, effect: Effect) -> None:
        """Do this without waiting for the store."""
        self._at_once.append(effect)

    def publish(self, event: StreamEvent) -> None:
        """Tell the event stream, once it is true for good."""
        self._after.append(Publish(event))

    @property
    def told(self) -> list[StreamEvent]:
        """What the event stream will hear, in order."""
        return [effect.event for effect in self._after if isinstance(effect, Publish)]

    def make_uuid(self) -> str:
        """A random id."""
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def instructions(self) -> list[Instruction]:
        """All of it."""
        if not (self._puts or self._deletes):
            return [*self._at_once, *self._after]
        persist = Persist(puts=tuple(self._puts.values()), deletes=tuple(self._deletes), then=tuple(self._after))
        return [*self._at_once, persist]

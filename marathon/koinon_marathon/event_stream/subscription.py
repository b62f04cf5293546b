"""What one subscriber wants to hear, and in which form (marathon-v2-api 11). Pure."""

from collections.abc import Iterable

import attrs

from ..stream_events import ON_REQUEST
from .ring import Kept

_LIGHT = "light"


@attrs.frozen
class Subscription:
    """Types to hear of, none named being all that Marathon's older clients know; and the form of plans."""

    types: frozenset[str] = frozenset()
    is_light: bool = False

    def wants(self, event_type: str) -> bool:
        """Whether such an event is for this subscriber."""
        return event_type in self.types if self.types else event_type not in ON_REQUEST

    def frame_of(self, kept: Kept) -> bytes:
        """The event in the form asked for."""
        return kept.light if self.is_light else kept.heavy


def make_subscription(event_types: Iterable[str], plan_format: str | None) -> Subscription:
    """From the query: `event_type` as often as it is there, `plan-format`. Unknown types never come."""
    return Subscription(frozenset(event_types), plan_format == _LIGHT)

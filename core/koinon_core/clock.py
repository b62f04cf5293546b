"""What asks for the time. Rules take ``now`` as an argument; only loops hold a clock."""

from typing import Protocol


class Clock(Protocol):
    """Two clocks, as everywhere: one for people, one for intervals."""

    def now(self) -> float:
        """Seconds since 1970 as the wall shows them. May jump."""

    def monotonic(self) -> float:
        """Seconds since some fixed point. Never jumps back."""

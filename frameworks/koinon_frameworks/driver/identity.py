"""Where a framework's id outlives its process: what the driver asks of a keeper, and when a run ends by a burnt id."""

from __future__ import annotations

from typing import Protocol

from koinon_core.ids import FrameworkId


class FrameworkIdKeeper(Protocol):
    """Remembers one framework's id. Whatever it raises ends the run.

    The driver loads before it first subscribes, saves before anybody hears of the subscription or can make a call, and
    forgets what is burnt: when the framework was torn down, or when the master says that it has been removed.
    """

    async def load(self) -> FrameworkId | None:
        """The id saved last; None when there is none, or it was forgotten."""

    async def save(self, framework_id: FrameworkId) -> None:
        """Remember this id; it must be durable when this returns. The same one may be saved again."""

    async def forget(self) -> None:
        """Begin anew next time."""

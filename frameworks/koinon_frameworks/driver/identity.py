"""Where a framework's id outlives its process: what the driver asks of a keeper, and when."""

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


class Identity:
    """Asks a keeper, where there is one, no more often than needed."""

    def __init__(self, keeper: FrameworkIdKeeper | None) -> None:
        self._keeper = keeper
        self._kept: FrameworkId | None = None

    async def load(self) -> FrameworkId | None:
        """The id of the run before."""
        if self._keeper is not None:
            self._kept = await self._keeper.load()
        return self._kept

    async def keep(self, framework_id: FrameworkId) -> None:
        """The master knows the framework by this id."""
        if self._keeper is not None and framework_id != self._kept:
            await self._keeper.save(framework_id)
            self._kept = framework_id

    async def forget(self) -> bool:
        """The id is burnt. Whether there was a keeper to tell."""
        if self._keeper is None:
            return False
        await self._keeper.forget()
        self._kept = None
        return True

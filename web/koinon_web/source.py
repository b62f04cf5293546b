"""What a daemon must offer for the UI: its tables, kept true while somebody reads them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, TypeVar

from .tables import Table

ViewerT_contra = TypeVar("ViewerT_contra", contravariant=True)
"""Who reads, in the daemon's own words: the master's are principals, Marathon's what its plugins made of a request."""


class Source(Protocol[ViewerT_contra]):
    """The tables of one daemon. Called on its event loop, at most ten times a second, only while somebody reads."""

    def has(self, name: str) -> bool:
        """Whether a table of this name, argument included, is this daemon's."""

    def refresh(self, names: Collection[str], viewer: ViewerT_contra | None) -> dict[str, Table]:
        """Bring these tables up to date and return them, by name.

        They hold what ``viewer`` may see; viewers that may see the same are equal, and share one set of tables. None is
        somebody without a name, or anybody where nobody is asked. Cheap where nothing changed since the last call.
        A table that nobody has asked for during some minutes may be dropped.

        What takes long may be made bit by bit: what is left out now comes with a later call.

        Raises ApiError 403 for a table that the viewer may not see at all, 503 while the daemon can't know.
        """

    @property
    def is_behind(self) -> bool:
        """Whether the last refresh left something for the next one, which had better come soon."""

"""What an agent's flags say about fetching (mesos-semantics 7.3, 12). Pure."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from .addresses import PUBLIC_ALONE, AllowedNetworks

GIB = 1024**3


@frozen(kw_only=True)
class FetchOptions:
    """``cache_dir`` is absolute. Sizes in bytes, times in seconds.

    ``max_size`` bounds one fetched file, and what one archive unpacks to. ``stall_timeout`` is how long a source may
    be silent, ``timeout`` how long one URI may take. ``allowed_roots`` are where local files may lie;
    ``frameworks_home`` is where relative paths start, and allowed too.
    """

    cache_dir: Path
    cache_size: int = 2 * GIB
    max_size: int = 10 * GIB
    stall_timeout: float = 60.0
    timeout: float = 1800.0
    allowed_roots: tuple[Path, ...] = ()
    frameworks_home: Path | None = None
    networks: AllowedNetworks = PUBLIC_ALONE

    def roots(self) -> tuple[Path, ...]:
        """All directories beneath which local files are fetched."""
        home = () if self.frameworks_home is None else (self.frameworks_home,)
        return self.allowed_roots + home

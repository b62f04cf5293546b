"""The agent's flags about sandboxes: what is fetched into them, and how long they stay (mesos-semantics 12). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from koinon_daemon.flag_values import parse_duration, parse_names, parse_size
from koinon_daemon.flags import flag

from ..fetcher.addresses import PUBLIC_ALONE, AllowedNetworks, parse_networks
from ..fetcher.options import GIB, FetchOptions

_GROUP = "Sandboxes"


def parse_roots(text: str) -> tuple[str, ...]:
    """Absolute paths, separated by commas. Raises ValueError."""
    roots = parse_names(text)
    if relative := next((root for root in roots if not root.startswith("/")), None):
        raise ValueError(f"{relative!r} is not an absolute path")
    return roots


@attrs.frozen(kw_only=True, slots=False)  # it stands beside another class of flags, which has slots
class SandboxFlags:
    """What the agent's configuration says of sandboxes."""

    gc_delay: float = flag(
        604800.0, help="How long sandboxes of ended tasks are kept at most.", parse=parse_duration, group=_GROUP
    )
    gc_disk_headroom: float = flag(
        0.1, help="Share of the disk to keep free: the fuller it is, the sooner sandboxes go.", group=_GROUP
    )
    disk_watch_interval: float = flag(
        60.0, help="How often to look how full the disk is.", parse=parse_duration, group=_GROUP
    )
    max_completed_executors_per_framework: int = flag(
        150, help="How many ended executors of a framework are remembered to be shown.", group=_GROUP
    )
    frameworks_home: Path | None = flag(None, help="Where relative paths of URIs start.", group=_GROUP)
    fetcher_allowed_roots: tuple[str, ...] = flag(
        (), help="Directories whose files tasks may have fetched: /a,/b. None but --frameworks_home by default.",
        parse=parse_roots, group=_GROUP,
    )  # fmt: skip
    fetcher_allowed_networks: AllowedNetworks = flag(
        PUBLIC_ALONE,
        help="Addresses to fetch from besides public ones: private, loopback, 10.1.0.0/16,...",
        parse=parse_networks,
        group=_GROUP,
    )
    fetcher_cache_size: int = flag(
        2 * GIB, help="How much of fetched files is kept for the next task.", parse=parse_size, group=_GROUP
    )
    fetcher_cache_dir: Path | None = flag(
        None, help="Where they are kept; by default fetch in the work directory. One agent a directory.", group=_GROUP
    )
    fetcher_max_size: int = flag(
        10 * GIB, help="Largest file to fetch, and most to unpack from one.", parse=parse_size, group=_GROUP
    )
    fetcher_stall_timeout: float = flag(
        60.0, help="How long a server may be silent during a fetch.", parse=parse_duration, group=_GROUP
    )
    fetcher_timeout: float = flag(
        1800.0, help="How long the fetch of one URI may take.", parse=parse_duration, group=_GROUP
    )

    def sandbox_problems(self) -> Iterator[str]:
        """What is wrong with these flags."""
        if not 0 <= self.gc_disk_headroom < 1:
            yield f"--gc_disk_headroom: {self.gc_disk_headroom:g} is not a share from 0 to below 1"
        if self.max_completed_executors_per_framework < 0:
            yield "--max_completed_executors_per_framework: it is below 0"
        for name in ("disk_watch_interval", "fetcher_max_size", "fetcher_stall_timeout", "fetcher_timeout"):
            if getattr(self, name) <= 0:
                yield f"--{name}: it must be more than 0"

    def fetch_options(self, work_dir: Path) -> FetchOptions:
        """What the fetcher goes by; ``work_dir`` is absolute."""
        home = self.frameworks_home
        return FetchOptions(
            cache_dir=(self.fetcher_cache_dir or work_dir / "fetch").absolute(),
            cache_size=self.fetcher_cache_size,
            max_size=self.fetcher_max_size,
            stall_timeout=self.fetcher_stall_timeout,
            timeout=self.fetcher_timeout,
            allowed_roots=tuple(Path(root) for root in self.fetcher_allowed_roots),
            frameworks_home=None if home is None else home.absolute(),
            networks=self.fetcher_allowed_networks,
        )

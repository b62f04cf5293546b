"""What an operator may set about the groups of plain processes. Pure."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class CgroupOptions:
    """``root`` lies beneath the mount of each hierarchy. ``controllers`` hold every container, by names of version 1.

    ``is_cpu_limited``: what is asked of cpus is their limit, too. ``pids_limit``: processes and threads a container.
    ``is_contained``: whether containers are in a group that serves to kill them (``--launcher=linux``).
    """

    root: str = "mesos"
    controllers: frozenset[str] = frozenset()
    is_cpu_limited: bool = False
    pids_limit: int | None = None
    is_contained: bool = True

"""The agent's flags that are about plain processes (mesos-semantics 12) and what is made of them. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

import attrs

from koinon_daemon.flags import flag

from ..cgroups.isolation import DEFAULT, Isolation, parse_isolation
from ..cgroups.options import CgroupOptions

_GROUP = "Containers"
_LAUNCHERS = ("linux", "posix")


def parse_cgroups_root(text: str) -> str:
    """A relative path."""
    path = PurePosixPath(text.strip().strip("/"))
    if not path.parts or ".." in path.parts:
        raise ValueError(f"{text!r} must name a group beneath the root of each hierarchy")
    return str(path)


def parse_launcher(text: str) -> str:
    """``linux`` or ``posix``."""
    if text not in _LAUNCHERS:
        raise ValueError(f"{text!r} is none of {', '.join(_LAUNCHERS)}")
    return text


def parse_pids_limit(text: str) -> int:
    """A number of at least 2: the supervisor of a command is one of them. 0 for none."""
    number = int(text)
    if number < 0 or number == 1:
        raise ValueError(f"{text!r} must be 0, for no limit, or at least 2")
    return number


@attrs.frozen(kw_only=True, slots=False)  # slots would keep it from standing beside other bases
class ProcessFlags:
    """The flags as the agent's config has them."""

    isolation: Isolation = flag(
        parse_isolation(DEFAULT),
        help="What holds plain processes: posix/* for nothing, cgroups/cpu, cgroups/mem, cgroups/pids, cgroups/all.",
        parse=parse_isolation,
        group=_GROUP,
    )
    launcher: str = flag(
        "linux",
        help="linux: a group of the kernel for each plain process, so that all of it is found and killed; posix: none.",
        parse=parse_launcher,
        group=_GROUP,
    )
    cgroups_root: str = flag(
        "mesos", help="The group that those of plain processes are made in.", parse=parse_cgroups_root, group=_GROUP
    )
    cgroups_pids_limit: int = flag(
        4096,
        help="With cgroups/pids: processes and threads a container may have; 0 for no limit.",
        parse=parse_pids_limit,
        group=_GROUP,
    )


def cgroup_options(flags: ProcessFlags, *, is_cpu_limited: bool) -> CgroupOptions:
    """What the containerizer goes by. ``is_cpu_limited`` is ``--cgroups_enable_cfs``."""
    return CgroupOptions(
        root=flags.cgroups_root,
        controllers=flags.isolation.controllers,
        is_cpu_limited=is_cpu_limited,
        pids_limit=flags.cgroups_pids_limit or None,
        is_contained=flags.launcher == "linux",
    )

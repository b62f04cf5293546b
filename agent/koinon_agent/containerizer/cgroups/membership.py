"""Which groups a process is in, and where they are to be seen, as the kernel tells it now.

What its texts mean is ``hierarchies.py``'s. What is gone or can't be read is in no group.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import structlog

from .group import MEMBERS, read_text
from .hierarchies import Hierarchy, find_folders, parse_groups, parse_hierarchies

_logger = structlog.get_logger(__name__)


def find_hierarchies() -> tuple[Hierarchy, ...]:
    """All that are mounted on this machine."""
    return parse_hierarchies(read_text(Path("/proc/self/mountinfo")))


def find_groups(pid: int) -> Mapping[str, str]:
    """The names of a process's groups by controller, but for those that the agent is in, too."""
    theirs, ours = (parse_groups(read_text(Path(f"/proc/{name}/cgroup"))) for name in (pid, "self"))
    return {controller: name for controller, name in theirs.items() if ours.get(controller) != name}


def join_groups_of(pid: int, member: int) -> None:
    """Move a child of the agent into the groups of another process, as far as we may."""
    for folder in set(find_folders(find_hierarchies(), find_groups(pid)).values()):
        try:
            (folder / MEMBERS).write_text(str(member))
        except OSError as error:
            _logger.warning("session_not_in_cgroup", cgroup=str(folder), reason=error.strerror)

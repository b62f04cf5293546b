"""Whom plain processes and commands beside them run as: a user of this machine, whom the agent may become or not."""

from __future__ import annotations

import errno
import os
import pwd
from pathlib import Path
from typing import Any

import psutil
from attrs import frozen


@frozen
class Identity:
    """A unix user with groups."""

    uid: int
    gid: int
    groups: tuple[int, ...]

    @classmethod
    def named(cls, name: str) -> Identity:
        """A user with all its groups. Raises KeyError for one that this machine does not know."""
        user = pwd.getpwnam(name)
        return cls(user.pw_uid, user.pw_gid, tuple(os.getgrouplist(user.pw_name, user.pw_gid)))

    @classmethod
    def of(cls, process: psutil.Process) -> Identity:
        """That of a process. Raises OSError and psutil.Error where it has ended."""
        status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        groups = next((line.split()[1:] for line in status if line.startswith("Groups:")), [])
        return cls(process.uids().real, process.gids().real, tuple(int(group) for group in groups))

    def to_become(self) -> Identity | None:
        """Itself; None where it is the agent's own. Raises PermissionError where the agent may not become it."""
        if self.uid == os.geteuid():
            return None
        if os.geteuid() != 0:
            raise PermissionError(errno.EPERM, f"only an agent run by root can run commands as user {self.uid}")
        return self

    def as_popen_arguments(self) -> dict[str, Any]:
        """How ``subprocess`` wants it."""
        return {"user": self.uid, "group": self.gid, "extra_groups": self.groups}

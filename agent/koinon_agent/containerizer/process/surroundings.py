"""What a plain process lives in, read from the kernel: its identity, environment, folder and cgroups."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import structlog
from attrs import frozen

from ..session import Execution
from .supervisor import with_path

_logger = structlog.get_logger(__name__)

_TERMINAL_KIND = "xterm"


@frozen
class Identity:
    """A unix user with groups."""

    uid: int
    gid: int
    groups: tuple[int, ...]

    def as_popen_arguments(self) -> dict[str, Any]:
        """How ``subprocess`` wants it."""
        return {"user": self.uid, "group": self.gid, "extra_groups": self.groups}


@frozen(kw_only=True)
class Surroundings:
    """What a command needs to run as if a process had started it. ``identity`` is None where it is the agent's own."""

    folder: str
    environment: Mapping[str, str]
    identity: Identity | None
    pid: int

    @classmethod
    def of(cls, pid: int, execution: Execution) -> Surroundings:
        """Those of a process, as far as the execution does not say otherwise.

        Raises OSError and psutil.Error where it has ended, PermissionError and KeyError for users we can't become.
        """
        process = psutil.Process(pid)
        environment = with_path({**process.environ(), **execution.environment})
        if execution.terminal is not None:
            environment.setdefault("TERM", _TERMINAL_KIND)
        identity = _identity_of(process) if execution.user is None else _identity_named(execution.user)
        if identity.uid != os.geteuid() and os.geteuid() != 0:
            raise PermissionError(errno.EPERM, "only an agent run by root can run commands as another user")
        return cls(
            folder=process.cwd(),
            environment=environment,
            identity=None if identity.uid == os.geteuid() else identity,
            pid=pid,
        )

    def find_argv(self, argv: Sequence[str]) -> list[str]:
        """The words with the program's path. Raises FileNotFoundError where PATH does not hold it.

        It is looked for here and now, as a shell would take ``exit`` or ``kill`` for its own.
        """
        if not argv or not argv[0]:
            raise ValueError("there is no program to run")
        program = argv[0]
        place = program if "/" in program else shutil.which(program, path=self.environment.get("PATH"))
        if place is None or not os.path.exists(os.path.join(self.folder, place)):
            raise FileNotFoundError(errno.ENOENT, "no such program", program)
        return [place, *argv[1:]]


def _identity_of(process: psutil.Process) -> Identity:
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    groups = next((line.split()[1:] for line in status if line.startswith("Groups:")), [])
    return Identity(process.uids().real, process.gids().real, tuple(int(group) for group in groups))


def _identity_named(name: str) -> Identity:
    user = pwd.getpwnam(name)
    return Identity(user.pw_uid, user.pw_gid, tuple(os.getgrouplist(user.pw_name, user.pw_gid)))


def join_cgroups_of(pid: int, member: int) -> None:
    """Move ``member`` into the cgroups of ``pid``, as far as they are not its own already and we may."""
    own = _cgroups_of(member)
    for hierarchy, path in _cgroups_of(pid).items():
        if own.get(hierarchy) == path:
            continue
        for folder in _folders_of(hierarchy, path):
            try:
                (folder / "cgroup.procs").write_text(str(member))
            except OSError as error:
                _logger.warning("session_not_in_cgroup", cgroup=str(folder), reason=error.strerror)


def _cgroups_of(pid: int) -> Mapping[str, str]:
    """Path by hierarchy: a list of controllers in version 1, empty in version 2."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    return {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}


def _folders_of(hierarchy: str, path: str) -> Iterator[Path]:
    """Where a cgroup is mounted: at most one place."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        head, _, tail = line.partition(" - ")
        kind, _, options = tail.split(" ", 2)
        root, mount_point = head.split()[3:5]
        is_it = kind == "cgroup2" if not hierarchy else kind == "cgroup" and _has(options, hierarchy)
        if is_it and Path(path).is_relative_to(root):
            yield Path(mount_point) / Path(path).relative_to(root)
            return


def _has(options: str, hierarchy: str) -> bool:
    return set(hierarchy.split(",")) <= set(options.replace(" ", ",").split(","))

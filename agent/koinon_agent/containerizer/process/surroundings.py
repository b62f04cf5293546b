"""What a plain process lives in, read from the kernel: its identity, environment and folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence

import psutil
from attrs import frozen

from ..session import Execution
from .identity import Identity
from .supervisor import find_program, with_path

_TERMINAL_KIND = "xterm"


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
        identity = Identity.of(process) if execution.user is None else Identity.named(execution.user)
        return cls(
            folder=process.cwd(),
            environment=environment,
            identity=identity.to_become(),
            pid=pid,
        )

    def find_argv(self, argv: Sequence[str]) -> list[str]:
        """The words with the program's path. Raises FileNotFoundError where there is no such program."""
        if not argv or not argv[0]:
            raise ValueError("there is no program to run")
        place = find_program(argv[0], self.environment)
        if not os.path.exists(os.path.join(self.folder, place)):
            raise FileNotFoundError(errno.ENOENT, "no such program", argv[0])
        return [place, *argv[1:]]

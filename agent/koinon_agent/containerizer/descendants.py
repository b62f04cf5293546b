"""Ending a process with all that it started, whoever their parent is by now."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress

import psutil

_ROUNDS = 5
"""A process that forks while it is looked for is found the next time; one that does nothing else is not chased."""


def kill_descendants(pid: int) -> None:
    """Send SIGKILL to a process, its descendants and its session.

    The caller has made sure that the pid is not somebody else's.
    """
    known: set[int] = set()
    for _ in range(_ROUNDS):
        found = _find(pid)
        # Itself first: what ends with its last child must not get to say how it ended.
        kill_all(sorted(found, key=lambda member: member != pid))
        if found <= known:
            return
        known |= found


def kill_session(session: int) -> None:
    """Send SIGKILL to all of a session whose leader has ended but not been reaped: so it is nobody else's."""
    kill_all(_members(session))


def kill_all(pids: Iterable[int]) -> None:
    """Send SIGKILL to each, as far as it is there and we may."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def signal_group_of(pid: int, number: int) -> None:
    """Send a signal to the process group that a process leads; to it alone where it leads none."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _members(session: int) -> set[int]:
    return {pid for pid in psutil.pids() if _session_of(pid) == session}


def _find(pid: int) -> set[int]:
    found = {pid} | _members(pid)
    try:
        return found | {child.pid for child in psutil.Process(pid).children(recursive=True)}
    except psutil.Error:
        return found


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None

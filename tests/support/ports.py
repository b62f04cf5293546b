"""Free TCP ports on loopback, which stay ours until this process ends even though nothing listens there yet.

A port is locked by an abstract unix socket named after it, so that test runs side by side never get the same one. The
range lies below the ports that agents offer to tasks and below the kernel's ephemeral ports: no task and no outgoing
connection can take one in the meantime. What a test's own agent offers is a block that no other test's agent has.
"""

from __future__ import annotations

import os
import socket

from attrs import frozen

_FIRST, _LAST = 20000, 29000
_BLOCKS = range(29000, 31000, 50)
"""Where blocks begin."""
_locks: dict[int, socket.socket] = {}


def reserve_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, never handed out twice in the life of this process."""
    start = os.getpid() * 97
    for offset in range(_LAST - _FIRST):
        port = _FIRST + (start + offset) % (_LAST - _FIRST)
        if port not in _locks and _lock(port):
            return port
    raise RuntimeError(f"every port from {_FIRST} to {_LAST} is taken")


def reserve_ports(count: int) -> list[int]:
    """As many different ports."""
    return [reserve_port() for _ in range(count)]


def reserve_run(count: int) -> int:
    """The first of as many ports side by side."""
    run: list[int] = []
    while len(run) < count:
        port = reserve_port()
        run = [*run, port] if run and port == run[-1] + 1 else [port]
    return run[0]


@frozen
class TaskPorts:
    """A block of ports that an agent may offer; ours until it is released."""

    first: int
    last: int
    _lock: socket.socket

    def release(self) -> None:
        """Whoever asks next may have them."""
        self._lock.close()

    def __str__(self) -> str:
        """As a resource."""
        return f"ports:[{self.first}-{self.last}]"


def reserve_task_ports() -> TaskPorts:
    """The next block that nobody has."""
    for first in _BLOCKS:
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0koinon-test-ports-from-{first}")
        except OSError:
            lock.close()
        else:
            return TaskPorts(first, first + _BLOCKS.step - 1, lock)
    raise RuntimeError(f"all {len(_BLOCKS)} blocks of ports are taken")


def _lock(port: int) -> bool:
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind(f"\0koinon-test-port-{port}")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        lock.close()
        return False
    _locks[port] = lock
    return True

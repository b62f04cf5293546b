"""Free TCP ports on loopback, which stay ours until this process ends even though nothing listens there yet.

A port is locked by an abstract unix socket named after it, so that test runs side by side never get the same one. The
range lies below the ports that agents offer to tasks and below the kernel's ephemeral ports: no task and no outgoing
connection can take one in the meantime.
"""

from __future__ import annotations

import os
import socket

_FIRST, _LAST = 20000, 31000
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

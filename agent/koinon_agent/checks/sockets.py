"""Sockets in the network of a task: where it has a namespace of its own, made by a thread that enters it.

A socket stays in the namespace in which it was made, so that thread is needed for its making alone.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

from attrs import frozen

from ..errors import TaskUnreachable
from .probes import Place, loopback

_CLONE_NEWNET = 0x40000000
_OPEN_SECONDS = 5.0
_libc = ctypes.CDLL(None, use_errno=True)


@frozen
class Way:
    """How to reach a task: an address, and what makes sockets from which it can be reached.

    ``is_confined``: these are in another network than the task, and are for its own address alone.
    """

    host: str
    make_socket: Callable[[int], socket.socket]
    """Takes an address family. Raises OSError."""
    is_confined: bool = False

    def make_socket_to(self, family: int, address: str) -> socket.socket:
        """A socket for a connection that an answer may have led elsewhere. Raises OSError.

        Else a task could have the agent ask, in the host's network, what the task itself can't reach.
        """
        if self.is_confined and ip_address(address.partition("%")[0]) != ip_address(self.host):
            raise OSError(f"it redirects to {address}, which is not its own address")
        return self.make_socket(family)


class TaskSockets:
    """One thread that visits namespaces. Between two visits it is at home."""

    def __init__(self) -> None:
        self._visitor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="namespaces")
        self._may_enter = False

    async def find_way(self, place: Place, *, is_ipv6: bool) -> Way:
        """How to reach a task at its loopback address or, where its namespace is shut to this agent, at its own.

        Raises TaskUnreachable, and ProcessLookupError where the task has ended.
        """
        pid = place.pid
        host = loopback(is_ipv6=is_ipv6)
        if pid is None and not place.is_own:
            return Way(host, _make_plain)
        try:
            if pid is not None and _is_at_home(pid):
                return Way(host, _make_plain)
            if pid is not None:
                if not self._may_enter:
                    await asyncio.get_running_loop().run_in_executor(self._visitor, _try, pid)
                    self._may_enter = True
                return Way(host, lambda family: self._make_within(pid, family))
        except PermissionError:
            # Of the process of another user even the namespace may not be read.
            if not place.is_own:
                return Way(host, _make_plain)
        own = next((address for address in place.addresses if (":" in address) == is_ipv6), None)
        if own is None:
            raise TaskUnreachable("the agent may not enter its network, and it has no address there to be reached by")
        return Way(own, _make_plain, is_confined=True)

    def _make_within(self, pid: int, family: int) -> socket.socket:
        """Blocks for some ten microseconds: aiohttp wants its socket at once."""
        return self._visitor.submit(_make_within, pid, family).result(_OPEN_SECONDS)


def _is_at_home(pid: int) -> bool:
    try:
        return os.path.samestat(os.stat(_namespace(pid)), os.stat("/proc/self/ns/net"))
    except FileNotFoundError:
        raise ProcessLookupError(f"process {pid} has ended") from None


def _namespace(pid: int) -> Path:
    return Path(f"/proc/{pid}/ns/net")


def _make_plain(family: int) -> socket.socket:
    return socket.socket(family, socket.SOCK_STREAM)


def _make_within(pid: int, family: int) -> socket.socket:
    """For the visiting thread alone. A thread that could not go home makes its next visit from where it is."""
    with Path("/proc/thread-self/ns/net").open("rb") as home:
        try:
            with _namespace(pid).open("rb") as there:
                _enter(there.fileno())
        except FileNotFoundError:
            raise ProcessLookupError(f"process {pid} has ended") from None
        try:
            return _make_plain(family)
        finally:
            _enter(home.fileno())


def _try(pid: int) -> None:
    _make_within(pid, socket.AF_INET).close()


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

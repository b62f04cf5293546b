"""Several machines on one: network namespaces around a switch, each with an address and processes of its own.

The switch is a namespace, too, so that no packet filter of this machine (Docker's, say) stands between the hosts.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from attrs import frozen

from support.parts import miss
from support.waiting import wait_until


@frozen
class Host:
    """One machine: its namespace, and its address in a network that this test alone uses."""

    namespace: str
    address: str

    def enter(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs ``argv`` there; the process keeps its pid."""
        return ["ip", "netns", "exec", self.namespace, *argv]

    def pids(self) -> list[int]:
        """All that runs there, tasks included."""
        return [int(word) for word in _ip("netns", "pids", self.namespace).split()]

    def cut_off(self, other: Host) -> None:
        """Lose the way to another machine, without a word to anybody; all others are reached as before."""
        _ip("-n", self.namespace, "route", "add", "blackhole", other.address)

    def kill(self) -> None:
        """The machine loses its power: kill -9 of everything on it. Returns when it is dead."""
        wait_until(lambda: not self._kill_all(), f"end of all processes of {self.namespace}")

    def _kill_all(self) -> list[int]:
        pids = self.pids()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return pids


@contextmanager
def running_hosts(count: int) -> Iterator[list[Host]]:
    """So many machines, which reach one another and are reached from here; nothing of them is left afterwards."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        miss("network namespaces", "they take root and iproute2")
    name = f"kt{secrets.token_hex(3)}"
    network = _free_network()
    hosts = [Host(f"{name}-{number}", f"{network}.{number}") for number in range(1, count + 1)]
    try:
        _add_switch(name, network)
        for host in hosts:
            _plug_in(host, name)
        yield hosts
    finally:
        _remove(name, hosts)


def _add_switch(name: str, network: str) -> None:
    _ip("netns", "add", name)
    _ip("-n", name, "link", "add", "switch", "type", "bridge")
    _ip("-n", name, "link", "set", "switch", "up")
    # Our own way in.
    _ip("link", "add", name, "type", "veth", "peer", "name", "home", "netns", name)
    _ip("-n", name, "link", "set", "home", "master", "switch", "up")
    _ip("addr", "add", f"{network}.254/24", "dev", name)
    _ip("link", "set", name, "up")


def _plug_in(host: Host, switch: str) -> None:
    port = host.namespace.replace("-", "p")
    _ip("netns", "add", host.namespace)
    _ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    _ip("-n", switch, "link", "set", port, "master", "switch", "up")
    _ip("-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
    for device in ("lo", "eth0"):
        _ip("-n", host.namespace, "link", "set", device, "up")


def _remove(name: str, hosts: list[Host]) -> None:
    present = {line.split()[0] for line in _ip("netns", "list").splitlines()}
    for host in hosts:
        if host.namespace in present:
            host.kill()
            _ip("netns", "del", host.namespace)
    if name in present:
        # With it goes its end of the pair, and so does ours.
        _ip("netns", "del", name)


def _free_network() -> str:
    taken = _ip("-o", "-4", "addr")
    return next(f"10.77.{number}" for number in range(secrets.randbelow(100), 256) if f" 10.77.{number}." not in taken)


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout

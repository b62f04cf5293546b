"""A small real cluster for a test: ``koinon up`` as a process of its own on free ports, gone when the test is over.

Tasks are plain processes of this machine, with no container engine needed. What a test does with the cluster it does
over HTTP, as everybody does; this module only starts and ends it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from attrs import frozen

from koinon_daemon.child import bound_to_parent

UP: Final = "Ctrl-C ends it"
"""What ``koinon up`` says last of all when everything answers."""
LOOPBACK: Final = "127.0.0.1"
_FIRST, _LAST, _RUNS = 20000, 29000, 1000


class ClusterDidNotStart(RuntimeError):
    """``koinon up`` ended or took too long; the text is what it said."""


@frozen(kw_only=True)
class ClusterOptions:
    """What to start. Times are seconds."""

    agents: int = 1
    resources: str = "cpus:4;mem:2048;disk:4096;ports:[31000-31999]"
    """Of each agent."""
    attributes: str = ""
    arguments: tuple[str, ...] = ()
    """More arguments of ``koinon up``: ``("--framework", "paint --color red")``."""
    start_timeout: float = 60.0
    stop_timeout: float = 30.0


class RealCluster:
    """``with RealCluster() as cluster: ... cluster.master ...``"""

    def __init__(self, options: ClusterOptions | None = None) -> None:
        """Nothing is started before ``start``."""
        self._options = options or ClusterOptions()
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = Path()
        """State, sandboxes and logs, until the end."""
        self.master = ""
        """What drivers and agents are told: host:port."""
        self.marathon = ""
        """host:port."""

    @property
    def master_url(self) -> str:
        """The master over HTTP."""
        return f"http://{self.master}"

    @property
    def marathon_url(self) -> str:
        """Marathon over HTTP."""
        return f"http://{self.marathon}"

    @property
    def output(self) -> str:
        """What ``koinon up`` has said so far."""
        log = self.folder / "up.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until everything answers. Raises ClusterDidNotStart."""
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="koinon-test-")))
        master, marathon, framework, *agents = reserve_ports(3 + self._options.agents, self._stack)
        self.master, self.marathon = f"{LOOPBACK}:{master}", f"{LOOPBACK}:{marathon}"
        log = self._stack.enter_context((self.folder / "up.log").open("wb"))
        argv = [
            *(sys.executable, "-u", "-m", "koinon_cli", "up", "--containerizers", "process"),
            *("--master-port", str(master), "--agent-port", str(agents[0]), "--marathon-port", str(marathon)),
            *("--framework-port", str(framework), "--agents", str(self._options.agents)),
            *("--work-dir", str(self.folder / "state"), "--resources", self._options.resources),
            *(("--attributes", self._options.attributes) if self._options.attributes else ()),
            *self._options.arguments,
        ]
        # Also when the tests are killed nothing is left behind.
        self._process = subprocess.Popen(
            bound_to_parent(signal.SIGTERM, argv), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        self._wait_up(self._process)

    def _wait_up(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._options.start_timeout
        while UP not in self.output:
            if process.poll() is not None:
                raise ClusterDidNotStart(f"koinon up ended with {process.returncode}:\n{self.output}")
            if time.monotonic() > deadline:
                raise ClusterDidNotStart(f"not up after {self._options.start_timeout:g} s:\n{self.output}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it with all its tasks, and remove what it left."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(self._options.stop_timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._stack.close()


def reserve_ports(count: int, stack: ExitStack) -> list[int]:
    """Ports of loopback in a row on which nobody listens, as agents count up; ours until ``stack`` is closed.

    Each is locked by an abstract unix socket named after it, so that tests side by side never get the same. They lie
    below the ports that agents offer to tasks, and below the kernel's ephemeral ones.
    """
    for attempt in range(_RUNS):
        first = _FIRST + (os.getpid() * 97 + attempt * count) % (_LAST - _FIRST - count)
        with ExitStack() as locks:
            try:
                for port in range(first, first + count):
                    locks.enter_context(_lock(port))
            except OSError:
                continue
            stack.push(locks.pop_all())
            return list(range(first, first + count))
    raise ClusterDidNotStart(f"no {count} ports in a row are free from {_FIRST} to {_LAST}")


def _lock(port: int) -> socket.socket:
    """Hold a port against other tests. Raises OSError where it is held, or used."""
    with ExitStack() as stack:
        lock = stack.enter_context(socket.socket(socket.AF_UNIX))
        lock.bind(f"\0koinon-test-port-{port}")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
        stack.pop_all()
        return lock

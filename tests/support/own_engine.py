"""A Docker Engine of a test's own, to be frozen, stopped and started again: the one `./dev` found is everybody's.

Without a bridge, which it has if asked for, containers are on the host's network or on none. Owns its processes,
mounts, files and bridge.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chores.busybox import ensure_image
from chores.engine import add_bridge, remove_bridge
from chores.engine_api import answers, kill_containers
from chores.ground import as_root, attempt, can_be_root, find_command
from support.parts import miss
from support.processes import Child
from support.waiting import wait_until


class OwnEngine:
    """``dockerd`` on a folder of its own, as often as the test likes."""

    def __init__(self, folder: Path, *, has_bridge: bool = False) -> None:
        self.url = f"unix://{folder}/docker.sock"
        self._folder = folder
        self._namespace = f"koinon{secrets.token_hex(3)}"
        self._child: Child | None = None
        self._bridge = f"koinon{secrets.token_hex(3)}" if has_bridge else None
        if self._bridge is not None:
            add_bridge(self._bridge)

    def start(self, *, keeps_containers: bool = True) -> None:
        """Up and answering. ``keeps_containers``: what runs outlives its end (live-restore)."""
        config = self._write_config(keeps_containers)
        apart = ("--containerd-namespace", self._namespace, "--containerd-plugins-namespace", f"{self._namespace}-p")
        command = as_root(find_command("dockerd") or "dockerd", "--config-file", str(config), *apart)
        path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        self._child = Child(command, self._folder / "log", {"PATH": path})
        wait_until(lambda: answers(self.url), f"answer of {self.url}")

    def stop(self) -> None:
        """Ask it to end; wait until it has."""
        self._signal("TERM")
        if self._child is not None:
            self._child.wait_exit()

    def reload(self, *, keeps_containers: bool) -> None:
        """Have it read its settings anew, which takes a moment."""
        self._write_config(keeps_containers)
        self._signal("HUP")

    def freeze(self) -> None:
        """It accepts connections and answers nothing."""
        self._signal("STOP")

    def thaw(self) -> None:
        """It goes on."""
        self._signal("CONT")

    def close(self) -> None:
        """End it and all that runs in it, and leave no mount and no file."""
        self.thaw()
        if answers(self.url):
            kill_containers(self.url)
        if self._child is not None:
            self._signal("TERM")
            try:
                self._child.wait_exit()
            except TimeoutError:
                self._child.kill()
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted((mount for mount in mounts if mount.startswith(f"{self._folder}/")), reverse=True):
            attempt(as_root("umount", "-l", mount))
        if self._bridge is not None:
            remove_bridge(self._bridge)
        attempt(as_root("rm", "-rf", "--one-file-system", str(self._folder)))

    def _write_config(self, keeps_containers: bool) -> Path:
        folder = self._folder
        config = {
            "hosts": [self.url],
            "group": str(os.getgid()),
            "data-root": f"{folder}/data",
            "exec-root": f"{folder}/exec",
            "pidfile": f"{folder}/docker.pid",
            "bridge": self._bridge or "none",
            "iptables": False,
            "live-restore": keeps_containers,
            "shutdown-timeout": 1,
        }
        path = folder / "daemon.json"
        path.write_text(json.dumps(config))
        return path

    def _signal(self, name: str) -> None:
        """To the engine itself, which under sudo is not the child."""
        pid = self._folder / "docker.pid"
        if pid.exists():
            number = int(pid.read_text())
            if os.geteuid() == 0:
                os.kill(number, signal.Signals[f"SIG{name}"])
            else:
                subprocess.run(as_root("sh", "-c", f"kill -{name} {number}"), check=True)


@contextmanager
def own_engine(*, keeps_containers: bool = True, has_bridge: bool = False) -> Iterator[OwnEngine]:
    """One that runs and holds the image `koinon/busybox`. Skips or fails the test where none can be had."""
    if not can_be_root() or find_command("dockerd") is None:
        miss("dockerd", "starting an engine of one's own needs root and the package docker.io")
    engine = OwnEngine(Path(tempfile.mkdtemp(prefix="koinon-docker-")), has_bridge=has_bridge)
    try:
        engine.start(keeps_containers=keeps_containers)
        ensure_image(engine.url)
        yield engine
    finally:
        engine.close()

"""The Docker Engine chores run against: the one that answers, else one of our own, with everything of its own.

Our own keeps data, sockets and pid file in one temporary folder, and has a bridge to itself; `.dev/engine.json` records
it, so that later calls find it again and `stop_engine` can end it without a trace.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from .debian import install
from .engine_api import answers, kill_containers
from .ground import STATE, ChoreError, as_root, attempt, can_be_root, find_command, say

_RECORD = STATE / "engine.json"
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0


class _Engine(NamedTuple):
    """An engine that `./dev` started."""

    pid: int
    folder: str
    bridge: str

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/docker.sock"


def ensure_engine() -> tuple[str, bool]:
    """The address of an engine that answers, and whether it was started just now. Raises ChoreError without one."""
    url = find_engine()
    if url is not None:
        return url, False
    stop_engine()
    commands = {"dockerd": "docker.io", "iptables": "iptables", "ip": "iproute2"}
    missing = [package for command, package in commands.items() if find_command(command) is None]
    if missing:
        install(missing, "Docker Engine")
        # Where services run, the package has just started one.
        url = find_engine()
        if url is not None:
            return url, False
    if not can_be_root():
        raise ChoreError("no Docker Engine answers, and starting one needs root: please start docker")
    return _start().url, True


def find_engine() -> str | None:
    """The address of an engine that answers: what the user says before our own before the machine's."""
    return next((url for url in _candidates() if answers(url)), None)


def stop_engine() -> bool:
    """Ends the engine that `./dev` started, with its containers, and removes its files. False where there is none."""
    engine = _recorded()
    if engine is None:
        return False
    if _is_running(engine):
        _kill_containers(engine)
        _signal(engine.pid, "TERM")
        if not _wait_gone(engine):
            _signal(engine.pid, "KILL")
            _wait_gone(engine)
    _remove(engine)
    _RECORD.unlink()
    return True


def _candidates() -> list[str]:
    recorded = _recorded()
    urls = [os.environ.get("DOCKER_HOST", ""), recorded.url if recorded else "", "unix:///var/run/docker.sock"]
    if "XDG_RUNTIME_DIR" in os.environ:
        urls.append(f"unix://{os.environ['XDG_RUNTIME_DIR']}/docker.sock")
    return [url for url in urls if url]


def _recorded() -> _Engine | None:
    return _Engine(**json.loads(_RECORD.read_text())) if _RECORD.exists() else None


def _start() -> _Engine:
    """Starts dockerd and returns once it answers."""
    say("starting a Docker Engine of our own (./dev down ends it)")
    folder = tempfile.mkdtemp(prefix="koinon-docker-")
    bridge = f"koinon{secrets.token_hex(3)}"
    config = Path(folder) / "daemon.json"
    config.write_text(json.dumps(_config(folder, bridge), indent=2))
    engine = _Engine(0, folder, bridge)
    try:
        add_bridge(bridge)
        env = {**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"}
        # Where the system runs a containerd, all engines share it: a namespace of its own keeps this one apart.
        apart = ("--containerd-namespace", bridge, "--containerd-plugins-namespace", f"{bridge}-plugins")
        command = as_root(find_command("dockerd") or "dockerd", "--config-file", str(config), *apart)
        with (Path(folder) / "dockerd.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=log, env=env, start_new_session=True)
        engine = engine._replace(pid=_wait_answers(engine, process))
    except BaseException:
        _remove(engine)
        raise
    STATE.mkdir(exist_ok=True)
    _RECORD.write_text(json.dumps(engine._asdict()))
    return engine


def _config(folder: str, bridge: str) -> dict[str, object]:
    return {
        "hosts": [f"unix://{folder}/docker.sock"],
        "group": str(os.getgid()),
        "data-root": f"{folder}/data",
        "exec-root": f"{folder}/exec",
        "pidfile": f"{folder}/docker.pid",
        "bridge": bridge,
        "shutdown-timeout": 2,
    }


def add_bridge(bridge: str) -> None:
    """A bridge of our own: two engines on docker0 would hand out the same addresses."""
    ip = find_command("ip") or "ip"
    taken = subprocess.run([ip, "-o", "-4", "addr"], check=True, capture_output=True, text=True).stdout
    subnet = next(f"10.213.{n}" for n in range(256) if f" 10.213.{n}." not in taken)
    steps = (
        ["link", "add", bridge, "type", "bridge"],
        ["addr", "add", f"{subnet}.1/24", "dev", bridge],
        ["link", "set", bridge, "up"],
    )
    for step in steps:
        if not attempt(as_root(ip, *step)):
            raise ChoreError(f"no Docker Engine: `ip {' '.join(step)}` is refused here")


def remove_bridge(bridge: str) -> None:
    """Takes a bridge away, if it is there."""
    ip = find_command("ip")
    if ip is not None:
        attempt(as_root(ip, "link", "del", bridge))


def _wait_answers(engine: _Engine, process: subprocess.Popen[bytes]) -> int:
    """Waits until the engine answers and returns its own pid, which under sudo is not the child's."""
    deadline = time.monotonic() + _START_SECONDS
    while not answers(engine.url):
        if process.poll() is not None or time.monotonic() > deadline:
            if process.poll() is None:
                _signal(process.pid, "TERM")
                process.wait()
            lines = (Path(engine.folder) / "dockerd.log").read_text(errors="replace").splitlines()
            raise ChoreError(f"the Docker Engine did not start: {lines[-1] if lines else 'it said nothing'}")
        time.sleep(0.1)
    return int((Path(engine.folder) / "docker.pid").read_text())


def _kill_containers(engine: _Engine) -> None:
    """Spares the end of the engine the ten seconds that it grants each container."""
    try:
        kill_containers(engine.url)
    except (OSError, http.client.HTTPException) as error:
        say(f"the engine ends its containers itself: {error}")


def _signal(pid: int, name: str) -> None:
    """Through a shell, whose own word `kill` is: the program of that name is missing on a bare machine."""
    attempt(as_root("sh", "-c", f"kill -{name} {pid}"))


def _is_running(engine: _Engine) -> bool:
    """Whether the recorded pid still is that engine, and neither gone, nor a zombie, nor somebody else's by now."""
    try:
        return engine.folder in Path(f"/proc/{engine.pid}/cmdline").read_text()
    except OSError:
        return False


def _wait_gone(engine: _Engine) -> bool:
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_running(engine):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _remove(engine: _Engine) -> None:
    """Takes away what an engine leaves behind: mounts, the bridge, its folder."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{engine.folder}/")), reverse=True):
        attempt(as_root("umount", "-l", mount))
    remove_bridge(engine.bridge)
    if Path(engine.folder).name.startswith("koinon-docker-"):
        attempt(as_root("rm", "-rf", "--one-file-system", engine.folder))

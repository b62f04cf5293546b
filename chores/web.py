"""The UI's bundle: whether there is one that was made from these sources, and the making of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from .ground import PYTHON, ROOT, STATE, ChoreError, run_logged, say
from .node import PACKAGE, Node, find_node, find_packaged_node, find_system_node

WEB = ROOT / "web"
DIST = WEB / "koinon_web" / "dist"
MODULES = WEB / "node_modules"
_LOG = STATE / "logs" / "web.log"
_PACKAGES = ("package.json", "package-lock.json", ".npmrc")
SOURCES = (*_PACKAGES, "build.mjs", "tsconfig.json", "src")
"""Files and folders of `web/` that a bundle is made from."""
_BUILT_FROM = DIST / "built-from.txt"
_WATCHER = STATE / "web-watcher.pid"
_INSTALLED_FROM = MODULES / ".installed-from"


def ensure_web() -> None:
    """Makes the bundle unless one was made from the same, or `./dev web` makes them. Raises ChoreError."""
    if is_bundle_current() and _are_modules_current():
        return
    node = ensure_modules()
    if not is_bundle_current() and not _is_watched():
        say("bundling the web UI")
        make_bundle(node, WEB)


def ensure_modules() -> Node:
    """Brings `web/node_modules` to what the lock file says, with a Node that is installed where there is none."""
    node = find_system_node() or find_packaged_node() or _install_node()
    if not _are_modules_current():
        wanted = _fingerprint(_PACKAGES)
        say("installing Node packages into web/node_modules")
        run_logged([*node.npm, "ci", "--prefix", str(WEB)], STATE / "logs" / "npm.log", node.environment)
        _INSTALLED_FROM.write_text(wanted)
    return node


def is_bundle_current() -> bool:
    """Whether the bundle that is there was made from these sources."""
    return _BUILT_FROM.exists() and _BUILT_FROM.read_text() == fingerprint_sources()


def fingerprint_sources(folder: Path = WEB) -> str:
    """A hash over all that a bundle is made from, in `web/` or in a copy of it."""
    return _fingerprint(SOURCES, folder)


def make_bundle(node: Node, folder: Path) -> None:
    """Bundles in `folder`, which is `web/` or a copy of it, and leaves the bundle in `web/`. Raises ChoreError."""
    wanted = fingerprint_sources(folder)
    run_logged([str(node.binary), str(folder / "build.mjs")], _LOG, node.environment)
    made = folder / DIST.relative_to(WEB)
    if made != DIST:
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(made, DIST)
    _BUILT_FROM.write_text(wanted)


def make_bundle_aside(node: Node) -> None:
    """The same in a copy with packages of its own: for package builds, which leave `web/node_modules` to `./dev`."""
    with tempfile.TemporaryDirectory(prefix="koinon-web-") as scratch:
        folder = Path(scratch)
        for name in SOURCES:
            copy = shutil.copytree if (WEB / name).is_dir() else shutil.copy
            copy(WEB / name, folder / name)
        install = [*node.npm, "ci", "--omit=dev", "--prefix", scratch]
        run_logged(install, STATE / "logs" / "npm-aside.log", node.environment)
        make_bundle(node, folder)


def tool(*words: str) -> tuple[list[str], dict[str, str]]:
    """The command line and environment of a tool among the Node packages: `tool("tsc", "--noEmit")`."""
    node = find_node()
    return [str(MODULES / ".bin" / words[0]), *words[1:]], node.environment


def watch_command(node: Node) -> list[str]:
    """The command line that bundles at every save until it is ended; this process is to become it."""
    _WATCHER.write_text(str(os.getpid()))
    return [str(node.binary), str(WEB / "build.mjs"), "--watch"]


def _is_watched() -> bool:
    try:
        command = Path("/proc", _WATCHER.read_text(), "cmdline").read_bytes()
    except OSError:
        return False
    return str(WEB / "build.mjs").encode() in command.split(b"\0")


def _are_modules_current() -> bool:
    return _INSTALLED_FROM.exists() and _INSTALLED_FROM.read_text() == _fingerprint(_PACKAGES)


def _install_node() -> Node:
    say(f"no Node here: installing {PACKAGE} into .venv")
    command = [str(PYTHON), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), PACKAGE]
    run_logged(command, STATE / "logs" / "node.log")
    found = find_packaged_node()
    if found is None:
        raise ChoreError(f"{PACKAGE} brought no Node")
    return found


def _fingerprint(names: tuple[str, ...], folder: Path = WEB) -> str:
    """A hash over these files in `web/`, or in a copy of it, and over all files in these folders."""
    digest = hashlib.sha256()
    for name in names:
        start = folder / name
        for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
            if path.is_file():
                digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()

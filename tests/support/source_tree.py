"""The repository's own files as the house rules see them: which there are, which module each is, what each imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]

FLOORS = {
    "koinon_core": 1,
    "koinon_daemon": 2,
    "koinon_zk": 2,
    "koinon_frameworks": 3,
    "koinon_master": 3,
    "koinon_agent": 3,
    "koinon_jobs": 4,
    "koinon_marathon": 4,
    "koinon_cli": 5,
}

COMPONENTS = {
    "core": ("koinon_core", "koinon_daemon"),
    "zk": ("koinon_zk",),
    "frameworks": ("koinon_frameworks", "koinon_jobs"),
    "master": ("koinon_master",),
    "agent": ("koinon_agent",),
    "marathon": ("koinon_marathon",),
    "cli": ("koinon_cli",),
}

_GENERATED = {"__pycache__", "dist", "build", "node_modules"}


@attrs.frozen
class Module:
    """A Python file of one of our packages; `name` is its path, as `koinon_master/http/files.py`."""

    path: Path
    name: str

    @property
    def package(self) -> str:
        return self.name.split("/", 1)[0]


def files(*suffixes: str) -> list[Path]:
    """All files of the repository with these suffixes (or all), without what tools leave behind."""
    return [path for path in _walk(ROOT) if not suffixes or path.suffix in suffixes]


def modules() -> list[Module]:
    """All Python files of all packages that exist by now."""
    found = []
    for component, packages in COMPONENTS.items():
        for package in packages:
            for path in sorted((ROOT / component / package).rglob("*.py")):
                found.append(Module(path, path.relative_to(ROOT / component).as_posix()))
    return found


@cache
def syntax(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path, types: frozenset[str] | set[str] = frozenset()) -> set[str]:
    """Top-level names of what a file imports absolutely, wherever in it; `types` as `random.Random` are let through."""
    names: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".", 1)[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            is_type = all(f"{node.module}.{alias.name}" in types for alias in node.names)
            names |= set() if is_type else {node.module.split(".", 1)[0]}
    return names - {"__future__"}


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            is_ours = entry.name == ".ci" or not entry.name.startswith(".")
            if is_ours and entry.name not in _GENERATED:
                yield from _walk(entry)
        elif entry.is_file():
            yield entry

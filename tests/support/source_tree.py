"""The repository's own files as the house rules see them: which there are, which module each is, what each holds."""

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
    "koinon_web": 3,
    "koinon_frameworks": 4,
    "koinon_master": 4,
    "koinon_agent": 4,
    "koinon_jobs": 5,
    "koinon_marathon": 5,
    "koinon_cli": 6,
}

COMPONENTS = {
    "core": ("koinon_core", "koinon_daemon"),
    "zk": ("koinon_zk",),
    "web": ("koinon_web",),
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


@attrs.frozen
class Function:
    """A function or method, also one inside of another; `length` is in lines."""

    name: str
    length: int
    is_documented: bool


@attrs.frozen(kw_only=True)
class Outline:
    """What a Python file holds: `imports` are absolute ones (module, names from it), `calls` go by a dotted name."""

    is_documented: bool
    functions: tuple[Function, ...]
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    calls: frozenset[str]


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
def outline(path: Path) -> Outline:
    """What the rules ask about a file. Its syntax tree is let go: a thousand of them are a load on every later test."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    functions: list[Function] = []
    imports: list[tuple[str, tuple[str, ...]]] = []
    calls: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            functions.append(Function(node.name, length, bool(ast.get_docstring(node))))
        elif isinstance(node, ast.Import):
            imports += [(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            imports.append((node.module, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.Call):
            calls.add(_dotted(node.func))
    return Outline(
        is_documented=bool(ast.get_docstring(tree)),
        functions=tuple(functions),
        imports=tuple(imports),
        calls=frozenset(calls - {""}),
    )


def imported(path: Path, types: frozenset[str] = frozenset()) -> set[str]:
    """Top-level names of what a file imports absolutely, wherever in it; `types` as `random.Random` are let through."""
    return {
        module.split(".", 1)[0]
        for module, names in outline(path).imports
        if not names or not all(f"{module}.{name}" in types for name in names)
    } - {"__future__"}


def _dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written, or nothing where it hangs on anything but a name."""
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return owner and f"{owner}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            is_ours = entry.name == ".ci" or not entry.name.startswith(".")
            if is_ours and entry.name not in _GENERATED:
                yield from _walk(entry)
        elif entry.is_file():
            yield entry

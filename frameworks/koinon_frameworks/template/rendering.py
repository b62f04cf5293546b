"""The skeleton's files with a framework's names put in. Reads what lies in ``skeleton/``, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from .naming import Names

_SUFFIX = ".tmpl"
"""Keeps the skeleton from being taken for code of ours, which it is only once it has names."""
_PACKAGE = "package"
_DOT = "dot-"


class _Skeleton(Template):
    """``@@{name}``: a delimiter that neither Python, TOML, Markdown nor a shell has a use for."""

    delimiter = "@@"


def render(names: Names) -> dict[str, str]:
    """Path in the new directory to text, sorted by path."""
    words = names.words()
    found = {
        _rename(path, names): _Skeleton(text).substitute(words)
        for path, text in _walk(files(__package__) / "skeleton", "")
    }
    return dict(sorted(found.items()))


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield f"{prefix}{entry.name.removesuffix(_SUFFIX)}", entry.read_text(encoding="utf-8")


def _rename(path: str, names: Names) -> str:
    *folders, name = path.split("/")
    if name.startswith(_DOT):
        name = f".{name.removeprefix(_DOT)}"
    return "/".join((*(names.package if folder == _PACKAGE else folder for folder in folders), name))

"""How a new framework is called: its name on the command line, and what Python calls it. Pure."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Collection, Iterator, Mapping

from attrs import frozen

from ..variable_names import variable_name

LONGEST = 40
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
"""A distribution's (PEP 508), which is also what the host takes (``host.command_line.NAME``)."""
_RESERVED = frozenset({"health", "metrics"})
"""Paths that the host of a framework answers itself."""
_PACKAGES_IN_USE = frozenset({"koinon", "tests"})


@frozen
class Names:
    """A name that is none of those in ``find_name_problems``, and what is made of it."""

    name: str
    """Of the framework and of its distribution: ``paint-shop``."""

    @property
    def package(self) -> str:
        """What is imported: ``paint_shop``."""
        return _package(self.name)

    @property
    def class_name(self) -> str:
        """Of the plugin: ``PaintShopPlugin``."""
        return "".join(word[:1].upper() + word[1:] for word in self.package.split("_")) + "Plugin"

    @property
    def variable(self) -> str:
        """What begins the environment variables of its options: ``PAINT_SHOP``."""
        return variable_name(self.name)

    def words(self) -> Mapping[str, str]:
        """What the skeleton's files call them."""
        return {
            "name": self.name,
            "package": self.package,
            "class_name": self.class_name,
            "variable": self.variable,
        }


def find_name_problems(name: str, frameworks: Collection[str], packages: Collection[str]) -> Iterator[str]:
    """Why no framework can be called so, in sentences; nothing when one can.

    ``frameworks`` and ``packages`` are those that are installed: a second one of a name would hide the first.
    """
    if _NAME.match(name) is None:
        yield "it has letters, digits, '.', '-' and '_' alone, and begins and ends with a letter or digit"
        return
    package = _package(name)
    if not package[0].isalpha():
        yield f"it begins with a letter, as its package {package!r} must"
    if len(name) > LONGEST:
        yield f"it has at most {LONGEST} characters, not {len(name)}"
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        yield f"{package!r} is a word of Python's"
    if package in sys.stdlib_module_names:
        yield f"{package!r} is a module of Python's own"
    if name.lower() in _RESERVED:
        yield f"/{name} is a path that the host of every framework answers itself"
    if package in _PACKAGES_IN_USE or package.startswith("koinon_"):
        yield f"a package {package!r} would stand in the way of another"
    elif name in frameworks:
        yield "a framework of this name is installed already"
    elif package in packages:
        yield f"a package {package!r} is installed already"


def _package(name: str) -> str:
    return re.sub(r"[._-]+", "_", name).lower()

"""Public names of a package that are imported at their first use (PEP 562), each from its own module and no other.

For packages with more names than one of their users needs: a program that runs tasks should not load a test kit's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def names_on_demand(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package. ``modules``: relative (``.driver``) or absolute, with the names they bring."""
    homes = {name: module for module, names in modules.items() for name in names}

    def fetch(name: str) -> Any:
        if name == "__all__":
            return sorted(homes)
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    return fetch

"""How a name is written as an environment variable's: one rule for plugins' options and for what tasks are told."""

from __future__ import annotations

import re

_NOT_IN_A_VARIABLE = re.compile(r"[^A-Za-z0-9]")


def variable_name(name: str) -> str:
    """``paint-shop`` as ``PAINT_SHOP``."""
    return _NOT_IN_A_VARIABLE.sub("_", name).upper()

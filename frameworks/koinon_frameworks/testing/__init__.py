"""The test kit: a fake master on a virtual clock, scripts of what becomes of tasks, a small real cluster.

The fixtures are ``pytest_plugin``'s. Nothing is imported before it is asked for: pytest loads this package in every
session where Koinon is installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .public import *  # noqa: F403 - public.py lists them


def __getattr__(name: str) -> Any:
    """Any public name, at its first use (PEP 562)."""
    if name == "public" or (name.startswith("_") and name != "__all__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(".public", __name__), name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    globals()[name] = value
    return value

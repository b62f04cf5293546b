"""Finding frameworks: which names installed packages bring, and the class behind one of them."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from ..errors import PluginError, UnknownPluginError
from .plugin import FrameworkPlugin

GROUP = "koinon.frameworks"


def known_frameworks() -> tuple[str, ...]:
    """The names that installed packages bring, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def check_known(name: str) -> None:
    """Raise UnknownPluginError unless some package brings a framework of this name. Imports nothing."""
    if name not in (known := known_frameworks()):
        raise UnknownPluginError(name, known)


def load_plugin(name: str) -> type[FrameworkPlugin[Any]]:
    """Import only the named one. Raises UnknownPluginError, PluginError; and whatever its module raises."""
    check_known(name)
    (point, *others) = entry_points(group=GROUP, name=name)
    if any(other.value != point.value for other in others):
        told = ", ".join(sorted({point.value, *(other.value for other in others)}))
        raise PluginError(name, f"several packages bring it: {told}")
    try:
        found = point.load()
    except AttributeError as error:
        raise PluginError(name, f"{point.value} can't be loaded: {error}") from error
    if not (isinstance(found, type) and issubclass(found, FrameworkPlugin)):
        raise PluginError(name, f"{point.value} is no subclass of FrameworkPlugin")
    if found.__abstractmethods__:
        raise PluginError(name, f"{point.value} lacks {', '.join(sorted(found.__abstractmethods__))}")
    return found

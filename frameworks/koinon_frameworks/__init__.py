"""The SDK for frameworks: subclass ``Scheduler``, run it by ``SchedulerDriver``. The public names stand in ``public``.

Nothing is imported before it is asked for; ``koinon_frameworks.executor`` has the names of an executor's author.
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

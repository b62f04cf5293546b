"""What is wrong with the ``Framework`` that a plugin's ``start`` gave, before anything of it is used. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aiohttp.web import RouteDef

from koinon_core.frameworks import FrameworkInfo

from ..driver import DriverOptions
from ..scheduler import Scheduler
from .plugin import Framework


def find_fault_in(given: object) -> str | None:
    """Everything that is wrong with it, by field; None: it can be run."""
    if not isinstance(given, Framework):
        return f"start gave {type(given).__name__}, no Framework"
    faults = "; ".join(_faults(given))
    return f"start gave a Framework that can't be run: {faults}" if faults else None


def _faults(framework: Framework) -> Iterator[str]:
    parts: tuple[tuple[str, object, type], ...] = (
        ("info", framework.info, FrameworkInfo),
        ("scheduler", framework.scheduler, Scheduler),
        ("driver_options", framework.driver_options, DriverOptions),
    )
    for field, part, wanted in parts:
        if not isinstance(part, wanted):
            yield f"{field} is {_kind(part)}, no {wanted.__name__}"
    yield from _of_each("routes", framework.routes, lambda route: isinstance(route, RouteDef), "no web.RouteDef")
    yield from _of_each("root_routes", framework.root_routes, lambda route: isinstance(route, RouteDef), "no RouteDef")
    yield from _of_each("work", framework.work, callable, "no function that could be called")
    if not isinstance(framework.page, str | None):
        yield f"page is {_kind(framework.page)}, no text"


def _of_each(field: str, items: object, is_right: Callable[[object], bool], but: str) -> Iterator[str]:
    if not isinstance(items, list | tuple):
        yield f"{field} is {_kind(items)}, no tuple"
        return
    for number, item in enumerate(items):
        if not is_right(item):
            yield f"{field}[{number}] is {_kind(item)}, {but}"


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"

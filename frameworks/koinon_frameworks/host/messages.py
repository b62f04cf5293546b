"""What the two processes of a hosted framework tell one another: values, and the lines they travel as. Pure.

The outer process starts and stops; the inner one, which holds the plugin, says how it fares. A line is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

import orjson
from attrs import field, frozen
from cattrs import BaseValidationError, Converter
from cattrs.errors import StructureHandlerNotFoundError
from cattrs.strategies import configure_tagged_union

LINE_LIMIT = 4 * 1024 * 1024
"""Bytes of the longest line."""


class Failing(Enum):
    """What the inner process was at when it failed."""

    LOADING = "loading the plugin"
    OPTIONS = "reading the command line"
    STARTING = "starting the plugin"
    RUNNING = "running"


@frozen(kw_only=True)
class Start:
    """To the inner one: it may act."""

    epoch: int
    url: str
    """Where people find its routes and page."""
    token: str
    """What requests must prove to come by way of the outer process."""


@frozen
class EndOrder:
    """To the inner one: end in good order; ``teardown``: have the master end the framework, too."""

    teardown: bool = False


@frozen(kw_only=True)
class Loaded:
    """The plugin's class is there and the command line is sound."""

    is_elected: bool
    summary: str
    options: Mapping[str, str]
    """As texts, secrets blotted out."""


@frozen(kw_only=True)
class Running:
    """The plugin gave a framework, and its driver runs."""

    port: int
    """Of its HTTP on the loopback."""
    routes: tuple[str, ...]
    """``GET /jobs``, as below the plugin's name."""
    root_routes: tuple[str, ...]
    has_page: bool
    framework_name: str
    failover_timeout: float
    roles: tuple[str, ...]


@frozen(kw_only=True)
class Beat:
    """Its loop goes round."""

    is_subscribed: bool = False
    framework_id: str | None = None
    numbers: Mapping[str, float] = field(factory=dict)


@frozen(kw_only=True)
class Failed:
    """It ends because of this. ``exit_code`` is what the outer process ends with where it does not try again."""

    at: Failing
    why: str
    traceback: str = ""
    exit_code: int = 102


@frozen(kw_only=True)
class Finished:
    """Its driver's run ended: ``kind`` is that of its ``Ending``, ``message`` the master's."""

    kind: str
    message: str = ""
    was_subscribed: bool = False
    """Whether the master took it at all in this run."""


@frozen
class Told:
    """A text for whoever asked, such as a help; then it ends."""

    text: str


Order = Start | EndOrder
Report = Loaded | Running | Beat | Failed | Finished | Told


@frozen
class BrokenMessage(Exception):
    """The peer's fault: a line that is no message."""

    why: str

    def __str__(self) -> str:
        return f"not a message of this host: {self.why}"


_converter = Converter()
configure_tagged_union(Order, _converter, tag_name="type")
configure_tagged_union(Report, _converter, tag_name="type")


def encode(message: Order | Report) -> bytes:
    """A message as a line."""
    union: Any = Order if isinstance(message, Start | EndOrder) else Report
    document = _converter.unstructure(message, unstructure_as=union)
    try:
        return orjson.dumps(document) + b"\n"
    except TypeError:
        # Texts of the system's, such as words of a command line that are no UTF-8, are none of JSON's.
        return json.dumps(document, ensure_ascii=False).encode(errors="replace") + b"\n"


def decode_order(line: bytes) -> Order:
    """A line from the outer process. Raises BrokenMessage."""
    return _decode(line, Order)  # type: ignore[no-any-return]


def decode_report(line: bytes) -> Report:
    """A line from the inner process. Raises BrokenMessage."""
    return _decode(line, Report)  # type: ignore[no-any-return]


def _decode(line: bytes, union: Any) -> Any:
    try:
        return _converter.structure(orjson.loads(line), union)
    except (ValueError, KeyError, TypeError, BaseValidationError, StructureHandlerNotFoundError) as error:
        raise BrokenMessage(f"{type(error).__name__}: {line[:100]!r}") from error

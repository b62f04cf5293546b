"""Amounts of resources as people write them, ``cpus=2,mem=1024``, or as daemons' flags do, ``cpus:2;mem:1024``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from koinon_core.errors import CoreError
from koinon_core.scalars import ZERO, Scalar

if TYPE_CHECKING:
    from koinon_core.resources import Resources

_SEPARATOR = re.compile(r"[;,](?![^\[{]*[\]}])")
"""Not the commas within ``[31000-31009,31020-31029]``."""
_PIECE = re.compile(r"\s*(?P<name>[^=:\s]+)\s*[=:]\s*(?P<value>\S.*?)\s*")
_NONE = "none"


def read_amounts(
    _context: click.Context, parameter: click.Parameter, text: str | None
) -> dict[str, dict[str, float]] | None:
    """Amounts by name, as the API has them: ``{"cpus": {"value": 2.0}}``; ``none`` is no amounts.

    Raises click.BadParameter that names the piece at fault.
    """
    if text is None:
        return None
    pieces = () if text == _NONE else _pieces(text, parameter)
    return {name: {"value": _amount(piece, value, parameter)} for piece, name, value in pieces}


def read_resources(_context: click.Context, parameter: click.Parameter, text: str) -> Resources:
    """Resources of no role; ports are ``ports=[31000-31009]``. Raises click.BadParameter that names the piece."""
    # Here, as it takes longer to import than most commands take to run.
    from koinon_core.resources_text import parse_resources  # noqa: PLC0415 - see above

    flag = ";".join(f"{name}:{value}" for _, name, value in _pieces(text, parameter))
    try:
        resources = parse_resources(flag)
    except CoreError as error:
        raise click.BadParameter(str(error), param=parameter) from None
    if not resources or any(item.kind.reservations for item in resources):
        raise click.BadParameter(f"{text!r} is not like cpus=2,mem=1024,ports=[31000-31009]", param=parameter)
    return resources


def show_amounts(amounts: Mapping[str, Any]) -> str:
    """Amounts by name on one line; ports are left to the JSON."""
    return " ".join(f"{name}:{amount:g}" for name, amount in amounts.items() if not isinstance(amount, str)) or "-"


def show_nonzero(amounts: Mapping[str, Any]) -> str:
    """The same without those of which there is nothing, but with ranges."""
    return " ".join(f"{name}:{_show(amount)}" for name, amount in amounts.items() if amount) or "-"


def _show(amount: Any) -> str:
    return amount if isinstance(amount, str) else f"{amount:g}"


def _pieces(text: str, parameter: click.Parameter) -> Iterator[tuple[str, str, str]]:
    """Each piece with its name and its value. Raises click.BadParameter."""
    seen = set()
    for piece in filter(None, map(str.strip, _SEPARATOR.split(text))):
        match = _PIECE.fullmatch(piece)
        if match is None:
            raise click.BadParameter(f"{piece!r} is not like cpus=2", param=parameter)
        if match["name"] in seen:
            raise click.BadParameter(f"{match['name']} is there twice", param=parameter)
        seen.add(match["name"])
        yield piece, match["name"], match["value"]


def _amount(piece: str, value: str, parameter: click.Parameter) -> float:
    try:
        scalar = Scalar.parse(value)
    except CoreError:
        raise click.BadParameter(f"{piece!r} is not like cpus=2", param=parameter) from None
    if scalar < ZERO:
        raise click.BadParameter(f"{piece!r} is negative", param=parameter)
    return float(scalar)

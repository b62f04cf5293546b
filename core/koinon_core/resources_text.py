"""The text form of resources that operators write: ``cpus:4;mem:8192;ports:[31000-32000];cpus(web):2``."""

import re

from .attributes import parse_value
from .errors import InvalidValue
from .resources import Kind, Reservation, ReservationType, Resource, Resources
from .roles import DEFAULT_ROLE, find_role_problem
from .scalars import ZERO, Scalar

_PIECE = re.compile(r"(?P<name>[^():]+)(?:\((?P<role>[^()]+)\))?:(?P<value>.+)")


def parse_resources(text: str, default_role: str = DEFAULT_ROLE) -> Resources:
    """Read the value of ``--resources`` (mesos-semantics 12). Raises InvalidValue that names the piece at fault."""
    pieces = filter(None, "".join(text.split()).split(";"))
    return Resources(tuple(_parse_piece(piece, default_role) for piece in pieces))


def _parse_piece(piece: str, default_role: str) -> Resource:
    match = _PIECE.fullmatch(piece)
    if match is None:
        raise InvalidValue("resources", f"{piece!r} is not like cpus:4 or cpus(role):4")
    role = match["role"] or default_role
    if problem := find_role_problem(role):
        raise InvalidValue("resources", f"{piece!r}: {problem}")
    value = parse_value(match["value"])
    if isinstance(value, str):
        raise InvalidValue("resources", f"{piece!r} has neither a number, [ranges] nor a {{set}}")
    if isinstance(value, Scalar) and value < ZERO:
        raise InvalidValue("resources", f"{piece!r} is negative")
    reservations = () if role == DEFAULT_ROLE else (Reservation(role=role, type=ReservationType.STATIC),)
    return Resource(Kind(name=match["name"], reservations=reservations), value)

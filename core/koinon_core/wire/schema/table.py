"""The one table of the wire: every message with the names, numbers and types of its fields, every enum.

Read from the notation of the files beside this one, which is that of the specification: a line a message or enum
(continued where it is indented), ``name=number type`` a field. ``!`` required, ``*`` repeated, ``^`` one of the
message's choices, ``~`` deprecated, ``(=x)`` the declared default. A type is a scalar, ``map<key,value>``, or a name:
``.X`` lies within this message, ``..X`` beside it, ``X`` in this package or in ``mesos.v1``, ``quota.X`` in a package
beneath that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache

from attrs import frozen

from .agent import AGENT
from .cluster import CLUSTER
from .containers import CONTAINERS
from .executor import EXECUTOR
from .master import MASTER
from .planning import ALLOCATOR, DURATION, MAINTENANCE, QUOTA
from .resources import RESOURCES
from .scheduler import SCHEDULER
from .statistics import STATISTICS
from .tasks import STATUSES, TASKS

ROOT = "mesos.v1"
PACKAGES = {
    "google.protobuf": DURATION,
    ROOT: CLUSTER + RESOURCES + TASKS + STATUSES + CONTAINERS + STATISTICS,
    "mesos.v1.allocator": ALLOCATOR,
    "mesos.v1.quota": QUOTA,
    "mesos.v1.maintenance": MAINTENANCE,
    "mesos.v1.scheduler": SCHEDULER,
    "mesos.v1.executor": EXECUTOR,
    "mesos.v1.master": MASTER,
    "mesos.v1.agent": AGENT,
}
"""Each after those it names."""
SCALARS = frozenset({"double", "int32", "int64", "uint32", "uint64", "bool", "string", "bytes"})

_FIELD = re.compile(
    r"(?P<name>\w+)=(?P<number>\d+) (?:map<(?P<key>\w+),(?P<value>[\w.]+)>|(?P<type>[\w.]+))"
    r"(?P<marks>[!*^~]*)(?:\(=(?P<default>[^)]*)\))?(?P<late>~?)"
)


class Label(Enum):
    """How often a field may stand."""

    OPTIONAL = 1
    REQUIRED = 2
    REPEATED = 3
    MAP = 4


@frozen(kw_only=True)
class Field:
    """One field. ``type`` is a scalar's name or the full name of a message or enum: for a MAP, that of its values (its
    keys are strings). ``default`` is the declared one as text; ``is_choice``: at most one of these is set.
    """

    name: str
    number: int
    type: str
    label: Label = Label.OPTIONAL
    default: str | None = None
    is_choice: bool = False
    is_deprecated: bool = False


@frozen
class Schema:
    """Messages by full name, their fields by name; enums by full name, their numbers by name."""

    messages: Mapping[str, Mapping[str, Field]]
    enums: Mapping[str, Mapping[str, int]]


@cache
def read_schema() -> Schema:
    """The whole table, read once and only where it is needed."""
    texts = [line for package, text in PACKAGES.items() for line in _read_lines(package, text)]
    messages = {name: body for kind, name, body in texts if kind == "message"}
    enums = {name: _read_numbers(body) for kind, name, body in texts if kind == "enum"}
    known = messages.keys() | enums.keys()
    return Schema({name: _read_fields(name, body, known) for name, body in messages.items()}, enums)


def package_of(name: str) -> str:
    """The package that a full name lies in: the longest that begins it."""
    return max((package for package in PACKAGES if name.startswith(f"{package}.")), key=len)


def _read_lines(package: str, text: str) -> Iterator[tuple[str, str, str]]:
    for line in re.sub(r"\n +", " ", text).split("\n"):
        if line:
            head, _, body = line.partition(":")
            kind, _, name = head.partition(" ")
            yield kind, f"{package}.{name}", body.strip()


def _read_numbers(body: str) -> dict[str, int]:
    pairs = (item.split("=") for item in body.split(", "))
    return {name: int(number) for name, number in pairs}


def _read_fields(message: str, body: str, known: set[str]) -> dict[str, Field]:
    fields = [_read_field(message, item, known) for item in body.split(", ") if item]
    return {field.name: field for field in fields}


def _read_field(message: str, text: str, known: set[str]) -> Field:
    found = _FIELD.fullmatch(text)
    if found is None:
        raise ValueError(f"{message}: {text!r} is no field")
    marks = found["marks"] + found["late"]
    label = Label.REQUIRED if "!" in marks else Label.REPEATED if "*" in marks else Label.OPTIONAL
    return Field(
        name=found["name"],
        number=int(found["number"]),
        type=_resolve(message, found["value"] or found["type"], known),
        label=Label.MAP if found["key"] else label,
        default=found["default"],
        is_choice="^" in marks,
        is_deprecated="~" in marks,
    )


def _resolve(message: str, name: str, known: set[str]) -> str:
    if name in SCALARS:
        return name
    if name.startswith(".."):
        candidates = [f"{message.rpartition('.')[0]}.{name[2:]}"]
    elif name.startswith("."):
        candidates = [message + name]
    else:
        candidates = [f"{package_of(message)}.{name}", f"{ROOT}.{name}", name]
    for candidate in candidates:
        if candidate in known:
            return candidate
    raise ValueError(f"{message} names {name}, which is not in the table")

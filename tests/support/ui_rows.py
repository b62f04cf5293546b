"""What web/src/model/rows.ts says of the rows of the UI's tables, and what is wrong with a row that a daemon made.

Reads the part of TypeScript that rows.ts is written in: interfaces that may extend one, aliases, ``readonly`` lists,
``Readonly<Record<string, T>>``, literals and their unions, objects in place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

ROWS = Path(__file__).parents[2] / "web" / "src" / "model" / "rows.ts"
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_TOKEN = re.compile(r'"[^"]*"|[A-Za-z_]\w*|[{}\[\]<>|?:;,=()]')
_PRIMITIVES: Mapping[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "boolean": (bool,)}


@frozen
class Field:
    """One field of a row, or of an object in it."""

    type: Any
    is_optional: bool = False


@frozen
class Literal:
    """One text, and no other."""

    text: str


@frozen
class ListOf:
    """As many as there are."""

    item: Any


@frozen
class MapOf:
    """By any name."""

    value: Any


@frozen
class OneOf:
    """A union."""

    choices: tuple[Any, ...]


@frozen
class Named:
    """What stands elsewhere in the file."""

    name: str


Fields = dict[str, Field]


class _Reader:
    """Tokens, and how types are put together of them."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(_COMMENT.sub("", text))
        self._at = 0
        self.types: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        """All interfaces and aliases of the file, by name."""
        while self._at < len(self._tokens):
            word = self._next()
            if word == "interface":
                name = self._next()
                parent = self._next() if self._take("extends") else None
                own = self._fields()
                self.types[name] = {**(self.types[parent] if parent else {}), **own}
            elif word == "type":
                name = self._next()
                self._expect("=")
                if self._peek() in ("keyof",):
                    continue
                self.types[name] = self._type()
        return self.types

    def _peek(self) -> str:
        return str(self._tokens[self._at])

    def _next(self) -> str:
        self._at += 1
        return str(self._tokens[self._at - 1])

    def _take(self, word: str) -> bool:
        found = self._at < len(self._tokens) and self._peek() == word
        self._at += found
        return found

    def _expect(self, word: str) -> None:
        found = self._next()
        assert word == found, f"rows.ts has {found!r} where {word!r} belongs; token {self._at}"

    def _fields(self) -> Fields:
        fields: Fields = {}
        self._expect("{")
        while not self._take("}"):
            self._take("readonly")
            name = self._next()
            is_optional = self._take("?")
            self._expect(":")
            fields[name] = Field(self._type(), is_optional)
            self._take(";")
        return fields

    def _type(self) -> Any:
        self._take("|")
        choices = [self._one()]
        while self._take("|"):
            choices.append(self._one())
        return choices[0] if len(choices) == 1 else OneOf(tuple(choices))

    def _one(self) -> Any:
        self._take("readonly")
        found = self._named() if self._peek() not in ("{", "(") else self._grouped()
        while self._take("["):
            self._expect("]")
            found = ListOf(found)
        return found

    def _grouped(self) -> Any:
        if not self._take("("):
            return self._fields()
        found = self._type()
        self._expect(")")
        return found

    def _named(self) -> Any:
        word = self._next()
        if word.startswith('"'):
            return Literal(json.loads(word))
        if word not in ("Readonly", "Record"):
            return Named(word)
        self._expect("<")
        if word == "Record":
            self._type()
            self._expect(",")
        found = self._type()
        self._expect(">")
        return MapOf(found) if word == "Record" else found


@cache
def row_types() -> Mapping[str, Any]:
    """The types of rows.ts by name."""
    return _Reader(ROWS.read_text(encoding="utf-8")).read()


def find_row_problems(table: str, row: Mapping[str, Any]) -> list[str]:
    """What keeps a row from being one of that table: fields that are unknown, missing, or something else."""
    name, _, _ = table.partition(":")
    return list(_problems(row_types()["Rows"][name].type, row, name))


def _problems(wanted: Any, value: Any, where: str) -> Iterator[str]:
    match wanted:
        case dict():
            yield from _object_problems(wanted, value, where)
        case ListOf(item) if isinstance(value, list | tuple):
            for number, one in enumerate(value):
                yield from _problems(item, one, f"{where}[{number}]")
        case MapOf(each) if isinstance(value, Mapping):
            for name, one in value.items():
                yield from _problems(each, one, f"{where}.{name}")
        case OneOf(choices):
            if all(list(_problems(choice, value, where)) for choice in choices):
                yield f"{where} is none of its choices: {value!r}"
        case Named(name):
            yield from _named_problems(name, value, where)
        case _ if wanted != Literal(value):
            yield f"{where} is no {wanted}: {value!r}"


def _named_problems(name: str, value: Any, where: str) -> Iterator[str]:
    if name not in _PRIMITIVES:
        yield from _problems(row_types()[name], value, where)
    elif not isinstance(value, _PRIMITIVES[name]) or (name == "number" and isinstance(value, bool)):
        yield f"{where} is no {name}: {value!r}"


def _object_problems(fields: Fields, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{where} is no object: {value!r}"
        return
    yield from (f"{where}.{name} is unknown" for name in value.keys() - fields.keys())
    for name, field in fields.items():
        if name in value:
            yield from _problems(field.type, value[name], f"{where}.{name}")
        elif not field.is_optional:
            yield f"{where}.{name} is missing"

"""Fields as they are given in words: ``--set container.docker.image=web:2``, ``--set env.LEVEL=debug``."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import click
import orjson

from .errors import UsageFault


def _read(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    values = {}
    for one in given:
        path, equals, text = one.partition("=")
        if not equals or not all(path.split(".")):
            raise click.BadParameter(f"{one!r} is not FIELD=VALUE, such as cpus=0.5 or env.LEVEL=debug")
        values[path] = _value(path, text)
    return values


def _value(path: str, text: str) -> Any:
    if path.split(".", maxsplit=1)[0] in ("env", "labels"):
        return text  # texts, all of them: a port is no number there
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


set_option = click.option(
    "--set", "values", multiple=True, callback=_read, metavar="FIELD=VALUE", help="One field; JSON or text. Repeatable."
)


def with_values(shown: dict[str, Any], changes: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """``changes`` and the ``values`` as a partial update of the app as it is ``shown``.

    Marathon replaces whole top-level fields, so what a value stands beside comes along. Raises UsageFault.
    """
    merged = dict(changes)
    for path, value in values.items():
        top, *inner = path.split(".")
        if not inner:
            merged[top] = value
            continue
        if top not in merged:
            merged[top] = deepcopy(shown.get(top, {}))
        _put(merged[top], inner, value, path)
    if not merged:
        raise UsageFault("nothing to change: a FILE or --set says what")
    return merged


def _put(place: Any, words: list[str], value: Any, path: str) -> None:
    for word in words[:-1]:
        place = place.setdefault(word, {}) if isinstance(place, dict) else place[_index(place, word, path)]
    if isinstance(place, dict):
        place[words[-1]] = value
    else:
        place[_index(place, words[-1], path)] = value


def _index(place: Any, word: str, path: str) -> int:
    if not isinstance(place, list) or not word.isdecimal() or int(word) >= len(place):
        raise UsageFault(f"--set {path}: there is no {word!r} to set")
    return int(word)

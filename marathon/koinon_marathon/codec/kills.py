"""Bodies that say which tasks or instances to kill (marathon-v2-api 8 and 12)."""

from typing import TypeVar

import attrs

from ..definition.problems import INVALID_JSON, Rejection
from .decoding import parse_json
from .structure import structure, without_nulls

T = TypeVar("T")


@attrs.frozen
class _Ids:
    ids: tuple[str, ...]


def decode_task_ids(body: bytes) -> tuple[str, ...] | Rejection:
    """The ids of `{"ids": [...]}`."""
    found = _decode(body, _Ids)
    return found.ids if isinstance(found, _Ids) else found


def decode_instance_ids(body: bytes) -> tuple[str, ...] | Rejection:
    """The ids of a bare list."""
    return _decode(body, tuple[str, ...])


def _decode(body: bytes, kind: type[T]) -> T | Rejection:
    parsed = parse_json(body)
    if isinstance(parsed, Rejection):
        return parsed
    found = structure(without_nulls(parsed), kind)
    return Rejection(422, INVALID_JSON, tuple(found)) if isinstance(found, list) else found

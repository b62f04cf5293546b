"""Mappings that stay as they were made, for the fields of frozen values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def frozen_map(entries: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only copy of `entries`; as an attrs converter it keeps labels and environments from changing."""
    return MappingProxyType(dict(entries))


def optional_frozen_map(entries: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Like `frozen_map` for a field that may be absent."""
    return None if entries is None else frozen_map(entries)

"""Fields that take values of several kinds: which kind a JSON value is meant to be, by its type or by its keys."""

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import attrs

from ..definition.apps import Unreachable, UnreachableDisabled, UnreachableStrategy
from ..definition.resources import Limit, Unlimited
from ..definition.secrets import EnvValue, SecretName
from ..definition.volumes import (
    CSI,
    CsiInfo,
    DvdiInfo,
    ExternalVolume,
    HostVolume,
    PersistentVolume,
    SecretVolume,
    Volume,
)

_VOLUME_KEYS: dict[str, type] = {
    "persistent": PersistentVolume,
    "external": ExternalVolume,
    "secret": SecretVolume,
    "hostPath": HostVolume,
}


class MissingKeysError(ValueError):
    """One of these keys would have said what is meant, and none is there. Never leaves this package."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


@attrs.frozen
class Alternative:
    """A union of kinds, and the one that a JSON value means; its own kind then finds what is wrong with the value.

    `kind_of` raises MissingKeysError where keys decide and none is there.
    """

    union: Any
    kind_of: Callable[[object], Any]

    def is_kind(self, kind: Any) -> bool:
        """Whether `kind` is this union, optional or not."""
        is_union = get_origin(kind) in (Union, UnionType)
        return is_union and set(get_args(kind)) - {NoneType} == set(get_args(self.union))


def _volume_kind(value: object) -> type:
    if not isinstance(value, Mapping):
        return HostVolume
    for key, kind in _VOLUME_KEYS.items():
        if key in value:
            return kind
    raise MissingKeysError(tuple(_VOLUME_KEYS))


def _external_kind(value: object) -> type:
    return CsiInfo if isinstance(value, Mapping) and value.get("provider") == CSI else DvdiInfo


ALTERNATIVES = (
    Alternative(Unreachable, lambda value: UnreachableDisabled if isinstance(value, str) else UnreachableStrategy),
    Alternative(EnvValue, lambda value: SecretName if isinstance(value, Mapping) else str),
    Alternative(Limit, lambda value: Unlimited if value == Unlimited.UNLIMITED.value else float),
    Alternative(DvdiInfo | CsiInfo, _external_kind),
    Alternative(Volume, _volume_kind),
)

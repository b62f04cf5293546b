"""Hypothesis strategies for any value of the API, read off the classes themselves, and which protobuf can say."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from koinon_core.agents import DurationValue
from koinon_core.attributes import Attribute
from koinon_core.containers import ContainerIdInfo
from koinon_core.csi import AccessMode, VolumeCapability
from koinon_core.offer_constraints import Predicate, Selector
from koinon_core.ranges import Ranges
from koinon_core.resources import Disk, Kind, Reservation, Resource, Resources
from koinon_core.scalars import UNLIMITED, Scalar, Unlimited

Strategy = st.SearchStrategy[Any]
TEXT: Strategy = st.text(max_size=6)
INTEGERS: Strategy = st.integers(0, 2**31 - 1)
SCALARS: Strategy = st.builds(Scalar, st.integers(0, 10**12))
RANGES: Strategy = st.builds(
    lambda start, length: Ranges(((start, start + length),)), st.integers(0, 60000), st.integers(0, 5000)
)
SETS: Strategy = st.frozensets(TEXT, min_size=1, max_size=2)
_KNOWN: dict[Any, Strategy] = {
    str: TEXT,
    bool: st.booleans(),
    int: INTEGERS,
    float: st.floats(allow_nan=False),
    bytes: st.binary(max_size=16),
    Scalar: SCALARS,
    Unlimited: st.just(UNLIMITED),
    Attribute: st.builds(Attribute, TEXT, TEXT | SCALARS | RANGES | SETS),
    DurationValue: st.builds(DurationValue, seconds=INTEGERS, nanos=INTEGERS),
}


def values_of(hint: Any) -> Strategy:
    """Values of a type: of each field what the class says of it."""
    if hint not in _KNOWN:
        _KNOWN[hint] = st.deferred(lambda: _make(hint))
    return _KNOWN[hint]


def _make(hint: Any) -> Strategy:
    if hint in _BY_HAND:
        return _BY_HAND[hint]()
    if isinstance(hint, NewType):
        return values_of(hint.__supertype__)
    origin, arms = get_origin(hint), get_args(hint)
    if origin is tuple:
        return st.lists(values_of(arms[0]), max_size=2).map(tuple)
    if origin is Mapping:
        # An empty map and none are the same to protobuf.
        return st.dictionaries(TEXT, values_of(arms[1]), min_size=1, max_size=2)
    if origin in (Union, types.UnionType):
        return _make_union(arms)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return _make_class(hint)


def _make_union(arms: tuple[Any, ...]) -> Strategy:
    rest = [arm for arm in arms if arm is not type(None)]
    inner = st.one_of(*map(values_of, rest))
    return st.none() | inner if len(rest) < len(arms) else inner


def _one_of(cls: Any, **common: Strategy) -> Strategy:
    """A message of which exactly one field is set."""
    fields = [field for field in attrs.fields(attrs.resolve_types(cls)) if field.name not in common]
    kinds = [next(arm for arm in get_args(field.type) if arm is not type(None)) for field in fields]
    return st.one_of(
        *(st.builds(cls, **common, **{field.name: values_of(kind)}) for field, kind in zip(fields, kinds, strict=True))
    )


def _kinds() -> Strategy:
    reserved = st.builds(Reservation, role=TEXT, principal=st.none() | TEXT)
    return st.builds(
        Kind,
        name=TEXT,
        reservations=st.lists(reserved, max_size=2).map(tuple),
        allocation_role=st.none() | TEXT,
        disk=st.none() | _make_class(Disk).filter(lambda disk: disk != Disk()),
        revocable=st.booleans(),
        shared=st.booleans(),
        provider_id=st.none() | TEXT,
    )


def _make_class(cls: Any) -> Strategy:
    fields = attrs.fields(attrs.resolve_types(cls))
    return st.builds(cls, **{field.name: values_of(field.type) for field in fields})


def _resources() -> Strategy:
    items = st.lists(values_of(Resource), max_size=3)
    return items.map(lambda found: Resources(tuple({item.kind: item for item in found}.values())))


_BY_HAND: dict[Any, Callable[[], Strategy]] = {
    Resource: lambda: st.builds(Resource, _kinds(), SCALARS | RANGES),
    Resources: _resources,
    ContainerIdInfo: lambda: st.builds(ContainerIdInfo, value=TEXT, parent=st.none()),
    Selector: lambda: _one_of(Selector),
    Predicate: lambda: _one_of(Predicate),
    VolumeCapability: lambda: _one_of(VolumeCapability, access_mode=values_of(AccessMode)),
}

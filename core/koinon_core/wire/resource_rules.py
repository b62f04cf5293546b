"""How resources and attributes look on the wire, in both reservation formats (mesos-v1-api 4.2)."""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from math import inf
from typing import Any

from attrs import evolve
from cattrs import Converter

from ..attributes import Attribute
from ..containers import Volume
from ..ids import ResourceProviderId
from ..ranges import Ranges
from ..resources import (
    Disk,
    DiskSource,
    DiskSourceType,
    Kind,
    Persistence,
    Reservation,
    ReservationType,
    Resource,
    Resources,
)
from ..roles import DEFAULT_ROLE
from ..scalars import UNLIMITED, ZERO, Limit, Scalar, Unlimited

_REMEMBERED_KINDS = 4096
"""Kinds are few and told again with every offer, task and agent; what they look like is kept, per format."""
_REMEMBERED_AGENTS = 16384
"""An agent's attributes stand in every offer of it."""
_VALUE_KEYS = {"SCALAR": "scalar", "RANGES": "ranges", "SET": "set", "TEXT": "text"}


class ResourceFormat(Enum):
    """How reservations are spelt: for frameworks without and with RESERVATION_REFINEMENT, and for operators.

    ENDPOINT says everything twice where it can: ``role`` and ``reservation`` for those who know no more, beside
    ``reservations``. Refined reservations, which the older words can't say, stand in ``reservations`` alone.
    """

    PRE_REFINEMENT = 1
    REFINED = 2
    ENDPOINT = 3


def register_resource_rules(converter: Converter, resource_format: ResourceFormat) -> None:
    """Teach a converter to read either format and to write the one that was chosen."""
    write = _RESERVATION_WRITERS[resource_format]

    @lru_cache(maxsize=_REMEMBERED_KINDS)
    def write_kind(kind: Kind) -> dict[str, Any]:
        return write(kind, converter) | _write_marks(kind, converter)

    def write_resource(resource: Resource) -> dict[str, Any]:
        return _write_value(resource.name, resource.value) | write_kind(resource.kind)

    def read_resources(value: Any, _: Any) -> Resources:
        items = value if isinstance(value, list) else [value]
        return Resources(tuple(_read_resource(item, converter) for item in items))

    converter.register_structure_hook(Scalar, lambda value, _: _read_scalar(value, converter))
    converter.register_unstructure_hook(Scalar, _write_scalar)
    converter.register_structure_hook(Limit, lambda value, _: _read_limit(value, converter))
    converter.register_unstructure_hook(Limit, _write_limit)
    converter.register_structure_hook(Resources, read_resources)
    converter.register_structure_hook(Resource, lambda value, _: _read_resource(value, converter))
    converter.register_unstructure_hook(Resource, write_resource)
    converter.register_unstructure_hook(Resources, lambda resources: [write_resource(item) for item in resources])
    converter.register_structure_hook(DiskSource, _source_reader(converter))
    converter.register_unstructure_hook(DiskSource, _source_writer(converter))
    converter.register_structure_hook(Attribute, lambda value, _: _read_attribute(value, converter))
    converter.register_unstructure_hook(Attribute, lambda attribute: _write_value(attribute.name, attribute.value))
    converter.register_unstructure_hook_func(lambda hint: bool(hint == tuple[Attribute, ...]), _write_attributes)


def _write_scalar(value: Scalar) -> dict[str, float]:
    return {"value": float(value)}


def _read_scalar(value: Any, converter: Converter) -> Scalar:
    return Scalar.of(converter.structure(_get(value, "value", "the scalar"), float))


@lru_cache(maxsize=_REMEMBERED_AGENTS)
def _write_attributes(attributes: tuple[Attribute, ...]) -> list[dict[str, Any]]:
    return [_write_value(attribute.name, attribute.value) for attribute in attributes]


def _write_limit(value: Limit) -> dict[str, float | str]:
    return {"value": value.value if isinstance(value, Unlimited) else float(value)}


def _read_limit(value: Any, converter: Converter) -> Limit:
    number = converter.structure(_get(value, "value", "the limit"), float)
    return UNLIMITED if number == inf else Scalar.of(number)


def _read_object(raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The object under a key; an empty one where there is none."""
    value = raw.get(key)
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"{key} of {raw.get('name')} is no object")
    return value or {}


def _read_text(raw: Mapping[str, Any], key: str, where: str) -> str | None:
    """The text under a key, or None. What is made of it is a key of dicts everywhere: it must be nothing else."""
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{where}{key} is no string")
    return value


def _get(value: Any, key: str, where: str) -> Any:
    if not isinstance(value, dict) or value.get(key) is None:
        raise ValueError(f"{where} has no {key!r}")
    return value[key]


def _write_value(name: str, value: str | Scalar | Ranges | frozenset[str]) -> dict[str, Any]:
    if isinstance(value, Scalar):
        return {"name": name, "type": "SCALAR", "scalar": _write_scalar(value)}
    if isinstance(value, Ranges):
        intervals = [{"begin": begin, "end": end} for begin, end in value.intervals]
        return {"name": name, "type": "RANGES", "ranges": {"range": intervals}}
    if isinstance(value, frozenset):
        return {"name": name, "type": "SET", "set": {"item": sorted(value)}}
    return {"name": name, "type": "TEXT", "text": {"value": value}}


def _read_value(raw: Any, converter: Converter) -> tuple[str, str | Scalar | Ranges | frozenset[str]]:
    name = converter.structure(_get(raw, "name", "the resource or attribute"), str)
    kind = _get(raw, "type", name)
    if not isinstance(kind, str) or kind not in _VALUE_KEYS:
        raise ValueError(f"the type {kind!r} of {name} is not one of {', '.join(_VALUE_KEYS)}")
    body = _get(raw, _VALUE_KEYS[kind], name)
    if kind == "SCALAR":
        return name, _read_scalar(body, converter)
    if kind == "RANGES":
        return name, _read_ranges(name, body, converter)
    if kind == "SET":
        return name, frozenset(converter.structure(body.get("item", []), tuple[str, ...]))
    return name, converter.structure(_get(body, "value", name), str)


def _read_ranges(name: str, body: Any, converter: Converter) -> Ranges:
    raw = body.get("range") or [] if isinstance(body, dict) else body
    intervals = raw if isinstance(raw, list) else [raw]
    return Ranges(tuple(_read_interval(name, item, converter) for item in intervals))


def _read_interval(name: str, raw: Any, converter: Converter) -> tuple[int, int]:
    begin = converter.structure(_get(raw, "begin", name), int)
    end = converter.structure(_get(raw, "end", name), int)
    if begin < 0 or end < 0:
        raise ValueError(f"{name} has a range of numbers below 0")
    return begin, end


def _read_attribute(raw: Any, converter: Converter) -> Attribute:
    return Attribute(*_read_value(raw, converter))


def _read_resource(raw: Any, converter: Converter) -> Resource:
    name, value = _read_value(raw, converter)
    if isinstance(value, str):
        raise ValueError(f"the resource {name} must not be a text")
    if isinstance(value, Scalar) and value < ZERO:
        raise ValueError(f"the resource {name} is negative")
    disk, provider = _read_object(raw, "disk"), raw.get("provider_id")
    kind = Kind(
        name=name,
        reservations=_read_reservations(raw, converter),
        allocation_role=_read_text(_read_object(raw, "allocation_info"), "role", "allocation_info."),
        disk=_read_disk(disk, converter) if disk else None,
        revocable=raw.get("revocable") is not None,
        shared=raw.get("shared") is not None,
        provider_id=converter.structure(provider, ResourceProviderId) if provider else None,
    )
    return Resource(kind, value)


def _read_reservations(raw: dict[str, Any], converter: Converter) -> tuple[Reservation, ...]:
    role, single = _read_text(raw, "role", ""), raw.get("reservation")
    if raw.get("reservations"):
        return converter.structure(raw["reservations"], tuple[Reservation, ...])
    if role is None or role == DEFAULT_ROLE:
        if single is not None:
            raise ValueError(f"{raw.get('name')} has a reservation but no role")
        return ()
    if single is None:
        return (Reservation(role=role, type=ReservationType.STATIC),)
    return (converter.structure({**_read_object(raw, "reservation"), "role": role, "type": "DYNAMIC"}, Reservation),)


def _write_marks(kind: Kind, converter: Converter) -> dict[str, Any]:
    """What else keeps a kind apart, beside its name and reservations."""
    raw: dict[str, Any] = {}
    if kind.allocation_role is not None:
        raw["allocation_info"] = {"role": kind.allocation_role}
    if kind.disk is not None:
        raw["disk"] = _write_disk(kind.disk, converter)
    if kind.revocable:
        raw["revocable"] = {}
    if kind.shared:
        raw["shared"] = {}
    if kind.provider_id is not None:
        raw["provider_id"] = {"value": kind.provider_id}
    return raw


def _write_refined(kind: Kind, converter: Converter) -> dict[str, Any]:
    if not kind.reservations:
        return {}
    return {"reservations": converter.unstructure(kind.reservations, tuple[Reservation, ...])}


def _write_pre_refinement(kind: Kind, converter: Converter) -> dict[str, Any]:
    if len(kind.reservations) > 1:
        raise ValueError(f"{kind.name}: a refined reservation can't be said in the format before refinement")
    return _write_older_words(kind, converter)


def _write_endpoint(kind: Kind, converter: Converter) -> dict[str, Any]:
    older = _write_older_words(kind, converter) if len(kind.reservations) <= 1 else {}
    return older | _write_refined(kind, converter)


def _write_older_words(kind: Kind, converter: Converter) -> dict[str, Any]:
    raw: dict[str, Any] = {"role": kind.reserved_role}
    for reservation in kind.reservations:
        if reservation.type is ReservationType.DYNAMIC:
            raw["reservation"] = _write_set(converter, principal=reservation.principal, labels=reservation.labels)
    return raw


_RESERVATION_WRITERS = {
    ResourceFormat.PRE_REFINEMENT: _write_pre_refinement,
    ResourceFormat.REFINED: _write_refined,
    ResourceFormat.ENDPOINT: _write_endpoint,
}


def _write_set(converter: Converter, **fields: Any) -> dict[str, Any]:
    return {name: converter.unstructure(value) for name, value in fields.items() if value is not None}


def _read_disk(raw: dict[str, Any], converter: Converter) -> Disk:
    persistence, volume, source = raw.get("persistence"), raw.get("volume"), raw.get("source")
    return Disk(
        persistence=converter.structure(persistence, Persistence) if persistence else None,
        volume=converter.structure(volume, Volume) if volume else None,
        source=converter.structure(source, DiskSource) if source else None,
    )


def _write_disk(disk: Disk, converter: Converter) -> dict[str, Any]:
    return _write_set(converter, persistence=disk.persistence, volume=disk.volume, source=disk.source)


def _source_reader(converter: Converter) -> Callable[[Any, Any], DiskSource]:
    """Reads a disk's source, whose root lies within ``path`` or ``mount``; the rest as any class is read."""
    read_fields = converter.get_structure_hook(DiskSource)

    def read(raw: Any, hint: Any) -> DiskSource:
        source: DiskSource = read_fields(raw, hint)
        for key in ("path", "mount"):
            if raw.get(key):
                source = evolve(source, root=_read_text(_read_object(raw, key), "root", f"{key}."))
        return source

    return read


def _source_writer(converter: Converter) -> Callable[[DiskSource], dict[str, Any]]:
    write_fields = converter.get_unstructure_hook(DiskSource)

    def write(source: DiskSource) -> dict[str, Any]:
        raw: dict[str, Any] = write_fields(evolve(source, root=None))
        if source.root is not None:
            key = "mount" if source.type is DiskSourceType.MOUNT else "path"
            raw[key] = {"root": source.root}
        return raw

    return write

"""Values as JSON: one codec a reservation format, each a compiled cattrs converter over orjson.

``plain_json`` writes what a framework without RESERVATION_REFINEMENT reads; ``refined_json`` is what the agent link,
the store and refined frameworks use, as it can say everything; ``endpoint_json`` is for operators and says both.
Each reads all of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

import orjson
from attrs import fields
from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

from .. import agent_api, executor_api
from ..agent_link import AgentMessage, MasterMessage
from ..errors import DecodeError, NotReadable
from ..ids import ExecutorId, FrameworkId
from ..operator_api import OperatorCall
from ..scheduler_api import Call, Event, Revive, Suppress
from .proto_rules import register_proto_rules
from .resource_rules import ResourceFormat, register_resource_rules
from .schema import (
    AGENT_CALLS,
    AGENT_MESSAGES,
    EXECUTOR_CALLS,
    EXECUTOR_EVENTS,
    MASTER_MESSAGES,
    OPERATOR_CALLS,
    SCHEDULER_CALLS,
    SCHEDULER_EVENTS,
    TaggedUnion,
)

T = TypeVar("T")

_BODY_MAY_BE_ABSENT = (Revive, Suppress, agent_api.GetContainers, agent_api.PruneImages)
"""Calls that clients send without their sub-message, meaning all roles, tasks or images (mesos-v1-api 2.4, 6)."""


class JsonCodec:
    """Encodes any value of ``koinon_core`` and decodes it again."""

    def __init__(self, resource_format: ResourceFormat) -> None:
        self._resource_format = resource_format

    @cached_property
    def _converter(self) -> Converter:
        """Made at its first use: most processes speak one of the formats, and imports should cost little."""
        converter = Converter(detailed_validation=True, prefer_attrib_converters=False)
        register_proto_rules(converter)
        register_resource_rules(converter, self._resource_format)
        _register_unions(converter)
        return converter

    def encode(self, value: Any) -> bytes:
        """Compact JSON on one line."""
        return orjson.dumps(self._converter.unstructure(value))

    def encode_document(self, name: str, document: Any) -> bytes:  # noqa: ARG002 - the face of both content types
        """A read model that was made as JSON: bytes as they are, or what orjson takes. Its ``name`` is not needed."""
        return document if isinstance(document, bytes) else orjson.dumps(document)

    def to_plain(self, value: Any) -> Any:
        """The dicts and lists that ``encode`` would turn into bytes, for documents that hold values as parts."""
        return self._converter.unstructure(value)

    def decode(self, data: bytes, wanted: type[T]) -> T:
        """Read bytes. Raises DecodeError that names the path at fault."""
        try:
            raw = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise NotReadable("$", f"Failed to parse body into JSON: {error}") from None
        return self.from_plain(raw, wanted)

    def from_plain(self, raw: Any, wanted: type[T]) -> T:
        """Read parsed JSON. Raises DecodeError that names the path at fault."""
        try:
            return self._converter.structure(raw, wanted)
        except DecodeError:
            raise
        except (BaseValidationError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            why, _, path = transform_error(error, format_exception=_format)[0].rpartition(" @ ")
            raise DecodeError(path, why) from error


def _format(error: BaseException, _: type | None) -> str:
    if isinstance(error, KeyError):
        return "required field missing"
    return str(error)


def _register_unions(converter: Converter) -> None:
    """Let the tagged unions be read and written as the schema says."""

    def read_call(raw: Any, _: Any) -> Call:
        raw_id = raw.get("framework_id") if isinstance(raw, dict) else None
        try:
            framework_id = converter.structure(raw_id, FrameworkId) if raw_id is not None else None
        except ValueError as error:
            raise DecodeError("$.framework_id", str(error)) from None
        return Call(_read_union(raw, SCHEDULER_CALLS, converter), framework_id)

    def write_call(call: Call) -> dict[str, Any]:
        raw = _write_union(call.body, SCHEDULER_CALLS, converter)
        return raw if call.framework_id is None else raw | {"framework_id": {"value": call.framework_id}}

    converter.register_structure_hook(Call, read_call)
    converter.register_unstructure_hook(Call, write_call)
    converter.register_structure_hook(
        OperatorCall, lambda raw, _: OperatorCall(_read_union(raw, OPERATOR_CALLS, converter))
    )
    converter.register_unstructure_hook(OperatorCall, lambda call: _write_union(call.body, OPERATOR_CALLS, converter))
    converter.register_structure_hook(
        agent_api.AgentCall, lambda raw, _: agent_api.AgentCall(_read_union(raw, AGENT_CALLS, converter))
    )
    converter.register_unstructure_hook(
        agent_api.AgentCall, lambda call: _write_union(call.body, AGENT_CALLS, converter)
    )
    converter.register_structure_hook(Event, lambda raw, _: Event(_read_union(raw, SCHEDULER_EVENTS, converter)))
    converter.register_unstructure_hook(Event, lambda event: _write_union(event.body, SCHEDULER_EVENTS, converter))
    _register_executor_unions(converter)
    _register_messages(converter, AgentMessage, AGENT_MESSAGES)
    _register_messages(converter, MasterMessage, MASTER_MESSAGES)


def _register_executor_unions(converter: Converter) -> None:
    """An executor's envelope names itself and its framework, always."""

    def read_id(raw: Any, key: str, id_type: Any) -> Any:
        if not isinstance(raw, dict) or raw.get(key) is None:
            raise DecodeError(f"$.{key}", f"Expecting '{key}' to be present")
        try:
            return converter.structure(raw[key], id_type)
        except ValueError as error:
            raise DecodeError(f"$.{key}", str(error)) from None

    def read_call(raw: Any, _: Any) -> executor_api.Call:
        return executor_api.Call(
            executor_id=read_id(raw, "executor_id", ExecutorId),
            framework_id=read_id(raw, "framework_id", FrameworkId),
            body=_read_union(raw, EXECUTOR_CALLS, converter),
        )

    def write_call(call: executor_api.Call) -> dict[str, Any]:
        envelope = {"executor_id": {"value": call.executor_id}, "framework_id": {"value": call.framework_id}}
        return envelope | _write_union(call.body, EXECUTOR_CALLS, converter)

    converter.register_structure_hook(executor_api.Call, read_call)
    converter.register_unstructure_hook(executor_api.Call, write_call)
    converter.register_structure_hook(
        executor_api.Event, lambda raw, _: executor_api.Event(_read_union(raw, EXECUTOR_EVENTS, converter))
    )
    converter.register_unstructure_hook(
        executor_api.Event, lambda event: _write_union(event.body, EXECUTOR_EVENTS, converter)
    )


def _register_messages(converter: Converter, message: Any, union: TaggedUnion) -> None:
    converter.register_structure_hook(message, lambda raw, _: _read_union(raw, union, converter))
    converter.register_unstructure_hook(message, lambda value: _write_union(value, union, converter))


def _read_union(raw: Any, union: TaggedUnion, converter: Converter) -> Any:
    if not isinstance(raw, dict):
        raise ValueError("expected an object")
    name = raw.get("type")
    if name is None:
        raise ValueError("Expecting 'type' to be present")
    if not isinstance(name, str) or name not in union.classes:
        raise ValueError(f"the type {name!r} is not one of {', '.join(union.classes)}")
    cls, key = union.classes[name], name.lower()
    body = raw.get(key)
    if body is None:
        if fields(cls) and cls not in _BODY_MAY_BE_ABSENT:
            raise ValueError(f"Expecting '{key}' to be present")
        return cls()
    try:
        return converter.structure(body, cls)
    except BaseValidationError as error:
        why, _, path = transform_error(error, f"$.{key}", format_exception=_format)[0].rpartition(" @ ")
        raise DecodeError(path, why) from error


def _write_union(value: Any, union: TaggedUnion, converter: Converter) -> dict[str, Any]:
    name = union.names[type(value)]
    raw: dict[str, Any] = {"type": name}
    if fields(type(value)):
        raw[name.lower()] = converter.unstructure(value)
    return raw


plain_json = JsonCodec(ResourceFormat.PRE_REFINEMENT)
refined_json = JsonCodec(ResourceFormat.REFINED)
endpoint_json = JsonCodec(ResourceFormat.ENDPOINT)

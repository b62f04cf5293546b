"""Records as bytes and back: what `repository` keeps under its keys. JSON throughout, so that people can read a record.

Owns the form of instances, plans, failures and the tree; an app's own form is `codec.stored`'s, a pod's `codec.pods`'s.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import orjson
from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

from koinon_core.attributes import Attribute
from koinon_core.errors import CoreError
from koinon_core.wire import refined_json

from ..changes.root_versions import RootRecord
from ..codec import dump_app, encode_app, load_app
from ..codec.pods import dump_pod, encode_stored_pod, load_pod
from ..definition.apps import App
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec
from ..deployment.plan import DeploymentPlan, DeploymentProgress
from ..errors import UnreadableDefinition, UnreadableRecord
from ..instance.instances import Instance, TaskFailure
from ..instructions import FrameworkRecord, Record
from ..timestamps import format_timestamp, parse_timestamp

T = TypeVar("T")


def dump_record(record: Record) -> bytes:
    """The bytes of any record."""
    match record:
        case App():
            return dump_app(record)
        case Pod():
            return dump_pod(record)
        case _:
            return orjson.dumps(_CONVERTER.unstructure(record))


def load_stored_app(key: str, data: bytes) -> App:
    """The app of a record. Raises UnreadableRecord that names `key` and the field at fault."""
    return _load_definition(key, data, load_app)


def load_stored_pod(key: str, data: bytes) -> Pod:
    """The pod of a record. Raises UnreadableRecord that names `key` and the field at fault."""
    return _load_definition(key, data, load_pod)


def load_root(key: str, data: bytes) -> RootRecord:
    """A version of the tree, without bodies. Raises UnreadableRecord."""
    return _load(key, data, RootRecord)


def load_instance(key: str, data: bytes) -> Instance:
    """An instance. Raises UnreadableRecord."""
    return _load(key, data, Instance)


def load_deployment(key: str, data: bytes) -> DeploymentPlan:
    """A deployment plan with its apps. Raises UnreadableRecord."""
    return _load(key, data, DeploymentPlan)


def load_progress(key: str, data: bytes) -> DeploymentProgress:
    """The step that a deployment has reached. Raises UnreadableRecord."""
    return _load(key, data, DeploymentProgress)


def load_failure(key: str, data: bytes) -> TaskFailure:
    """The last failure of an app. Raises UnreadableRecord."""
    return _load(key, data, TaskFailure)


def load_framework(key: str, data: bytes) -> FrameworkRecord:
    """The framework id. Raises UnreadableRecord."""
    return _load(key, data, FrameworkRecord)


def _load_definition(key: str, data: bytes, load: Callable[[bytes], T]) -> T:
    try:
        return load(data)
    except UnreadableDefinition as error:
        raise UnreadableRecord(key, str(error)) from error


def _load(key: str, data: bytes, kind: type[T]) -> T:
    try:
        return _CONVERTER.structure(orjson.loads(data), kind)
    except BaseValidationError as error:
        raise UnreadableRecord(key, transform_error(error)[0]) from error
    except (ValueError, TypeError, KeyError, AttributeError, CoreError, UnreadableDefinition) as error:
        raise UnreadableRecord(key, str(error) or type(error).__name__) from error


def _read_datetime(value: Any, _: Any) -> datetime:
    moment = parse_timestamp(value) if isinstance(value, str) else None
    if moment is None:
        raise ValueError(f"{value!r} is no timestamp")
    return moment


def _read_enum(value: Any, kind: type[Enum]) -> Enum:
    if value not in kind.__members__:
        raise ValueError(f"{value!r} is not one of {', '.join(kind.__members__)}")
    return kind[value]


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _load_spec(converter: Converter, raw: Any) -> RunSpec:
    """A pod has containers, an app may have one."""
    return converter.structure(raw, Pod) if "containers" in raw else converter.structure(raw, App)


def _make_converter() -> Converter:
    converter = Converter(detailed_validation=True)
    converter.register_structure_hook_func(_is_enum, _read_enum)
    converter.register_unstructure_hook_func(_is_enum, lambda member: member.name)
    converter.register_structure_hook(datetime, _read_datetime)
    converter.register_unstructure_hook(datetime, format_timestamp)
    converter.register_structure_hook(App, lambda raw, _: load_app(orjson.dumps(raw)))
    converter.register_unstructure_hook(App, encode_app)
    converter.register_structure_hook(Pod, lambda raw, _: load_pod(orjson.dumps(raw)))
    converter.register_unstructure_hook(Pod, encode_stored_pod)
    converter.register_structure_hook_func(lambda kind: kind == RunSpec, lambda raw, _: _load_spec(converter, raw))
    converter.register_structure_hook(Attribute, lambda raw, _: refined_json.from_plain(raw, Attribute))
    converter.register_unstructure_hook(Attribute, refined_json.to_plain)
    return converter


_CONVERTER = _make_converter()

"""Apps as Marathon writes them: which fields always, which only when set (marathon-v2-api 3.3, column "Out").

Strict clients raise on keys they do not know, so nothing is added that Marathon would not write.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import attrs

from ..definition.apps import App
from ..definition.constraints import Constraint
from ..definition.health_checks import HealthCheck, HealthCheckProtocol
from ..definition.networks import Network, PortDefinition, PortMapping
from ..timestamps import format_timestamp
from .names import json_name

_OMITTED_WHEN_EMPTY: dict[type, frozenset[str]] = {
    App: frozenset({"args", "env", "constraints", "fetch", "health_checks", "readiness_checks", "dependencies"}),
    Network: frozenset({"labels"}),
    PortDefinition: frozenset({"labels"}),
    PortMapping: frozenset({"labels", "network_names"}),
}


def encode_app(app: App, *, with_version_info: bool = True) -> dict[str, object]:
    """The app's JSON object. The answer to POST leaves `versionInfo` out."""
    encoded = _encode_fields(app)
    if not app.is_host_networked:
        del encoded["portDefinitions"]
    if not with_version_info:
        del encoded["versionInfo"]
    return encoded


def _encode(value: object) -> object:
    if isinstance(value, Constraint):
        return list(value.words)
    if isinstance(value, HealthCheck):
        return _encode_health_check(value)
    if attrs.has(type(value)):
        return _encode_fields(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return format_timestamp(value)
    return value


def _encode_fields(value: Any) -> dict[str, object]:
    hidden = _OMITTED_WHEN_EMPTY.get(type(value), frozenset())
    encoded = {}
    for field in attrs.fields(type(value)):
        member = getattr(value, field.name)
        if member is None or (field.name in hidden and not member):
            continue
        encoded[json_name(field.name)] = _encode(member)
    return encoded


def _encode_health_check(check: HealthCheck) -> dict[str, object]:
    """`ignoreHttp1xx` belongs to the HTTP checks that Marathon runs, and to them alone."""
    encoded = _encode_fields(check)
    if check.protocol not in (HealthCheckProtocol.HTTP, HealthCheckProtocol.HTTPS):
        del encoded["ignoreHttp1xx"]
    return encoded

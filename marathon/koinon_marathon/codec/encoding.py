"""Apps as Marathon writes them: which fields always, which only when set (marathon-v2-api 3.3, column "Out").

Strict clients raise on keys they do not know, so nothing is added that Marathon would not write.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import attrs

from koinon_frameworks.matching.constraints import Constraint

from ..definition.apps import App
from ..definition.health_checks import HealthCheck, HealthCheckProtocol
from ..definition.networks import Network, PortDefinition, PortMapping
from ..definition.pod_bodies import PlacementPolicy, PodBody
from ..definition.pod_containers import Endpoint, PodContainer, PodImage
from ..definition.volumes import CsiCapability, CsiOptions, PersistentInfo
from ..timestamps import format_timestamp
from .names import json_name

_OMITTED_WHEN_EMPTY: dict[type, frozenset[str]] = {
    App: frozenset(
        {"args", "env", "constraints", "fetch", "health_checks", "readiness_checks", "dependencies", "secrets"}
    ),
    PersistentInfo: frozenset({"constraints"}),
    CsiCapability: frozenset({"mount_flags"}),
    CsiOptions: frozenset({"node_stage_secret", "node_publish_secret", "volume_context"}),
    Network: frozenset({"labels"}),
    PodBody: frozenset({"labels", "environment", "secrets", "volumes", "networks"}),
    PlacementPolicy: frozenset({"constraints", "accepted_resource_roles"}),
    PodContainer: frozenset({"endpoints", "environment", "volume_mounts", "artifacts", "labels"}),
    PodImage: frozenset({"labels"}),
    Endpoint: frozenset({"protocol", "labels", "network_names"}),
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


def encode_value(value: object) -> object:
    """Any part of a definition as JSON."""
    if isinstance(value, Constraint):
        return list(value.words)
    if isinstance(value, HealthCheck):
        return encode_health_check(value)
    if attrs.has(type(value)):
        return _encode_fields(value)
    if isinstance(value, tuple):
        return [encode_value(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode_value(member) for key, member in value.items()}
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
        encoded[json_name(field.name)] = encode_value(member)
    return encoded


def encode_health_check(check: HealthCheck) -> dict[str, object]:
    """A check's JSON object. `ignoreHttp1xx` belongs to the HTTP checks that Marathon runs, and to them alone."""
    encoded = _encode_fields(check)
    if check.protocol not in (HealthCheckProtocol.HTTP, HealthCheckProtocol.HTTPS):
        del encoded["ignoreHttp1xx"]
    return encoded

"""The ranges that Marathon checks while it parses: what lies outside is `Invalid JSON`, not a broken rule.

One table, by class and field. Owns marathon-v2-api 3.3's "type / range" column; `structure` owns the types.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ..definition.app_container import DockerImage
from ..definition.apps import AppUpdate, Fetch, Residency, UnreachableStrategy, UpgradeStrategy
from ..definition.health_checks import (
    AppCheck,
    CheckCommand,
    CheckHttp,
    CheckTcp,
    HealthCheck,
    HealthCheckCommand,
    ReadinessCheck,
)
from ..definition.legacy import DiscoveryPort, LegacyFields
from ..definition.linux import IpcInfo, Seccomp
from ..definition.networks import Network, PortDefinition, PortMapping
from ..definition.path_ids import path_text_problems
from ..definition.pod_bodies import PodBody
from ..definition.problems import Problem, at_least, one_of
from ..definition.resources import ExecutorResources, ResourceLimits
from ..definition.volumes import DvdiInfo, PersistentInfo
from .names import json_name
from .pod_limits import POD_LENGTHS, POD_NAMES, POD_NUMBERS, STRICT_NAME, Shape

_MAX_PORT = 65535
_MAX_URI = 1024
MAX_INSTANCES = 100_000
"""More than one Marathon ever ran; each wanted instance is kept, so a slip of the finger would fill the memory."""
_MAX_AMOUNT = 1e12
"""No machine has so much, and arithmetic in thousandths stays exact up to there."""
_PROTOCOLS = ("tcp", "udp", "udp,tcp")

_NUMBERS: dict[tuple[type, str], tuple[float, float | None]] = {
    **POD_NUMBERS,
    (AppUpdate, "instances"): (0, MAX_INSTANCES),
    (AppUpdate, "cpus"): (0.001, _MAX_AMOUNT),
    (AppUpdate, "mem"): (0, _MAX_AMOUNT),
    (AppUpdate, "disk"): (0, _MAX_AMOUNT),
    (AppUpdate, "gpus"): (0, None),
    (AppUpdate, "backoff_seconds"): (0, None),
    (AppUpdate, "backoff_factor"): (1, None),
    (AppUpdate, "max_launch_delay_seconds"): (0, None),
    (AppUpdate, "task_kill_grace_period_seconds"): (0, None),
    (ExecutorResources, "cpus"): (0.1, _MAX_AMOUNT),
    (ExecutorResources, "mem"): (32, _MAX_AMOUNT),
    (ExecutorResources, "disk"): (10, _MAX_AMOUNT),
    (ResourceLimits, "cpus"): (0, _MAX_AMOUNT),
    (ResourceLimits, "mem"): (0, _MAX_AMOUNT),
    (PersistentInfo, "size"): (0, None),
    (PersistentInfo, "max_size"): (0, None),
    (DvdiInfo, "size"): (0, None),
    (IpcInfo, "shm_size"): (0, None),
    (Residency, "relaunch_escalation_timeout_seconds"): (0, None),
    (AppCheck, "interval_seconds"): (0, None),
    (AppCheck, "timeout_seconds"): (0, None),
    (AppCheck, "delay_seconds"): (0, None),
    (CheckHttp, "port"): (0, _MAX_PORT),
    (CheckHttp, "port_index"): (0, None),
    (CheckTcp, "port"): (0, _MAX_PORT),
    (CheckTcp, "port_index"): (0, None),
    (UpgradeStrategy, "minimum_health_capacity"): (0, 1),
    (UpgradeStrategy, "maximum_over_capacity"): (0, 1),
    (UnreachableStrategy, "inactive_after_seconds"): (0, None),
    (UnreachableStrategy, "expunge_after_seconds"): (0, None),
    (PortDefinition, "port"): (0, _MAX_PORT),
    (PortMapping, "container_port"): (0, _MAX_PORT),
    (PortMapping, "host_port"): (0, _MAX_PORT),
    (PortMapping, "service_port"): (0, _MAX_PORT),
    (DiscoveryPort, "number"): (0, _MAX_PORT),
    (LegacyFields, "ports"): (0, _MAX_PORT),
    (HealthCheck, "port"): (0, _MAX_PORT),
    (HealthCheck, "port_index"): (0, None),
    (HealthCheck, "grace_period_seconds"): (0, None),
    (HealthCheck, "interval_seconds"): (0, None),
    (HealthCheck, "timeout_seconds"): (0, None),
    (HealthCheck, "max_consecutive_failures"): (0, None),
    (HealthCheck, "delay_seconds"): (0, None),
    (ReadinessCheck, "interval_seconds"): (1, None),
    (ReadinessCheck, "timeout_seconds"): (1, None),
    (ReadinessCheck, "http_status_codes_for_ready"): (100, 999),
}

_LENGTHS: dict[tuple[type, str], tuple[int, int | None]] = {
    (AppUpdate, "cmd"): (1, None),
    (AppUpdate, "role"): (1, None),
    (DockerImage, "image"): (1, None),
    (Fetch, "uri"): (1, _MAX_URI),
    (HealthCheckCommand, "value"): (1, None),
    (CheckCommand, "shell"): (1, None),
    (CheckCommand, "argv"): (1, None),
    (Seccomp, "profile_name"): (1, None),
    **POD_LENGTHS,
}

_ENDS = "beginning and ending with a letter or a digit"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"), f"must be of a-z, 0-9 and -, {_ENDS}"
_PATTERNS: dict[tuple[type, str], Shape] = {
    (AppUpdate, "executor"): (re.compile(r"(//cmd)|(/?[^/]+(/[^/]+)*)|"), "must be empty, //cmd or a path"),
    (PortDefinition, "name"): _NAME,
    (PortMapping, "name"): _NAME,
    (DiscoveryPort, "name"): _NAME,
    (Network, "name"): (re.compile(r"[a-z0-9]([-a-z0-9_]*[a-z0-9])?"), f"must be of a-z, 0-9, - and _, {_ENDS}"),
    **dict.fromkeys(POD_NAMES, _NAME),
}


def limit_problems(value: Any, path: str = "") -> Iterator[Problem]:
    """Every field below `value` (an attrs value, or a collection of them) that lies outside its range."""
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            below = f"{path}/{json_name(field.name)}"
            member = getattr(value, field.name)
            yield from _field_problems((type(value), field.name), member, below)
            yield from limit_problems(member, below)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from limit_problems(item, f"{path}({index})")


def _field_problems(field: tuple[type, str], member: object, path: str) -> Iterator[Problem]:
    if member is None:
        return
    if field in _NUMBERS:
        yield from _number_problems(member, _NUMBERS[field], path)
    if field in _LENGTHS and isinstance(member, str | tuple):
        yield from _length_problems(len(member), _LENGTHS[field], path)
    if field in _PATTERNS:
        yield from _shape_problems(str(member), _PATTERNS[field], path)
    if field[1] == "protocol" and isinstance(member, str) and member not in _PROTOCOLS:
        yield Problem(path, "error.unknown.enum.literal", one_of(f"'{word}'" for word in _PROTOCOLS))
    if field in ((AppUpdate, "id"), (PodBody, "id")):
        yield from path_text_problems(str(member), path)
    if field == (AppUpdate, "dependencies") and isinstance(member, tuple):
        for index, text in enumerate(member):
            yield from path_text_problems(text, f"{path}({index})")
    if field[1] == "environment" and isinstance(member, Mapping):
        for name in member:
            yield from _shape_problems(name, STRICT_NAME, f"{path}/{name}")
    if field[1] == "env" and isinstance(member, Mapping) and "" in member:
        yield Problem(f"{path}/", "error.minLength", "must have a name")


def _shape_problems(text: str, shape: Shape, path: str) -> Iterator[Problem]:
    pattern, words = shape
    if not pattern.fullmatch(text):
        yield Problem(path, "error.pattern", words)


def _length_problems(length: int, limits: tuple[int, int | None], path: str) -> Iterator[Problem]:
    shortest, longest = limits
    if length < shortest:
        yield Problem(path, "error.minLength", "must not be empty")
    if longest is not None and length > longest:
        yield Problem(path, "error.maxLength", f"must be at most {longest} long, and is {length}")


def _number_problems(member: object, limits: tuple[float, float | None], path: str) -> Iterator[Problem]:
    if isinstance(member, tuple):
        for index, item in enumerate(member):
            yield from _number_problems(item, limits, f"{path}({index})")
    elif isinstance(member, int | float):
        least, most = limits
        if member < least:
            yield Problem(path, "error.min", at_least(least))
        if most is not None and member > most:
            yield Problem(path, "error.max", f"must be {most:,.13g} or less")

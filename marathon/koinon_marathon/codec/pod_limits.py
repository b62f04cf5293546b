"""The ranges of pods, in the tables' form of `limits` (marathon-v2-api 12)."""

import re

from ..definition.pod_bodies import PodBackoff, PodBody, Scaling
from ..definition.pod_containers import (
    ContainerCheck,
    ContainerHealthCheck,
    ContainerResources,
    Endpoint,
    EndpointHttp,
    EndpointTcp,
    Lifecycle,
    PodContainer,
    PodImage,
    VolumeMount,
)
from ..definition.pods import PodVolume

_MAX_PORT = 65535
_MAX_AMOUNT = 1e12
_MAX_INSTANCES = 100_000
_NAME = (1, 63)
_PATH = (1, 1024)

Shape = tuple[re.Pattern[str], str]
"""What a text must match, and that in words."""
STRICT_NAME: Shape = (
    re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,253}"),
    "must be of letters, digits and _, begin with no digit, and be at most 254 long",
)
"""What a pod's variables may be called; an app's may be called anything."""

POD_NUMBERS: dict[tuple[type, str], tuple[float, float | None]] = {
    (Scaling, "instances"): (0, _MAX_INSTANCES),
    (PodBackoff, "backoff"): (0, _MAX_AMOUNT),
    (PodBackoff, "backoff_factor"): (0, _MAX_AMOUNT),
    (PodBackoff, "max_launch_delay"): (0, _MAX_AMOUNT),
    (ContainerResources, "cpus"): (0.001, _MAX_AMOUNT),
    (ContainerResources, "mem"): (0.001, _MAX_AMOUNT),
    (ContainerResources, "disk"): (0, _MAX_AMOUNT),
    (ContainerResources, "gpus"): (0, None),
    (Endpoint, "container_port"): (0, _MAX_PORT),
    (Endpoint, "host_port"): (0, _MAX_PORT),
    (Lifecycle, "kill_grace_period_seconds"): (0, _MAX_AMOUNT),
    **{
        (kind, field): (0, None)
        for kind in (ContainerHealthCheck, ContainerCheck)
        for field in ("interval_seconds", "timeout_seconds", "delay_seconds")
    },
    (ContainerHealthCheck, "grace_period_seconds"): (0, None),
    (ContainerHealthCheck, "max_consecutive_failures"): (0, None),
}
POD_NAMES: tuple[tuple[type, str], ...] = (
    (PodContainer, "name"),
    (Endpoint, "name"),
    (EndpointHttp, "endpoint"),
    (EndpointTcp, "endpoint"),
    (VolumeMount, "name"),
    (PodVolume, "name"),
)
"""Names of containers, endpoints and volumes."""
POD_LENGTHS: dict[tuple[type, str], tuple[int, int | None]] = {
    **dict.fromkeys(POD_NAMES, _NAME),
    (PodBody, "role"): (1, None),
    (PodBody, "containers"): (1, None),
    (PodImage, "id"): _PATH,
    (PodVolume, "secret"): (1, None),
    (PodVolume, "host"): (1, None),
    (VolumeMount, "mount_path"): _PATH,
    (EndpointHttp, "path"): _PATH,
}

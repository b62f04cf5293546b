"""Containers of tasks: the interface, and what runs them (Docker, plain processes)."""

from .errors import ContainerizerError, EngineUnavailable, LaunchFailed, UnknownContainer
from .interface import (
    Containerizer,
    ContainerRun,
    Ended,
    KnownContainer,
    Launch,
    Orphan,
    PersistentVolume,
    PodPlace,
    Recovered,
    SharedDirectory,
    VolumeAddition,
    Workload,
)

__all__ = [
    "ContainerRun",
    "Containerizer",
    "ContainerizerError",
    "Ended",
    "EngineUnavailable",
    "KnownContainer",
    "Launch",
    "LaunchFailed",
    "Orphan",
    "PersistentVolume",
    "PodPlace",
    "Recovered",
    "SharedDirectory",
    "UnknownContainer",
    "VolumeAddition",
    "Workload",
]

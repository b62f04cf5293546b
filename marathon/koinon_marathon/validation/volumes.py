"""Volumes of a container: marathon-v2-api 4.4. Secret ones are `secrets`; what residency asks of an app `residency`."""

import re
from collections.abc import Iterator, Set

from koinon_frameworks.matching.patterns import BadPattern, compile_pattern

from ..definition.app_container import Container, ContainerType
from ..definition.problems import Problem
from ..definition.volumes import (
    CSI,
    DVDI,
    DVDI_DRIVER,
    CsiInfo,
    DiskType,
    DvdiInfo,
    ExternalVolume,
    HostVolume,
    PersistentInfo,
    PersistentVolume,
    Volume,
    VolumeMode,
)
from .features import EXTERNAL_VOLUMES, feature_problems

_LABEL = re.compile(r"[a-z0-9][-a-zA-Z0-9_.]*[a-z0-9]|[a-z0-9]")
_OPTION = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9_./]*[a-zA-Z0-9])?")


def volume_problems(container: Container, features: Set[str]) -> Iterator[Problem]:
    """What is wrong with the volumes of `container`."""
    names = [volume.external.name for volume in container.volumes if isinstance(volume, ExternalVolume)]
    if len(set(names)) != len(names):
        yield Problem("/container/volumes", "Volume names must be unique")
    for index, volume in enumerate(container.volumes):
        path = f"/container/volumes({index})"
        if not volume.container_path:
            yield Problem(f"{path}/containerPath", "must not be empty")
        match volume:
            case HostVolume():
                if not volume.host_path:
                    yield Problem(f"{path}/hostPath", "must not be empty")
            case PersistentVolume():
                yield from _local_problems(volume, path)
            case ExternalVolume():
                yield from feature_problems(EXTERNAL_VOLUMES, features, path)
                yield from _external_problems(volume, container.type, path)


def _local_problems(volume: PersistentVolume, path: str) -> Iterator[Problem]:
    if "/" in volume.container_path:
        yield Problem(f"{path}/containerPath", 'value must not contain "/"')
    if volume.container_path in (".", ".."):
        yield Problem(f"{path}/containerPath", 'must not be "." or ".."')
    if volume.mode is not VolumeMode.RW:
        yield Problem(f"{path}/mode", f"got {volume.mode.value}, expected RW")
    yield from persistent_problems(volume.persistent, f"{path}/persistent")


def persistent_problems(info: PersistentInfo, path: str) -> Iterator[Problem]:
    """What is wrong with what stands in `persistent`, of an app's volume or a pod's."""
    if info.size <= 0:
        yield Problem(f"{path}/size", f"got {info.size}, expected more than 0")
    if info.max_size is not None and info.type is not DiskType.MOUNT:
        yield Problem(path, "Only mount volumes can have maxSize")
    if info.max_size is not None and info.max_size <= info.size:
        yield Problem(path, "Max size must be larger than size")
    if info.constraints and info.type is DiskType.ROOT:
        yield Problem(path, "Constraints on root volumes are not supported")
    for index, words in enumerate(info.constraints):
        problem = _constraint_problem(words)
        if problem is not None:
            yield Problem(f"{path}/constraints({index})", problem)


def _constraint_problem(words: tuple[str, ...]) -> str | None:
    """Why a constraint on a disk's path is none (marathon-semantics 12.5)."""
    if not words:
        return "Missing field and operator"
    if len(words) != 3 or words[0] != "path":
        return f"Unsupported constraint {','.join(words)}"
    if words[1] not in ("LIKE", "UNLIKE"):
        return "Operator must be one of LIKE, UNLIKE"
    try:
        compile_pattern(words[2])
    except BadPattern as error:
        return f"Invalid regular expression: {error}"
    return None


def _external_problems(volume: ExternalVolume, engine: ContainerType, path: str) -> Iterator[Problem]:
    info, path = volume.external, f"{path}/external"
    if not _LABEL.fullmatch(info.name):
        yield Problem(f"{path}/name", f"must fully match regular expression '{_LABEL.pattern}'")
    if info.provider not in (DVDI, CSI):
        yield Problem(f"{path}/provider", "is unknown provider")
    if isinstance(info, DvdiInfo):
        yield from _driver_problems(info, engine, path)
    elif isinstance(info, CsiInfo) and not info.options.plugin_name:
        yield Problem(f"{path}/options/pluginName", "must not be empty")


def _driver_problems(info: DvdiInfo, engine: ContainerType, path: str) -> Iterator[Problem]:
    for key in info.options:
        if not _OPTION.fullmatch(key):
            yield Problem(f"{path}/options({key})", f"must fully match regular expression '{_OPTION.pattern}'")
    if info.provider == DVDI and not info.options.get(DVDI_DRIVER):
        yield Problem(f"{path}/options", f"{DVDI_DRIVER} not defined")
    if info.size is not None and engine is ContainerType.DOCKER:
        yield Problem(f"{path}/size", "must be undefined for Docker containers")


def named_once(volumes: tuple[Volume, ...]) -> bool:
    """Whether a volume outside the cluster is one that only one task may have at a time."""
    return any(
        isinstance(volume, ExternalVolume) and isinstance(volume.external, DvdiInfo) and not volume.external.shared
        for volume in volumes
    )

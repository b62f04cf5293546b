"""The kinds of volumes, as mounts of the engine or as refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from koinon_agent.containerizer import Launch
from koinon_agent.containerizer.docker.request.mounts import find_volume_problems, plan_mounts
from koinon_core.containers import (
    DockerVolume,
    HostPath,
    Image,
    ImageType,
    MountPropagation,
    MountPropagationMode,
    Parameter,
    Parameters,
    SandboxPath,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)

Launcher = Callable[..., Launch]
DOCKER, HOST = VolumeSourceType.DOCKER_VOLUME, VolumeSourceType.HOST_PATH
SANDBOX = VolumeSourceType.SANDBOX_PATH


def volume(path: str = "/in", **changes: Any) -> Volume:
    """A writable volume."""
    return Volume(**{"mode": VolumeMode.RW, "container_path": path, **changes})


def test_volumes_of_the_engine_have_a_driver_and_its_options(docker_launch: Launcher) -> None:
    """Name, driver and options go to the engine; without a driver it uses its own."""
    options = Parameters((Parameter("type", "tmpfs"),))
    sources = [
        VolumeSource(type=DOCKER, docker_volume=DockerVolume(name="data", driver="nfs", driver_options=options)),
        VolumeSource(type=DOCKER, docker_volume=DockerVolume(name="data")),
    ]
    launch = docker_launch("true", container={"volumes": tuple(volume(source=source) for source in sources)})
    mounts = plan_mounts(launch).mounts[1:]

    driver = {"DriverConfig": {"Name": "nfs", "Options": {"type": "tmpfs"}}}
    assert [driver, None] == [mount.get("VolumeOptions") for mount in mounts]
    assert [("volume", "data")] * 2 == [(mount["Type"], mount["Source"]) for mount in mounts]


def test_the_older_driver_makes_names_of_relative_host_paths(docker_launch: Launcher) -> None:
    """docker.volume_driver is about volumes by name; absolute paths stay paths."""
    volumes = (volume(host_path="data"), volume(host_path="/srv"))
    launch = docker_launch("true", container={"volumes": volumes}, volume_driver="rexray")
    planned = plan_mounts(launch, driver="rexray")

    assert ("volume", "data", {"DriverConfig": {"Name": "rexray", "Options": {}}}) == tuple(
        planned.mounts[1][name] for name in ("Type", "Source", "VolumeOptions")
    )
    assert ("/srv:/in:rw",) == planned.binds


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, "/srv:/in:ro"),
        (MountPropagationMode.HOST_TO_CONTAINER, "/srv:/in:ro,rslave"),
        (MountPropagationMode.BIDIRECTIONAL, "/srv:/in:ro,rshared"),
    ],
)
def test_mounts_propagate_as_asked(docker_launch: Launcher, mode: MountPropagationMode | None, expected: str) -> None:
    """By the kernel's own names."""
    source = VolumeSource(type=HOST, host_path=HostPath("/srv", MountPropagation(mode)))
    launch = docker_launch("true", container={"volumes": (volume(mode=VolumeMode.RO, source=source),)})

    assert (expected,) == plan_mounts(launch).binds


def test_paths_of_the_sandbox_lie_in_the_sandbox(docker_launch: Launcher) -> None:
    """Whether they begin with a slash or not; and the sandbox is where the operator wants it."""
    source = VolumeSource(type=SANDBOX, sandbox_path=SandboxPath(path="/cache", type=SandboxPathType.SELF))
    launch = docker_launch("true", container={"volumes": (volume("in", source=source),)})
    planned = plan_mounts(launch, "/box")

    assert (launch.sandbox / "cache",) == planned.directories
    assert ["/box", "/box/in"] == [mount["Target"] for mount in planned.mounts]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"path": ""}, "has no container_path"),
        ({"path": "../in"}, "leads out of the sandbox"),
        ({"host_path": "a/../../b"}, "has a host path 'a/../../b' that leads out of the sandbox"),
        ({"host_path": "/a:b"}, "must not hold a colon"),
        ({"image": Image(type=ImageType.DOCKER)}, "has an image"),
        ({"source": VolumeSource(type=DOCKER)}, "has no docker_volume.name"),
        (
            {"source": VolumeSource(type=DOCKER, docker_volume=DockerVolume(name="/etc"))},
            "has '/etc' for the name of a Docker volume",
        ),
        ({"source": VolumeSource(type=HOST, host_path=HostPath("a"))}, "host_path.path that is not absolute"),
        ({"source": VolumeSource(type=SANDBOX)}, "has a source without its path"),
        (
            {"source": VolumeSource(type=SANDBOX, sandbox_path=SandboxPath(path="a", type=SandboxPathType.PARENT))},
            "has a sandbox_path of type PARENT",
        ),
        ({"source": VolumeSource(type=VolumeSourceType.SECRET)}, "has a source of type SECRET"),
        ({"source": VolumeSource(type=VolumeSourceType.CSI_VOLUME)}, "has a source of type CSI_VOLUME"),
    ],
)
def test_what_cannot_be_mounted_is_refused_by_name(
    docker_launch: Launcher, changes: dict[str, Any], problem: str
) -> None:
    """Each problem names the volume and what is wrong with it."""
    launch = docker_launch("true", container={"volumes": (volume(**changes),)})

    assert problem in "; ".join(find_volume_problems(launch.workload))

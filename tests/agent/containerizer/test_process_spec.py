"""What a plain process can be given, and what is refused by name."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from koinon_agent.containerizer import Workload
from koinon_agent.containerizer.process.spec import Link, find_problems, plan_links, plan_rlimits
from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    Environment,
    EnvironmentVariable,
    EnvironmentVariableType,
    HostPath,
    NetworkInfo,
    PortMapping,
    SandboxPath,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)
from koinon_core.linux import IpcMode, LinuxInfo, RLimit, RLimitInfo, RLimitType, SeccompInfo, TtyInfo
from koinon_core.resources_text import parse_resources

COMMAND = CommandInfo(value="true")
MESOS = ContainerInfo(type=ContainerType.MESOS)
SANDBOX = Path("/w/sandbox")


def volume(path: str = "data", **changes: Any) -> Volume:
    """A directory of the host's; keywords change it."""
    return evolve(Volume(mode=VolumeMode.RW, container_path=path, host_path="/srv"), **changes)


def source(kind: VolumeSourceType, **what: Any) -> dict[str, Any]:
    """A volume's source in place of its host_path."""
    return {"host_path": None, "source": VolumeSource(type=kind, **what)}


def sandbox_path(path: str, kind: SandboxPathType = SandboxPathType.SELF) -> dict[str, Any]:
    """A place in a sandbox as the source."""
    return source(VolumeSourceType.SANDBOX_PATH, sandbox_path=SandboxPath(type=kind, path=path))


def limit(**changes: Any) -> ContainerInfo:
    """A container with one limit of the kernel."""
    return evolve(MESOS, rlimit_info=RLimitInfo((RLimit(**changes),)))


def test_what_it_can_be_given() -> None:
    """Volumes within its sandbox, limits of the kernel, and what a plain process has anyway."""
    container = evolve(
        MESOS,
        volumes=(volume(), volume("a/b", **sandbox_path("shared"))),
        rlimit_info=RLimitInfo((RLimit(type=RLimitType.RLMT_CORE),)),
        linux_info=LinuxInfo(share_pid_namespace=True, ipc_mode=IpcMode.SHARE_PARENT),
        network_infos=(NetworkInfo(),),
    )

    assert [] == list(find_problems(Workload(command=COMMAND, container=container)))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tty_info": TtyInfo()}, "container.tty_info cannot"),
        ({"hostname": "h"}, "container.hostname cannot"),
        ({"network_infos": (NetworkInfo(name="n"),)}, "cannot join a network"),
        (
            {"network_infos": (NetworkInfo(port_mappings=(PortMapping(host_port=1, container_port=1),)),)},
            "port_mappings need",
        ),
        ({"linux_info": LinuxInfo(seccomp=SeccompInfo(profile_name="p"))}, "linux_info.seccomp.profile_name"),
        ({"linux_info": LinuxInfo(shm_size=1)}, "linux_info.shm_size"),
        ({"linux_info": LinuxInfo(ipc_mode=IpcMode.PRIVATE)}, "linux_info.ipc_mode PRIVATE"),
        ({"volumes": (volume("/etc"),)}, "/etc is absolute"),
        ({"volumes": (volume("../x"),)}, "../x is no place within"),
        ({"volumes": (volume(""),)}, "(no container_path) is no place"),
        ({"volumes": (volume(mode=VolumeMode.RO),)}, "data is to be read-only"),
        ({"volumes": (volume(host_path="srv"),)}, "data needs an absolute host_path"),
        (
            {"volumes": (volume(**source(VolumeSourceType.HOST_PATH, host_path=HostPath(path="/a/../b"))),)},
            "data needs an absolute host_path",
        ),
        ({"volumes": (volume(**source(VolumeSourceType.DOCKER_VOLUME)),)}, "source of type DOCKER_VOLUME"),
        ({"volumes": (volume(**sandbox_path("x", SandboxPathType.PARENT)),)}, "of type PARENT"),
        ({"volumes": (volume(**sandbox_path("../x")),)}, "leads out of the sandbox"),
    ],
)
def test_what_it_cannot_be_given_is_named(changes: dict[str, Any], problem: str) -> None:
    """The field at fault, and why."""
    (found,) = find_problems(Workload(command=COMMAND, container=evolve(MESOS, **changes)))

    assert problem in found


@pytest.mark.parametrize(
    ("container", "problem"),
    [
        (limit(type=None), "no limit of type None"),
        (limit(type=RLimitType.UNKNOWN), "no limit of type UNKNOWN"),
        (limit(type=RLimitType.RLMT_NOFILE, hard=1), "RLMT_NOFILE must have both"),
        (limit(type=RLimitType.RLMT_NOFILE, hard=1, soft=2), "RLMT_NOFILE must have a soft limit up to"),
        (limit(type=RLimitType.RLMT_NOFILE, hard=1 << 64, soft=2), "and that up to"),
    ],
)
def test_a_limit_that_cannot_be_set_is_named(container: ContainerInfo, problem: str) -> None:
    """Before anything runs."""
    (found,) = find_problems(Workload(command=COMMAND, container=container))

    assert problem in found


def test_secrets_and_gpus_are_refused() -> None:
    """A command is not run without what it relies on."""
    secret = EnvironmentVariable("PASSWORD", EnvironmentVariableType.SECRET)
    command = evolve(COMMAND, environment=Environment((secret,)))
    problems = list(find_problems(Workload(command=command, resources=parse_resources("gpus:1"))))

    assert [
        "command.environment variable 'PASSWORD' is a secret, and no secret store is there to ask",
        "gpus cannot be given to a plain process",
    ] == problems


def test_volumes_become_links_in_the_sandbox() -> None:
    """To the host's path, said either way, and to other places of the sandbox."""
    as_source = source(VolumeSourceType.HOST_PATH, host_path=HostPath(path="/opt"))
    container = evolve(MESOS, volumes=(volume(), volume("b", **as_source), volume("c", **sandbox_path("d/e"))))

    assert (
        Link("data", Path("/srv")),
        Link("b", Path("/opt")),
        Link("c", SANDBOX / "d/e"),
    ) == plan_links(container, SANDBOX)
    assert () == plan_links(None, SANDBOX)


def test_limits_become_the_kernels_numbers() -> None:
    """Soft before hard; neither is none."""
    limits = (
        RLimit(type=RLimitType.RLMT_NOFILE, soft=1, hard=2),
        RLimit(type=RLimitType.RLMT_CORE),
        RLimit(type=RLimitType.RLMT_LOCKS, soft=0, hard=0),
    )
    unlimited = resource.RLIM_INFINITY

    assert {resource.RLIMIT_NOFILE: (1, 2), resource.RLIMIT_CORE: (unlimited, unlimited), 10: (0, 0)} == plan_rlimits(
        evolve(MESOS, rlimit_info=RLimitInfo(limits))
    )
    assert {} == plan_rlimits(None)

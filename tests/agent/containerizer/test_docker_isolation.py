"""How far a Docker container may reach out of itself, and what of the kernel's limits it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from koinon_agent.containerizer import Launch
from koinon_agent.containerizer.docker.request.parameters import ALL_PARAMETERS, Allowed, parse_parameter_names
from koinon_agent.containerizer.docker.request.spec import Found, SpecOptions, find_problems, plan_container
from koinon_core.containers import (
    CommandInfo,
    DockerNetwork,
    Environment,
    EnvironmentVariable,
    NetworkInfo,
    Parameter,
)
from koinon_core.containers import EnvironmentVariableType as VariableType
from koinon_core.linux import (
    Capability,
    CapabilityInfo,
    IpcMode,
    LinuxInfo,
    RLimit,
    RLimitInfo,
    RLimitType,
    SeccompInfo,
    TtyInfo,
    WindowSize,
)
from koinon_core.resources import Resources, scalar

Launcher = Callable[..., Launch]
CLOSED = SpecOptions()
OPEN = SpecOptions(allowed=Allowed(privileged=True, parameters=parse_parameter_names("all")))


def body_of(launch: Launch, found: Found | None = None) -> dict[str, Any]:
    """The create request under an operator who allows everything."""
    assert () == find_problems(launch.workload, OPEN)
    return dict(plan_container(launch, OPEN, found or Found()).body)


@pytest.mark.parametrize(
    ("linux", "expected"),
    [
        (
            LinuxInfo(effective_capabilities=CapabilityInfo((Capability.NET_RAW, Capability.CHOWN))),
            {"CapDrop": ["ALL"], "CapAdd": ["NET_RAW", "CHOWN"]},
        ),
        (LinuxInfo(bounding_capabilities=CapabilityInfo(())), {"CapDrop": ["ALL"], "CapAdd": []}),
        (LinuxInfo(seccomp=SeccompInfo(unconfined=True)), {"SecurityOpt": ["seccomp=unconfined"]}),
        (LinuxInfo(share_pid_namespace=True), {"PidMode": "host"}),
        (LinuxInfo(ipc_mode=IpcMode.SHARE_PARENT), {"IpcMode": "host"}),
        (LinuxInfo(ipc_mode=IpcMode.PRIVATE, shm_size=2), {"IpcMode": "private", "ShmSize": 2 << 20}),
        (LinuxInfo(), {}),
    ],
)
def test_linux_info_is_said_in_the_engines_words(
    docker_launch: Launcher, linux: LinuxInfo, expected: dict[str, Any]
) -> None:
    """Capabilities replace the engine's own set; namespaces and shared memory go by name and size."""
    host = body_of(docker_launch("true", container={"linux_info": linux}))["HostConfig"]

    names = {"CapAdd", "CapDrop", "SecurityOpt", "PidMode", "IpcMode", "ShmSize"}
    assert expected == {name: value for name, value in host.items() if name in names}


def test_kernel_limits_and_a_terminal_are_the_engines_too(docker_launch: Launcher) -> None:
    """A limit without numbers is none; a terminal has its size."""
    limits = RLimitInfo((RLimit(type=RLimitType.RLMT_NOFILE, hard=20, soft=10), RLimit(type=RLimitType.RLMT_CORE)))
    container = {"rlimit_info": limits, "tty_info": TtyInfo(WindowSize(rows=24, columns=80))}
    body = body_of(docker_launch("true", container=container))

    assert [
        {"Name": "nofile", "Soft": 10, "Hard": 20},
        {"Name": "core", "Soft": -1, "Hard": -1},
    ] == body["HostConfig"]["Ulimits"]
    assert (True, [24, 80]) == (body["Tty"], body["HostConfig"]["ConsoleSize"])


def test_gpus_go_by_the_devices_chosen_and_are_remembered(docker_launch: Launcher) -> None:
    """The engine is told which, and the label says so to a restarted agent."""
    launch = docker_launch("true", task={"resources": Resources((scalar("gpus", 2),))})
    body = body_of(launch, Found(gpus=("0", "2")))

    assert [{"DeviceIDs": ["0", "2"], "Capabilities": [["gpu"]]}] == body["HostConfig"]["DeviceRequests"]
    assert "0,2" == body["Labels"]["koinon.gpus"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"privileged": True}, "container.docker.privileged is not allowed: this agent runs without"),
        ({"parameters": (Parameter("privileged", "true"),)}, "say container.docker.privileged"),
        ({"parameters": (Parameter("cap-add", "SYS_ADMIN"),)}, "capability SYS_ADMIN reaches out of the container"),
        ({"parameters": (Parameter("cap-add", "all"),)}, "capability ALL reaches out of the container"),
        (
            {"parameters": (Parameter("cap-add", "CAP_NET_ADMIN"),), "network": DockerNetwork.HOST},
            "capability NET_ADMIN reaches out of the container",
        ),
        (
            {
                "parameters": (Parameter("cap-add", "NET_ADMIN"),),
                "network": DockerNetwork.USER,
                "container": {"network_infos": (NetworkInfo(name="host"),)},
            },
            "capability NET_ADMIN reaches out of the container",
        ),
        ({"parameters": (Parameter("device", "/dev/kvm"),)}, "--docker_parameters does not open device"),
        ({"parameters": (Parameter("m", "1g"),)}, "--docker_parameters does not open memory"),
        ({"parameters": (Parameter("security-opt", "seccomp=unconfined"),)}, "does not open security-opt"),
        ({"parameters": (Parameter("ipc", "host"),)}, "does not open ipc"),
        ({"parameters": (Parameter("p", "80:80"),)}, "does not open publish"),
    ],
)
def test_what_opens_the_host_is_the_operators_to_allow(
    docker_launch: Launcher, changes: dict[str, Any], problem: str
) -> None:
    """Refused with the flag that would allow it."""
    launch = docker_launch("true", **changes)

    assert problem in "; ".join(find_problems(launch.workload, CLOSED))


@pytest.mark.parametrize(
    ("linux", "field"),
    [
        (LinuxInfo(seccomp=SeccompInfo(unconfined=True)), "container.linux_info.seccomp.unconfined"),
        (LinuxInfo(share_pid_namespace=True), "container.linux_info.share_pid_namespace"),
        (LinuxInfo(ipc_mode=IpcMode.SHARE_PARENT), "container.linux_info.ipc_mode SHARE_PARENT"),
        (
            LinuxInfo(capability_info=CapabilityInfo((Capability.SYS_MODULE,))),
            "container.linux_info: capability SYS_MODULE",
        ),
    ],
)
def test_so_is_linux_info(docker_launch: Launcher, linux: LinuxInfo, field: str) -> None:
    """Allowed by the same flag, refused by name without it."""
    workload = docker_launch("true", container={"linux_info": linux}).workload

    assert field in "; ".join(find_problems(workload, CLOSED))
    assert () == find_problems(workload, OPEN)


@pytest.mark.parametrize(
    ("parameter", "path", "expected"),
    [
        (("privileged-is-not-one", ""), None, None),
        (("device", "/dev/null:/dev/zip:r"), "Devices", ("/dev/null", "/dev/zip", "r")),
        (("device", "/dev/null"), "Devices", ("/dev/null", "/dev/null", "rwm")),
        (("cpus", "1.5"), "NanoCpus", 1_500_000_000),
        (("memory-swap", "-1"), "MemorySwap", -1),
        (("publish", "127.0.0.1:80:8080/udp"), "PortBindings", {"8080/udp": [("127.0.0.1", "80")]}),
        (("security-opt", "no-new-privileges"), "SecurityOpt", ["no-new-privileges"]),
        (("pids-limit", "9"), "PidsLimit", 9),
    ],
)
def test_opened_parameters_find_their_place(
    docker_launch: Launcher, parameter: tuple[str, str], path: str | None, expected: Any
) -> None:
    """What an operator opened reaches the engine as `docker run` would say it; what nobody knows stays refused."""
    launch = docker_launch("true", parameters=(Parameter(*parameter),))
    if path is None:
        assert "is not known" in "; ".join(find_problems(launch.workload, OPEN))
        return
    found = body_of(launch)["HostConfig"][path]
    if path == "Devices":
        found = tuple(found[0].values())
    if path == "PortBindings":
        found = {port: [tuple(binding.values()) for binding in bindings] for port, bindings in found.items()}

    assert expected == found


def test_an_operators_word_is_checked() -> None:
    """Names are known, short forms are read, all is all."""
    assert ("device", "memory") == parse_parameter_names("--device, m")
    assert tuple(sorted(ALL_PARAMETERS)) == parse_parameter_names("all")
    with pytest.raises(ValueError, match="nmae, rm cannot be opened"):
        parse_parameter_names("nmae,rm,device")


@pytest.mark.parametrize(
    ("container", "task", "problem"),
    [
        ({"rlimit_info": RLimitInfo((RLimit(type=RLimitType.RLMT_AS, hard=1, soft=1),))}, {}, "limit of type RLMT_AS"),
        (
            {"rlimit_info": RLimitInfo((RLimit(type=RLimitType.RLMT_CORE, hard=1),))},
            {},
            "RLMT_CORE must have both hard and soft, or neither",
        ),
        (
            {"rlimit_info": RLimitInfo((RLimit(type=RLimitType.RLMT_CORE, hard=1, soft=2),))},
            {},
            "RLMT_CORE has a soft limit above its hard one",
        ),
        ({"linux_info": LinuxInfo(seccomp=SeccompInfo(profile_name="p"))}, {}, "seccomp.profile_name cannot be had"),
        ({"linux_info": LinuxInfo(ipc_mode=IpcMode.SHARE_PARENT, shm_size=1)}, {}, "linux_info.shm_size cannot be had"),
        ({}, {"resources": Resources((scalar("gpus", 0.5),))}, "gpus must be a whole number, not 0.5"),
        (
            {},
            {
                "command": CommandInfo(
                    value="true", environment=Environment((EnvironmentVariable("TOKEN", VariableType.SECRET),))
                )
            },
            "command.environment variable 'TOKEN' is a secret",
        ),
        ({}, {"command": CommandInfo(value="true", environment=Environment.of({"A": "x\0"}))}, "'A' holds a NUL"),
    ],
)
def test_what_nobody_can_allow_is_refused_by_name(
    docker_launch: Launcher, container: dict[str, Any], task: dict[str, Any], problem: str
) -> None:
    """Each problem names the field at fault, whatever the operator opened."""
    assert problem in "; ".join(find_problems(docker_launch("true", container=container, task=task).workload, OPEN))

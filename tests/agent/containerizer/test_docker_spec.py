"""What a task becomes as a create request of the Docker engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from koinon_agent.containerizer import Launch
from koinon_agent.containerizer.docker.request.spec import (
    Found,
    SpecOptions,
    find_problems,
    full_image_name,
    plan_container,
)
from koinon_core.containers import (
    CommandInfo,
    DockerNetwork,
    DockerVolume,
    Environment,
    HostPath,
    NetworkInfo,
    Parameter,
    PortMapping,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)
from koinon_core.resources import Resources, ranges, scalar
from koinon_core.scalars import UNLIMITED, Scalar

Launcher = Callable[..., Launch]


def plan(launch: Launch, **options: Any) -> dict[str, Any]:
    """The body of the create request."""
    assert () == find_problems(launch.workload, SpecOptions())
    return dict(plan_container(launch, SpecOptions(**options), Found()).body)


@pytest.mark.parametrize(
    ("resources", "limits", "options", "expected"),
    [
        ([("cpus", 0.5), ("mem", 64)], None, {}, {"CpuShares": 512, "Memory": 64 << 20}),
        ([("cpus", 0.001), ("mem", 1)], None, {}, {"CpuShares": 2, "Memory": 32 << 20}),
        ([("cpus", 0.25)], None, {"is_cpu_limited": True}, {"CpuShares": 256, "CpuPeriod": 100000, "CpuQuota": 25000}),
        ([("cpus", 1)], {"cpus": Scalar.of(2)}, {}, {"CpuShares": 1024, "CpuPeriod": 100000, "CpuQuota": 200000}),
        ([("cpus", 1)], {"cpus": Scalar.of(0.001)}, {}, {"CpuShares": 1024, "CpuPeriod": 100000, "CpuQuota": 1000}),
        (
            [("mem", 64)],
            {"mem": Scalar.of(128)},
            {"total_memory": 1 << 30},
            {"MemoryReservation": 64 << 20, "Memory": 128 << 20, "OomScoreAdj": 938},
        ),
        (
            [("cpus", 1), ("mem", 64)],
            {"cpus": UNLIMITED, "mem": UNLIMITED},
            {"is_cpu_limited": True, "total_memory": 1 << 30},
            {"CpuShares": 1024, "MemoryReservation": 64 << 20, "OomScoreAdj": 938},
        ),
        ([], None, {}, {}),
    ],
)
def test_resources_become_shares_quotas_and_memory(
    docker_launch: Launcher, resources: Any, limits: Any, options: Any, expected: dict[str, int]
) -> None:
    """Requests give shares and a memory limit of at least 32 MB; limits give quotas and a reservation beside it."""
    task = {"resources": Resources(tuple(scalar(*item) for item in resources)), "limits": limits}
    host = plan(docker_launch("true", task=task), **options)["HostConfig"]

    names = {"CpuShares", "CpuPeriod", "CpuQuota", "Memory", "MemoryReservation", "OomScoreAdj"}
    assert expected == {name: value for name, value in host.items() if name in names}


@pytest.mark.parametrize(
    ("network", "mode"),
    [(DockerNetwork.HOST, "host"), (DockerNetwork.BRIDGE, "bridge"), (DockerNetwork.NONE, "none")],
)
def test_networks_have_the_names_of_docker(docker_launch: Launcher, network: DockerNetwork, mode: str) -> None:
    """host, bridge and none are what `--net` calls them."""
    assert mode == plan(docker_launch("true", network=network))["HostConfig"]["NetworkMode"]


def test_a_user_network_is_the_named_one_with_its_aliases(docker_launch: Launcher) -> None:
    """USER joins the network of network_infos, and net-alias names the container there."""
    parameters = (Parameter("net-alias", "db"), Parameter("--network-alias", "sql"))
    infos = {"network_infos": (NetworkInfo(name="backend"),)}
    body = plan(docker_launch("true", container=infos, network=DockerNetwork.USER, parameters=parameters))

    assert "backend" == body["HostConfig"]["NetworkMode"]
    assert {"EndpointsConfig": {"backend": {"Aliases": ["db", "sql"]}}} == body["NetworkingConfig"]


def test_port_mappings_publish_host_ports_of_the_task(docker_launch: Launcher) -> None:
    """tcp is the default, udp is kept, and container port 0 is the host's."""
    mappings = (
        PortMapping(host_port=31001, container_port=80),
        PortMapping(host_port=31002, container_port=53, protocol="UDP"),
        PortMapping(host_port=31003, container_port=0),
    )
    task = {"resources": Resources((ranges("ports", (31001, 31003)),))}
    body = plan(docker_launch("true", task=task, network=DockerNetwork.BRIDGE, port_mappings=mappings))

    expected = {
        "80/tcp": [{"HostPort": "31001"}],
        "53/udp": [{"HostPort": "31002"}],
        "31003/tcp": [{"HostPort": "31003"}],
    }
    assert expected == body["HostConfig"]["PortBindings"]
    assert set(expected) == set(body["ExposedPorts"])


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (CommandInfo(value="echo $X"), {"Entrypoint": ["/bin/sh"], "Cmd": ["-c", "echo $X"]}),
        (CommandInfo(shell=False, value="echo", arguments=("a", "b")), {"Cmd": ["echo", "a", "b"]}),
        (CommandInfo(shell=False, arguments=("-v",)), {"Cmd": ["-v"]}),
        (CommandInfo(shell=False), {}),
        (None, {}),
    ],
)
def test_commands_replace_what_the_image_runs(
    docker_launch: Launcher, command: CommandInfo | None, expected: dict[str, Any]
) -> None:
    """A shell command replaces the entrypoint; an argv follows it; without either the image decides."""
    body = plan(docker_launch("", task={"command": command}))

    assert expected == {name: body[name] for name in ("Entrypoint", "Cmd") if name in body}


def test_environment_is_the_agents_then_the_commands_then_the_parameters(docker_launch: Launcher) -> None:
    """Later sources win, but for where the sandbox is and what the container is called."""
    environment = Environment.of({"A": "command", "B": "command", "MESOS_SANDBOX": "/elsewhere"})
    launch = docker_launch(
        "true",
        task={"command": CommandInfo(value="true", environment=environment)},
        parameters=(Parameter("env", "B=parameter"),),
    )
    body = plan(evolve(launch, environment={"A": "agent", "C": "agent"}))

    expected = {
        "A=command",
        "B=parameter",
        "C=agent",
        f"MESOS_DIRECTORY={launch.sandbox}",
        "MESOS_SANDBOX=/mnt/mesos/sandbox",
        f"MESOS_CONTAINER_NAME=mesos-{launch.container_id}",
    }
    assert expected == set(body["Env"])


def test_volumes_become_binds_mounts_and_anonymous_volumes(docker_launch: Launcher) -> None:
    """The sandbox is always there; relative host paths lie in it; volumes of the engine go by name and driver."""
    named = VolumeSource(type=VolumeSourceType.DOCKER_VOLUME, docker_volume=DockerVolume(name="data", driver="local"))
    volumes = (
        Volume(mode=VolumeMode.RO, container_path="/etc/web", host_path="/srv/web"),
        Volume(mode=VolumeMode.RW, container_path="cache", host_path="made/here"),
        Volume(mode=VolumeMode.RW, container_path="/scratch"),
        Volume(mode=VolumeMode.RW, container_path="/data", source=named),
    )
    launch = docker_launch("true", container={"volumes": volumes})
    spec = plan_container(launch, SpecOptions(), Found())
    host = spec.body["HostConfig"]

    assert ["/srv/web:/etc/web:ro"] == host["Binds"]
    assert {"/scratch": {}} == spec.body["Volumes"]
    assert (launch.sandbox / "made/here",) == spec.directories
    assert [
        ("bind", str(launch.sandbox), "/mnt/mesos/sandbox"),
        ("bind", str(launch.sandbox / "made/here"), "/mnt/mesos/sandbox/cache"),
        ("volume", "data", "/data"),
    ] == [(mount["Type"], mount["Source"], mount["Target"]) for mount in host["Mounts"]]


@pytest.mark.parametrize(
    ("parameter", "path", "expected"),
    [
        (("ulimit", "nofile=10:20"), ("HostConfig", "Ulimits"), [{"Name": "nofile", "Soft": 10, "Hard": 20}]),
        (("log-driver", "journald"), ("HostConfig", "LogConfig"), {"Type": "journald"}),
        (("log-opt", "max-size=1m"), ("HostConfig", "LogConfig"), {"Config": {"max-size": "1m"}}),
        (("cap-add", "NET_ADMIN"), ("HostConfig", "CapAdd"), ["NET_ADMIN"]),
        (("shm-size", "64M"), ("HostConfig", "ShmSize"), 64 << 20),
        (("user", "nobody"), ("User",), "nobody"),
        (("entrypoint", "/init"), ("Entrypoint",), ["/init"]),
        (("volume", "data:/data:ro"), ("HostConfig", "Binds"), ["data:/data:ro"]),
        (("read-only", "true"), ("HostConfig", "ReadonlyRootfs"), True),
    ],
)
def test_allowed_parameters_change_the_request(
    docker_launch: Launcher, parameter: tuple[str, str], path: tuple[str, ...], expected: Any
) -> None:
    """Each allowed flag of `docker run` finds its place."""
    found: Any = plan(docker_launch("true", parameters=(Parameter(*parameter),)))
    for name in path:
        found = found[name]

    assert expected == found


@pytest.mark.parametrize(
    ("changes", "container", "problem"),
    [
        ({"parameters": (Parameter("name", "mine"),)}, {}, "parameter 'name' is not allowed"),
        ({"parameters": (Parameter("pid", "host"),)}, {}, "parameter 'pid' is not allowed"),
        ({"parameters": (Parameter("label", "koinon.agent=x"),)}, {}, "must not be a label beneath koinon."),
        ({"parameters": (Parameter("ulimit", "nofile"),)}, {}, "must be like key=value"),
        ({"parameters": (Parameter("net-alias", "db"),)}, {}, "needs a user network"),
        ({"network": DockerNetwork.HOST}, {"hostname": "web"}, "hostname cannot be had on the host network"),
        ({"network": DockerNetwork.USER}, {}, "exactly one of container.network_infos"),
        ({"port_mappings": (PortMapping(host_port=31005, container_port=1),)}, {}, "cannot be had on a NONE network"),
        (
            {"network": DockerNetwork.BRIDGE, "port_mappings": (PortMapping(host_port=31005, container_port=1),)},
            {},
            "host_port 31005 is not among the task's ports []",
        ),
        ({}, {"volumes": (Volume(mode=VolumeMode.RW, container_path="/a", host_path="../b"),)}, "out of the sandbox"),
        ({"image": ""}, {}, "image is empty"),
    ],
)
def test_what_docker_cannot_or_must_not_do_is_refused_by_name(
    docker_launch: Launcher, changes: dict[str, Any], container: dict[str, Any], problem: str
) -> None:
    """Each problem names the field at fault."""
    problems = find_problems(docker_launch("true", container=container, **changes).workload, SpecOptions())

    assert problem in "; ".join(problems)


def test_a_source_of_host_path_needs_the_path(docker_launch: Launcher) -> None:
    """A volume source says its type and lacks what belongs to it."""
    whole = VolumeSource(type=VolumeSourceType.HOST_PATH, host_path=HostPath("/srv"))
    empty = VolumeSource(type=VolumeSourceType.HOST_PATH)
    tasks = [
        docker_launch(
            "true", container={"volumes": (Volume(mode=VolumeMode.RW, container_path="/a", source=source),)}
        ).workload
        for source in (whole, empty)
    ]

    assert [(), ("volume '/a' has a source without its path",)] == [
        find_problems(task, SpecOptions()) for task in tasks
    ]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("busybox", "busybox:latest"),
        ("busybox:1", "busybox:1"),
        ("localhost:5000/busybox", "localhost:5000/busybox:latest"),
        ("busybox@sha256:0123", "busybox@sha256:0123"),
    ],
)
def test_untagged_images_are_the_latest(image: str, expected: str) -> None:
    """The port of a registry is no tag, and a digest needs none."""
    assert expected == full_image_name(image)


def test_containers_say_whose_they_are(docker_launch: Launcher, tmp_path: Path) -> None:
    """Name and labels let a restarted agent find its containers and how much output it has of them."""
    launch = docker_launch("true", parameters=(Parameter("label", "team=web"),))
    spec = plan_container(launch, SpecOptions(), Found(log_start=(12, 0)))

    assert f"mesos-{launch.container_id}" == spec.name
    assert {
        "koinon.framework": "framework-0000",
        "koinon.task": "task-1",
        "koinon.agent": launch.agent_id,
        "koinon.executor": "task-1",
        "koinon.container": launch.container_id,
        "koinon.log-start": "12:0",
        "team": "web",
    } == spec.body["Labels"]


def test_a_container_of_nobodys_is_known_by_its_own_id_alone(docker_launch: Launcher) -> None:
    """One without a parent is no agent's orphan: whoever looks for those looks for the agent's id."""
    launch = evolve(docker_launch("true"), framework_id=None, task_id=None, agent_id=None, executor_id=None)
    spec = plan_container(launch, SpecOptions(), Found(log_start=(0, 0)))

    assert {"koinon.container": launch.container_id, "koinon.log-start": "0:0"} == spec.body["Labels"]

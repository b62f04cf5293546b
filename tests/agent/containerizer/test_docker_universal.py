"""What a MESOS container with a Docker image becomes as a create request of the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from koinon_agent.containerizer import Launch
from koinon_agent.containerizer.docker.inspection import ImageConfig
from koinon_agent.containerizer.docker.request.spec import Found, SpecOptions, find_problems, plan_container
from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DockerImage,
    Image,
    ImageType,
    MesosInfo,
    NetworkInfo,
    PortMapping,
)
from koinon_core.resources import Resources, ranges
from koinon_core.secret import Secret, SecretReference, SecretType

Launcher = Callable[..., Launch]
MAPPED = (PortMapping(host_port=31000, container_port=80),)
PORTS = {"resources": Resources((ranges("ports", (31000, 31000)),))}


def plan(launch: Launch, image: ImageConfig | None = None, **options: Any) -> dict[str, Any]:
    """The body of the create request."""
    chosen = SpecOptions(**options)
    assert () == find_problems(launch.workload, chosen)
    return dict(plan_container(launch, chosen, Found(image=image or ImageConfig(), user="7:8")).body)


@pytest.mark.parametrize(
    ("infos", "mode", "ports"),
    [
        ((), "host", []),
        ((NetworkInfo(),), "host", []),
        ((NetworkInfo(port_mappings=MAPPED),), "bridge", ["80/tcp"]),
        ((NetworkInfo(name="mesos-bridge", port_mappings=MAPPED),), "bridge", ["80/tcp"]),
        ((NetworkInfo(name="backend", port_mappings=MAPPED),), "backend", ["80/tcp"]),
    ],
)
def test_networks_are_the_engines(
    universal_launch: Launcher, infos: tuple[NetworkInfo, ...], mode: str, ports: list[str]
) -> None:
    """No network is the host's, ports alone mean a bridge, a name is a network of the engine's."""
    body = plan(universal_launch("true", task=PORTS, container={"network_infos": infos}))

    assert (mode, ports) == (body["HostConfig"]["NetworkMode"], list(body["HostConfig"]["PortBindings"]))


@pytest.mark.parametrize(
    ("command", "entrypoint", "image_command", "expected"),
    [
        (CommandInfo(value="echo $X"), ("/e",), ("c",), {"Entrypoint": ["/bin/sh"], "Cmd": ["-c", "echo $X"]}),
        (CommandInfo(shell=False, value="/p"), ("/e",), ("c",), {"Entrypoint": ["/p"], "Cmd": []}),
        (CommandInfo(shell=False, value="/p", arguments=("p", "a")), (), (), {"Entrypoint": ["/p"], "Cmd": ["a"]}),
        (CommandInfo(shell=False, arguments=("a",)), ("/e",), ("c", "d"), {"Cmd": ["a"]}),
        (CommandInfo(shell=False, arguments=("a",)), (), ("c", "d"), {"Cmd": ["c", "a"]}),
        (CommandInfo(shell=False), ("/e",), ("c",), {}),
        (None, (), ("c",), {}),
    ],
)
def test_commands_follow_the_rules_of_mesos(
    universal_launch: Launcher,
    command: CommandInfo | None,
    entrypoint: tuple[str, ...],
    image_command: tuple[str, ...],
    expected: dict[str, Any],
) -> None:
    """A value replaces all the image would start; arguments alone follow its entrypoint, or else its program."""
    image = ImageConfig(entrypoint=entrypoint, command=image_command)
    body = plan(universal_launch("", task={"command": command}), image)

    assert expected == {name: body[name] for name in ("Entrypoint", "Cmd") if name in body}


@pytest.mark.parametrize(("directory", "expected"), [("", "/box"), ("/srv", None)])
def test_it_starts_in_its_sandbox_unless_the_image_says_otherwise(
    universal_launch: Launcher, directory: str, expected: str | None
) -> None:
    """Relative paths find what was fetched, as on Mesos; its user is the one the framework named."""
    body = plan(universal_launch("true"), ImageConfig(working_directory=directory), sandbox_mount="/box")

    assert (expected, "7:8") == (body.get("WorkingDir"), body["User"])
    assert "MESOS_SANDBOX=/box" in body["Env"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web", "images:5000/web:latest"),
        ("team/web:2", "images:5000/team/web:2"),
        ("quay.io/web", "quay.io/web:latest"),
        ("docker.io/web", "docker.io/web:latest"),
    ],
)
def test_images_come_from_the_agents_registry(universal_launch: Launcher, name: str, expected: str) -> None:
    """--docker_registry stands in for Docker's own where the image names none."""
    body = plan(universal_launch("true", docker={"name": name}), registry="https://images:5000")

    assert expected == body["Image"]


@pytest.mark.parametrize(
    ("mesos", "problem"),
    [
        (None, "container.mesos.image is missing"),
        (MesosInfo(Image(type=ImageType.APPC)), "container.mesos.image is of type APPC"),
        (MesosInfo(Image(type=ImageType.DOCKER)), "container.mesos.image.docker is missing"),
        (MesosInfo(Image(type=ImageType.DOCKER, docker=DockerImage(""))), "container.mesos.image.docker.name is empty"),
        (
            MesosInfo(
                Image(
                    type=ImageType.DOCKER,
                    docker=DockerImage(
                        "web", config=Secret(type=SecretType.REFERENCE, reference=SecretReference(name="s"))
                    ),
                )
            ),
            "container.mesos.image.docker.config is not a secret of type VALUE",
        ),
    ],
)
def test_what_is_no_docker_image_is_refused_by_name(launch: Launcher, mesos: MesosInfo | None, problem: str) -> None:
    """Each problem names the field at fault."""
    container = ContainerInfo(type=ContainerType.MESOS, mesos=mesos)
    problems = find_problems(launch("true", container=container).workload, SpecOptions())

    assert problem in "; ".join(problems)


@pytest.mark.parametrize(
    ("container", "task", "problem"),
    [
        ({"network_infos": (NetworkInfo(name="a"), NetworkInfo(name="b"))}, {}, "more than one network"),
        ({"network_infos": (NetworkInfo(name="container:x"),)}, {}, "'container:x' is no name of a network"),
        (
            {"network_infos": (NetworkInfo(name="a", port_mappings=MAPPED),)},
            {},
            "host_port 31000 is not among the task's ports []",
        ),
        ({"hostname": "web"}, {}, "container.hostname cannot be had on the host network"),
        ({}, {"command": CommandInfo()}, "command.value is missing"),
    ],
)
def test_what_an_engine_cannot_do_is_refused_by_name(
    universal_launch: Launcher, container: dict[str, Any], task: dict[str, Any], problem: str
) -> None:
    """Each problem names the field at fault."""
    problems = find_problems(universal_launch("true", container=container, task=task).workload, SpecOptions())

    assert problem in "; ".join(problems)

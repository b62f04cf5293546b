"""The agent's flags about Docker, and what the containerizer makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from koinon_agent.config import AgentConfig
from koinon_agent.containerizer.docker.flags import docker_options
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_core.containers import ContainerType
from koinon_daemon.errors import UsageError
from koinon_daemon.flags import flag_texts, parse_flags

CONFIG = json.dumps({"auths": {"r.io": {"username": "me", "password": "hush"}}})


def read(path: str) -> str:
    """A file's text."""
    return Path(path).read_text()


def options(*flags: str, **environ: str) -> DockerOptions:
    """What a command line and an environment make, on a machine of 7 bytes."""
    config = parse_flags(AgentConfig, ["--master=a:1", "--work_dir=/w", *flags], environ, read_file=read)
    return docker_options(config, environ, 7)


@pytest.mark.parametrize(
    ("flags", "environ", "expected"),
    [
        ((), {}, "unix:///var/run/docker.sock"),
        ((), {"DOCKER_HOST": "tcp://e:1"}, "tcp://e:1"),
        (("--docker_socket=/run/d.sock",), {"DOCKER_HOST": "tcp://e:1"}, "unix:///run/d.sock"),
        (("--docker_socket=tcp://e:2",), {}, "tcp://e:2"),
    ],
)
def test_the_engine_is_the_flags_before_the_environments(
    flags: tuple[str, ...], environ: dict[str, str], expected: str
) -> None:
    """A path is a unix socket."""
    assert expected == options(*flags, **environ).url


def test_by_default_nothing_is_opened() -> None:
    """Safe unless an operator says otherwise."""
    spec = options().spec

    assert (False, (), False, 7) == (
        spec.allowed.privileged,
        spec.allowed.parameters,
        spec.is_cpu_limited,
        spec.total_memory,
    )


def test_flags_reach_the_containerizer(tmp_path: Path) -> None:
    """Under Mesos's names, of the command line and of the environment, as text and as a file."""
    (tmp_path / "config.json").write_text(CONFIG)
    made = options(
        "--docker_pull_timeout=5mins",
        f"--docker_config=file://{tmp_path}/config.json",
        "--docker_allow_privileged",
        "--docker_parameters=device,pid",
        "--cgroups_enable_cfs",
        "--sandbox_directory=/box/",
        "--nvidia_gpu_devices=1,3",
        MESOS_DEFAULT_CONTAINER_DNS='{"docker": [{"network_mode": "BRIDGE", "dns": {"nameservers": ["1.1.1.1"]}}]}',
        MESOS_DOCKER_REGISTRY="https://mirror:5000",
    )

    assert (300.0, "r.io", ("1", "3")) == (made.pull_timeout, str(made.logins), made.gpus)
    assert (True, True, "/box", "https://mirror:5000") == (
        made.spec.allowed.privileged,
        made.spec.is_cpu_limited,
        made.spec.sandbox_mount,
        made.spec.registry,
    )
    assert ("device", "pid") == made.spec.allowed.parameters
    assert 1 == len(made.spec.dns.networks)


def test_passwords_are_not_shown() -> None:
    """/flags has the names of the registries alone."""
    config = parse_flags(AgentConfig, ["--master=a:1", "--work_dir=/w", f"--docker_config={CONFIG}"], {})

    assert "r.io" == flag_texts(config)["docker_config"]


def test_the_default_container_is_one_of_the_api() -> None:
    """And shown as it was given."""
    text = '{"type": "MESOS", "mesos": {"image": {"type": "DOCKER", "docker": {"name": "web"}}}}'
    config = parse_flags(AgentConfig, ["--master=a:1", "--work_dir=/w", f"--default_container_info={text}"], {})

    assert config.default_container_info is not None
    assert ContainerType.MESOS is config.default_container_info.info.type
    assert text == flag_texts(config)["default_container_info"]


@pytest.mark.parametrize(
    ("flag", "problem"),
    [
        ("--sandbox_directory=box", "absolute path"),
        ("--sandbox_directory=/", "absolute path"),
        ("--docker_parameters=rm", "rm cannot be opened"),
        ("--image_providers=docker,appc", "only docker is supported"),
        ("--docker_registry=/var/images", "must be a registry"),
        ("--docker_config={]", "no JSON"),
        ('--default_container_info={"type": "LXC"}', "type"),
    ],
)
def test_a_wrong_flag_is_an_error_of_usage(flag: str, problem: str) -> None:
    """It names the flag."""
    with pytest.raises(UsageError, match=problem) as failure:
        options(flag)

    assert flag.partition("=")[0].lstrip("-") in str(failure.value)


def test_flags_of_unit_files_of_mesos_are_accepted() -> None:
    """What has no meaning here does no harm."""
    assert options("--docker=/usr/bin/docker", "--docker_mesos_image=mesos/agent", "--image_providers=DOCKER")

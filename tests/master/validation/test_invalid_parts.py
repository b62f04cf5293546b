"""Parts of tasks that are refused, each in the words that Mesos has for it."""

from __future__ import annotations

import pytest
from attrs import evolve

from koinon_core.containers import (
    CommandInfo,
    ContainerInfo,
    ContainerType,
    DockerImage,
    DockerInfo,
    DurationInfo,
    Environment,
    EnvironmentVariable,
    EnvironmentVariableType,
    HostPath,
    Image,
    ImageType,
    MesosInfo,
    Parameter,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)
from koinon_core.csi import CsiVolume
from koinon_core.ids import ExecutorId, FrameworkId
from koinon_core.resources_text import parse_resources
from koinon_core.secret import Secret, SecretReference, SecretType, SecretValue
from koinon_core.tasks import (
    CheckCommand,
    CheckHttp,
    CheckInfo,
    CheckTcp,
    CheckType,
    ExecutorInfo,
    ExecutorType,
    HealthCheck,
    HttpCheckInfo,
    TcpCheckInfo,
)
from koinon_master.validation.checks import find_check_problem, find_health_check_problem
from koinon_master.validation.commands import find_command_problem
from koinon_master.validation.containers import find_container_problem
from koinon_master.validation.executors import find_executor_problem

COMMAND = CommandInfo(value="true")
REFERENCE = SecretReference(name="s")
VALUE = SecretValue(b"hush")
SECRET = EnvironmentVariableType.SECRET
TCP = HealthCheck(type=CheckType.TCP, tcp=TcpCheckInfo(port=1))
NO_VALUE = Environment((EnvironmentVariable("A"),))
NO_VALUE_TEXT = "Environment variable 'A' of type 'VALUE' must have a value set"
VOLUME = Volume(mode=VolumeMode.RW, container_path="p")
ONE_SOURCE = "Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'"
CUSTOM = ExecutorInfo(executor_id=ExecutorId("e"), command=COMMAND, resources=parse_resources("cpus:1"))
DEFAULT = evolve(CUSTOM, type=ExecutorType.DEFAULT, command=None)


def secret(
    secret_type: SecretType, *, reference: SecretReference | None = None, value: SecretValue | None = None
) -> EnvironmentVariable:
    """A variable with such a secret."""
    return EnvironmentVariable("A", type=SECRET, secret=Secret(type=secret_type, reference=reference, value=value))


@pytest.mark.parametrize(
    ("variable", "problem"),
    [
        (EnvironmentVariable("A", value=""), None),
        (EnvironmentVariable("A"), NO_VALUE_TEXT),
        (
            EnvironmentVariable("A", type=EnvironmentVariableType.UNKNOWN),
            "Environment variable of type 'UNKNOWN' is not allowed",
        ),
        (
            EnvironmentVariable("A", value="x", secret=Secret()),
            "Environment variable 'A' of type 'VALUE' must not have a secret set",
        ),
        (
            EnvironmentVariable("A", type=SECRET),
            "Environment variable 'A' of type 'SECRET' must have a secret set",
        ),
        (
            EnvironmentVariable("A", type=SECRET, value="x", secret=Secret()),
            "Environment variable 'A' of type 'SECRET' must not have a value set",
        ),
        (secret(SecretType.VALUE, value=VALUE), None),
        (
            secret(SecretType.REFERENCE),
            "Environment variable 'A' specifies an invalid secret: Secret of type REFERENCE must have the 'reference'"
            " field set",
        ),
        (
            secret(SecretType.REFERENCE, reference=REFERENCE, value=VALUE),
            "Environment variable 'A' specifies an invalid secret: Secret 's' of type REFERENCE must not have the"
            " 'value' field set",
        ),
        (
            secret(SecretType.VALUE),
            "Environment variable 'A' specifies an invalid secret: Secret of type VALUE must have the 'value' field"
            " set",
        ),
        (
            secret(SecretType.VALUE, reference=REFERENCE, value=VALUE),
            "Environment variable 'A' specifies an invalid secret: Secret of type VALUE must not have the 'reference'"
            " field set",
        ),
        (
            secret(SecretType.VALUE, value=SecretValue(b"a\0b")),
            "Environment variable 'A' specifies a secret containing null bytes, which is not allowed in the"
            " environment",
        ),
    ],
)
def test_wrong_variables(variable: EnvironmentVariable, problem: str | None) -> None:
    """A value or a secret, as the type says, and the secret as its own type says."""
    assert problem == find_command_problem(CommandInfo(environment=Environment((variable,))))


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        (HealthCheck(command=COMMAND), None),
        (HealthCheck(http=HttpCheckInfo(port=80)), None),
        (evolve(TCP, consecutive_failures=0), None),
        (HealthCheck(), "HealthCheck must specify 'type'"),
        (HealthCheck(tcp=TcpCheckInfo(port=1)), "HealthCheck must specify 'type'"),
        (HealthCheck(http=HttpCheckInfo(port=80), command=COMMAND), "HealthCheck must specify 'type'"),
        (HealthCheck(type=CheckType.UNKNOWN), "'UNKNOWN' is not a valid health check type"),
        (HealthCheck(type=CheckType.COMMAND), "Expecting 'command' to be set for COMMAND health check"),
        (HealthCheck(type=CheckType.HTTP, command=COMMAND), "Expecting 'http' to be set for HTTP health check"),
        (HealthCheck(type=CheckType.TCP), "Expecting 'tcp' to be set for TCP health check"),
        (HealthCheck(command=CommandInfo()), "Command health check must contain 'shell command'"),
        (HealthCheck(command=CommandInfo(shell=False)), "Command health check must contain 'executable path'"),
        (
            HealthCheck(command=CommandInfo(value="x", environment=NO_VALUE)),
            f"Health check's `CommandInfo` is invalid: {NO_VALUE_TEXT}",
        ),
        (HealthCheck(http=HttpCheckInfo(port=1, scheme="ftp")), "Unsupported HTTP health check scheme: 'ftp'"),
        (
            HealthCheck(http=HttpCheckInfo(port=1, path="x")),
            "The path 'x' of HTTP health check must start with '/'",
        ),
        (evolve(TCP, delay_seconds=-1.0), "Expecting 'delay_seconds' to be non-negative"),
        (evolve(TCP, interval_seconds=float("nan")), "Expecting 'interval_seconds' to be non-negative"),
        (evolve(TCP, timeout_seconds=-1.0), "Expecting 'timeout_seconds' to be non-negative"),
        (evolve(TCP, grace_period_seconds=-1.0), "Expecting 'grace_period_seconds' to be non-negative"),
    ],
)
def test_wrong_health_checks(check: HealthCheck, problem: str | None) -> None:
    """Its type is known or plain from its one body, the body is there, and no time is negative."""
    assert problem == find_health_check_problem(check)


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        (CheckInfo(type=CheckType.COMMAND, command=CheckCommand(COMMAND)), None),
        (CheckInfo(command=CheckCommand(COMMAND)), "CheckInfo must specify 'type'"),
        (CheckInfo(type=CheckType.UNKNOWN), "'UNKNOWN' is not a valid check type"),
        (CheckInfo(type=CheckType.COMMAND), "Expecting 'command' to be set for COMMAND check"),
        (
            CheckInfo(type=CheckType.COMMAND, command=CheckCommand(CommandInfo())),
            "Command check must contain 'shell command'",
        ),
        (
            CheckInfo(type=CheckType.COMMAND, command=CheckCommand(CommandInfo(value="x", environment=NO_VALUE))),
            f"Check's `CommandInfo` is invalid: {NO_VALUE_TEXT}",
        ),
        (
            CheckInfo(type=CheckType.HTTP, http=CheckHttp(port=1, path="x")),
            "The path 'x' of HTTP check must start with '/'",
        ),
        (
            CheckInfo(type=CheckType.TCP, tcp=CheckTcp(1), delay_seconds=-1),
            "Expecting 'delay_seconds' to be non-negative",
        ),
    ],
)
def test_wrong_checks(check: CheckInfo, problem: str | None) -> None:
    """A check has to say its type itself."""
    assert problem == find_check_problem(check)


@pytest.mark.parametrize(
    ("volume", "problem"),
    [
        (evolve(VOLUME, host_path="relative"), None),
        (evolve(VOLUME, image=Image(type=ImageType.DOCKER, docker=DockerImage("x"))), None),
        (evolve(VOLUME, source=VolumeSource(type=VolumeSourceType.HOST_PATH, host_path=HostPath("/tmp"))), None),
        (VOLUME, ONE_SOURCE),
        (evolve(VOLUME, host_path="/x", source=VolumeSource()), ONE_SOURCE),
        (evolve(VOLUME, source=VolumeSource()), "Invalid volume: 'source.type' is unknown"),
        (
            evolve(VOLUME, source=VolumeSource(type=VolumeSourceType.UNKNOWN)),
            "Invalid volume: 'source.type' is unknown",
        ),
        (
            evolve(VOLUME, source=VolumeSource(type=VolumeSourceType.HOST_PATH)),
            "Invalid volume: 'source.host_path' is not set for HOST_PATH volume",
        ),
        (
            evolve(VOLUME, source=VolumeSource(type=VolumeSourceType.DOCKER_VOLUME)),
            "Invalid volume: 'source.docker_volume' is not set for DOCKER_VOLUME volume",
        ),
        (
            evolve(VOLUME, source=VolumeSource(type=VolumeSourceType.CSI_VOLUME)),
            "Invalid volume: 'source.csi_volume' is not set for CSI volume",
        ),
        (
            evolve(
                VOLUME,
                source=VolumeSource(type=VolumeSourceType.CSI_VOLUME, csi_volume=CsiVolume(plugin_name="x")),
            ),
            "Invalid volume: 'source.csi_volume.static_provisioning' is not set for CSI volume",
        ),
    ],
)
def test_wrong_volumes(volume: Volume, problem: str | None) -> None:
    """Exactly one thing to show in the container, and the one that its type says."""
    assert problem == find_container_problem(ContainerInfo(type=ContainerType.MESOS, volumes=(volume,)))


def test_wrong_docker_containers() -> None:
    """The image must be said; the container's name is the agent's affair."""
    named = DockerInfo(image="x", parameters=(Parameter(key="name", value="y"),))

    missing = find_container_problem(ContainerInfo(type=ContainerType.DOCKER))
    assert "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo" == missing
    assert "Parameter in DockerInfo must not be 'name'" == find_container_problem(
        ContainerInfo(type=ContainerType.DOCKER, docker=named)
    )


@pytest.mark.parametrize(
    ("executor", "problem"),
    [
        (CUSTOM, None),
        (DEFAULT, None),
        (evolve(CUSTOM, resources=parse_resources("cpus:0")), None),
        (evolve(CUSTOM, executor_id=ExecutorId("")), "ID must not be empty"),
        (
            evolve(CUSTOM, framework_id=FrameworkId("other")),
            "ExecutorInfo has an invalid FrameworkID (Actual: other vs Expected: f)",
        ),
        (
            evolve(CUSTOM, type=ExecutorType.CUSTOM, command=None),
            "'ExecutorInfo.command' must be set for 'CUSTOM' executor",
        ),
        (evolve(DEFAULT, command=COMMAND), "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"),
        (
            evolve(DEFAULT, container=ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image="x"))),
            "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor",
        ),
        (
            evolve(
                DEFAULT,
                container=ContainerInfo(
                    type=ContainerType.MESOS,
                    mesos=MesosInfo(image=Image(type=ImageType.DOCKER, docker=DockerImage("x"))),
                ),
            ),
            "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor",
        ),
        (
            evolve(CUSTOM, shutdown_grace_period=DurationInfo(-1)),
            "ExecutorInfo's 'shutdown_grace_period' must be non-negative",
        ),
        (
            evolve(CUSTOM, command=CommandInfo(environment=NO_VALUE)),
            f"Executor's `CommandInfo` is invalid: {NO_VALUE_TEXT}",
        ),
        (
            evolve(CUSTOM, container=ContainerInfo(type=ContainerType.MESOS, volumes=(VOLUME,))),
            f"Executor's `ContainerInfo` is invalid: {ONE_SOURCE}",
        ),
        (
            evolve(CUSTOM, resources=parse_resources("gpus:0.5")),
            "Executor uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer",
        ),
    ],
)
def test_wrong_executors(executor: ExecutorInfo, problem: str | None) -> None:
    """By themselves; whether there is room for one is the launch's affair."""
    assert problem == find_executor_problem(executor, FrameworkId("f"), None)


def test_executor_must_be_the_one_that_runs_under_its_id() -> None:
    """What the master adds does not count; all that differs is named."""
    running = evolve(CUSTOM, framework_id=FrameworkId("f"), resources=CUSTOM.resources.allocated_to("*"))
    other = evolve(CUSTOM, name="n", command=CommandInfo(value="false"))

    assert find_executor_problem(CUSTOM, FrameworkId("f"), running) is None
    assert (
        "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID. Executor 'e' differs in:"
        " command, name"
    ) == find_executor_problem(other, FrameworkId("f"), running)

"""What a task says beside its command: volumes, secrets, limits, checks, Linux, terminals, executors (14.2)."""

from __future__ import annotations

from random import Random

from koinon_core import containers as mesos
from koinon_core.containers import EnvironmentVariableType, VolumeSourceType
from koinon_core.csi import AccessModeType
from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId
from koinon_core.linux import IpcMode as MesosIpcMode
from koinon_core.offers import AllocationInfo, Offer
from koinon_core.resources import Resources, ranges, scalar
from koinon_core.scalars import UNLIMITED, Scalar
from koinon_core.tasks import CheckType, TaskInfo
from koinon_frameworks.matching.refusals import RefusalReason
from koinon_marathon.definition.app_container import Container, ContainerType, DockerImage
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.health_checks import AppCheck, CheckCommand, CheckExec, CheckHttp
from koinon_marathon.definition.linux import IpcInfo, IpcMode, LinuxInfo, Seccomp
from koinon_marathon.definition.networks import PortDefinition
from koinon_marathon.definition.resources import ExecutorResources, ResourceLimits, Unlimited
from koinon_marathon.definition.secrets import SecretName, SecretSource
from koinon_marathon.definition.volumes import (
    CsiAccessMode,
    CsiAccessType,
    CsiCapability,
    CsiInfo,
    CsiOptions,
    DvdiInfo,
    ExternalVolume,
    SecretVolume,
    VolumeMode,
)
from koinon_marathon.launch.matcher import Match, MatchRules, OpenOffer
from koinon_marathon.launch.ports import AssignedPort
from koinon_marathon.launch.task_builder import LaunchPlace, build_task
from koinon_marathon.options import Options
from support.marathon_world import make_app

SECRETS = {"password": SecretSource("/db/password")}
OFFERED = Resources((scalar("cpus", 4), scalar("mem", 1024), scalar("disk", 100), ranges("ports", (31000, 31009))))


def build(app: App) -> TaskInfo:
    """Its task on some agent, at port 31000."""
    ports = (AssignedPort(host_port=31000, container_port=None),) * len(app.port_definitions)
    place = LaunchPlace(task_id=TaskId("t"), agent_id=AgentId("a"), hostname="h", resources=OFFERED, ports=ports)
    return build_task(app, place, Options())


def match(app: App) -> Match | list[str]:
    """What the offer does for the app, or every reason why nothing."""
    offer = Offer(
        id=OfferId("o"),
        framework_id=FrameworkId("f"),
        agent_id=AgentId("a"),
        hostname="h",
        resources=OFFERED,
        allocation_info=AllocationInfo("*"),
    )
    rules = MatchRules(options=Options(), home_region=None, now=0.0)
    found = OpenOffer.of(offer, rules).match(app, (), Random(1))
    if isinstance(found, Match):
        return found
    assert {RefusalReason.UNFULFILLED_CONSTRAINT} == {refusal.reason for refusal in found}
    return [refusal.message for refusal in found]


def test_secrets_go_out_as_references() -> None:
    """A plugin finds each secret by its source: in the environment, as a volume, and for the image's registry."""
    container = Container(
        type=ContainerType.MESOS,
        docker=DockerImage(image="web", pull_config=SecretName("password")),
        volumes=(SecretVolume("key", "password"),),
    )
    task = build(make_app(env={"A": "1", "PW": SecretName("password")}, secrets=SECRETS, container=container))
    assert task.command is not None
    assert task.command.environment is not None
    assert task.container is not None
    variables = {one.name: one for one in task.command.environment.variables}
    (volume,) = task.container.volumes

    assert "1" == variables["A"].value
    assert (EnvironmentVariableType.SECRET, None) == (variables["PW"].type, variables["PW"].value)
    image = task.container.mesos.image if task.container.mesos is not None else None
    config = image.docker.config if image is not None and image.docker is not None else None
    kept = (variables["PW"].secret, volume.source.secret if volume.source else None, config)
    assert ["/db/password"] * 3 == [one.reference.name for one in kept if one is not None and one.reference is not None]


def test_without_a_provider_an_app_with_secrets_waits() -> None:
    """It is not launched without them; the reason names the secret."""
    app = make_app(env={"PW": SecretName("password")}, secrets=SECRETS)

    assert ["secret password is needed, and no plugin provides secrets"] == match(app)


def test_external_volumes() -> None:
    """A driver's volume by name, driver and its own options; a plugin's with all that it needs to mount it."""
    driver = DvdiInfo(name="v", provider="dvdi", size=5, options={"dvdi/driver": "rexray", "dvdi/newfstype": "xfs"})
    capability = CsiCapability(
        access_mode=CsiAccessMode.SINGLE_NODE_WRITER, access_type=CsiAccessType.MOUNT, fs_type="ext4"
    )
    options = CsiOptions(plugin_name="nfs", capability=capability, node_stage_secret={"key": SecretName("password")})
    plugin = CsiInfo(name="w", provider="csi", options=options)
    volumes = (ExternalVolume("/v", driver), ExternalVolume("/w", plugin, VolumeMode.RO))
    task = build(make_app(secrets=SECRETS, container=Container(type=ContainerType.MESOS, volumes=volumes)))
    assert task.container is not None
    first, second = task.container.volumes

    assert first.source is not None
    assert VolumeSourceType.DOCKER_VOLUME is first.source.type
    kept = first.source.docker_volume
    assert kept is not None
    assert ("v", "rexray") == (kept.name, kept.driver)
    assert kept.driver_options is not None
    assert {"newfstype": "xfs", "size": "5"} == {one.key: one.value for one in kept.driver_options.parameter}
    assert (mesos.VolumeMode.RO, VolumeSourceType.CSI_VOLUME) == (second.mode, second.source and second.source.type)
    mounted = second.source.csi_volume if second.source is not None else None
    assert mounted is not None
    assert mounted.static_provisioning is not None
    assert ("nfs", "w") == (mounted.plugin_name, mounted.static_provisioning.volume_id)
    assert AccessModeType.SINGLE_NODE_WRITER is mounted.static_provisioning.volume_capability.access_mode.mode
    assert ["key"] == list(mounted.static_provisioning.node_stage_secrets)


def test_limits_linux_and_terminal() -> None:
    """Limits become the task's, what is asked of Linux and a terminal the container's; plain processes have none."""
    linux = LinuxInfo(seccomp=Seccomp(unconfined=True), ipc_info=IpcInfo(mode=IpcMode.PRIVATE, shm_size=16))
    container = Container(type=ContainerType.DOCKER, docker=DockerImage(image="web"), linux_info=linux)
    limits = ResourceLimits(cpus=Unlimited.UNLIMITED, mem=512.0)
    task = build(make_app(container=container, resource_limits=limits, tty=True))

    assert {"cpus": UNLIMITED, "mem": Scalar.of(512)} == task.limits
    assert task.container is not None
    asked = task.container.linux_info
    assert asked is not None
    assert asked.seccomp is not None
    assert (True, MesosIpcMode.PRIVATE, 16) == (asked.seccomp.unconfined, asked.ipc_mode, asked.shm_size)
    assert task.container.tty_info is not None
    assert build(make_app(tty=True)).container is None


def test_a_check_is_the_agents() -> None:
    """A port by its index, or a command in either form."""
    ports = (PortDefinition(),)
    http = build(make_app(port_definitions=ports, check=AppCheck(http=CheckHttp(port_index=0, path="/ok")))).check
    words = CheckExec(CheckCommand(argv=("test", "-f", "x")))
    command = build(make_app(check=AppCheck(exec=words, interval_seconds=5))).check

    assert http is not None
    assert http.http is not None
    assert (CheckType.HTTP, 31000, "/ok", 60.0) == (http.type, http.http.port, http.http.path, http.interval_seconds)
    assert command is not None
    assert command.command is not None
    run = command.command.command
    assert (CheckType.COMMAND, 5.0) == (command.type, command.interval_seconds)
    assert (False, "test", ("test", "-f", "x")) == (run.shell, run.value, run.arguments)


def test_a_custom_executor_has_its_own_share() -> None:
    """Its resources are matched beside the task's and are the executor's alone."""
    app = make_app(executor="/opt/executor", executor_resources=ExecutorResources(), cpus=1.0, mem=64.0)
    found = match(app)
    assert isinstance(found, Match)
    place = LaunchPlace(
        task_id=TaskId("t"),
        agent_id=AgentId("a"),
        hostname="h",
        resources=found.resources.without(found.executor),
        executor_resources=found.executor,
    )
    task = build_task(app, place, Options())

    assert task.command is None
    assert task.executor is not None
    assert "marathon-t" == task.executor.executor_id
    assert task.executor.command is not None
    assert "chmod ug+rx /opt/executor && exec /opt/executor sleep 100" == task.executor.command.value
    assert Resources((scalar("cpus", 0.1), scalar("mem", 32), scalar("disk", 10))) == task.executor.resources
    assert Resources((scalar("cpus", 1), scalar("mem", 64))) == task.resources

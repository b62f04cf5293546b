"""From an app and its match to the task that the master gets (marathon-semantics 14.2)."""

import attrs
import pytest

from koinon_core import containers as mesos
from koinon_core.ids import AgentId, TaskId
from koinon_core.resources import Resources, scalar
from koinon_core.tasks import CheckType, KillPolicy, TaskInfo
from koinon_marathon.definition.app_container import Container, ContainerType, DockerImage
from koinon_marathon.definition.apps import App, Fetch
from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckCommand, HealthCheckProtocol
from koinon_marathon.definition.networks import Network, NetworkMode, PortDefinition, PortMapping
from koinon_marathon.definition.volumes import HostVolume, VolumeMode
from koinon_marathon.launch.ports import AssignedPort
from koinon_marathon.launch.task_builder import LaunchPlace, build_task
from koinon_marathon.options import Options
from support.marathon_world import make_app

BRIDGE = (Network(mode=NetworkMode.BRIDGE),)


def build(app: App, *ports: AssignedPort, options: Options | None = None) -> TaskInfo:
    """Its task on some agent."""
    place = LaunchPlace(
        task_id=TaskId("t"),
        agent_id=AgentId("a"),
        hostname="h",
        resources=Resources((scalar("cpus", 1),)),
        ports=ports,
    )
    return build_task(app, place, options or Options())


def docker_app(**fields: object) -> App:
    """An app in a bridged Docker container with one mapping of two protocols."""
    container = Container(
        docker=DockerImage(image="busybox", privileged=True),
        volumes=(HostVolume("/data", "/srv", VolumeMode.RO),),
        port_mappings=(PortMapping(container_port=80, host_port=0, protocol="udp,tcp", labels={"VIP_0": "v"}),),
    )
    return attrs.evolve(make_app(), container=container, networks=BRIDGE, **fields)  # type: ignore[arg-type] # by name


def test_command_becomes_a_shell_line() -> None:
    """`cmd` for the shell, with user, environment and what to fetch."""
    app = make_app("/a/b", cmd="echo $X", env={"X": "1"}, user="nobody", fetch=(Fetch(uri="http://x/y"),))

    task = build(app)

    assert task.command is not None
    assert (True, "echo $X", "nobody") == (task.command.shell, task.command.value, task.command.user)
    assert task.command.environment is not None
    assert "1" == task.command.environment.as_dict()["X"]
    assert ["http://x/y"] == [uri.value for uri in task.command.uris]
    assert ("b.a", None) == (task.name, task.container)


def test_arguments_without_an_image_are_executed() -> None:
    """The first one is the program too; with an image it is left to the entrypoint."""
    plain = build(make_app(cmd=None, args=("ls", "-l"))).command
    inside = build(docker_app(cmd=None, args=("ls", "-l")), AssignedPort(host_port=31000, container_port=80)).command

    assert plain is not None
    assert (False, "ls", ("ls", "-l")) == (plain.shell, plain.value, plain.arguments)
    assert inside is not None
    assert (False, None, ("ls", "-l")) == (inside.shell, inside.value, inside.arguments)


def test_docker_container() -> None:
    """Bridge with a mapping for each protocol, the volume, and the label that names the task."""
    container = build(docker_app(), AssignedPort(host_port=31000, container_port=80)).container

    assert container is not None
    assert container.docker is not None
    assert mesos.DockerNetwork.BRIDGE is container.docker.network
    assert [(31000, 80, "udp"), (31000, 80, "tcp")] == [
        (each.host_port, each.container_port, each.protocol) for each in container.docker.port_mappings
    ]
    assert (mesos.Parameter("label", "MESOS_TASK_ID=t"),) == container.docker.parameters
    assert container.docker.privileged
    assert [("/data", "/srv", mesos.VolumeMode.RO)] == [
        (each.container_path, each.host_path, each.mode) for each in container.volumes
    ]


def test_user_network_is_named() -> None:
    """Docker calls it a user network; MESOS joins it by name."""
    network = (Network(mode=NetworkMode.CONTAINER, name="overlay"),)
    docker = build(attrs.evolve(docker_app(), networks=network), AssignedPort(host_port=31000, container_port=80))
    plain = build(make_app(container=Container(type=ContainerType.MESOS), networks=network))

    assert docker.container is not None
    assert docker.container.docker is not None
    assert mesos.DockerNetwork.USER is docker.container.docker.network
    for task in (docker, plain):
        assert task.container is not None
        assert ["overlay"] == [each.name for each in task.container.network_infos]


def test_mesos_checks_go_to_the_agent() -> None:
    """The first COMMAND or MESOS_* check; the port is the one the task itself sees."""
    http = HealthCheck(protocol=HealthCheckProtocol.MESOS_HTTP, path="/ping", port_index=0)
    command = HealthCheck(protocol=HealthCheckProtocol.COMMAND, command=HealthCheckCommand("true"))
    ours = HealthCheck(protocol=HealthCheckProtocol.HTTP, path="/")

    first = build(docker_app(health_checks=(ours, http)), AssignedPort(host_port=31000, container_port=80))
    second = build(make_app(health_checks=(command,)))

    assert first.health_check is not None
    assert first.health_check.http is not None
    asked = first.health_check.http
    assert (80, "/ping", "http") == (asked.port, asked.path, asked.scheme)
    assert second.health_check is not None
    assert CheckType.COMMAND is second.health_check.type
    assert None is build(make_app(health_checks=(ours,))).health_check


def test_discovery_names_every_port_and_protocol() -> None:
    """Mappings say which network the number belongs to; labels are copied."""
    task = build(docker_app(), AssignedPort(host_port=31000, container_port=80))
    host = build(
        make_app(port_definitions=(PortDefinition(name="http"),)), AssignedPort(host_port=31005, container_port=None)
    )

    assert task.discovery is not None
    assert task.discovery.ports is not None
    assert [(31000, "udp"), (31000, "tcp")] == [(port.number, port.protocol) for port in task.discovery.ports.ports]
    labels = task.discovery.ports.ports[0].labels
    assert labels is not None
    assert {"VIP_0": "v", "network-scope": "host"} == {label.key: label.value for label in labels.labels}
    assert host.discovery is not None
    assert host.discovery.ports is not None
    assert [("http", 31005, None)] == [(port.name, port.number, port.labels) for port in host.discovery.ports.ports]


def test_custom_executor_is_quoted() -> None:
    """A path with a quote in it stays a path."""
    task = build(make_app(executor="/opt/it's", cmd="run"))

    assert task.command is None
    assert task.executor is not None
    assert "marathon-t" == task.executor.executor_id
    assert task.executor.command is not None
    assert task.executor.command.value is not None
    assert "chmod ug+rx '/opt/it'\"'\"'s' && exec '/opt/it'\"'\"'s' run" == task.executor.command.value


@pytest.mark.parametrize(
    ("own", "default", "executor"),
    [
        ("", "//cmd", None),
        ("", "/opt/all", "/opt/all"),
        ("//cmd", "/opt/all", None),
        ("/opt/own", "/opt/all", "/opt/own"),
    ],
)
def test_the_executor_of_apps_that_name_none(own: str, default: str, executor: str | None) -> None:
    """`--executor` runs them; an app may still have the agent itself, or a program of its own."""
    task = build(make_app(executor=own, cmd="run"), options=Options(executor=default))

    assert (executor is None) is (task.executor is None)
    if task.executor is not None:
        assert task.executor.command is not None
        assert f"chmod ug+rx {executor} && exec {executor} run" == task.executor.command.value


def test_kill_grace_and_labels() -> None:
    """Seconds become the kill policy, labels the task's."""
    task = build(make_app(task_kill_grace_period_seconds=7, labels={"a": "b"}))

    assert KillPolicy(mesos.DurationInfo.of_seconds(7)) == task.kill_policy
    assert mesos.Labels((mesos.Label("a", "b"),)) == task.labels

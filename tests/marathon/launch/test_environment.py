"""What a task is told about itself: marathon-semantics 14.1."""

from collections.abc import Callable

from koinon_core.ids import TaskId
from koinon_marathon.definition.app_container import Container, ContainerType, DockerImage
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.networks import Network, NetworkMode, PortDefinition, PortMapping
from koinon_marathon.launch.environment import TaskPlace, port_variables, task_environment
from koinon_marathon.launch.ports import AssignedPort

MakeApp = Callable[..., App]


def host_ports(*numbers: int) -> tuple[AssignedPort, ...]:
    """Ports assigned in host mode."""
    return tuple(AssignedPort(host_port=number, container_port=None) for number in numbers)


def test_task_without_ports_knows_itself(make_app: MakeApp) -> None:
    """Ids, version, resources and labels as text; no PORT variable without ports."""
    app = make_app("/shop/web", cpus=0.1, mem=32.0, labels={"VIP-0": "a b", "team": "x"})

    assert {
        "MESOS_TASK_ID": "task-1",
        "MARATHON_APP_ID": "/shop/web",
        "MARATHON_APP_VERSION": "2020-09-13T12:26:40.000Z",
        "MARATHON_APP_RESOURCE_CPUS": "0.1",
        "MARATHON_APP_RESOURCE_MEM": "32.0",
        "MARATHON_APP_RESOURCE_DISK": "0.0",
        "MARATHON_APP_RESOURCE_GPUS": "0",
        "MARATHON_APP_ENFORCE_GROUP_ROLE": "FALSE",
        "MARATHON_APP_LABELS": "VIP_0 TEAM",
        "MARATHON_APP_LABEL_VIP_0": "a b",
        "MARATHON_APP_LABEL_TEAM": "x",
        "HOST": "agent1",
    } == task_environment(app, TaskPlace(task_id=TaskId("task-1"), hostname="agent1"))


def test_host_ports_by_index_request_and_name(make_app: MakeApp) -> None:
    """A port that asked for 0 is found under the number it got; names are upper-cased and nothing else."""
    definitions = (PortDefinition(port=8080, name="http-api"), PortDefinition(name="admin"))

    assert {
        "PORT": "31000",
        "PORTS": "31000,31001",
        "PORT0": "31000",
        "PORT1": "31001",
        "PORT_8080": "31000",
        "PORT_31001": "31001",
        "PORT_HTTP-API": "31000",
        "PORT_ADMIN": "31001",
    } == port_variables(make_app(port_definitions=definitions), host_ports(31000, 31001))


def test_mapped_ports_go_by_container_port(make_app: MakeApp) -> None:
    """With mappings the container port is what was requested; without a host port it is the port itself."""
    mappings = (PortMapping(container_port=80, host_port=0), PortMapping(container_port=53))
    app = make_app(networks=(Network(mode=NetworkMode.BRIDGE),), container=Container(port_mappings=mappings))
    ports = (AssignedPort(host_port=31000, container_port=80), AssignedPort(host_port=None, container_port=53))

    assert {
        "PORT": "31000",
        "PORTS": "31000,53",
        "PORT0": "31000",
        "PORT1": "53",
        "PORT_80": "31000",
        "PORT_53": "53",
    } == port_variables(app, ports)


def test_users_environment_wins_and_prefix_is_for_ports_alone(make_app: MakeApp) -> None:
    """`--env_vars_prefix` leads HOST and PORT variables only; what the user says overrides anything."""
    app = make_app(port_definitions=(PortDefinition(),), env={"X_PORT0": "mine", "MARATHON_APP_ID": "mine"})

    found = task_environment(app, TaskPlace(task_id=TaskId("t"), hostname="h", ports=host_ports(31000)), prefix="X_")

    assert "mine" == found["X_PORT0"] == found["MARATHON_APP_ID"]
    assert "31000" == found["X_PORT"]
    assert "h" == found["X_HOST"]
    assert "PORT" not in found
    assert "t" == found["MESOS_TASK_ID"]


def test_image_is_told_to_docker_tasks_alone(make_app: MakeApp) -> None:
    """Only an image that the Docker engine runs is named."""
    image = DockerImage(image="web")
    place = TaskPlace(task_id=TaskId("t"), hostname="h", enforces_group_role=True)

    docker = task_environment(make_app(container=Container(docker=image)), place)
    mesos = task_environment(make_app(container=Container(type=ContainerType.MESOS, docker=image)), place)

    assert "web" == docker["MARATHON_APP_DOCKER_IMAGE"]
    assert "TRUE" == docker["MARATHON_APP_ENFORCE_GROUP_ROLE"]
    assert "MARATHON_APP_DOCKER_IMAGE" not in mesos


def test_long_labels_are_left_out(make_app: MakeApp) -> None:
    """A label that is too long for a variable is not told at all."""
    app = make_app(labels={"k" * 493: "x", "long": "v" * 512, "ok": "v" * 511})

    assert "OK" == task_environment(app, TaskPlace(task_id=TaskId("t"), hostname="h"))["MARATHON_APP_LABELS"]

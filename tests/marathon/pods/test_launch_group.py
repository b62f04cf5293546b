"""What the master is told to launch for a pod (marathon-semantics 14, 22)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from koinon_core import containers as mesos
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.linux import IpcMode
from koinon_core.offers import LaunchGroup
from koinon_core.resources import Resources, ranges, scalar
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import UNLIMITED, Scalar
from koinon_core.tasks import CheckType, ExecutorType, TaskInfo
from koinon_marathon.definition.pods import Pod
from koinon_marathon.instance.instances import InstanceId
from koinon_marathon.launch.pod_group import build_group
from koinon_marathon.launch.pod_place import PodPlace
from koinon_marathon.launch.ports import AssignedPort
from koinon_marathon.options import Options

SHAPES = json.loads((Path(__file__).parent / "pod_shapes.json").read_bytes())
ID = InstanceId("x.instance-6c61")
SMALL: dict[str, Any] = {
    "name": "a",
    "exec": {"command": {"shell": "sleep 1"}},
    "resources": {"cpus": 0.1, "mem": 32},
}
Make = Callable[[dict[str, Any]], Pod]


def launch(pod: Pod, *ports: AssignedPort, prefix: str = "") -> LaunchGroup:
    """The group for an instance that got these ports and all that it needs."""
    host_ports = [port.host_port for port in ports if port.host_port is not None]
    amounts = (scalar("cpus", pod.cpus), scalar("mem", pod.mem), scalar("disk", pod.disk))
    given = Resources((*amounts, *(ranges("ports", (port, port)) for port in host_ports)))
    place = PodPlace(
        instance_id=ID,
        attempt=1,
        agent_id=AgentId("a"),
        framework_id=FrameworkId("f"),
        hostname="host-1",
        resources=given,
        ports=ports,
    )
    return build_group(pod, place, Options(env_vars_prefix=prefix))


def variables(task: TaskInfo) -> dict[str, str | None]:
    """The environment of a task."""
    environment = task.command.environment if task.command else None
    assert environment is not None
    return {variable.name: variable.value for variable in environment.variables}


def mapped(host: int, own: int) -> AssignedPort:
    """An endpoint behind a host port."""
    return AssignedPort(host_port=host, container_port=own, role="*")


@pytest.fixture
def said(make: Make) -> TaskInfo:
    """The task of a container that says everything."""
    group = launch(make(SHAPES["everything said"]), mapped(31000, 80), AssignedPort(host_port=None, container_port=81))
    (task,) = group.task_group.tasks
    return task


def test_what_runs_reaches_the_agent(said: TaskInfo) -> None:
    """Name, command, user, artifacts, limits, labels and the time to end in."""
    command = said.command
    assert command is not None
    assert said.labels is not None
    assert said.kill_policy is not None
    assert said.kill_policy.grace_period is not None

    assert ("container1", "x.instance-6c61.container1.1") == (said.name, said.task_id)
    assert (False, "sleep", ("sleep", "100")) == (command.shell, command.value, command.arguments)
    assert ("www", ["new.zip"]) == (command.user, [uri.output_file for uri in command.uris])
    assert {"cpus": UNLIMITED, "mem": Scalar.of(256)} == said.limits
    assert 0.5 == said.kill_policy.grace_period.seconds
    assert {"owner": "zeus", "note": "far from olympus"} == {one.key: one.value for one in said.labels.labels}


def test_what_it_runs_in_reaches_the_agent(said: TaskInfo) -> None:
    """Image, volumes, Linux and terminal; each container has a cgroup of its own."""
    container = said.container
    assert container is not None
    assert container.mesos is not None
    assert container.mesos.image is not None
    assert container.mesos.image.docker is not None
    linux = container.linux_info
    assert linux is not None

    assert ("shop/web:1", True) == (container.mesos.image.docker.name, container.mesos.image.cached)
    assert ["/etc/registry", None, None] == [volume.host_path for volume in container.volumes]
    assert ["RO", "RW", "RO"] == [volume.mode.name for volume in container.volumes]
    assert (False, IpcMode.PRIVATE, 64) == (linux.share_cgroups, linux.ipc_mode, linux.shm_size)
    assert container.tty_info is not None


def test_checks_reach_the_agent(said: TaskInfo) -> None:
    """An endpoint's by its port in the container."""
    assert said.health_check is not None
    assert said.check is not None
    http = said.health_check.http
    assert http is not None

    assert ("https", 80, "/health") == (http.scheme, http.port, http.path)
    assert CheckType.COMMAND is said.check.type


def test_the_executor_has_network_ports_and_its_own_share(make: Make) -> None:
    """The default executor holds what containers share; ids follow from the instance's."""
    executor = launch(
        make(SHAPES["everything said"]), mapped(31000, 80), AssignedPort(host_port=None, container_port=81)
    ).executor
    assert executor.container is not None
    (network,) = executor.container.network_infos

    assert (ExecutorType.DEFAULT, "instance-x.6c61", "f") == (
        executor.type,
        executor.executor_id,
        executor.framework_id,
    )
    assert parse_resources("cpus:0.2;mem:64;disk:50;ports:[31000-31000]") == executor.resources
    assert ("my-network", [(31000, 80, "tcp"), (31000, 80, "udp")]) == (
        network.name,
        [(one.host_port, one.container_port, one.protocol) for one in network.port_mappings],
    )
    assert executor.container.linux_info is not None
    assert IpcMode.SHARE_PARENT is executor.container.linux_info.ipc_mode


def test_shares_add_up_to_what_was_matched(make: Make) -> None:
    """Each container has what it asked for and nobody anything twice."""
    pod = make({"id": "/x", "containers": [SMALL, {**SMALL, "name": "b", "resources": {"cpus": 0.2, "mem": 10}}]})
    group = launch(pod)
    shares = [task.resources for task in group.task_group.tasks]

    assert [parse_resources("cpus:0.1;mem:32"), parse_resources("cpus:0.2;mem:10")] == shares
    assert parse_resources("cpus:0.4;mem:74;disk:10") == shares[0] + shares[1] + group.executor.resources


def test_containers_find_each_others_endpoints(make: Make) -> None:
    """Every container of a pod knows all endpoints; behind a bridge by their own ports and by the host's."""
    first = {**SMALL, "endpoints": [{"name": "web-ui", "containerPort": 8080}], "environment": {"A": "1", "B": "2"}}
    pod = make(
        {
            "id": "/x/y",
            "networks": [{"mode": "container/bridge"}],
            "environment": {"A": "0", "MESOS_TASK_ID": "mine"},
            "labels": {"team": "x"},
            "containers": [first, {**SMALL, "name": "b", "labels": {"team": "y"}}],
        }
    )
    first_told, second_told = (
        variables(task) for task in launch(pod, mapped(31001, 8080), prefix="my_").task_group.tasks
    )

    for told in (first_told, second_told):
        assert ("8080", "31001", "8080") == (
            told["MY_ENDPOINT_WEB_UI"],
            told["MY_EP_HOST_WEB_UI"],
            told["MY_EP_CONTAINER_WEB_UI"],
        )
        assert ("host-1", "/x/y", "instance-x.6c61") == (
            told["HOST"],
            told["MARATHON_APP_ID"],
            told["MESOS_EXECUTOR_ID"],
        )
    assert ("1", "2", "a", "x") == tuple(
        first_told[name] for name in ("A", "B", "MARATHON_CONTAINER_ID", "MARATHON_APP_LABEL_TEAM")
    )
    assert ("0", "b", "y") == tuple(
        second_told[name] for name in ("A", "MARATHON_CONTAINER_ID", "MARATHON_APP_LABEL_TEAM")
    )
    assert ("x.instance-6c61.a.1", "0.1", "32.0") == tuple(
        first_told[name]
        for name in ("MESOS_TASK_ID", "MARATHON_CONTAINER_RESOURCE_CPUS", "MARATHON_CONTAINER_RESOURCE_MEM")
    )


def test_on_the_hosts_network_endpoints_are_host_ports(make: Make) -> None:
    """Discovery and checks go there too."""
    web = {**SMALL, "endpoints": [{"name": "web", "protocol": ["http"]}], "healthCheck": {"tcp": {"endpoint": "web"}}}
    group = launch(
        make({"id": "/x", "containers": [web]}), AssignedPort(host_port=31002, container_port=None, role="*")
    )
    (task,) = group.task_group.tasks
    told = variables(task)

    assert ("31002", "31002") == (told["ENDPOINT_WEB"], told["EP_HOST_WEB"])
    assert "EP_CONTAINER_WEB" not in told
    assert task.health_check is not None
    assert task.health_check.tcp is not None
    assert 31002 == task.health_check.tcp.port
    assert task.discovery is not None
    assert task.discovery.ports is not None
    assert [(31002, "web", "http")] == [(one.number, one.name, one.protocol) for one in task.discovery.ports.ports]
    assert group.executor.container is not None
    assert () == group.executor.container.network_infos


@pytest.mark.parametrize(
    ("fields", "value", "arguments"),
    [
        ({"exec": {"command": {"argv": ["a", "b"]}}}, "a", ("a", "b")),
        ({"exec": {"command": {"argv": ["a", "b"]}}, "image": {"kind": "DOCKER", "id": "i"}}, None, ("a", "b")),
        (
            {
                "exec": {"command": {"argv": ["a", "b"]}, "overrideEntrypoint": True},
                "image": {"kind": "DOCKER", "id": "i"},
            },
            "a",
            ("a", "b"),
        ),
        ({"exec": None, "image": {"kind": "DOCKER", "id": "i"}}, None, ()),
    ],
)
def test_entrypoints_are_kept_unless_overridden(
    make: Make, fields: dict[str, Any], value: str | None, arguments: tuple[str, ...]
) -> None:
    """Arguments go to the image's entrypoint; without an image the first of them is what runs."""
    (task,) = launch(make({"id": "/x", "containers": [{**SMALL, **fields}]})).task_group.tasks

    assert task.command is not None
    assert (False, value, arguments) == (task.command.shell, task.command.value, task.command.arguments)


def test_volumes_lie_in_the_executors_sandbox(make: Make) -> None:
    """Those that die with the instance beneath `volumes/`, persistent ones under their own names."""
    mounts = [{"name": "notes", "mountPath": "n"}, {"name": "data", "mountPath": "d", "readOnly": True}]
    pod = make(
        {
            **SHAPES["resident"],
            "volumes": [{"name": "notes"}, *SHAPES["resident"]["volumes"]],
            "containers": [{**SMALL, "volumeMounts": mounts}],
        }
    )
    (task,) = launch(pod).task_group.tasks
    assert task.container is not None
    found = [
        (one.container_path, one.mode.name, one.source.sandbox_path.type, one.source.sandbox_path.path)
        for one in task.container.volumes
        if one.source is not None and one.source.sandbox_path is not None
    ]

    assert [
        ("n", "RW", mesos.SandboxPathType.PARENT, "volumes/notes"),
        ("d", "RO", mesos.SandboxPathType.PARENT, "data"),
    ] == found

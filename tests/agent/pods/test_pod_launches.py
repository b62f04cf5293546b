"""What is started for a pod, and which groups are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from fakes.agent_bench import AgentBench, make_settings, make_task, messages, updates
from fakes.pods import bridge, group, in_image, make_executor, of_sandbox
from fakes.volumes import volume
from koinon_agent.containerizer import Launch
from koinon_agent.containerizer.docker.request.spec import Found, SpecOptions, container_name, plan_container
from koinon_agent.instructions import LaunchContainer
from koinon_core.agent_link import ExecutorExited
from koinon_core.containers import (
    ContainerInfo,
    ContainerType,
    DockerInfo,
    HostPath,
    NetworkInfo,
    SandboxPathType,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)
from koinon_core.linux import IpcMode, LinuxInfo
from koinon_core.resources import NOTHING, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatusReason

MESOS = ContainerType.MESOS
NETWORKED = make_executor(bridge())


def launch_of(task: TaskInfo, executor: ExecutorInfo | None = None) -> tuple[Launch, Launch]:
    """The first container that is started and the last, which is the task's."""
    bench = AgentBench().registered()
    bench.hear(group(task, executor=executor))
    first = next(item.launch for item in bench.done if isinstance(item, LaunchContainer))
    if first.task_id is None:
        bench.started(first.container_id, ip_addresses=("172.17.0.9",))
    return first, [item.launch for item in bench.done if isinstance(item, LaunchContainer)][-1]


def host_config(launch: Launch) -> dict[str, object]:
    """What the engine is to be asked for."""
    found: dict[str, object] = plan_container(launch, SpecOptions(), Found()).body["HostConfig"]
    return found


def of_host(path: str, at: str, mode: VolumeMode = VolumeMode.RW) -> Volume:
    """A directory of the host."""
    source = VolumeSource(type=VolumeSourceType.HOST_PATH, host_path=HostPath(path=path))
    return Volume(mode=mode, container_path=at, source=source)


@pytest.mark.parametrize(
    ("task", "executor", "expected"),
    [
        (
            make_task("a", container=ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image="web"))),
            make_executor(),
            "task a: a task of a pod can't have a container of type DOCKER; give it type MESOS and mesos.image",
        ),
        (
            make_task("a", container=ContainerInfo(type=MESOS, network_infos=(NetworkInfo(name="n"),))),
            make_executor(),
            "task a: a task of a pod can't have network_infos of its own; they are the executor's",
        ),
        (
            make_task("a"),
            NETWORKED,
            "task a: without container.mesos.image it runs as a plain process, which can't join the pod's network; "
            "give it an image, or leave the pod on the host's network",
        ),
        (
            make_task("a", container=ContainerInfo(type=MESOS, volumes=(of_sandbox("../x", "y"),))),
            make_executor(),
            "task a: volume 'y' has a sandbox_path.path of '../x', which leads to no part of a sandbox",
        ),
        (
            make_task("a", container=in_image("web", of_sandbox("x", "../y"))),
            make_executor(),
            "task a: volume '../y' has a container_path that leads out of the sandbox",
        ),
        (
            make_task("a", container=ContainerInfo(type=MESOS, volumes=(of_sandbox("x", "/y"),))),
            make_executor(),
            "task a: volume '/y' must have a container_path within the sandbox: a plain process sees the host's files",
        ),
        (
            make_task("a", container=ContainerInfo(type=MESOS, volumes=(of_sandbox("x", "y", mode=VolumeMode.RO),))),
            make_executor(),
            "task a: volume 'y' can't be read-only to a plain process",
        ),
        (
            make_task("a"),
            make_executor(container=ContainerInfo(type=MESOS, volumes=(of_host("/srv", "/srv"),))),
            "executor pod: volume '/srv' must have a container_path within the executor's sandbox",
        ),
        (
            make_task("a"),
            make_executor(container=ContainerInfo(type=MESOS, volumes=(of_host("/srv", "x", VolumeMode.RO),))),
            "executor pod: volume 'x' must be a read-write path of the host",
        ),
    ],
)
def test_group_that_can_not_run_is_refused_whole(task: TaskInfo, executor: ExecutorInfo, expected: str) -> None:
    """Nothing of it starts, every task of it reads the same sentence, and the master counts no executor any more."""
    bench = AgentBench().registered()
    bench.hear(group(make_task("other", container=in_image("web")), task, executor=executor))
    statuses = bench.acknowledge_all()

    assert [(TaskState.TASK_ERROR, TaskStatusReason.REASON_TASK_GROUP_INVALID, expected)] * 2 == [
        (status.state, status.reason, status.message) for status in statuses
    ]
    assert not any(isinstance(item, LaunchContainer) for item in bench.done)
    assert {} == bench.image.executors
    assert statuses == updates(bench.done)
    assert [-1] == [exited.status for exited in messages(bench.done, ExecutorExited)]


def test_task_joins_the_pods_container() -> None:
    """Network of the other container, no ports, no name servers, no name of its own; limits are the task's."""
    first, then = launch_of(
        make_task("a", container=in_image("web"), resources=parse_resources("cpus:0.5;mem:64")), NETWORKED
    )
    found = host_config(then)

    assert f"container:{container_name(first.container_id)}" == found["NetworkMode"]
    assert {} == found["PortBindings"]
    assert not any(name.startswith("Dns") for name in found)
    assert (64 << 20, 512) == (found["Memory"], found["CpuShares"])


def test_pods_container_has_its_network_and_ports() -> None:
    """Ports may be among the resources of the executor or of its tasks, as Marathon has them."""
    ports = parse_resources("cpus:0.5;mem:64;ports:[31000-31000]")
    first, _ = launch_of(make_task("a", container=in_image("web"), resources=ports), make_executor(bridge((31000, 80))))
    found = host_config(first)

    assert ("bridge", {"80/tcp": [{"HostPort": "31000"}]}) == (found["NetworkMode"], found["PortBindings"])
    assert "shareable" == found["IpcMode"]
    assert 31000 in first.workload.resources.ranges("ports")


def test_parent_of_linux_info_is_the_pod() -> None:
    """Sharing IPC and processes with the parent means the pod's container there, and never the host."""
    info = LinuxInfo(ipc_mode=IpcMode.SHARE_PARENT, share_pid_namespace=True)
    container = in_image("web")
    task = make_task("a", container=ContainerInfo(type=MESOS, mesos=container.mesos, linux_info=info))
    first, then = launch_of(task, NETWORKED)
    found = host_config(then)
    around = f"container:{container_name(first.container_id)}"

    assert (around, around) == (found["IpcMode"], found["PidMode"])


def test_shared_directories_lie_in_the_pods_sandbox() -> None:
    """PARENT is a directory of the executor's sandbox, SELF of the task's own; each where the task wants it."""
    task = make_task(
        "a",
        container=in_image(
            "web",
            of_sandbox("/pages", "www", mode=VolumeMode.RO),
            of_sandbox("own", "/own", SandboxPathType.SELF),
        ),
    )
    _, then = launch_of(task, NETWORKED)
    mounts = {
        mount["Target"]: mount for mount in plan_container(then, SpecOptions(), Found()).body["HostConfig"]["Mounts"]
    }
    sandbox = then.sandbox.parent.parent

    assert (str(sandbox / "pages"), True) == _source(mounts["/mnt/mesos/sandbox/www"])
    assert (str(then.sandbox / "own"), False) == _source(mounts["/own"])
    assert (str(then.sandbox), False) == _source(mounts["/mnt/mesos/sandbox"])


def test_volume_of_the_executor_is_found_through_its_sandbox() -> None:
    """A directory of the host that the executor has at ``data`` is what tasks find as ``data`` of their parent."""
    executor = make_executor(container=ContainerInfo(type=MESOS, volumes=(of_host("/srv/x", "data"),)))
    volumes = (of_sandbox("data/sub", "here"), of_sandbox("database", "there"))
    _, then = launch_of(make_task("a", container=ContainerInfo(type=MESOS, volumes=volumes)), executor)

    assert then.pod is not None
    assert [Path("/srv/x/sub"), then.pod.sandbox / "database"] == [shared.source for shared in then.pod.shared]
    assert then.workload.container is not None
    assert () == then.workload.container.volumes


def _source(mount: dict[str, object]) -> tuple[object, object]:
    return mount["Source"], mount["ReadOnly"]


@pytest.mark.parametrize(
    ("info", "has_container"),
    [
        (LinuxInfo(ipc_mode=IpcMode.PRIVATE), True),
        (LinuxInfo(shm_size=64), True),
        (LinuxInfo(ipc_mode=IpcMode.SHARE_PARENT), False),
        (LinuxInfo(share_cgroups=True), False),
    ],
)
def test_ipc_objects_of_its_own_need_a_container(info: LinuxInfo, has_container: bool) -> None:
    """On the host's network nothing else does."""
    executor = make_executor(container=ContainerInfo(type=MESOS, linux_info=info))
    first, _ = launch_of(make_task("a", container=in_image("web")), executor)

    assert has_container == (first.task_id is None)


def test_persistent_volume_of_the_executor_is_shared() -> None:
    """As Marathon has it: the volume is the executor's, and tasks find it in their parent's sandbox."""
    kept = volume(10, "v", "r", "data")
    bench = AgentBench(make_settings(info=evolve(make_settings().info, resources=Resources((kept,)))))
    executor = make_executor(resources=Resources((kept,)))
    shows = ContainerInfo(type=MESOS, volumes=(of_sandbox("data/db", "db"),))
    bench.registered().hear(group(make_task("a", container=shows, resources=NOTHING), executor=executor))
    (then,) = [item.launch for item in bench.done if isinstance(item, LaunchContainer)]

    assert then.pod is not None
    assert [bench.settings.find_volume(kept.kind) / "db"] == [shared.source for shared in then.pod.shared]

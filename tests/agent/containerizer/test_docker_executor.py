"""An executor of a framework's own in a container, and a container that asks for what the engine lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docker
import orjson
import pytest
from attrs import evolve

from koinon_agent.containerizer import Launch, LaunchFailed, PersistentVolume, VolumeAddition, Workload
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_core.containers import CommandInfo, Environment
from koinon_core.ids import ExecutorId
from koinon_core.resources import Resources, scalar
from koinon_core.tasks import ExecutorInfo

Launcher = Callable[..., Launch]
pytestmark = pytest.mark.slow

SHOW = "echo $MESOS_EXECUTOR_ID $MINE $MESOS_SANDBOX; cat $MESOS_SANDBOX/fetched; exit 6"


@pytest.mark.parametrize("kind", ["docker", "universal"])
async def test_an_executor_runs_its_command_in_its_container(
    containerizer: DockerContainerizer, docker_launch: Launcher, universal_launch: Launcher, kind: str
) -> None:
    """With the agent's environment and its own, its sandbox, the resources it holds, and no task's name on it."""
    made = (docker_launch if kind == "docker" else universal_launch)("")
    executor = ExecutorInfo(
        executor_id=ExecutorId("mine"),
        command=CommandInfo(value=SHOW, environment=Environment.of({"MINE": "own"})),
        container=made.workload.container,
    )
    executor = evolve(executor, resources=Resources((scalar("cpus", 0.5), scalar("mem", 64))))
    workload = Workload.of_executor(executor, [])
    launch = evolve(
        made,
        workload=workload,
        task_id=None,
        executor_id=executor.executor_id,
        environment={"MESOS_EXECUTOR_ID": "mine"},
    )
    (launch.sandbox / "fetched").write_text("from the fetcher\n")
    run = await containerizer.launch(launch)
    ended = await containerizer.wait(launch.container_id)

    (inspection,) = orjson.loads(run.inspection or b"[]")
    labels = inspection["Config"]["Labels"]
    assert (6, "mine own /mnt/mesos/sandbox\nfrom the fetcher\n") == (
        ended.exit_code,
        (launch.sandbox / "stdout").read_text(),
    )
    assert ("mine", None, 64 << 20, 512) == (
        labels["koinon.executor"],
        labels.get("koinon.task"),
        inspection["HostConfig"]["Memory"],
        inspection["HostConfig"]["CpuShares"],
    )


async def test_a_container_is_resized_while_it_runs(
    containerizer: DockerContainerizer, docker_launch: Launcher, docker_engine: docker.DockerClient, tmp_path: Path
) -> None:
    """Up at once, of memory only the soft limit down again; and it tells which volumes it lacks. Ended: nothing."""
    launch = docker_launch("sleep 600", task={"resources": Resources((scalar("cpus", 0.5), scalar("mem", 64)))})
    kept = PersistentVolume(path=tmp_path / "kept", container_path="data")
    kept.path.mkdir()
    run = await containerizer.launch(evolve(launch, volumes=(kept,)))
    seen = []
    for cpus, mem in ((1, 128), (0.25, 48)):
        resources = Resources((scalar("cpus", cpus), scalar("mem", mem)))
        await containerizer.update(launch.container_id, Workload(resources=resources))
        host = docker_engine.api.inspect_container(run.engine_id or "")["HostConfig"]
        seen.append((host["CpuShares"], host["Memory"] >> 20, host["MemoryReservation"] >> 20))

    async def add(path: str) -> str | None:
        volumes = (evolve(kept, container_path=path),)
        return await containerizer.add_volumes(
            VolumeAddition(container_id=launch.container_id, sandbox=launch.sandbox, volumes=volumes)
        )

    problems = [await add("data"), await add("more")]
    await containerizer.kill(launch.container_id, 0)
    await containerizer.wait(launch.container_id)
    await containerizer.update(launch.container_id, Workload(resources=Resources((scalar("cpus", 3),))))

    assert [(1024, 128, 128), (256, 128, 48)] == seen
    assert problems[0] is None
    assert "cannot be given the persistent volume at 'more'" in (problems[1] or "")


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="this machine has gpus")
async def test_gpus_that_the_engine_has_no_driver_for_are_refused_by_name(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """Its own words come after the field they are about."""
    launch = docker_launch("true", task={"resources": Resources((scalar("gpus", 1),))})
    with pytest.raises(LaunchFailed, match=r"^gpus: this agent's container engine has no driver for them"):
        await containerizer.launch(launch)

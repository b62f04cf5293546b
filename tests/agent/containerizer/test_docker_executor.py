"""An executor of a framework's own in a container, and a container that asks for what the engine lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from attrs import evolve

from koinon_agent.containerizer import Launch, LaunchFailed, Workload
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
    workload = Workload.of_executor(executor, Resources((scalar("cpus", 0.5), scalar("mem", 64))))
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


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="this machine has gpus")
async def test_gpus_that_the_engine_has_no_driver_for_are_refused_by_name(
    containerizer: DockerContainerizer, docker_launch: Launcher
) -> None:
    """Its own words come after the field they are about."""
    launch = docker_launch("true", task={"resources": Resources((scalar("gpus", 1),))})
    with pytest.raises(LaunchFailed, match=r"^gpus: this agent's container engine has no driver for them"):
        await containerizer.launch(launch)

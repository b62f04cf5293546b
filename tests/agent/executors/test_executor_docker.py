"""A framework's own executor in a container of a real Docker Engine: a shell script that speaks the executor API."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import docker
import pytest

from fakes.agent_bench import FRAMEWORK_ID, make_framework, make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from koinon_core.agent_link import ExecutorExited, Register, RunTask, ShutdownExecutor
from koinon_core.containers import CommandInfo, ContainerInfo, ContainerType, DockerInfo, DockerNetwork
from koinon_core.ids import ExecutorId
from koinon_core.tasks import ExecutorInfo, TaskState
from support.docker_engine import BUSYBOX, docker_url, find_containers, remove_containers

UUID = base64.b64encode(b"0123456789abcdef").decode()
IDS = (
    '\\"framework_id\\":{\\"value\\":\\"$MESOS_FRAMEWORK_ID\\"},'
    '\\"executor_id\\":{\\"value\\":\\"$MESOS_EXECUTOR_ID\\"}'
)
RUNNING = json.dumps(
    {"task_id": {"value": "t"}, "state": "TASK_RUNNING", "source": "SOURCE_EXECUTOR", "uuid": UUID}
).replace('"', '\\"')
SCRIPT = f"""
post() {{
  wget -q -O - --header 'Content-Type: application/json' --header 'Accept: application/json' --post-data "$1" \
    "http://$MESOS_AGENT_ENDPOINT/api/v1/executor"
}}
post "{{\\"type\\":\\"SUBSCRIBE\\",{IDS},\\"subscribe\\":{{}}}}" | while read -r line; do
  case "$line" in
    *LAUNCH*) post "{{\\"type\\":\\"UPDATE\\",{IDS},\\"update\\":{{\\"status\\":{RUNNING}}}}}" ;;
  esac
done
"""


@pytest.mark.slow
async def test_an_executor_in_a_container_lives_its_life(
    tmp_path: Path, free_port: int, docker_engine: docker.DockerClient
) -> None:
    """Its container is the executor's alone, by its labels; its task is told of with it, and it ends on SHUTDOWN."""
    container = ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image=BUSYBOX, network=DockerNetwork.HOST))
    executor = ExecutorInfo(executor_id=ExecutorId("boxed"), command=CommandInfo(value=SCRIPT), container=container)
    task = make_task("t", agent_id=AGENT_ID, command=None, executor=executor)
    agent = AgentProcess(tmp_path / "agent", free_port)
    async with FakeMaster(free_port) as master:
        agent.start(
            f"--docker_socket={docker_url()}",
            "--containerizers=docker,process",
            "--executor_shutdown_grace_period=100ms",
        )
        try:
            await master.wait(Register)
            await master.say(RunTask(framework=make_framework(), task=task))
            running = await master.wait_state("t", TaskState.TASK_RUNNING)
            (run,) = agent.work_dir.glob("slaves/*/frameworks/*/executors/boxed/runs/*-*")
            (found,) = find_containers(docker_engine, name=f"mesos-{run.name}")
            labels = found.labels
            await master.say(ShutdownExecutor(framework_id=FRAMEWORK_ID, executor_id=executor.executor_id))
            await master.wait_state("t", TaskState.TASK_FAILED)
            await master.wait(ExecutorExited)
        finally:
            agent.child.kill()
            for path in agent.work_dir.glob("slaves/*/frameworks/*/executors/*/runs/*"):
                remove_containers(find_containers(docker_engine, name=f"mesos-{path.name}"))

    assert running.container_status is not None
    assert run.name == running.container_status.container_id.value  # type: ignore[union-attr]
    assert "boxed" in labels.values()
    assert "t" not in labels.values()

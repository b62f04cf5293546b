"""A real agent fetches for plain processes and Docker containers: what comes, what is refused, what is given up."""

from __future__ import annotations

import asyncio
import io
import tarfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import docker
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, make_framework, make_task
from fakes.agent_process import AgentProcess
from fakes.fake_master import AGENT_ID, FakeMaster
from koinon_core.agent_link import KillTask, Register, RunTask
from koinon_core.containers import CommandInfo, CommandUri, ContainerInfo, ContainerType, DockerInfo, DockerNetwork
from koinon_core.ids import TaskId
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusReason
from support.docker_engine import BUSYBOX, docker_url, find_containers, remove_containers
from support.waiting import wait_until

pytestmark = pytest.mark.slow
FAILED, FINISHED = TaskState.TASK_FAILED, TaskState.TASK_FINISHED
FLAGS = (
    "--fetcher_allowed_networks=loopback",
    "--fetcher_stall_timeout=300ms",
    "--fetcher_max_size=1MB",
    "--containerizers=docker,process",
)
HOSTILE = {"up": ("../evil", 0o100644, b"evil"), "link": ("out", 0o120777, b"../../../../..")}


def pack(name: str, mode: int, data: bytes) -> bytes:
    """A zip file with one entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        zipped.writestr(info, data)
    return buffer.getvalue()


def pack_words() -> bytes:
    """A packed tar file with one file in a directory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("deep/words")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"words"))
    return buffer.getvalue()


async def answer(request: web.Request) -> web.StreamResponse:
    """Files by the name that is asked for; ``drip`` never ends, ``silent`` says nothing."""
    name = request.path.strip("/").partition(".")[0]
    match name:
        case "tool":
            return web.Response(body=b"#!/bin/sh\ncat deep/words\n")
        case "words":
            return web.Response(body=pack_words())
        case "huge":
            return web.Response(body=b"x" * 2_000_000)
        case "up" | "link":
            return web.Response(body=pack(*HOSTILE[name]))
    response = web.StreamResponse()
    await response.prepare(request)
    while name == "drip":
        await response.write(b"x")
        await asyncio.sleep(0.02)
    await asyncio.sleep(30)
    return response


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server of such files."""
    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    async with TestServer(application) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
async def master(free_port: int) -> AsyncIterator[FakeMaster]:
    """A master that listens."""
    async with FakeMaster(free_port) as fake:
        yield fake


@pytest.fixture
def agent(tmp_path: Path, free_port: int, docker_engine: docker.DockerClient) -> Iterator[AgentProcess]:
    """An agent of both sorts of containers."""
    process = AgentProcess(tmp_path / "agent", free_port)
    yield process
    process.child.kill()
    for run in process.work_dir.glob("slaves/*/frameworks/*/executors/*/runs/*"):
        remove_containers(find_containers(docker_engine, name=f"mesos-{run.name}"))


async def start(agent: AgentProcess, master: FakeMaster) -> None:
    """The agent is up and registered."""
    mark = len(master.heard)
    agent.start(f"--docker_socket={docker_url()}", *FLAGS)
    await master.wait(Register, after=mark)


def wanting(name: str, *uris: CommandUri, docker_image: str | None = None) -> RunTask:
    """A task that runs its tool, whatever else it has fetched."""
    command = CommandInfo(value="cd $MESOS_SANDBOX && ./tool > said", uris=uris)
    task = make_task(name, agent_id=AGENT_ID, command=command)
    if docker_image is not None:
        info = DockerInfo(image=docker_image, network=DockerNetwork.HOST)
        task = evolve(task, container=ContainerInfo(type=ContainerType.DOCKER, docker=info))
    return RunTask(framework=make_framework(), task=task)


def sandbox_of(agent: AgentProcess, task: str) -> Path:
    """Where a task's files are."""
    (found,) = agent.work_dir.glob(f"slaves/*/frameworks/*/executors/{quote(task, safe=':')}/runs/latest")
    return found


async def test_tasks_of_both_sorts_get_what_they_asked_for(agent: AgentProcess, master: FakeMaster, url: str) -> None:
    """Unpacked, executable and there before the command; refused with the reason; and all of it is shown."""
    await start(agent, master)
    good = (CommandUri(value=f"{url}/tool", executable=True, cache=True), CommandUri(value=f"{url}/words.tgz"))
    await master.say(wanting("plain", *good), wanting("web:1", *good, docker_image=BUSYBOX))
    for name in ("plain", "web:1"):
        await master.wait_state(name, FINISHED)

        assert "words" == (sandbox_of(agent, name) / "said").read_text()
        assert 2 == (sandbox_of(agent, name) / "stderr").read_text().count("Fetched ")

    bad = {
        "up.zip": "entry '../evil' leads out of the sandbox",
        "link.zip": "entry 'out' is a link to '../../../../..', which leads out of the sandbox",
        "huge": "it is larger than the 1048576 bytes of --fetcher_max_size",
        "silent": "its server was silent for the 0.3 s of --fetcher_stall_timeout",
    }
    uris = {f"{url}/{path}": reason for path, reason in bad.items()}
    uris["http://169.254.169.254/latest/meta-data"] = "169.254.169.254 is link-local or of a cloud's metadata service"
    uris["/etc/passwd"] = "--fetcher_allowed_roots"
    for number, uri in enumerate(uris):
        image = BUSYBOX if number % 2 else None
        await master.say(wanting(f"bad-{number}", CommandUri(value=uri), docker_image=image))
    for number, (uri, reason) in enumerate(uris.items()):
        check_refusal(await master.wait_state(f"bad-{number}", FAILED), uri, reason)

    assert not list(agent.work_dir.rglob("evil"))
    fetched = {name: agent.get("/metrics/snapshot")[f"containerizer/fetcher/{name}"] for name in METRICS}
    assert dict(zip(METRICS, (2, 6, 2 * 1024**3, 25), strict=True)) == fetched


METRICS = ("task_fetches_succeeded", "task_fetches_failed", "cache_size_total_bytes", "cache_size_used_bytes")


def check_refusal(status: TaskStatus, uri: str, reason: str) -> None:
    """The update names the URI and what is wrong with it."""
    assert status.message is not None
    assert status.message.startswith("Failed to launch container: Failed to fetch all URIs for container")
    assert f"{uri!r}: " in status.message
    assert reason in status.message
    assert TaskStatusReason.REASON_CONTAINER_LAUNCH_FAILED is status.reason


async def test_fetch_ends_with_its_task_and_with_its_agent(agent: AgentProcess, master: FakeMaster, url: str) -> None:
    """A kill gives it up at once; after the agent's own death in mid-fetch the task never ran."""
    await start(agent, master)
    await master.say(wanting("killed", CommandUri(value=f"{url}/drip")))
    await asyncio.to_thread(wait_until, lambda: list(agent.work_dir.rglob("drip")), "a fetch under way")
    await master.say(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("killed")))
    killed = await master.wait_state("killed", TaskState.TASK_KILLED)

    assert TaskStatusReason.REASON_TASK_KILLED_DURING_LAUNCH is killed.reason

    await master.say(wanting("orphaned", CommandUri(value=f"{url}/drip", cache=True)))
    await asyncio.to_thread(wait_until, lambda: list(agent.work_dir.rglob("*.part")), "a fetch under way")
    mark = len(master.heard)
    agent.child.kill()
    await start(agent, master)
    lost = await master.wait_state("orphaned", TaskState.TASK_LOST, after=mark)

    assert TaskStatusReason.REASON_AGENT_RESTARTED is lost.reason
    assert ["drip"] == [
        Path(entry["path"]).name
        for entry in agent.get(f"/files/browse?path={quote(str(sandbox_of(agent, 'killed')))}")
        if entry["size"] < 1000 and "std" not in entry["path"]
    ]
    assert (
        "Fetching " in agent.get(f"/files/read?path={quote(str(sandbox_of(agent, 'killed')))}/stderr&offset=0")["data"]
    )
    assert not list((agent.work_dir / "fetch" / "cached").iterdir())

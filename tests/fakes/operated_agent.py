"""An agent whose HTTP is real: a pure agent on its bench, and a real process for the one task that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from attrs import define, evolve

from fakes.agent_bench import AgentBench, make_settings, make_task, only
from koinon_agent.config import AgentConfig
from koinon_agent.containerizer import Recovered
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from koinon_agent.containerizer.usage.sampler import UsageSampler
from koinon_agent.events import ContainerStarted
from koinon_agent.fetcher.fetcher import Fetcher
from koinon_agent.gauges import add_agent_gauges
from koinon_agent.http.application import make_agent_application
from koinon_agent.http.site import Site
from koinon_agent.instructions import LaunchContainer
from koinon_agent.nested.book import NestedContainers
from koinon_agent.sandboxes.keeper import SandboxKeeper
from koinon_agent.sandboxes.layout import SandboxId, sandbox_path
from koinon_agent.sandboxes.preparation import Preparation
from koinon_agent.standalone.book import StandaloneContainers
from koinon_core.agent_link import RunTask
from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import ContainerId
from koinon_daemon.credentials import Credential, Credentials
from koinon_daemon.metrics import Metrics

FRAMEWORK = FrameworkInfo(user="root", name="test", id="master-0000")  # type: ignore[arg-type]


@define
class Operated:
    """An agent that operators call, and how."""

    site: Site
    bench: AgentBench
    client: TestClient[Any, Any]
    containerizer: ProcessContainerizer

    async def call(self, kind: str, body: Any = None, **headers: str) -> ClientResponse:
        """One call in JSON."""
        document = {"type": kind} | ({} if body is None else {kind.lower(): body})
        return await self.client.post("/slave(1)/api/v1", json=document, headers=headers)

    async def read(self, kind: str, body: Any = None) -> Any:
        """What stands under the call's name in the answer to it."""
        response = await self.call(kind, body)
        assert 200 == response.status, await response.text()
        return (await response.json())[kind.lower()]

    async def run(self, script: str) -> ContainerId:
        """A task that runs as a real process."""
        task = make_task(command=CommandInfo(value=script))
        wanted = self.bench.hear(RunTask(framework=FRAMEWORK, task=task))
        launch = evolve(only(wanted, LaunchContainer).launch, user=None)
        await SandboxKeeper(self.site.work_dir).create(launch)
        self.bench.handle(ContainerStarted(await self.containerizer.launch(launch)))
        return launch.container_id


@asynccontextmanager
async def operated_agent(config: AgentConfig, tmp_path: Path) -> AsyncIterator[Operated]:
    """A registered agent; what runs ends with the block."""
    bench = AgentBench(make_settings(find_sandbox=_find_sandbox(tmp_path))).registered()
    containerizer = ProcessContainerizer(tmp_path / "processes")
    site = Site(config, tmp_path, Metrics(), 1.5, agent=bench.agent)
    site.containerizer, site.nested = containerizer, NestedContainers(containerizer)
    site.sampler = UsageSampler(containerizer.usage)
    fetcher = Fetcher(config.fetch_options(tmp_path))
    await fetcher.open()
    site.standalone = StandaloneContainers(containerizer, Preparation(SandboxKeeper(tmp_path), fetcher), tmp_path)
    site.standalone.take_up(Recovered())
    add_agent_gauges(site.metrics, bench.agent)
    async with TestClient(TestServer(make_agent_application(site), handler_cancellation=True)) as client:
        yield Operated(site, bench, client, containerizer)
    await site.nested.stop()
    for one in site.standalone:
        await containerizer.remove(one.record.container_id)
    await site.standalone.stop()
    fetcher.close()
    for machine in bench.agent.tasks:
        await containerizer.remove(machine.container_id)
    await containerizer.stop()
    site.sampler.close()


def _find_sandbox(work_dir: Path) -> Any:
    return lambda agent, framework, executor, run: sandbox_path(
        work_dir, SandboxId(agent_id=agent, framework_id=framework, executor_id=executor, container_id=run)
    )


def make_credentials(*names: str) -> Credentials:
    """Principals whose secrets are their names."""
    return Credentials(tuple(Credential(name, name) for name in names))

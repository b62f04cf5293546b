"""Leaders that lose their quorum, or stand still, over a real ZooKeeper: they do no harm, end, and are succeeded."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from attrs import frozen

from fakes.link_agent import LinkAgent
from koinon_core.agent_link import LINK_VERSION, Register, Registered
from koinon_core.ids import AgentId
from koinon_daemon.errors import ExitCode
from koinon_zk import QuorumUrl, connect
from support.hosts import Host, running_hosts
from support.ports import reserve_port
from support.processes import Child
from support.quorums import wait_reachable
from support.waiting import wait_until
from support.zookeeper import ZooKeeperAddress, ZooKeeperServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]
SESSION_SECONDS = 2


@frozen
class MasterProcess:
    """A master of an election, and where it is reached."""

    url: str
    child: Child

    def leads(self) -> bool:
        """Whether it says so."""
        try:
            answer = requests.get(f"{self.url}/metrics/snapshot", timeout=2)
        except requests.RequestException:
            return False
        return bool(answer.ok and answer.json().get("master/elected"))

    def status_of(self, path: str) -> int:
        """The status of its own answer, not of whom it redirects to."""
        return requests.get(f"{self.url}{path}", timeout=5, allow_redirects=False).status_code

    def wait_leading(self) -> MasterProcess:
        """Until it leads and has its registry back."""
        wait_until(self.leads, f"leading master at {self.url}")
        self.child.wait_line(r"\bleading\b")
        return self


def start_master(folder: Path, zk: str, name: str, host: Host | None = None) -> MasterProcess:
    """Start one, on a host of its own or here."""
    ip, port = ("127.0.0.1", reserve_port()) if host is None else (host.address, 5050)
    argv = [
        *(sys.executable, "-m", "koinon_master", f"--ip={ip}", f"--port={port}", f"--zk={zk}", "--insecure"),
        *(f"--work_dir={folder / name}", f"--zk_session_timeout={SESSION_SECONDS}secs"),
    ]
    child = Child(argv if host is None else host.enter(argv), folder / f"{name}.log")
    return MasterProcess(f"http://{ip}:{port}", child)


async def register(master: MasterProcess, agent_id: AgentId | None = None) -> tuple[AgentId, int]:
    """An agent comes under a master; returns its id and the epoch it heard."""
    async with LinkAgent(master.url) as agent:
        if agent_id is not None:
            agent.info = type(agent.info)(hostname="fake", resources=agent.info.resources, id=agent_id)
        return await agent.register(), max(agent.epochs)


async def apply(agent: LinkAgent) -> None:
    """A new agent asks to be let in; it waits for no answer."""
    register = Register(version=LINK_VERSION, agent_info=agent.info, ip="127.0.0.1", agent_version="1.11.0")
    await agent.send(register)


async def stored_agents(zk: str) -> set[str]:
    """The agents in the masters' registry, read past any master."""
    url = QuorumUrl.parse(zk)
    quorum = await connect(url, 10.0)
    try:
        store = await wait_reachable(quorum.store(f"{url.path}-registry"))
        keys = await store.list("agents")
    finally:
        await quorum.close()
    return {key.removeprefix("agents/") for key in keys}


@pytest.fixture
def hosts() -> Iterator[list[Host]]:
    """Two machines for masters and one for ZooKeeper."""
    with running_hosts(3) as machines:
        yield machines


async def test_leader_without_its_quorum_holds_still_and_ends(hosts: list[Host], tmp_path: Path) -> None:
    """Cut off from ZooKeeper it answers no agent and writes nothing, exits, and another one leads with its agents."""
    first_host, second_host, quorum_host = hosts
    server = ZooKeeperServer(tmp_path / "zookeeper", 2181, quorum_host)
    server.start()
    server.wait_serving()
    zk = f"zk://{server.hosts}/mesos"
    first = start_master(tmp_path, zk, "first", first_host).wait_leading()
    second = start_master(tmp_path, zk, "second", second_host)
    agent_id, first_epoch = await register(first)

    async with LinkAgent(first.url) as latecomer:
        first_host.cut_off(quorum_host)
        first.child.wait_line("not_leading.*suspended")
        status = first.status_of("/state")
        await apply(latecomer)
        exit_code = await asyncio.to_thread(first.child.wait_exit)
        with pytest.raises(AssertionError, match="the link ended"):
            await latecomer.expect(Registered)
    second.wait_leading()
    same_id, second_epoch = await register(second, agent_id)
    known = await stored_agents(zk)
    second.child.kill()
    server.kill()

    assert requests.codes.service_unavailable == status
    assert ExitCode.LOST_LEADERSHIP == exit_code
    assert agent_id == same_id
    assert first_epoch < second_epoch
    assert {agent_id} == known


async def test_leader_that_stood_still_does_no_harm_when_it_wakes(zookeeper: ZooKeeperAddress, tmp_path: Path) -> None:
    """Stopped for longer than its session it is succeeded; awake again it sends nothing, writes nothing, and ends."""
    first = start_master(tmp_path, zookeeper.url, "first").wait_leading()
    second = start_master(tmp_path, zookeeper.url, "second")
    agent_id, first_epoch = await register(first)
    async with LinkAgent(first.url) as latecomer:
        first.child.suspend()
        second.wait_leading()
        same_id, second_epoch = await register(second, agent_id)
        await apply(latecomer)
        first.child.resume()
        exit_code = await asyncio.to_thread(first.child.wait_exit)
        with pytest.raises(AssertionError, match="the link ended"):
            await latecomer.expect(Registered)
    known = await stored_agents(zookeeper.url)
    still_leads = second.leads()
    second.child.kill()

    assert ExitCode.LOST_LEADERSHIP == exit_code
    assert agent_id == same_id
    assert first_epoch < second_epoch
    assert {agent_id} == known
    assert still_leads

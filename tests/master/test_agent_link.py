"""The master's end of the agent link over a real WebSocket."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest
from aiohttp import WSCloseCode, WSMsgType

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import AgentFrame, ReconcileTasks, Refused, Register, RunTask, Unregister
from koinon_core.wire import refined_json
from koinon_daemon.supervision import Stop
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig
from koinon_master.http import agent_link


@pytest.mark.parametrize("frame", [b"{", b"{}", b'{"messages":[{"type":"DANCE"}]}', b"\xff\x00"])
async def test_frame_that_makes_no_sense_ends_the_link_with_a_reason(
    master: MasterApp, master_url: str, frame: bytes
) -> None:
    """The peer is told what was wrong; the master lives on and takes the next agent."""
    async with LinkAgent(master_url) as agent:
        await agent.socket.send_bytes(frame)
        ending = await agent.socket.receive()
    async with LinkAgent(master_url) as agent:
        agent_id = await agent.register()

    assert (WSMsgType.CLOSE, WSCloseCode.PROTOCOL_ERROR) == (ending.type, ending.data)
    assert "a frame can't be understood" in (ending.extra or "")
    assert agent_id.endswith("-S0")


async def test_agent_that_does_not_register_first_is_sent_away(master_url: str) -> None:
    """Whatever else comes first ends the link."""
    async with LinkAgent(master_url) as agent:
        await agent.send(Unregister("x"))
        ending = await agent.socket.receive()

    assert "an agent must register first" == ending.extra


async def test_other_version_is_refused_in_words(master_url: str) -> None:
    """The agent reads why before the link closes."""
    async with LinkAgent(master_url) as agent:
        register = Register(version=99, agent_info=agent.info, ip="127.0.0.1", agent_version="x")
        await agent.send(register)
        refused = await agent.expect(Refused)
        ending = await agent.socket.receive()

    assert "version 99" in refused.reason
    assert WSMsgType.CLOSE is ending.type


async def test_text_frames_are_as_good_as_binary_ones(master_url: str) -> None:
    """Both kinds of WebSocket message hold a frame."""
    async with LinkAgent(master_url) as agent:
        register = Register(version=99, agent_info=agent.info, ip="127.0.0.1", agent_version="x")
        await agent.socket.send_str(refined_json.encode(AgentFrame(messages=(register,))).decode())

        assert isinstance(await agent.expect(Refused), Refused)


async def test_agent_comes_back_over_a_new_link(master_url: str) -> None:
    """It keeps its id, and is asked for the task that it does not bring."""
    async with HttpFramework(master_url) as framework:
        async with LinkAgent(master_url) as agent:
            first = await agent.register()
            await framework.subscribe()
            offer = (await framework.expect("OFFERS"))["offers"]["offers"][0]
            await framework.launch(offer, "t1")
            await agent.expect(RunTask)
            info = agent.info
        async with LinkAgent(master_url) as again:
            again.info = info
            second = await again.register()
            asked = await again.expect(ReconcileTasks)

    assert first == second
    assert ("t1",) == asked.task_ids


async def test_plain_request_on_the_link_path_is_refused(master: MasterApp, master_url: str) -> None:
    """Without an upgrade there is no link, and the answer is a client's error."""
    async with HttpFramework(master_url, "/api/agent-link") as client:
        response = await client.session.get(client.url)

    assert 400 == response.status


async def test_link_without_an_agent_is_closed(master_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever connects and says nothing does not hold a link for ever."""
    monkeypatch.setattr(agent_link, "REGISTER_SECONDS", 0.05)

    async with LinkAgent(master_url) as agent:
        ending = await agent.socket.receive()

    assert WSMsgType.CLOSE is ending.type
    assert "no agent registered within 0.05 seconds" == ending.extra


async def test_registered_agent_may_be_silent(master_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is for who never registers: an agent has nothing to say for hours."""
    monkeypatch.setattr(agent_link, "REGISTER_SECONDS", 0.2)

    async with LinkAgent(master_url) as agent:
        await agent.register()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await agent.socket.receive()


@pytest.mark.slow
async def test_agent_that_falls_silent_is_lost_on_time() -> None:
    """It counts from its last sign of life, however long the master took to see that the link is dead."""
    app = MasterApp(
        MasterConfig(port=0, registry="in_memory", agent_ping_timeout=1.0, max_agent_ping_timeouts=2), Stop()
    )
    running = asyncio.create_task(app.run())
    await app.wait_leading()
    state = app.office.leading_loop().master.state
    async with LinkAgent(f"http://{app.server.address}") as agent, asyncio.timeout(5):
        # Nobody reads its socket from here on, so that pings stay without a pong.
        agent_id = await agent.register()
        began = time.monotonic()
        while agent_id not in state.unreachable:  # noqa: ASYNC110 - what happens in a master has no event here
            await asyncio.sleep(0.02)
        silent_for = time.monotonic() - began
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    assert 1.9 < silent_for < 2.6

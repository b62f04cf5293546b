"""The master's end of the agent link over a real WebSocket."""

from __future__ import annotations

import pytest
from aiohttp import WSCloseCode, WSMsgType

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import AgentFrame, ReconcileTasks, Refused, Register, RunTask, Unregister
from koinon_core.wire import refined_json
from koinon_master.app import MasterApp


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

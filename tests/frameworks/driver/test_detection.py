"""Following a leader through a real quorum on one machine."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

from koinon_core.agents import Address, MasterInfo
from koinon_core.wire import plain_json
from koinon_frameworks.driver.detection import watch_masters
from koinon_frameworks.driver.master_address import parse_master_address
from koinon_frameworks.driver.session_machine import MasterLost, MastersFound
from koinon_zk.quorum import connect
from koinon_zk.url import QuorumUrl


async def test_sees_a_leader_come_and_go(tmp_path: Path) -> None:
    """Nobody leads at first, then a master is found where it said, then it is lost."""
    url = f"sqlite://{tmp_path}/state.db?path=/mesos"
    info = MasterInfo(id="m", ip=0, port=5050, address=Address(ip="10.0.0.1", port=5050))

    async def lead(quorum_url: QuorumUrl) -> None:
        quorum = await connect(quorum_url)
        try:
            async for _ in quorum.contender().campaign(plain_json.encode(info)):
                pass
        finally:
            await quorum.close()

    async with aclosing(watch_masters(parse_master_address(url))) as watching:
        before = await anext(watching)
        leading = asyncio.create_task(lead(QuorumUrl.parse(url)))
        found = await anext(watching)
        leading.cancel()
        lost = await anext(watching)

    assert [MasterLost(), MastersFound(("http://10.0.0.1:5050",)), MasterLost()] == [before, found, lost]

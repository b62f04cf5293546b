"""Schedulers that do not read and schedulers that call too fast, on a real server: others must not notice."""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import Any

import pytest

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import ExecutorMessage
from koinon_core.ids import ExecutorId, FrameworkId
from koinon_daemon.stream import Backlog
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig
from koinon_master.frameworks.rate_limits import parse_rate_limits
from koinon_master.http import scheduler_api
from support.guarded_master import running_master
from support.waiting import wait_until

MIB = 1024 * 1024
INFO = {"user": "nobody", "name": "silent", "failover_timeout": 60}


async def _subscribe_and_read_no_more(url: str) -> tuple[FrameworkId, asyncio.StreamWriter]:
    """A scheduler that takes its first event in, and then nothing."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=4096)
    body = json.dumps({"type": "SUBSCRIBE", "subscribe": {"framework_info": INFO}})
    head = f"POST /api/v1/scheduler HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    await reader.readuntil(b"\r\n\r\n")
    await reader.readuntil(b"\n")
    await reader.readuntil(b"\n")
    first = await reader.readuntil(b"\r\n")
    return FrameworkId(json.loads(first)["subscribed"]["framework_id"]["value"]), writer


async def _ask(framework: HttpFramework) -> dict[str, Any]:
    await framework.call("RECONCILE", tasks=[{"task_id": {"value": "nobody's"}}])
    return await framework.expect("UPDATE")


@pytest.mark.slow
async def test_scheduler_that_never_reads_is_cut_and_nobody_else_notices(
    master: MasterApp, master_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for it is bounded; another one is answered all the while, and the silent one may come back."""
    monkeypatch.setattr(scheduler_api, "BACKLOG", Backlog(size=8 * MIB))
    silent_id, writer = await _subscribe_and_read_no_more(master_url)
    loop = master.office.loop
    assert loop is not None
    silent = loop.master.state.frameworks[silent_id]
    message = ExecutorMessage(framework_id=silent_id, executor_id=ExecutorId("e"), data=b"x" * MIB)

    async with LinkAgent(master_url) as agent, HttpFramework(master_url) as worker:
        await agent.register()
        await worker.subscribe()
        answers = []
        for _ in range(24):
            await agent.send(message)
            answers.append((await _ask(worker))["type"])
        await asyncio.to_thread(wait_until, lambda: not silent.is_connected, "end of the silent stream")

        assert ["UPDATE"] * 24 == answers
        assert (True, 2) == (silent_id in loop.master.state.frameworks, len(loop.master.state.frameworks))
    writer.close()


@pytest.mark.slow
async def test_big_reconciliation_of_a_scheduler_that_never_reads_waits_for_it(
    master: MasterApp, master_url: str
) -> None:
    """Its answers are made as it takes them, so it is not cut, and another scheduler is answered at once."""
    silent_id, writer = await _subscribe_and_read_no_more(master_url)
    loop = master.office.loop
    assert loop is not None
    silent = loop.master.state.frameworks[silent_id]
    tasks = [{"task_id": {"value": f"{'x' * 200}{number}"}} for number in range(40_000)]
    call = {"type": "RECONCILE", "framework_id": {"value": silent_id}, "reconcile": {"tasks": tasks}}

    async with HttpFramework(master_url) as worker:
        await worker.subscribe()
        headers = {"Mesos-Stream-Id": str(silent.stream_id)}
        response = await worker.session.post(worker.url, json=call, headers=headers)
        began = monotonic()
        answer = await _ask(worker)
        took = monotonic() - began

    assert (202, "UPDATE", True) == (response.status, answer["type"], silent.is_connected)
    assert 0 < silent.tallies["events/update"] < 40_000
    assert took < 2
    writer.close()


async def test_calls_that_come_too_fast_wait_or_are_refused() -> None:
    """--rate_limits: each waits its turn, and beyond the capacity a call is a 429 that says so; others go on."""
    limits = parse_rate_limits('{"limits": [{"principal": "slow", "qps": 20, "capacity": 1}]}')
    config = MasterConfig(port=0, registry="in_memory", rate_limits=limits)
    async with running_master(config) as url, HttpFramework(url) as slow, HttpFramework(url) as other:
        await slow.subscribe(principal="slow")
        await other.subscribe()

        answers = await asyncio.gather(*(slow.call("REVIVE") for _ in range(6)))
        free = await asyncio.gather(*(other.call("REVIVE") for _ in range(6)))
        texts = {await one.text() for one in answers if one.status == 429}

    statuses = [one.status for one in answers]
    assert {202, 429} == set(statuses)
    assert {"Message dropped: capacity(1) exceeded"} == texts
    assert [202] * 6 == [one.status for one in free]

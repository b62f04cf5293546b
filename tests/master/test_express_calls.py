"""Calls that spare the way through the application are held to the same rules, on each call anew."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from fakes.http_framework import HttpFramework
from koinon_daemon.credentials import Credential
from support.guarded_master import FW, OPS, WRONG, get, proof


def request(body: bytes, stream_id: str | None, by: Credential | None) -> bytes:
    """One call as bytes, as plain as most are."""
    headers = {"Host": "master", "Content-Type": "application/json", "Content-Length": str(len(body))} | proof(by)
    if stream_id is not None:
        headers["Mesos-Stream-Id"] = stream_id
    lines = ["POST /api/v1/scheduler HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def statuses(url: str, *requests: bytes) -> list[int]:
    """What the master answers to these on one connection."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    found = []
    for one in requests:
        writer.write(one)
        found.append(int((await reader.readline()).split()[1]))
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    writer.close()
    return found


@pytest.mark.parametrize(
    ("status", "kind", "by", "stream"),
    [
        (202, "REVIVE", FW, "its own"),
        (401, "REVIVE", None, "its own"),
        (401, "REVIVE", WRONG, "its own"),
        (400, "REVIVE", OPS, "its own"),
        (400, "REVIVE", FW, "another"),
        (400, "REVIVE", FW, None),
        (400, "NONSENSE", FW, "its own"),
        (400, "ACKNOWLEDGE", FW, "its own"),
    ],
)
async def test_each_call_of_a_connection_is_judged(
    closed: str, status: int, kind: str, by: Credential | None, stream: str | None
) -> None:
    """A call behind one that was in order must prove who sends it, name its stream and be a call, as ever."""
    async with HttpFramework(closed, credential=FW) as framework:
        await framework.subscribe(principal=FW.principal)
        own = framework.stream_headers["Mesos-Stream-Id"]
        body = json.dumps({"type": "REVIVE", "framework_id": framework.framework_id}).encode()
        second = json.dumps({"type": kind, "framework_id": framework.framework_id}).encode()
        answered = await statuses(
            closed, request(body, own, FW), request(second, own if stream == "its own" else stream, by)
        )

    assert [202, status] == answered


async def test_calls_take_effect(closed: str, session: ClientSession) -> None:
    """What went through the lane is counted as the framework's calls are."""
    async with HttpFramework(closed, credential=FW) as framework:
        await framework.subscribe(principal=FW.principal)
        own = framework.stream_headers["Mesos-Stream-Id"]
        body = json.dumps({"type": "REVIVE", "framework_id": framework.framework_id}).encode()
        await statuses(closed, request(body, own, FW), request(body, own, FW))
        _, metrics = await get(session, f"{closed}/metrics/snapshot", OPS)

    assert 2 == metrics["master/messages_revive_offers"]

"""Mesos's older endpoints that change the cluster, as scripts call them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from fakes.link_agent import LinkAgent

CPUS = {"name": "cpus", "type": "SCALAR", "scalar": {"value": 2}}
MACHINE = {"hostname": "fake", "ip": "127.0.0.1"}
WINDOW = {"machine_ids": [MACHINE], "unavailability": {"start": {"nanoseconds": 1443830400000000000}}}


class Script:
    """An operator's script: a method, a path, a body."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def do(self, method: str, path: str, body: Any = None, **form: str) -> tuple[int, str]:
        """Status and text of the answer; ``body`` is sent as JSON, what is named as a form."""
        data = form or (json.dumps(body) if body is not None else None)
        async with self._session.request(method, self._url + path, data=data) as response:
            return response.status, await response.text()

    async def get(self, path: str) -> Any:
        """The JSON that is read there."""
        status, text = await self.do("GET", path)
        if status != 200:
            raise AssertionError((status, text))
        return json.loads(text)


@pytest.fixture
async def script(master_url: str) -> AsyncIterator[Script]:
    """A script for the master."""
    async with ClientSession() as session:
        yield Script(session, master_url)


async def test_weights_are_put_and_got(script: Script) -> None:
    """``PUT /weights`` takes an array; only roles that were set are listed."""
    assert [] == await script.get("/weights")
    assert (200, "") == await script.do("PUT", "/weights", [{"role": "a", "weight": 2.0}])
    assert [{"role": "a", "weight": 2.0}] == await script.get("/weights")


async def test_quota_is_set_shown_and_removed(script: Script) -> None:
    """The guarantee is the limit, too; a role with slashes is removed by its path; afterwards nothing is left."""
    assert {} == await script.get("/quota")
    assert (200, "") == await script.do("POST", "/quota", {"role": "eng", "guarantee": [CPUS], "force": True})

    quota = await script.get("/master/quota")
    amounts = {"cpus": {"value": 2.0}}
    assert [{"role": "eng", "guarantees": amounts, "limits": amounts}] == quota["configs"]
    assert ["eng"] == [info["role"] for info in quota["infos"]]
    assert (200, "") == await script.do("DELETE", "/quota/eng")
    assert {} == await script.get("/quota")


async def test_maintenance_goes_round(master_url: str, script: Script) -> None:
    """A scheduled machine is draining, goes down, comes up, and is out of the schedule."""
    async with LinkAgent(master_url) as agent:
        await agent.register()

        assert {} == await script.get("/maintenance/schedule")
        assert (200, "") == await script.do("POST", "/maintenance/schedule", {"windows": [WINDOW]})
        assert [WINDOW] == (await script.get("/maintenance/schedule"))["windows"]
        assert {"draining_machines": [{"id": MACHINE}]} == await script.get("/maintenance/status")
        assert (200, "") == await script.do("POST", "/machine/down", [MACHINE])
        assert {"down_machines": [MACHINE]} == await script.get("/maintenance/status")
        assert (200, "") == await script.do("POST", "/machine/up", [MACHINE])
        assert {} == await script.get("/maintenance/status")


async def test_resources_are_reserved_and_given_up(master_url: str, script: Script) -> None:
    """A form with the agent's id and a JSON array; the agent then shows what is set aside."""
    reserved = {"role": "eng", "reservation": {}} | CPUS
    async with LinkAgent(master_url) as agent:
        await agent.register()

        done = await script.do("POST", "/reserve", slaveId=agent.id, resources=json.dumps([reserved]))
        (shown,) = (await script.get("/slaves"))["slaves"]
        undone = await script.do("POST", "/unreserve", slaveId=agent.id, resources=json.dumps([reserved]))
        (later,) = (await script.get("/slaves"))["slaves"]

    assert ((202, ""), (202, "")) == (done, undone)
    assert (2.0, {}) == (shown["reserved_resources"]["eng"]["cpus"], later["reserved_resources"])


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("PUT", "/weights", {}, "Expecting a JSON array"),
        ("PUT", "/weights", [{"role": "a"}], "$[0].weight"),
        ("PUT", "/weights", [{"role": "a", "weight": -1}], "positive"),
        ("POST", "/quota", [], "an object"),
        ("POST", "/quota", {"role": "a", "guarantee": [{}]}, "guarantee"),
        ("DELETE", "/quota", None, "the role is missing"),
        ("DELETE", "/quota/zz", None, "zz"),
        ("POST", "/machine/down", {}, "Expecting a JSON array"),
        ("POST", "/machine/down", [{}], "hostname"),
        ("POST", "/machine/up", [{"hostname": "q"}], "q"),
        ("POST", "/maintenance/schedule", {"windows": [{}]}, "unavailability"),
        ("POST", "/maintenance/schedule", {"windows": [{"unavailability": {"start": 5}}]}, "start"),
    ],
)
async def test_bad_bodies_are_told_which_field_is_wrong(
    script: Script, method: str, path: str, body: Any, words: str
) -> None:
    """400, and words that name it."""
    status, text = await script.do(method, path, body)

    assert 400 == status
    assert words in text


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("/teardown", {}, "Missing 'frameworkId' query parameter in the request body"),
        ("/reserve", {}, "Missing 'slaveId'"),
        ("/reserve", {"slaveId": "x"}, "Missing 'resources'"),
        ("/unreserve", {"slaveId": "x", "resources": "foo"}, "Error parsing 'resources'"),
        ("/reserve", {"slaveId": "x", "resources": "[{}]"}, "'name'"),
        ("/reserve", {"slaveId": "x", "resources": "[]"}, "No agent found with specified ID"),
        ("/create-volumes", {"slaveId": "x"}, "Missing 'volumes'"),
        ("/destroy-volumes", {"slaveId": "x", "volumes": "{}"}, "Expecting a JSON array"),
    ],
)
async def test_bad_forms_are_told_which_field_is_wrong(
    script: Script, path: str, form: dict[str, str], words: str
) -> None:
    """400, in Mesos's words where it has some."""
    status, text = await script.do("POST", path, **form)

    assert 400 == status
    assert words in text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/teardown", "POST"),
        ("GET", "/reserve", "POST"),
        ("POST", "/weights", "GET, PUT"),
        ("PUT", "/quota", "GET, POST, DELETE"),
        ("PUT", "/maintenance/schedule", "GET, POST"),
        ("GET", "/machine/up", "POST"),
    ],
)
async def test_other_methods_are_refused(master_url: str, method: str, path: str, allowed: str) -> None:
    """405 names those that there are."""
    async with ClientSession() as session, session.request(method, master_url + path) as response:
        assert (405, allowed) == (response.status, response.headers["Allow"])

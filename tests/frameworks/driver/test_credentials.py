"""How a framework on the SDK proves who it is, and who gets to see its secret."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from fakes.scripted_master import ScriptedMaster
from koinon_core.backoff import Backoff
from koinon_core.frameworks import FrameworkInfo
from koinon_core.scheduler_api import Subscribed
from koinon_daemon.credentials import Credential
from koinon_frameworks import DriverOptions, OptionError, Scheduler, SchedulerCalls, SchedulerDriver
from koinon_frameworks.driver.master_address import is_downgrade
from koinon_frameworks.host.plugins import parse_invocation

FW = Credential("fw", "hush")
INFO = FrameworkInfo(user="nobody", name="fw")
OPTIONS = DriverOptions(credential=FW, backoff=Backoff(initial=0.01, maximum=0.01))
PATIENCE_SECONDS = 10.0


class Once(Scheduler):
    """Ends its framework as soon as it is in."""

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        await driver.revive()
        await driver.stop()


def redirect_to(master: ScriptedMaster) -> web.Response:
    return web.Response(status=307, headers={"Location": f"//{master.address}/api/v1/scheduler"})


async def test_every_call_says_who_makes_it() -> None:
    """SUBSCRIBE and what follows, by HTTP Basic; the framework describes itself as that principal."""
    async with ScriptedMaster() as master:
        await SchedulerDriver(Once(), INFO, master.address, OPTIONS).run()
        subscribe = master.subscribes.get_nowait()

    assert [FW.header, FW.header] == master.authorizations
    assert "fw" == subscribe["subscribe"]["framework_info"]["principal"]


async def test_without_a_credential_nothing_is_said() -> None:
    """Not even an empty header."""
    async with ScriptedMaster() as master:
        await SchedulerDriver(Once(), INFO, master.address).run()

    assert {None} == set(master.authorizations)


async def test_leader_is_told_and_nobody_behind_it() -> None:
    """A named master may say who leads; whom that one points to never hears of the secret."""
    async with ScriptedMaster() as named, ScriptedMaster() as leader, ScriptedMaster() as stranger:
        named.answer_subscribe, leader.answer_subscribe = redirect_to(leader), redirect_to(stranger)
        running = asyncio.create_task(SchedulerDriver(Once(), INFO, named.address, OPTIONS).run())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await leader.subscribes.get()
            # It asks the named one again, and this time the leader takes it.
            leader.answer_subscribe = None
            await running

        assert {FW.header} == set(named.authorizations) == set(leader.authorizations)
        assert [] == stranger.authorizations


@pytest.mark.parametrize(
    ("asked", "leader", "expected"),
    [
        ("https://a:1", "http://b:1", True),
        ("https://a:1", "https://b:1", False),
        ("http://a:1", "http://b:1", False),
        ("http://a:1", "https://b:1", False),
    ],
)
def test_what_went_by_tls_does_not_go_in_the_clear(asked: str, leader: str, expected: bool) -> None:
    """Such a redirect is not followed with a secret."""
    assert expected is is_downgrade(asked, leader)


def test_command_line_names_the_credential(tmp_path: Path) -> None:
    """A file, JSON in place, or a variable that names a file."""
    file = tmp_path / "credential"
    file.write_text("fw hush\n")

    def read(path: str) -> str:
        return Path(path).read_text()

    ways = [
        parse_invocation(["paint", "--master", "m", "--credential", str(file)], {}, read),
        parse_invocation(["paint", "--master", "m", '--credential={"principal": "fw", "secret": "hush"}'], {}, read),
        parse_invocation(["paint", "--master", "m"], {"MESOS_CREDENTIAL": f"file://{file}"}, read),
    ]

    assert [FW] * 3 == [way.credential for way in ways]
    assert [] == [way for way in ways if "hush" in repr(way)]


@pytest.mark.parametrize("given", ["fw hush", "/no/such/file", '{"principal": "fw"}'])
def test_wrong_credential_is_refused_by_name(given: str) -> None:
    """And the secret is not repeated."""
    with pytest.raises(OptionError, match="--credential: ") as caught:
        parse_invocation(["paint", "--master", "m", "--credential", given], {}, lambda path: Path(path).read_text())

    assert "hush" not in str(caught.value)

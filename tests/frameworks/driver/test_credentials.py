"""How a framework on the SDK proves who it is, and who gets to see its secret."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from fakes.scripted_master import ScriptedMaster
from koinon_core.backoff import Backoff
from koinon_core.frameworks import FrameworkInfo
from koinon_core.scheduler_api import Subscribed
from koinon_daemon.credentials import Credential
from koinon_frameworks import DriverOptions, Scheduler, SchedulerCalls, SchedulerDriver
from koinon_frameworks.driver.master_address import is_downgrade

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

"""Who asks, and what that one may do, from the daemons that enforce it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from attrs import evolve

from koinon_web.feed import Owner
from koinon_web.http.me import RIGHTS
from support.guarded_master import CLERK, CLOSED, GUARDED, OPEN, OPS, proof
from support.ports import reserve_port
from support.ui_daemons import running_marathon, running_master

pytestmark = pytest.mark.slow
EVERY_RIGHT = {right for rights in RIGHTS.values() for right in rights}


async def show(session: ClientSession, url: str, headers: dict[str, str] | None = None, query: str = "") -> Any:
    async with session.get(f"{url}/ui/api/me{query}", headers=headers) as response:
        return await response.json()


async def test_both_daemons_say_the_same_of_who_asks(tmp_path: Path) -> None:
    """Each tells its own rights and the other's, and who can't be reached."""
    port, marathon_port = reserve_port(), reserve_port()
    config = evolve(OPEN, port=port, cluster="west", ui_marathon=(f"http://127.0.0.1:{marathon_port}",))
    async with running_master(config) as (_, master), ClientSession() as session:
        alone = await show(session, master.url)
        async with running_marathon(marathon_port, f"127.0.0.1:{port}", tmp_path) as marathon:
            one = await show(session, master.url)
            other = await show(session, marathon.url, query="?app=/shop/web")
            while not other["master"]["reached"]:
                other = await show(session, marathon.url, query="?app=/shop/web")

    assert ("master", "west", "marathon", "marathon") == (one["daemon"], one["name"], other["daemon"], other["name"])
    assert one["rights"] == other["rights"] == dict.fromkeys(EVERY_RIGHT, True)
    assert (True, marathon.url) == (one["marathon"]["reached"], one["marathon"]["url"])
    assert (True, master.url) == (other["master"]["reached"], other["master"]["url"])
    assert False is alone["marathon"]["reached"]
    assert "Connection refused" in alone["marathon"]["why"]
    assert [] == [right for right in RIGHTS[Owner.MARATHON] if alone["rights"][right]]


async def test_rights_are_those_of_the_access_lists() -> None:
    """A clerk may not change weights; who is nobody may nothing, and is told that signing in helps."""
    port = reserve_port()
    async with running_master(evolve(GUARDED, port=port)) as (_, master), ClientSession() as session:
        ops, clerk = [await show(session, master.url, proof(by)) for by in (OPS, CLERK)]
    config = evolve(CLOSED, port=port, authenticate_http_readonly=False)
    async with running_master(config) as (_, master), ClientSession() as session:
        nobody = await show(session, master.url)
        known = await show(session, master.url, proof(OPS))
        async with session.get(f"{master.url}/ui/api/sign_in", allow_redirects=False) as asked:
            pass
        async with session.get(f"{master.url}/ui/api/sign_in", headers=proof(OPS), allow_redirects=False) as signed:
            pass

    assert ("ops", True, "clerk", False) == (
        ops["principal"],
        ops["rights"]["weights"],
        clerk["principal"],
        clerk["rights"]["weights"],
    )
    assert clerk["rights"]["quota"]
    assert None is ops["marathon"]
    assert (None, True, set()) == (
        nobody["principal"],
        nobody["may_sign_in"],
        {right for right, may in nobody["rights"].items() if may},
    )
    assert ("ops", False, True) == (known["principal"], known["may_sign_in"], known["rights"]["drain_agents"])
    assert (401, 302, "/ui/") == (asked.status, signed.status, signed.headers["Location"])

"""The file of agents to offer: how it is read, and that the master is told of changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fakes.master_bench import MasterBench
from koinon_master import whitelist
from koinon_master.events import Event, WhitelistRead
from koinon_master.whitelist import parse_whitelist, read_whitelist, watch_whitelist


def test_file_holds_one_hostname_a_line() -> None:
    """Blank lines and spaces around names are nothing; a lone star is everybody."""
    assert frozenset({"h1", "h2"}) == parse_whitelist(" h1\n\nh2 \n")
    assert frozenset() == parse_whitelist("\n")
    assert parse_whitelist("*\n") is None


def test_unreadable_file_changes_nothing(tmp_path: Path) -> None:
    """What was read last holds while the file is away."""
    assert frozenset({"h1"}) == read_whitelist(tmp_path / "absent", frozenset({"h1"}))


async def test_changes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is listed before the first read; then the file counts, each change of it once."""
    monkeypatch.setattr(whitelist, "SECONDS_BETWEEN_READS", 0.0)
    told: asyncio.Queue[Event] = asyncio.Queue()
    path = tmp_path / "whitelist"
    path.write_text("h1\n")
    watching = asyncio.create_task(watch_whitelist(path, told.put_nowait))

    first = [await told.get(), await told.get()]
    path.write_text("*\n")
    then = await told.get()
    watching.cancel()

    assert [WhitelistRead(frozenset()), WhitelistRead(frozenset({"h1"}))] == first
    assert WhitelistRead(None) == then


def test_agents_off_the_list_are_not_offered() -> None:
    """Only listed hostnames are offered; one that is listed later is offered then, and is explained before."""
    bench = MasterBench()
    framework_id = bench.add_framework()
    bench.push(WhitelistRead(frozenset({"elsewhere"})))
    agent_id = bench.add_agent()
    hostname = bench.agent_info(agent_id).hostname
    before = bench.offers(framework_id)
    (refusal,) = bench.master.state.allocator.explain()

    bench.push(WhitelistRead(frozenset({hostname})))
    bench.allocate()

    assert [] == before
    assert ("whitelist", f"the agent's hostname {hostname} is not on the master's whitelist") == (
        refusal.filter,
        refusal.reason,
    )
    assert [agent_id] == [offer.agent_id for offer in bench.offers(framework_id)]

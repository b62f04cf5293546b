"""What operators change from the command line, against a real master with an agent and a framework on it."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Self

import pytest

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_cli.__main__ import main
from koinon_daemon.supervision import Stop
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig


PATIENCE_SECONDS = 30.0
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d .*\n", re.MULTILINE)
"""What the master in this process says meanwhile."""


class Cluster:
    """A master, an agent and a framework in a thread with a loop of its own, for commands that block."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        # Its end is not waited for where a test failed half-way.
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._stop = Stop()
        self._master = MasterApp(MasterConfig(port=0, registry="in_memory"), self._stop)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    async def _begin(self) -> None:
        self._running = asyncio.create_task(self._master.run())
        await self._master.wait_leading()
        self.url = f"http://{self._master.server.address}"
        self._agent = await LinkAgent(self.url).__aenter__()
        await self._agent.register()
        self._framework = await HttpFramework(self.url).__aenter__()
        await self._framework.subscribe(failover_timeout=60)
        await self._framework.expect("OFFERS")

    async def _end(self) -> None:
        await self._framework.__aexit__(None, None, None)
        await self._agent.__aexit__()
        self._stop.request("the test is over")
        await self._running


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A small cluster."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def run(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """``run("agent", "list")``: the output of a command that ends well."""

    def run_one(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["--master", cluster.url, *words])
        captured = capsys.readouterr()
        if ended.value.code != code:
            raise AssertionError((ended.value.code, captured))
        return LOG_LINE.sub("", captured.out) + captured.err

    return run_one


Run = Callable[..., str]


def _rows(table: str) -> list[list[str]]:
    """The cells beneath the headings; two spaces part them."""
    return [re.split(r" {2,}", line) for line in table.splitlines()[1:]]


def test_an_agent_is_shown_by_the_end_of_its_id_and_by_its_host(run: Run) -> None:
    """Both find the same one; what is unknown is 3."""
    by_id, by_host = run("agent", "show", "S0"), run("agent", "show", "fake")

    assert by_id == by_host
    assert ["state", "active"] in _rows(by_id)
    assert "no agent is called 'S9'" in run("agent", "show", "S9", code=3)


def test_an_agent_is_deactivated_and_comes_back(run: Run) -> None:
    """The list shows where it stands."""
    run("agent", "deactivate", "S0")
    deactivated = _rows(run("agent", "list"))[0][2]
    run("agent", "reactivate", "S0")

    assert ("deactivated", "active") == (deactivated, _rows(run("agent", "list"))[0][2])


def test_an_empty_agent_is_drained_at_once(run: Run) -> None:
    """The drain shows in its state."""
    run("agent", "drain", "fake", "--grace", "5mins")

    assert _rows(run("agent", "list"))[0][2] in ("draining", "drained")


def test_a_duration_that_is_none_is_wrong_usage(run: Run) -> None:
    """The option is named."""
    assert "--grace" in run("agent", "drain", "fake", "--grace", "soon", code=2)


def test_a_gone_agent_is_no_member(run: Run) -> None:
    """It leaves the list; an unknown id is 3."""
    agent_id = _rows(run("agent", "list"))[0][0]
    run("agent", "gone", agent_id, "--yes")

    assert [] == _rows(run("agent", "list"))
    run("agent", "gone", "unknown", "--yes", code=3)


def test_a_role_gets_its_weight(run: Run) -> None:
    """It is listed with it; 0 is no weight."""
    run("role", "weight", "eng", "2.5")

    assert ["eng", "2.5", "0", "-", "-", "-"] in _rows(run("role", "list"))
    run("role", "weight", "eng", "0", code=2)


def test_quota_is_set_listed_and_removed(run: Run) -> None:
    """Amounts are written as resources are; what is malformed is named."""
    run("quota", "set", "eng", "--guarantee", "cpus:1", "--limit", "cpus:2;mem:512", "--force")
    listed = _rows(run("quota", "list"))
    run("quota", "remove", "eng")

    assert [["eng", "cpus:1", "cpus:2 mem:512", "-"]] == listed
    assert [] == _rows(run("quota", "list"))
    run("quota", "set", "eng", code=2)


def test_a_machine_goes_through_maintenance(run: Run) -> None:
    """Scheduled, down, up and out of the schedule again."""
    run("maintenance", "plan", "fake,127.0.0.1", "--for", "2hrs")
    scheduled = _rows(run("maintenance", "status"))[0]
    run("maintenance", "start", "fake,127.0.0.1")
    down = _rows(run("maintenance", "status"))[0]
    run("maintenance", "stop", "fake,127.0.0.1")

    assert (["fake,127.0.0.1", "2hrs", "draining"], "down") == ([scheduled[0], *scheduled[2:]], down[3])
    assert [] == _rows(run("maintenance", "status"))


def test_a_window_is_cancelled_alone(run: Run) -> None:
    """The other machine stays; one that is not scheduled is 3, and starting it is refused by the master."""
    run("maintenance", "plan", "a", "b")
    run("maintenance", "cancel", "a")

    assert ["b"] == [row[0] for row in _rows(run("maintenance", "status"))]
    run("maintenance", "cancel", "a", code=3)
    run("maintenance", "start", "a", code=4)


def test_offers_are_listed_and_their_absence_explained(run: Run) -> None:
    """What is offered stands in the list; what is not, with filter and reason."""
    (offer,) = _rows(run("offer", "list"))
    run("agent", "deactivate", "S0")
    explained = json.loads(run("offer", "explain", "--role", "*", "--json"))

    assert ["raw", "*", "4", "4096", "0"] == [offer[1], offer[2], *offer[4:]]
    assert [] == _rows(run("offer", "list"))
    assert all(each["reason"] for each in explained["refusals"])
    assert len(explained["refusals"]) == len(_rows(run("offer", "explain", "--role", "*")))


def test_a_framework_is_torn_down(run: Run) -> None:
    """It leaves the list; an unknown one is 3."""
    framework_id = _rows(run("framework", "list"))[0][0]
    run("framework", "teardown", framework_id, "--yes")

    assert [] == _rows(run("framework", "list"))
    run("framework", "teardown", "unknown", "--yes", code=3)

"""The command line against Marathon itself, without a cluster behind it: both mean the same by what they say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.marathon_desk import Desk, running_desk

WEB = {"id": "/web", "cmd": "sleep 9", "cpus": 0.5, "mem": 32, "instances": 2}
GROUP = {"id": "/shop", "apps": [WEB | {"id": "web"}], "groups": [{"id": "eu", "apps": [WEB | {"id": "x"}]}]}
CONTAINER = {"name": "one", "exec": {"command": {"shell": "sleep 9"}}, "resources": {"cpus": 0.1, "mem": 32}}
Run = Callable[..., Any]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A Marathon that leads."""
    async with running_desk() as desk:
        yield desk


@pytest.fixture
def ask(desk: Desk, run_words: Run, free_port: int, tmp_path: Path) -> Run:
    """Run the command line beside that Marathon; documents among the words go as files. There is no master."""

    async def ask(*words: object) -> Any:
        files = [tmp_path / f"{number}.json" for number in range(len(words))]
        for file, word in zip(files, words, strict=True):
            if not isinstance(word, str):
                file.write_text(json.dumps(word))
        texts = [word if isinstance(word, str) else str(file) for file, word in zip(files, words, strict=True)]
        addresses = ("--marathon", str(desk.address), "--master", f"127.0.0.1:{free_port}")
        return await asyncio.to_thread(run_words, *addresses, *texts)

    return ask


@pytest.mark.slow
async def test_life_of_an_app(desk: Desk, ask: Run) -> None:
    """Planned, applied, waited for, changed, rolled back, removed."""
    assert "step 2: ScaleApplication /web" in (await ask("app", "plan", WEB)).out
    assert (0, "/web applied\n") == _told(await ask("app", "apply", WEB, "--detach"))
    assert "waiting to start 2" in (await ask("app", "why", "web")).out
    assert 5 == (await ask("app", "scale", "web", "3")).code

    await desk.run_tasks()
    assert (0, "/web: 2 of 2 run\n") == _told(await ask("app", "wait", "web", "--timeout", "5"))
    assert "/web is so already: 2 of 2 running\n" == (await ask("app", "apply", WEB)).out
    assert "nothing would change\n" == (await ask("app", "plan", WEB)).out

    assert 0 == (await ask("app", "update", "web", "--set", "env.A=1", "--detach")).code
    assert ["env", "all: the first that is kept"] == [row[1] for row in (await ask("app", "versions", "web")).rows]
    assert 0 == (await ask("app", "rollback", "web", "--force", "--detach")).code
    assert "env" not in json.loads((await ask("app", "show", "web", "--json")).out)["app"]
    assert 0 == (await ask("app", "remove", "web", "--detach")).code
    assert 3 == (await ask("app", "show", "web")).code


@pytest.mark.slow
async def test_groups_pods_and_deployments(ask: Run) -> None:
    """What each verb asks is there, and answers in the form that it reads."""
    assert 0 == (await ask("group", "apply", GROUP, "--detach")).code
    assert "    /shop/eu\n      /shop/eu/x  app, 0/2 running\n" in (await ask("group", "list")).out
    assert 0 == (await ask("group", "scale", "/shop", "2", "--force", "--detach")).code
    assert 0 == (await ask("group", "rollback", "shop", "--force", "--detach")).code
    assert "/shop/eu/x  app, 0/2" in (await ask("group", "show", "shop")).out

    pod = {"id": "/pod", "containers": [CONTAINER]}
    assert "step 1: StartPod /pod" in (await ask("pod", "plan", pod)).out
    assert 0 == (await ask("pod", "apply", pod, "--detach")).code
    assert 0 == (await ask("pod", "scale", "pod", "3", "--force", "--detach")).code
    assert ["scaling", "all: the first that is kept"] == [row[1] for row in (await ask("pod", "versions", "pod")).rows]
    assert "waiting to start 3" in (await ask("pod", "why", "pod")).out
    assert [["/pod", "DEGRADED", "0 of 3 stable", "one"]] == (await ask("pod", "list")).rows

    ids = [row[0] for row in (await ask("deployment", "list")).rows]
    assert "now   " in (await ask("deployment", "show", ids[-1])).out
    assert 0 == (await ask("deployment", "cancel", ids[0])).code
    assert {"/pod", "/shop/web"} < {row[0] for row in (await ask("queue", "list")).rows}
    assert 0 == (await ask("queue", "reset", "/pod")).code
    assert 0 == (await ask("group", "remove", "/shop", "--yes", "--force", "--detach")).code


def _told(run: Any) -> tuple[int, str]:
    return run.code, run.out

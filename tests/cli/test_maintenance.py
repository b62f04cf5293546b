"""``koinon maintenance``: machines that are to be away, on a real master."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from koinon_cli.errors import ExitCode
from support.waiting import wait_until

Koinon = Callable[..., Any]


@pytest.fixture
def maintenance(run: Koinon, tmp_path: Path) -> Iterator[Koinon]:
    """``maintenance("plan", ...)``; afterwards nothing is planned and nothing down."""
    yield lambda *words: run("maintenance", *words)
    for row in run("maintenance", "status").rows:
        if row[1] == "down":
            run("maintenance", "stop", row[0])
    (tmp_path / "none.json").write_text('{"windows": []}')
    run("maintenance", "plan", "--file", str(tmp_path / "none.json"))


def test_machine_goes_through_maintenance(maintenance: Koinon, run: Koinon) -> None:
    """Planned, down with its agent, up, and out of the schedule again."""
    maintenance("plan", "fake,127.0.0.1", "--at", "2030-01-02 03:04", "--for", "2hrs")
    planned, draining = maintenance("schedule").rows, maintenance("status").rows
    maintenance("start", "fake,127.0.0.1")
    down = maintenance("status").rows
    # The master answers once the machine is down, and strikes its agents out right after.
    wait_until(lambda: not run("agent", "list").rows, "the end of the machine's agent")
    maintenance("stop", "fake,127.0.0.1")

    assert [["fake,127.0.0.1", "2030-01-02 03:04:00", "2hrs"]] == planned
    assert ["draining", "down"] == [draining[0][1], down[0][1]]
    assert ([], []) == (maintenance("schedule").rows, maintenance("status").rows)


def test_window_of_a_machine_is_replaced(maintenance: Koinon) -> None:
    """However its name is written; the other machine keeps its own."""
    maintenance("plan", "a", "b", "--for", "1hrs")
    maintenance("plan", "A", "--for", "2hrs")

    assert [["b", "1hrs"], ["A", "2hrs"]] == [[row[0], row[2]] for row in maintenance("schedule").rows]


def test_machine_is_taken_out_alone(maintenance: Koinon) -> None:
    """One that is not planned is 3, and to take it down is refused by the master."""
    maintenance("plan", "a", "b")
    maintenance("cancel", "a")
    cancelled, started = maintenance("cancel", "a"), maintenance("start", "a")

    assert ["b"] == [row[0] for row in maintenance("schedule").rows]
    assert (ExitCode.NOT_FOUND, ExitCode.REFUSED) == (cancelled.code, started.code)
    assert """Machine '{"hostname":"a"}'""" in started.err


def test_schedule_comes_from_a_file(maintenance: Koinon, tmp_path: Path) -> None:
    """The whole of it; what is shown as JSON can be given back."""
    maintenance("plan", "a", "--for", "1hrs")
    shown = maintenance("schedule", "--json").out
    maintenance("cancel", "a")
    file = tmp_path / "schedule.json"
    file.write_text(shown)
    planned = json.loads(maintenance("plan", "--file", str(file), "--json").out)

    assert json.loads(shown) == planned["schedule"]
    assert ["a"] == [machine["id"]["hostname"] for machine in planned["status"]["draining_machines"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--file"),
        (("--for", "1hrs"), "which machines?"),
        (("a", "--file", "x.json"), "--file"),
        (("a", "--in", "1hrs", "--at", "2030-01-02 03:04"), "--in and --at"),
        (("a", "--for", "long"), "--for"),
        (("a", "--at", "tomorrow"), "--at"),
        (("--file", "/nowhere/schedule.json"), "can't be read"),
    ],
)
def test_plans_that_make_no_sense(maintenance: Koinon, words: tuple[str, ...], said: str) -> None:
    """Nothing is planned."""
    run = maintenance("plan", *words)

    assert ExitCode.USAGE == run.code
    assert said in run.err
    assert [] == maintenance("schedule").rows


@pytest.mark.parametrize("text", ["[]", "{}", '{"windows"'])
def test_file_without_a_schedule(maintenance: Koinon, tmp_path: Path, text: str) -> None:
    """An empty schedule has to be said out loud, as it ends all that is planned."""
    file = tmp_path / "schedule.json"
    file.write_text(text)
    run = maintenance("plan", "--file", str(file))

    assert ExitCode.USAGE == run.code
    assert str(file) in run.err

"""What keeps ``koinon up`` from starting; whole clusters are the affair of the system tests."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from koinon_cli.up.work_dir import held_work_dir
from koinon_daemon.state_dir import state_dir


def test_names_the_port_that_is_taken(koinon: Callable[..., Any], tmp_path: Path) -> None:
    """A taken port is said, with whose it would be, before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        run = koinon("up", "--work-dir", str(tmp_path), "--containerizers", "process", "--marathon-port", str(port))

    assert 5 == run.code
    assert f"port {port} for marathon is taken" in run.err
    assert not (tmp_path / "logs").exists()


def test_refuses_a_work_dir_that_is_in_use(koinon: Callable[..., Any], tmp_path: Path) -> None:
    """A second cluster in the same directory would take the first one's state from it."""
    with held_work_dir(tmp_path):
        run = koinon("up", "--work-dir", str(tmp_path))

    assert 5 == run.code
    assert "runs in" in run.err


def test_refuses_what_can_not_be(koinon: Callable[..., Any], tmp_path: Path) -> None:
    """Options that contradict each other are wrong usage, each with its problem."""
    run = koinon("up", "--work-dir", str(tmp_path), "--containerizers", "process", "--agent-port", "5050")

    assert 2 == run.code
    assert "agent-1 and master-1 would both need port 5050" in run.err


def test_misses_the_docker_it_is_asked_for(
    koinon: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an engine --containerizers=docker is told at once; left to itself, the cluster would run processes."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")

    run = koinon("up", "--work-dir", str(tmp_path / "work"), "--containerizers", "docker,process")

    assert run.code == 7
    assert f"no Docker engine answers at unix://{tmp_path}/nobody.sock" in run.err
    assert not (tmp_path / "work" / "logs").exists()


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ('{"cmd": "sleep 9"}', "/id: is missing (error.path.missing)"),
        ('{"id": "/web", "cpus": "many"}', "/cpus: must be a number (error.expected.jsnumber)"),
        ('{"id": "/web"}', "must either contain one of 'cmd' or 'args'"),
    ],
)
def test_refuses_a_wrong_app_before_it_starts(
    koinon: Callable[..., Any], tmp_path: Path, definition: str, said: str
) -> None:
    """What Marathon would refuse is told while nothing runs yet, in its words."""
    file = tmp_path / "app.json"
    file.write_text(definition)

    run = koinon("up", "--work-dir", str(tmp_path / "work"), "--app", str(file))

    assert 4 == run.code
    assert said in run.err
    assert not (tmp_path / "work").exists()


def test_state_lies_where_a_users_state_belongs() -> None:
    """XDG_STATE_HOME counts, else the usual place in the home."""
    assert state_dir({"XDG_STATE_HOME": "/s"}) == Path("/s/koinon")
    assert state_dir({}) == Path.home() / ".local/state/koinon"

"""`koinon-marathon` as a process: what it refuses, how it ends, and with which code (marathon-semantics 23)."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from koinon_zk import Put, QuorumUrl, connect
from support.ports import reserve_port
from support.processes import Child

pytestmark = pytest.mark.slow


def url_of(folder: Path) -> str:
    """The address of state and election in a folder."""
    return f"sqlite://{folder}/state.db?path=/marathon"


@contextmanager
def marathon(folder: Path, *flags: str) -> Iterator[Child]:
    """A Marathon whose master is never there."""
    argv = [sys.executable, "-m", "koinon_marathon", "--master=127.0.0.1:9", f"--zk={url_of(folder)}", *flags]
    with Child(argv, folder / "marathon.log") as child:
        yield child


async def store_record(folder: Path, key: str, value: bytes) -> None:
    """Put a record where Marathon will read it."""
    url = QuorumUrl.parse(url_of(folder))
    quorum = await connect(url.with_path(f"{url.path}/leader-election"))
    await quorum.store(f"{url.path}/state").write([Put(key, value)])
    await quorum.close()


def test_missing_flags_are_named(tmp_path: Path) -> None:
    """Nothing starts without a master and a place for the state."""
    with Child([sys.executable, "-m", "koinon_marathon"], tmp_path / "log") as child:
        code = child.wait_exit()

    assert 2 == code
    assert "--master is required" in child.output
    assert "--zk is required" in child.output


def test_open_addresses_need_a_word(tmp_path: Path) -> None:
    """Listening where others reach us is refused until --insecure is said."""
    with marathon(tmp_path, "--http_address=0.0.0.0", f"--http_port={reserve_port()}") as child:
        code = child.wait_exit()

    assert 2 == code
    assert "--insecure" in child.output


@pytest.mark.parametrize(
    ("key", "value", "code", "told"),
    [
        ("instances/x", b"{}", 1, "stored record instances/x can't be read"),
        ("storage-version", b'{"version":99}', 1, "the store has version 99"),
    ],
)
async def test_a_store_that_cannot_be_read_stops_the_start(
    tmp_path: Path, key: str, value: bytes, code: int, told: str
) -> None:
    """The record is named, and nothing is served from the rest."""
    await store_record(tmp_path, key, value)
    with marathon(tmp_path, "--http_port=0") as child:
        found = child.wait_exit()

    assert code == found
    assert told in child.output


def test_state_outlives_the_process(tmp_path: Path) -> None:
    """kill -9, and the next one has the app; SIGTERM ends cleanly; abdication ends with 103."""
    port = reserve_port()
    url = f"http://127.0.0.1:{port}"
    with marathon(tmp_path, f"--http_port={port}") as child:
        child.wait_port(port)
        created = requests.post(f"{url}/v2/apps", json={"id": "/web", "cmd": "x", "instances": 2}, timeout=15)
        child.kill()
    with marathon(tmp_path, f"--http_port={port}") as child:
        child.wait_port(port)
        app = requests.get(f"{url}/v2/apps/web", timeout=15).json()["app"]
        child.send(signal.SIGTERM)
        terminated = child.wait_exit()
    with marathon(tmp_path, f"--http_port={port}") as child:
        child.wait_port(port)
        requests.delete(f"{url}/v2/leader", timeout=15)
        abdicated = child.wait_exit()

    assert 201 == created.status_code
    assert (2, created.json()["version"]) == (app["instances"], app["version"])
    assert (0, 103) == (terminated, abdicated)

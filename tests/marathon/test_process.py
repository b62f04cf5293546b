"""`koinon-marathon` as a process: what it refuses, how it ends, and with which code (marathon-semantics 23)."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests

from koinon_zk import Put, QuorumUrl, connect
from support.keystores import write_pkcs12
from support.ports import reserve_port
from support.processes import Child

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Unverified HTTPS request")]


def url_of(folder: Path) -> str:
    """The address of state and election in a folder."""
    return f"sqlite://{folder}/state.db?path=/marathon"


@contextmanager
def marathon(folder: Path, *flags: str, log: Path | None = None) -> Iterator[Child]:
    """A Marathon whose master is never there."""
    argv = [sys.executable, "-m", "koinon_marathon", "--master=127.0.0.1:9", f"--zk={url_of(folder)}", *flags]
    with Child(argv, log or folder / "marathon.log") as child:
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
    """kill -9, and the next one has the app; SIGTERM ends cleanly; abdication ends with 103.

    A backup of its store brings the app to another store, whose leader was asked to restore it.
    """
    port = reserve_port()
    url = f"http://127.0.0.1:{port}"
    backup, other = tmp_path / "backup.tar", tmp_path / "other"
    other.mkdir()
    with marathon(tmp_path, f"--http_port={port}") as child:
        child.wait_port(port)
        created = requests.post(f"{url}/v2/apps", json={"id": "/web", "cmd": "x", "instances": 2}, timeout=15)
        child.kill()
    with marathon(tmp_path, f"--http_port={port}", f"--backup_location=file://{backup}") as child:
        child.wait_port(port)
        app = requests.get(f"{url}/v2/apps/web", timeout=15).json()["app"]
        child.send(signal.SIGTERM)
        terminated = child.wait_exit()
    with marathon(other, f"--http_port={port}") as child:
        child.wait_port(port)
        requests.delete(f"{url}/v2/leader?restore=file://{backup}", timeout=15)
        abdicated = child.wait_exit()
    with marathon(other, f"--http_port={port}") as child:
        child.wait_port(port)
        restored = requests.get(f"{url}/v2/apps/web", timeout=15).json()["app"]

    assert 201 == created.status_code
    assert (2, created.json()["version"]) == (app["instances"], app["version"])
    assert (0, 103) == (terminated, abdicated)
    assert app["version"] == restored["version"]


def test_https_and_a_password_guard_leader_and_standby(tmp_path: Path) -> None:
    """Without HTTP everything goes over TLS: clients, what a standby asks the leader, and where it sends listeners.

    Who gives no password learns nothing from either; who listens for all the world to hear needs no --insecure then.
    """
    keys = write_pkcs12(tmp_path / "keys.p12", address="127.0.0.1")
    ports = (reserve_port(), reserve_port())
    guards = (
        "--disable_http",
        f"--ssl_keystore_path={keys}",
        "--ssl_keystore_password=changeit",
        "--http_credentials=me:hush",
        "--https_address=0.0.0.0",
        "--hostname=127.0.0.1",
    )
    first, second = (tmp_path / "first.log", tmp_path / "second.log")
    with marathon(tmp_path, *guards, f"--https_port={ports[0]}", log=first) as leader:
        leader.wait_port(ports[0])
        ask = partial(requests.request, auth=("me", "hush"), verify=False, timeout=15, allow_redirects=False)
        found = ask("GET", f"https://127.0.0.1:{ports[0]}/v2/info").json()
        with marathon(tmp_path, *guards, f"--https_port={ports[1]}", log=second) as standby:
            standby.wait_port(ports[1])
            url = f"https://127.0.0.1:{ports[1]}"
            passed = ask("GET", f"{url}/v2/info")
            sent = ask("GET", f"{url}/v2/events")
            refused = [
                requests.get(f"https://127.0.0.1:{port}/ping", verify=False, timeout=15).status_code for port in ports
            ]

    assert {"http_port": None, "https_port": ports[0]} == found["http_config"]
    assert (found["leader"], f"https://127.0.0.1:{ports[0]}") == (
        passed.json()["leader"],
        passed.headers["X-Marathon-Leader"],
    )
    assert "X-Marathon-Via" in passed.headers
    assert (302, f"https://127.0.0.1:{ports[0]}/v2/events") == (sent.status_code, sent.headers["Location"])
    assert [401, 401] == refused
    assert "hush" not in leader.output + standby.output

"""A private registry on loopback: Debian's `docker-registry`, which shows images only to those it knows."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from chores.debian import unpack
from chores.ground import STATE, ChoreError
from support.parts import miss
from support.ports import reserve_port
from support.waiting import wait_until

USER = "koinon"
PASSWORD = "hush"
_HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuulzd.YqjLDl8lvpSmVj3De/fioSBHnUa\n"
"""The password as `htpasswd -B` writes it: the registry reads bcrypt alone."""
_BINARY = STATE / "docker-registry"


@frozen
class PrivateRegistry:
    """One that runs. ``host`` is the first part of its images' names."""

    host: str


@contextmanager
def private_registry() -> Iterator[PrivateRegistry]:
    """A registry that is empty at first. Skips or fails the test where it cannot be had."""
    binary = _find_binary()
    port = reserve_port()
    with tempfile.TemporaryDirectory(prefix="koinon-registry-") as folder:
        config = _write_config(Path(folder), port)
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen([binary, "serve", config], stdout=log, stderr=log)
        try:
            wait_until(lambda: _answers(port), "an answer of the registry")
            yield PrivateRegistry(f"127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait()


def _find_binary() -> Path:
    """The package's binary, kept in `.dev/`: installing the package would start a service of it."""
    if not _BINARY.exists():
        STATE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            try:
                unpack("docker-registry", Path(folder))
            except ChoreError as error:
                miss("docker-registry", str(error))
            shutil.copy(Path(folder) / "usr/bin/docker-registry", _BINARY)
    return _BINARY


def _write_config(folder: Path, port: int) -> Path:
    (folder / "htpasswd").write_text(_HTPASSWD)
    config = folder / "config.yml"
    config.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}', secret: test}}\n"
        f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"
    )
    return config


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status == http.client.UNAUTHORIZED
    except OSError:
        return False
    finally:
        connection.close()

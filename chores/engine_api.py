"""The few words `./dev` says to a Docker Engine over HTTP, before the docker package is installed."""

from __future__ import annotations

import http.client
import json
import socket
from urllib.parse import quote, urlsplit


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def answers(url: str) -> bool:
    """Whether a Docker Engine answers at `url` (unix:// or tcp://) within two seconds."""
    try:
        status, body = _call(url, "GET", "/_ping", timeout=2)
    except (OSError, ValueError, http.client.HTTPException):
        return False
    return status == 200 and body == b"OK"


def has_image(url: str, name: str) -> bool:
    """Whether the engine holds an image of that name."""
    status, _ = _call(url, "GET", f"/images/{quote(name)}/json")
    return status == 200


def import_image(url: str, name: str, tar: bytes, changes: list[str]) -> None:
    """Makes an image of one layer from a tar of its files; `changes` are Dockerfile lines such as `CMD [...]`.

    Raises OSError with the engine's words where it refuses.
    """
    repository, _, tag = name.partition(":")
    query = f"fromSrc=-&repo={quote(repository)}&tag={quote(tag)}" + "".join(
        f"&changes={quote(line)}" for line in changes
    )
    status, body = _call(url, "POST", f"/images/create?{query}", tar)
    if status != 200:
        raise OSError(f"the engine at {url} refused to import {name}: {status} {body.decode(errors='replace').strip()}")


def kill_containers(url: str) -> None:
    """Kills whatever runs in the engine, at once. Raises OSError or HTTPException where it no longer answers."""
    status, body = _call(url, "GET", "/containers/json")
    for container in json.loads(body) if status == 200 else []:
        _call(url, "POST", f"/containers/{container['Id']}/kill")


def _call(url: str, method: str, path: str, body: bytes | None = None, timeout: float = 60) -> tuple[int, bytes]:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        connection: http.client.HTTPConnection = _UnixConnection(parts.path, timeout)
    elif parts.scheme in ("tcp", "http"):
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 2375, timeout=timeout)
    else:
        raise ValueError(f"{url}: not a unix:// or tcp:// address")
    try:
        connection.request(method, path, body, {"Content-Type": "application/x-tar"} if body else {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()

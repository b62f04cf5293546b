"""What a registry wants to see before it gives an image away, as Docker's ``config.json`` holds it. Pure.

Owns reading such a file, in its present form and as the older ``.dockercfg``, and finding in it what belongs to an
image. Programs that keep credentials (``credsStore``, ``credHelpers``) are not asked: they would run at a task's word.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from attrs import Factory, field, frozen

from koinon_core.secret import Credential

HUB = "docker.io"
"""Docker's own registry by its short name."""

_NAMES_OF_HUB = (HUB, "index.docker.io", "registry-1.docker.io")


@frozen
class Login:
    """What one registry is shown: a name and a password, or a token that stands for both."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    def header(self, registry: str) -> str:
        """The value of ``X-Registry-Auth``."""
        shown = {"username": self.username, "password": self.password, "serveraddress": registry}
        if self.identity_token:
            shown = {"identitytoken": self.identity_token, "serveraddress": registry}
        return base64.urlsafe_b64encode(orjson.dumps(shown)).decode()

    @classmethod
    def of(cls, credential: Credential) -> Login:
        """The older pair of name and secret."""
        return cls(credential.principal, credential.secret or "")


@frozen
class RegistryLogins:
    """Logins by registry."""

    logins: Mapping[str, Login] = Factory(dict)

    def __str__(self) -> str:
        """The registries without what they are shown: flags appear in answers and logs."""
        return ",".join(sorted(self.logins))

    def find(self, registry: str) -> Login | None:
        """That of one registry."""
        return self.logins.get(registry)


def parse_logins(text: str | bytes) -> RegistryLogins:
    """A ``config.json`` or ``.dockercfg``. Raises ValueError that says what is wrong, never what it held."""
    try:
        raw: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("it is no JSON") from None
    if not isinstance(raw, dict):
        raise ValueError("it must be a JSON object")
    entries = raw.get("auths", raw if _is_old(raw) else {})
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ValueError("auths must be an object of objects")
    found = {_host(name): _read_login(name, entry) for name, entry in entries.items()}
    return RegistryLogins({name: login for name, login in found.items() if login is not None})


def _is_old(raw: Mapping[str, Any]) -> bool:
    """The older file has the registries at its top, each with an object that says what it is shown."""
    return bool(raw) and all(
        isinstance(entry, dict) and ("auth" in entry or "username" in entry) for entry in raw.values()
    )


def _host(name: str) -> str:
    host = name.split("://", 1)[-1].split("/", 1)[0]
    return HUB if host in _NAMES_OF_HUB else host


def _read_login(name: str, entry: Mapping[str, Any]) -> Login | None:
    token = entry.get("identitytoken") or ""
    username, password = entry.get("username") or "", entry.get("password") or ""
    if entry.get("auth"):
        try:
            username, found, password = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
        except (binascii.Error, ValueError, TypeError):
            raise ValueError(f"auths[{name!r}].auth is not in base64") from None
        if not found:
            raise ValueError(f"auths[{name!r}].auth has no colon between name and password")
    if not all(isinstance(value, str) for value in (token, username, password)):
        raise ValueError(f"auths[{name!r}] must hold texts")
    password = password.rstrip("\0")
    return Login(username, password, token) if username or token else None


def registry_of(image: str) -> str:
    """The registry that an image comes from: Docker's own where its name does not begin with a host."""
    first, slash, _ = image.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return _host(first) if is_host else HUB


def find_header(image: str, sources: Sequence[RegistryLogins]) -> str:
    """The ``X-Registry-Auth`` for an image by the first source that knows its registry; empty where none does."""
    registry = registry_of(image)
    login = next((login for source in sources if (login := source.find(registry)) is not None), None)
    return login.header(registry) if login is not None else ""

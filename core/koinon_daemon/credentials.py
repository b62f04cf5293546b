"""Principals and their secrets: as values, as files spell them, and as HTTP Basic carries them. Pure.

A secret never shows: not in a repr, not in a flag's text, not in an error's sentence (mesos-semantics 11).
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Any, Self

import attrs
import orjson

_BASIC = "basic"


@attrs.frozen
class Credential:
    """Somebody, and what proves it."""

    principal: str
    secret: str = attrs.field(repr=False)

    def __str__(self) -> str:
        return "***"

    @property
    def header(self) -> str:
        """The value of an ``Authorization`` header."""
        pair = f"{self.principal}:{self.secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """One credential: ``{"principal": ..., "secret": ...}`` or ``principal secret``. Raises ValueError."""
        if text.lstrip().startswith("{"):
            return cls(*_read_pair(_load(text), "$"))
        pairs = _read_lines(text)
        if len(pairs) != 1:
            raise ValueError(f"it must hold one credential, and holds {len(pairs)}")
        return cls(*pairs[0])


@attrs.frozen
class Credentials:
    """Everybody who is known."""

    known: tuple[Credential, ...] = attrs.field(repr=False)

    def __str__(self) -> str:
        return "***"

    @classmethod
    def parse(cls, text: str) -> Self:
        """``{"credentials": [{"principal": ..., "secret": ...}]}``, or lines of ``principal secret``.

        Raises ValueError, which names the place and no secret.
        """
        pairs = _read_document(_load(text)) if text.lstrip().startswith(("{", "[")) else _read_lines(text)
        names = [principal for principal, _ in pairs]
        twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
        if twice is not None:
            raise ValueError(f"the principal {twice!r} is there twice")
        return cls(tuple(Credential(*pair) for pair in pairs))

    def find_principal(self, given: Credential) -> str | None:
        """The principal, if the secret is theirs. Takes as long for a wrong secret as for an unknown principal."""
        found: str | None = None
        name, secret = given.principal.encode(), given.secret.encode()
        for one in self.known:
            is_named = hmac.compare_digest(one.principal.encode(), name)
            is_proved = hmac.compare_digest(one.secret.encode(), secret)
            if is_named and is_proved:
                found = one.principal
        return found


def read_basic(header: str | None) -> Credential | None:
    """What an ``Authorization`` header says, if it is Basic and sound."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != _BASIC:
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    principal, colon, secret = text.partition(":")
    return Credential(principal, secret) if colon else None


def _load(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: line {error.lineno}, column {error.colno}") from None


def _read_document(document: Any) -> Sequence[tuple[str, str]]:
    listed = document.get("credentials") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError('$.credentials must be a list, as in {"credentials": [{"principal": "p", "secret": "s"}]}')
    return [_read_pair(item, f"$.credentials[{number}]") for number, item in enumerate(listed)]


def _read_pair(item: Any, path: str) -> tuple[str, str]:
    if not isinstance(item, dict):
        raise ValueError(f"{path} must be an object of principal and secret")
    for name in ("principal", "secret"):
        if not isinstance(item.get(name), str):
            raise ValueError(f"{path}.{name} must be a text")
    return _check(item["principal"], item["secret"], path)


def _read_lines(text: str) -> Sequence[tuple[str, str]]:
    pairs = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2:
            raise ValueError(f"line {number} must be a principal and a secret with a blank between")
        pairs.append(_check(words[0], words[1], f"line {number}"))
    if not pairs:
        raise ValueError("it holds no credential")
    return pairs


def _check(principal: str, secret: str, where: str) -> tuple[str, str]:
    if not principal or ":" in principal:
        raise ValueError(f"{where}: the principal must not be empty nor hold a colon, which HTTP Basic can't carry")
    return principal, secret

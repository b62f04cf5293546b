"""Secrets that commands, images and volumes need, and the older pair of name and secret (mesos-v1-api 4.1, 4.3)."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen


class SecretType(Enum):
    """Whether a secret is named or stands there itself."""

    UNKNOWN = 0
    REFERENCE = 1
    VALUE = 2


@frozen(kw_only=True)
class SecretReference:
    """A secret by its name in somebody's store, and the key within it."""

    name: str
    key: str | None = None


@frozen
class SecretValue:
    """A secret itself; never shown in a log."""

    data: bytes = field(repr=False)


@frozen(kw_only=True)
class Secret:
    """Exactly one of the two that ``type`` names."""

    type: SecretType | None = None
    reference: SecretReference | None = None
    value: SecretValue | None = None


@frozen(kw_only=True)
class Credential:
    """A principal and what it proves itself with."""

    principal: str
    secret: str | None = field(default=None, repr=False)

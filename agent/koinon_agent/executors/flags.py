"""The flags about frameworks' own executors (mesos-semantics 11, 12). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import attrs

from koinon_daemon.flag_values import parse_duration
from koinon_daemon.flags import document, flag

from ..settings import ExecutorTerms

_GROUP = "Executors"


@attrs.frozen
class SigningSecret:
    """What tokens are signed with. It never shows."""

    text: str = attrs.field(repr=False)

    def __str__(self) -> str:
        return "***"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The content of a file; a line's end after it does not count. Raises ValueError."""
        secret = text.rstrip("\r\n")
        if not secret:
            raise ValueError("it is empty")
        return cls(secret)


@attrs.frozen(kw_only=True, slots=False)  # slots would keep it from standing beside other bases
class ExecutorFlags:
    """The flags as the agent's config has them."""

    executor_registration_timeout: float = flag(
        60.0,
        help="How long an executor may take from the start of its container, pulled and fetched, to its subscription.",
        parse=parse_duration,
        group=_GROUP,
    )
    executor_reregistration_timeout: float = flag(
        15.0,
        help="How long executors whose containers run may take to come back after the agent's restart.",
        parse=parse_duration,
        group=_GROUP,
    )
    recovery_timeout: float = flag(
        900.0,
        help="How long executors of frameworks that checkpoint wait for an agent that is away.",
        parse=parse_duration,
        group=_GROUP,
    )
    authenticate_http_executors: bool = flag(
        False, help="Whether executors must show the token that they were started with.", group=_GROUP
    )
    jwt_secret_key: SigningSecret | None = document(
        help="The file with the secret that executors' tokens are signed with.",
        parse=SigningSecret.parse,
        group=_GROUP,
    )

    def executor_problems(self) -> Iterator[str]:
        """Rules across these flags."""
        if self.authenticate_http_executors and self.jwt_secret_key is None:
            yield "--authenticate_http_executors needs --jwt_secret_key: no executor could prove who it is"
        for name in ("executor_registration_timeout", "executor_reregistration_timeout", "recovery_timeout"):
            if getattr(self, name) < 0:
                yield f"--{name}: it must not be negative"

    def executor_terms(self) -> ExecutorTerms:
        """What the rules read of them."""
        return ExecutorTerms(
            registration_timeout=self.executor_registration_timeout,
            reregistration_timeout=self.executor_reregistration_timeout,
            recovery_timeout=self.recovery_timeout,
            secret=None if self.jwt_secret_key is None else self.jwt_secret_key.text,
        )

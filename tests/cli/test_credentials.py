"""Who the user of ``koinon`` is to masters, and who gets to see the secret."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer
from koinon_cli.errors import ExitCode
from koinon_daemon.credentials import Credential

PROOF = Credential("ops", "sesame").header
EMPTY: dict[str, Any] = {"slaves": []}
WORDS = ("--principal", "ops", "--secret", "sesame")


def redirect_to(address: str) -> RecordedAnswer:
    return RecordedAnswer(status=307, headers={"Location": f"//{address}/slaves"})


def test_masters_are_told_who_asks(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """By HTTP Basic; without the options nothing is said."""
    server.record("GET /slaves", RecordedAnswer(document=EMPTY))

    koinon(*WORDS, "agent", "list")
    koinon("agent", "list")

    assert [PROOF, None] == [request.authorization for request in server.seen]


def test_environment_names_the_user(
    koinon: Callable[..., Any], server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret on the command line is seen by everybody on the machine."""
    server.record("GET /slaves", RecordedAnswer(document=EMPTY))
    monkeypatch.setenv("KOINON_PRINCIPAL", "ops")
    monkeypatch.setenv("KOINON_SECRET", "sesame")

    koinon("agent", "list")

    assert PROOF == server.seen[0].authorization


def test_marathon_is_not_told(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """The secret is for masters."""
    server.record("GET /v2/tasks", RecordedAnswer(document={"tasks": []}))

    koinon(*WORDS, "task", "list")

    assert [None] == [request.authorization for request in server.seen]


def test_leader_is_told_and_nobody_behind_it(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """A standby's redirect is followed with the secret; a redirect of whom it leads to is not."""
    with RecordedServer() as leader, RecordedServer() as stranger:
        server.record("GET /slaves", redirect_to(leader.address))
        leader.record("GET /slaves", RecordedAnswer(document=EMPTY), redirect_to(stranger.address))

        followed = koinon(*WORDS, "agent", "list")
        led_astray = koinon(*WORDS, "agent", "list")

        assert ExitCode.OK == followed.code
        assert ExitCode.OK != led_astray.code
        assert [PROOF, PROOF] == [request.authorization for request in leader.seen]
        assert [] == stranger.seen


def test_refusal_says_how_to_be_somebody(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """401 ends in exit code 4 and the names of the options."""
    server.record("GET /slaves", RecordedAnswer(status=401, document="401 Unauthorized."))

    run = koinon("agent", "list")

    assert ExitCode.REFUSED == run.code
    assert "KOINON_PRINCIPAL" in run.err


def test_half_a_credential_is_wrong_usage(koinon: Callable[..., Any]) -> None:
    """A principal without a secret proves nothing."""
    run = koinon("--principal", "ops", "agent", "list")

    assert ExitCode.USAGE == run.code
    assert "go together" in run.err


def test_marathon_is_told_who_one_is_to_it(koinon: Callable[..., Any], server: RecordedServer) -> None:
    """By credentials of its own: those for masters go to masters alone."""
    server.record("GET /v2/apps", RecordedAnswer(document={"apps": []}))
    server.record("GET /roles", RecordedAnswer(document={"roles": []}))

    koinon("--marathon-credentials", "user:pass:word", "app", "list")
    koinon("--marathon-credentials", "user:pass:word", "role", "list")

    expected = "Basic " + b64encode(b"user:pass:word").decode()
    assert [expected, None] == [request.authorization for request in server.seen]


def test_credentials_of_one_word_are_none(koinon: Callable[..., Any]) -> None:
    """Wrong usage, before anybody is asked."""
    assert 2 == koinon("--marathon-credentials", "user", "app", "list").code

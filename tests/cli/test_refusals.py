"""What masters say to operators who can't have what they want, and the exit codes of that."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer
from koinon_cli.errors import ExitCode
from koinon_cli.http_api import unreachable
from koinon_daemon.errors import CallFailedError


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (400, "Role weights must be positive", ExitCode.REFUSED),
        (400, "Unknown agent", ExitCode.NOT_FOUND),
        (400, "No agent found with specified ID", ExitCode.NOT_FOUND),
        (400, "No framework found with specified ID", ExitCode.NOT_FOUND),
        (401, "401 Unauthorized.", ExitCode.REFUSED),
        (403, "update_weights: principal ops may not", ExitCode.REFUSED),
        (404, "Agent 'x' not found", ExitCode.NOT_FOUND),
        (409, "Agent is currently being marked gone", ExitCode.CONFLICT),
        (501, "not supported by this master", ExitCode.FAILED),
        (503, "No leader elected", ExitCode.UNREACHABLE),
    ],
)
def test_refusal_is_shown_as_it_is(
    koinon: Callable[..., Any], server: RecordedServer, status: int, text: str, code: ExitCode
) -> None:
    """The master's sentence, and the code that scripts branch on."""
    server.record("POST /api/v1", RecordedAnswer(status=status, document=text))

    run = koinon("role", "weight", "eng", "2")

    assert code == run.code
    assert run.err.startswith(f"koinon: {text}")


def test_nobody_answers(koinon: Callable[..., Any], free_port: int) -> None:
    """The address is named."""
    run = koinon("--master", f"127.0.0.1:{free_port}", "agent", "drain", "S0")

    assert ExitCode.UNREACHABLE == run.code
    assert str(free_port) in run.err


def test_a_certificate_that_is_not_trusted() -> None:
    """OpenSSL's reason, not what its number means among the errors of the system, and what to do."""
    error = CallFailedError("GET", "https://m:8443/v2/apps", "no")
    error.__cause__ = cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"

    told = str(unreachable("https://m:8443/v2/apps", error))

    assert told.startswith("https://m:8443 is not trusted: self-signed certificate (SSL_CERT_FILE ")

"""Credentials: both spellings, what is refused, what proves somebody, and that no secret shows."""

from __future__ import annotations

import base64

import pytest

from koinon_daemon.credentials import Credential, Credentials, read_basic

JSON = '{"credentials": [{"principal": "ops", "secret": "sesame"}, {"principal": "fw", "secret": "s:1"}]}'


@pytest.mark.parametrize("text", [JSON, "ops sesame\n\nfw  s:1\n"])
def test_both_spellings_mean_the_same(text: str) -> None:
    """JSON, and lines of a principal and its secret."""
    credentials = Credentials.parse(text)

    assert (Credential("ops", "sesame"), Credential("fw", "s:1")) == credentials.known


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "it is no JSON: line 1"),
        ("[]", r"\$.credentials must be a list"),
        ('{"credentials": {}}', r"\$.credentials must be a list"),
        ('{"credentials": [1]}', r"\$.credentials\[0\] must be an object"),
        ('{"credentials": [{"principal": "hush"}]}', r"\$.credentials\[0\].secret must be a text"),
        ('{"credentials": [{"secret": "hush"}]}', r"\$.credentials\[0\].principal must be a text"),
        ('{"credentials": [{"principal": "", "secret": "hush"}]}', "must not be empty"),
        ('{"credentials": [{"principal": "a:b", "secret": "hush"}]}', "nor hold a colon"),
        ("ops hush\nops hush", "the principal 'ops' is there twice"),
        ("ops", "line 1 must be a principal and a secret"),
        ("a b\nops hush hush", "line 2 must be a principal and a secret"),
        ("", "it holds no credential"),
    ],
)
def test_wrong_credentials_name_the_place_and_no_secret(text: str, problem: str) -> None:
    """What is wrong is told by its place; a secret never comes along."""
    with pytest.raises(ValueError, match=problem) as caught:
        Credentials.parse(text)

    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("text", ['{"principal": "agent", "secret": "s"}', "agent s\n"])
def test_one_credential_has_both_spellings_too(text: str) -> None:
    """What an agent or a framework holds."""
    assert Credential("agent", "s") == Credential.parse(text)


def test_several_are_not_one() -> None:
    """A file of everybody's credentials is not somebody's."""
    with pytest.raises(ValueError, match="one credential, and holds 2"):
        Credential.parse("a s\nb s")


@pytest.mark.parametrize(
    ("principal", "secret", "expected"),
    [
        ("ops", "sesame", "ops"),
        ("fw", "s:1", "fw"),
        ("ops", "s:1", None),
        ("ops", "", None),
        ("OPS", "sesame", None),
        ("nobody", "sesame", None),
        ("", "", None),
        ("ops", "sésame", None),
    ],
)
def test_only_ones_own_secret_proves_somebody(principal: str, secret: str, expected: str | None) -> None:
    """Principal and secret go together, exactly."""
    assert expected == Credentials.parse(JSON).find_principal(Credential(principal, secret))


@pytest.mark.parametrize("credential", [Credential("fw", "s:1"), Credential("söhne", "géheim"), Credential("a", "")])
def test_header_is_read_as_it_was_written(credential: Credential) -> None:
    """What a client of ours sends is what a daemon of ours reads."""
    assert credential == read_basic(credential.header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Bearer b3BzOnNlc2FtZQ==",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "token=abc",
    ],
)
def test_header_that_is_no_basic_proves_nobody(header: str | None) -> None:
    """Other schemes and damaged texts are nobody, not an error."""
    assert read_basic(header) is None


def test_scheme_is_read_in_any_case() -> None:
    """As RFC 7617 has it."""
    assert Credential("ops", "sesame") == read_basic("basic b3BzOnNlc2FtZQ==")


def test_no_secret_shows() -> None:
    """Neither a text nor a repr gives one away."""
    credentials = Credentials.parse(JSON)
    shown = f"{credentials} {credentials!r} {credentials.known[0]} {credentials.known[0]!r}"

    assert "sesame" not in shown

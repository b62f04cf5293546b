"""The listen guard."""

import pytest

from koinon_daemon.listen import Listen, is_loopback, listen_problem


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")),
        *((host, False) for host in ("0.0.0.0", "", "::", "10.0.0.1", "localhost.example")),
    ],
)
def test_is_loopback(host: str, expected: bool) -> None:
    """Only loopback addresses and localhost stay on this machine."""
    assert expected is is_loopback(host)


def test_open_address_is_refused_with_the_way_out() -> None:
    """An open address without authentication is refused, and the refusal says what would allow it."""
    problem = listen_problem(Listen(host="0.0.0.0", port=5050))

    assert problem is not None
    assert "0.0.0.0:5050" in problem
    assert "--insecure" in problem


@pytest.mark.parametrize(
    "listen",
    [
        Listen(port=1),
        Listen(host="0.0.0.0", port=1, is_insecure=True),
        Listen(host="0.0.0.0", port=1, is_authenticated=True),
    ],
)
def test_allowed_addresses(listen: Listen) -> None:
    """The loopback, an insecure or an authenticated daemon may listen."""
    assert listen_problem(listen) is None

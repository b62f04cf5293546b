"""Which requests a browser makes for a page that is not ours."""

import pytest

from koinon_daemon.other_sites import is_from_other_site

HOST = {"Host": "Jobs.example:4400"}
OURS = {"Origin": "http://jobs.example:4400"}
THEIRS = {"Origin": "http://evil.example"}


@pytest.mark.parametrize(
    ("method", "said", "is_refused"),
    [
        ("POST", {}, False),
        ("POST", OURS, False),
        ("POST", THEIRS, True),
        ("DELETE", {"Origin": "null"}, True),
        ("PUT", {"Origin": "http://["}, True),
        ("POST", {"Origin": "http://jobs.example:80"}, True),
        ("GET", THEIRS, False),
        ("POST", {"Sec-Fetch-Site": "same-origin", **THEIRS}, False),
        ("POST", {"Sec-Fetch-Site": "none"}, False),
        ("POST", {"Sec-Fetch-Site": "same-site", **OURS}, True),
        ("PATCH", {"Sec-Fetch-Site": "cross-site"}, True),
        ("HEAD", {"Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_pages_of_other_sites_may_only_look(method: str, said: dict[str, str], is_refused: bool) -> None:
    """The browser's word counts; where it gives none, the page's own host must be ours. Programs are let through."""
    assert is_refused is is_from_other_site(method, {**HOST, **said})

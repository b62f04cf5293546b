"""The address of a quorum."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_zk import QuorumUrl, QuorumUrlError


def test_zookeeper_address_is_read() -> None:
    """Hosts with their ports, credentials, path; the port may be left out."""
    url = QuorumUrl.parse(" zk://me:p@ss@h1:2182,h2,[::1]:2183/mesos/dev/\n")

    assert ("h1:2182", "h2:2181", "[::1]:2183") == url.hosts
    assert "me:p@ss" == url.credentials
    assert "/mesos/dev" == url.path


def test_password_is_never_shown() -> None:
    """Neither text nor error nor repr gives the password away."""
    url = QuorumUrl.parse("zk://me:secret@h1/mesos")
    with pytest.raises(QuorumUrlError) as caught:
        QuorumUrl.parse("zk://me:secret@h1:port/mesos")

    assert "zk://me:***@h1:2181/mesos" == str(url)
    assert "secret" not in repr(url) + str(caught.value)


def test_embedded_address_is_read() -> None:
    """A file, and a path that tells several groups in it apart; its text is an address again."""
    url = QuorumUrl.parse("sqlite:///var/lib/my%20koinon/state.db?path=/masters")

    assert Path("/var/lib/my koinon/state.db") == url.file
    assert "/masters" == url.path
    assert url == QuorumUrl.parse(str(url))
    assert "/koinon" == QuorumUrl.parse("sqlite:///state.db").path


def test_address_in_a_file_is_followed(tmp_path: Path) -> None:
    """file:// names a file that holds the address."""
    (tmp_path / "zk").write_text("zk://h1:2181/mesos\n")

    assert QuorumUrl.parse("zk://h1:2181/mesos") == QuorumUrl.parse(f"file://{tmp_path}/zk")


def test_other_group_of_the_same_quorum() -> None:
    """with_path changes the path alone, and checks it."""
    url = QuorumUrl.parse("zk://h1/mesos")

    assert QuorumUrl.parse("zk://h1/marathon/leader") == url.with_path("/marathon/leader")
    with pytest.raises(QuorumUrlError):
        url.with_path("marathon")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begin with zk://"),
        ("http://h1/mesos", "begin with zk://"),
        ("zk://h1:2181", "must not be empty or /"),
        ("zk://h1:2181/", "must not be empty or /"),
        ("zk:///mesos", "a host is missing"),
        ("zk://h1,,h2/mesos", "a host is missing"),
        ("zk://h1:x/mesos", "not host:port"),
        ("zk://h1:70000/mesos", "port 70000"),
        ("zk://me@h1/mesos", "user:password"),
        ("zk://h1/a//b", "empty segments"),
        ("zk://h1/a/../b", "refuses"),
        ("sqlite://state.db", "absolute path"),
        ("sqlite:///", "absolute path"),
        ("sqlite:///state.db?journal=off", "not journal"),
        ("sqlite:///state.db?path=", "must not be empty"),
        ("file:///no/such/file", "can't be read"),
    ],
)
def test_wrong_address_is_refused_with_the_reason(text: str, why: str) -> None:
    """The error says which part is wrong."""
    with pytest.raises(QuorumUrlError, match=why):
        QuorumUrl.parse(text)

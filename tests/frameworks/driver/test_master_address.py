"""What ``--master`` may say."""

from pathlib import Path

import pytest

from koinon_core.agents import Address, MasterInfo
from koinon_frameworks.driver.master_address import leader_url, parse_master_address, redirect_url
from koinon_frameworks.errors import MasterAddressError
from koinon_zk.url import QuorumUrl


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("127.0.0.1:5050", ("http://127.0.0.1:5050",)),
        ("master", ("http://master:5050",)),
        ("http://master:80/", ("http://master:80",)),
        ("https://master", ("https://master:443",)),
        ("a:1,b:2, a:1", ("http://a:1", "http://b:2")),
        (["a:1", "http://b:2"], ("http://a:1", "http://b:2")),
        ("[::1]:5050", ("http://[::1]:5050",)),
    ],
)
def test_reads_addresses_and_lists(given: str | list[str], expected: tuple[str, ...]) -> None:
    """Each way to write where masters are leads to base URLs, each once."""
    assert expected == parse_master_address(given)


def test_reads_quorum_urls(tmp_path: Path) -> None:
    """A zk:// URL, or a file that holds one, is a quorum."""
    file = tmp_path / "zk"
    file.write_text("zk://h:2181/mesos\n")
    expected = QuorumUrl.parse("zk://h:2181/mesos")

    assert expected == parse_master_address("zk://h:2181/mesos")
    assert expected == parse_master_address(f"file://{file}")


@pytest.mark.parametrize(
    "given", ["", "ftp://x", "host:port", "host:99999", "http://h/path", "zk://h/", [], "a:1,zk://h/m"]
)
def test_names_what_is_wrong(given: str | list[str]) -> None:
    """Anything else is refused as the caller's mistake."""
    with pytest.raises(MasterAddressError):
        parse_master_address(given)


def test_a_leader_is_where_its_address_says() -> None:
    """The IP counts before the host name, and the old number where there is no address."""
    address = Address(hostname="m1", ip="10.0.0.1", port=5051)

    assert "http://10.0.0.1:5051" == leader_url(MasterInfo(id="x", ip=0, port=1, address=address))
    assert "http://10.0.0.1:5050" == leader_url(MasterInfo(id="x", ip=16777226, port=5050))


def test_redirects_keep_the_scheme() -> None:
    """A protocol-relative Location leads to the host it names, and nonsense nowhere."""
    assert "https://b:2" == redirect_url("https://a:1", "//b:2/api/v1/scheduler?x")
    assert redirect_url("http://a:1", "ftp://b") is None

"""Which addresses the fetcher connects to."""

from __future__ import annotations

import pytest

from koinon_agent.fetcher.addresses import PUBLIC_ALONE, find_address_problem, parse_networks


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_need_no_leave(address: str) -> None:
    """They are fetched from by default."""
    assert find_address_problem(address, PUBLIC_ALONE) is None


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("10.1.2.3", "private"),
        ("192.168.0.1", "private"),
        ("100.64.0.1", "private"),
        ("fd12::1", "private"),
        ("127.0.0.1", "loopback"),
        ("127.8.8.8", "loopback"),
        ("::1", "loopback"),
        ("0.0.0.0", "0.0.0.0/32"),
        ("::", "::/128"),
        ("224.0.0.1", "224.0.0.1/32"),
        ("240.0.0.1", "240.0.0.1/32"),
        ("ff0e::1", "ff0e::1/128"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::7f00:1", "loopback"),
        ("2002:7f00:1::", "loopback"),
        ("::7f00:1", "loopback"),
        ("169.254.169.254", "169.254.0.0/16"),
        ("::ffff:169.254.169.254", "169.254.0.0/16"),
        ("64:ff9b::a9fe:a9fe", "169.254.0.0/16"),
        ("fe80::1%eth0", "fe80::/10"),
        ("fd00:ec2::254", "fd00:ec2::254/128"),
        ("100.100.100.200", "100.100.100.200/32"),
        ("168.63.129.16", "168.63.129.16/32"),
    ],
)
def test_other_addresses_are_refused_with_what_would_allow_them(address: str, remedy: str) -> None:
    """In every spelling of an address; and the remedy that is named is one."""
    problem = find_address_problem(address, PUBLIC_ALONE)

    assert problem is not None
    assert problem.endswith(f"--fetcher_allowed_networks={remedy})")
    assert find_address_problem(address, parse_networks(remedy)) is None


@pytest.mark.parametrize("allowed", ["private,loopback", "0.0.0.0/0,::/0", "168.0.0.0/8,169.0.0.0/8"])
@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"])
def test_metadata_services_are_refused_until_they_are_named(allowed: str, address: str) -> None:
    """A wide network that happens to hold them does not count."""
    assert find_address_problem(address, parse_networks(allowed)) is not None


def test_a_network_allows_what_is_in_it_alone() -> None:
    """The neighbour of an allowed network stays refused."""
    allowed = parse_networks("10.1.0.0/16, loopback")

    assert find_address_problem("10.1.255.1", allowed) is None
    assert find_address_problem("127.0.0.1", allowed) is None
    assert find_address_problem("10.2.0.1", allowed) is not None
    assert "10.1.0.0/16, loopback" == str(allowed)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "private,here", "10.0.0.1/8", "fetch.example"])
def test_what_is_no_network_is_named(text: str) -> None:
    """The flag's error quotes the part that is wrong."""
    with pytest.raises(ValueError, match=text.rpartition(",")[2]):
        parse_networks(text)

"""A daemon tells others an address at which they reach it."""

import ipaddress

import pytest

from koinon_daemon.own_address import find_reachable_ip


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.1.2.3", "::1"])
def test_an_address_stands_for_itself(ip: str) -> None:
    """Whoever listens on one address is reached there."""
    assert ip == find_reachable_ip(ip)


@pytest.mark.parametrize("ip", ["0.0.0.0", "::"])
def test_all_addresses_become_one_of_them(ip: str) -> None:
    """Nobody connects to 0.0.0.0 on another machine."""
    found = ipaddress.ip_address(find_reachable_ip(ip))

    assert not found.is_unspecified
    assert 4 == found.version

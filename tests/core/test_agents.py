"""Who a master says it is, and where it is found."""

import pytest

from koinon_core.agents import Address, MasterInfo, ip_to_number, number_to_ip


@pytest.mark.parametrize(("ip", "number"), [("10.0.0.1", 16777226), ("127.0.0.1", 16777343), ("0.0.0.0", 0)])
def test_an_ipv4_address_is_a_little_endian_number(ip: str, number: int) -> None:
    """mesos-semantics 1, both ways."""
    assert number == ip_to_number(ip)
    assert ip == number_to_ip(number)


def test_an_ipv6_address_has_no_number() -> None:
    """Old detectors read the number alone; they find no IPv6 master."""
    assert 0 == ip_to_number("::1")


def test_a_master_without_an_address_is_found_by_its_number() -> None:
    """Masters before 0.24 wrote ip, port and hostname alone."""
    info = MasterInfo(id="m", ip=16777226, port=5050, hostname="m1")

    assert Address(hostname="m1", ip="10.0.0.1", port=5050) == info.endpoint()


def test_the_address_counts_where_there_is_one() -> None:
    """What it leaves out is filled in from the old fields."""
    info = MasterInfo(id="m", ip=16777226, port=1, hostname="m1", address=Address(ip="10.0.0.9", port=5050))

    assert Address(hostname="m1", ip="10.0.0.9", port=5050) == info.endpoint()

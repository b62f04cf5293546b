"""Under which address others reach this machine."""

import ipaddress

import psutil


def find_reachable_ip(listening: str) -> str:
    """The address to tell others, for a daemon that listens on this one: itself, unless it stands for all addresses.

    Then the first IPv4 address that is no loopback, else the loopback. Raises ValueError for what is no address.
    """
    if not ipaddress.ip_address(listening).is_unspecified:
        return listening
    addresses = [one.address for interface in psutil.net_if_addrs().values() for one in interface]
    for text in addresses:
        try:
            address = ipaddress.IPv4Address(text)
        except ValueError:
            continue
        if not address.is_loopback:
            return text
    return "127.0.0.1"

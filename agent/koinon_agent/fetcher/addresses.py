"""Which addresses are fetched from. Pure: what a name resolves to, and what was connected to, is found out elsewhere.

A task's URI is somebody else's word, and the agent stands where tasks may not: beside the databases of its network and
the metadata service of its cloud. So an address that is not public must be allowed by the operator.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from attrs import frozen

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_NAMED = {
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    "loopback": ("127.0.0.0/8", "::1/128"),
}
_DELICATE = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local: the metadata service of most clouds
        "fe80::/10",
        "fd00:ec2::254/128",  # the same service by IPv6, and those of other clouds
        "100.100.100.200/32",
        "192.0.0.192/32",
        "168.63.129.16/32",
    )
)
"""Reached only where they themselves are allowed: a wide network that happens to hold them says nothing of them."""
_TRANSLATED = ip_network("64:ff9b::/96")
_LOCAL_TRANSLATED = ip_network("64:ff9b:1::/48")
_COMPATIBLE = ip_network("::/96")
_LOW = 0xFFFFFFFF


@frozen
class AllowedNetworks:
    """The networks that are fetched from although they are not public; ``text`` is how the operator wrote them."""

    networks: tuple[Network, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        return self.text


PUBLIC_ALONE = AllowedNetworks()


def parse_networks(text: str) -> AllowedNetworks:
    """``10.1.0.0/16,private,loopback``. Raises ValueError with a sentence that fits behind the flag's name."""
    networks: list[Network] = []
    for part in (one.strip() for one in text.split(",")):
        for written in _NAMED.get(part, (part,) if part else ()):
            try:
                networks.append(ip_network(written))
            except ValueError:
                raise ValueError(
                    f"{part!r} is no network such as 10.1.0.0/16, and none of {', '.join(_NAMED)}"
                ) from None
    return AllowedNetworks(tuple(networks), text)


def find_address_problem(text: str, allowed: AllowedNetworks) -> str | None:
    """Why nothing is fetched from this address, or None. A scope (``fe80::1%eth0``) is passed over."""
    address = _embedded(ip_address(text.partition("%")[0]))
    delicate = [network for network in _DELICATE if address in network]
    if delicate:
        if any(address in one and _is_within(one, delicate) for one in allowed.networks):
            return None
        return _refuse(address, "link-local or of a cloud's metadata service", str(delicate[0]))
    if any(address in one for one in allowed.networks):
        return None
    if address.is_global and not address.is_multicast:
        return None
    named = next((name for name, nets in _NAMED.items() if any(address in ip_network(net) for net in nets)), None)
    kind = named or ("multicast" if address.is_multicast else "reserved")
    return _refuse(address, kind, named or f"{address}/{address.max_prefixlen}")


def _refuse(address: Address, kind: str, remedy: str) -> str:
    return (
        f"{address} is {kind}, and this agent does not fetch from there "
        f"(its operator may allow it by --fetcher_allowed_networks={remedy})"
    )


def _embedded(address: Address) -> Address:
    """The IPv4 address that packets of an IPv6 one end up at, where there is one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _TRANSLATED or address in _LOCAL_TRANSLATED:
        return IPv4Address(int(address) & _LOW)
    if address in _COMPATIBLE and int(address) > _LOW >> 8:  # not :: and ::1
        return IPv4Address(int(address) & _LOW)
    return address


def _is_within(network: Network, others: list[Network]) -> bool:
    """Whether the network lies in one of the others."""
    return any(_is_subnet(network, other) for other in others)


def _is_subnet(network: Network, other: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)

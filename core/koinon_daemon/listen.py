"""Where a daemon may listen: the value and the rule, without a socket. Pure.

Everything stays on the loopback unless authentication is configured or `--insecure` is said out loud.
"""

import ipaddress

import attrs

_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})


@attrs.frozen(kw_only=True)
class Listen:
    """An address to serve HTTP on; port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: int
    is_insecure: bool = False
    is_authenticated: bool = False
    open_doors: tuple[str, ...] = ()
    """The flags that would close what is still open, for the sentence that refuses."""


def listen_problem(listen: Listen) -> str | None:
    """Why this address is refused and what would allow it, or None."""
    if is_loopback(listen.host) or listen.is_insecure or listen.is_authenticated:
        return None
    way_out = f"Say {', '.join(listen.open_doors)}" if listen.open_doors else "Configure authentication"
    return (
        f"refusing to listen on {listen.host or '*'}:{listen.port}: others can reach it and not everybody is asked who "
        f"they are. {way_out}, listen on 127.0.0.1, or say --insecure"
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the host. A name other than localhost counts as reachable by others."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in _LOOPBACK_NAMES

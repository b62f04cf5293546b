"""Who leads, as far as this process knows. Pure; `campaign` and the daemon tell it, HTTP and proxies read it."""

import attrs
import orjson

from koinon_daemon.flag_values import HostPort


@attrs.define(kw_only=True)
class Leadership:
    """`leader` is what the election shows, ourselves included. We act while nobody can have taken our place.

    `is_ready` once the store is read and the machine runs; `since` is when that was, in seconds since 1970.
    """

    me: HostPort
    scheme: str = "http"
    """How this daemon, and every other of its kind, is reached."""
    leader: HostPort | None = None
    is_acting: bool = False
    is_ready: bool = False
    since: float | None = None

    @property
    def origin(self) -> str:
        """Where the API of this daemon is, as a URL."""
        return f"{self.scheme}://{self.me}"

    @property
    def shown_leader(self) -> HostPort | None:
        """Who leads, for those who ask: ourselves where we serve, whatever the election has shown us yet."""
        return self.me if self.is_serving else self.leader

    @property
    def is_serving(self) -> bool:
        """Whether requests are ours to answer."""
        return self.is_acting and self.is_ready

    @property
    def is_elsewhere(self) -> bool:
        """Whether somebody else is known to lead."""
        return self.leader is not None and self.leader != self.me

    @property
    def has_namesake(self) -> bool:
        """Whether the election shows our own address as the leader's while we do not lead.

        Two of us bear one name, or an earlier life of ours is still remembered.
        """
        return self.leader == self.me and not self.is_acting


def encode_candidate(address: HostPort) -> bytes:
    """What the election shows of a candidate: where its API is."""
    return orjson.dumps({"host": address.host, "port": address.port})


def decode_candidate(data: bytes) -> HostPort | None:
    """The address of a candidate, None for data that is none of ours."""
    try:
        found = orjson.loads(data)
        return HostPort(str(found["host"]), int(found["port"]))
    except (ValueError, KeyError, TypeError):
        return None

"""What ``--master`` may say, read into a value, and the URL that a master's own words lead to.

Forms: ``host:port``, ``http(s)://host:port``, several of these, and ``koinon_zk``'s quorum URLs (mesos-semantics 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urljoin, urlsplit

from koinon_core.agents import MasterInfo
from koinon_zk.errors import QuorumUrlError
from koinon_zk.url import QuorumUrl

from ..errors import MasterAddressError

DEFAULT_PORT = 5050
_QUORUM_SCHEMES = ("zk://", "sqlite://", "file://")
_ANY = ("0.0.0.0", "::")

MasterAddress = QuorumUrl | tuple[str, ...]
"""A quorum that knows the leader, or base URLs without a slash at their end."""


def parse_master_address(given: str | Sequence[str]) -> MasterAddress:
    """Read an address. Raises MasterAddressError that names the part at fault."""
    if isinstance(given, str) and given.strip().startswith(_QUORUM_SCHEMES):
        try:
            return QuorumUrl.parse(given)
        except QuorumUrlError as error:
            raise MasterAddressError(error.text, error.why) from error
    parts: Iterable[str] = given.split(",") if isinstance(given, str) else given
    urls = tuple(dict.fromkeys(_parse_url(part.strip()) for part in parts))
    if not urls:
        raise MasterAddressError("", "no master is named")
    return urls


def _parse_url(text: str) -> str:
    if text.startswith(_QUORUM_SCHEMES):
        raise MasterAddressError(text, "a quorum URL must stand alone")
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else DEFAULT_PORT)
    except ValueError as error:
        raise MasterAddressError(text, str(error)) from error
    if parts.scheme not in ("http", "https"):
        raise MasterAddressError(text, "it must be host:port, http://, https://, zk://, sqlite:// or file://")
    if not parts.hostname or re.search(r"\s", text):
        raise MasterAddressError(text, "a host is missing" if not parts.hostname else "it contains a space")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise MasterAddressError(text, "nothing may follow host:port")
    return f"{parts.scheme}://{_bracketed(parts.hostname)}:{port}"


def leader_url(info: MasterInfo) -> str:
    """Where the master that wrote this into the quorum listens."""
    endpoint = info.endpoint()
    host = endpoint.hostname if endpoint.hostname and endpoint.ip in _ANY else endpoint.ip
    return f"http://{_bracketed(host or '')}:{endpoint.port}"


def redirect_url(asked: str, location: str) -> str | None:
    """The base URL that a ``Location`` (protocol-relative as a rule) leads to; None when it leads nowhere."""
    parts = urlsplit(urljoin(asked, location))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return f"{parts.scheme}://{parts.netloc}"


def is_downgrade(asked: str, leader: str) -> bool:
    """Whether what went by TLS would go in the clear."""
    return asked.startswith("https:") and not leader.startswith("https:")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
